""".env.example explains every setting, and shows its default."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import SecretStr

from orion.plumbing.settings import Settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def shown_settings() -> list[str]:
    return re.findall(r"^([A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE)


def test_it_shows_each_setting_once_in_the_order_of_the_code() -> None:
    assert shown_settings() == [name.upper() for name in Settings.model_fields]


def test_each_setting_has_an_explanation_above_it() -> None:
    lines = EXAMPLE.read_text().splitlines()
    bare = [
        line
        for above, line in pairwise(lines)
        if "=" in line[:40] and not line.startswith("#") and not above.startswith("#")
    ]
    assert bare == []


def test_it_shows_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    shown = Settings(_env_file=EXAMPLE)
    defaults = Settings(_env_file=None)
    assert {name: plain(getattr(shown, name)) for name in Settings.model_fields} == {
        name: plain(getattr(defaults, name)) for name in Settings.model_fields
    }


def plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
