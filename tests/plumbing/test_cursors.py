"""Cursors come back as they were written, and in no other list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from orion.kernel import Invalid
from orion.plumbing.cursors import read_cursor, write_cursor
from orion.plumbing.settings import Settings

SETTINGS = Settings(_env_file=None, secret_key=SecretStr("k" * 32))
values = st.lists(st.none() | st.integers(-(2**53), 2**53) | st.text(max_size=20), min_size=1, max_size=4)


@given(values, st.text(max_size=20))
def test_a_cursor_brings_its_position_back(position: list[object], scope: str) -> None:
    assert read_cursor(SETTINGS, scope, write_cursor(SETTINGS, scope, position)) == position


@given(values, st.text(max_size=20), st.text(max_size=20))
def test_a_cursor_of_one_list_is_refused_in_another(position: list[object], scope: str, other: str) -> None:
    if scope != other:
        with pytest.raises(Invalid, match="not one of this list"):
            read_cursor(SETTINGS, other, write_cursor(SETTINGS, scope, position))


@given(st.text(max_size=60))
def test_a_made_up_cursor_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_cursor(SETTINGS, "list", text)
    assert refused.value.code == "invalid_cursor"
