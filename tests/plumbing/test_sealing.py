"""Secrets at rest: what is sealed opens with its key at its place, and nowhere else."""

import base64
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from orion.kernel import Unavailable
from orion.plumbing import sealing
from orion.plumbing.db import Base, Database
from orion.plumbing.sealing import new_key, open_sealed, place_of, seal
from orion.plumbing.settings import Settings

OLD, NEW = new_key("k1"), new_key("k2")
PLACE = place_of("things", "secret", 17)


def with_keys(*keys: str, **values: object) -> Settings:
    return Settings(_env_file=None, sealing_keys=list(keys), **values)


@given(st.text(), st.text())
def test_what_is_sealed_opens_at_its_place(text: str, place: str) -> None:
    settings = with_keys(OLD)
    sealed = seal(settings, text, bound_to=place)
    assert open_sealed(settings, sealed, bound_to=place) == text
    assert sealed.isascii()
    assert seal(settings, text, bound_to=place) != sealed


@given(st.text(), st.text(), st.text())
def test_it_does_not_open_anywhere_else(text: str, place: str, elsewhere: str) -> None:
    settings = with_keys(OLD)
    sealed = seal(settings, text, bound_to=place)
    if elsewhere != place:
        with pytest.raises(Unavailable, match="does not open"):
            open_sealed(settings, sealed, bound_to=elsewhere)


@given(st.binary(min_size=1, max_size=40), st.data())
def test_not_a_bit_may_change(secret: bytes, data: st.DataObject) -> None:
    settings = with_keys(OLD)
    head, _, encoded = seal(settings, secret.hex(), bound_to=PLACE).rpartition(".")
    raw = bytearray(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    changed = f"{head}.{base64.urlsafe_b64encode(bytes(raw)).decode().rstrip('=')}"
    with pytest.raises(Unavailable) as caught:
        open_sealed(settings, changed, bound_to=PLACE)
    assert caught.value.code == "seal_broken"


@given(st.text(max_size=60))
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(Unavailable):
        open_sealed(with_keys(OLD), text, bound_to=PLACE)


def test_the_first_key_seals_and_all_of_them_open() -> None:
    before = seal(with_keys(OLD), "geheim", bound_to=PLACE)
    both = with_keys(NEW, OLD)
    assert open_sealed(both, before, bound_to=PLACE) == "geheim"
    assert seal(both, "x", bound_to=PLACE).startswith("v1.k2.")
    with pytest.raises(Unavailable) as caught:
        open_sealed(with_keys(NEW), before, bound_to=PLACE)
    assert caught.value.code == "sealing_keys_missing"
    assert "'k1'" in caught.value.detail


def test_a_key_of_the_same_name_with_other_bytes_does_not_open() -> None:
    sealed = seal(with_keys(OLD), "geheim", bound_to=PLACE)
    with pytest.raises(Unavailable) as caught:
        open_sealed(with_keys(new_key("k1")), sealed, bound_to=PLACE)
    assert caught.value.code == "seal_broken"


def test_development_makes_a_key_and_keeps_it(tmp_path: Path) -> None:
    first, second = (Settings(_env_file=None, var_dir=tmp_path) for _ in range(2))
    sealed = seal(first, "geheim", bound_to=PLACE)
    assert open_sealed(second, sealed, bound_to=PLACE) == "geheim"
    assert (tmp_path / "sealing_key").stat().st_mode & 0o077 == 0


def test_production_seals_nothing_without_a_key(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, environment="production", var_dir=tmp_path)
    with pytest.raises(Unavailable, match="SEALING_KEYS"):
        seal(settings, "geheim", bound_to=PLACE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "keys", [["k1"], ["k1:c2hvcnQ="], [":" + OLD[3:]], ["k.1:" + OLD[3:]], [OLD, "k1:" + NEW[3:]], ["k1:" + OLD[3:-2]]]
)
def test_keys_that_are_none_are_refused_without_showing_them(keys: list[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        with_keys(*keys)
    assert all(key[3:] not in error["msg"] for error in caught.value.errors() for key in keys if key[3:])


@pytest.fixture
def things(monkeypatch: pytest.MonkeyPatch) -> sa.Table:
    """The outbox, whose texts are sealed for the time of the test."""
    monkeypatch.setattr(sealing, "SEALED_COLUMNS", [("outgoing_mails", "text"), ("outgoing_mails", "html")])
    return Base.metadata.tables["outgoing_mails"]


async def put(database: Database, table: sa.Table, settings: Settings, number: int) -> None:
    sealed = seal(settings, f"secret {number}", bound_to=place_of("outgoing_mails", "text", number))
    async with database.transaction() as session:
        await session.execute(
            table.insert().values(
                id=number,
                key=str(number),
                message_key="x",
                recipient="x",
                subject="x",
                text=sealed,
                status="sent",
                attempts=1,
                created_at=sa.func.current_timestamp(),
            )
        )


async def test_rotation_seals_everything_with_the_first_key(
    database: Database, things: sa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "_BATCH", 2)
    for number in range(1, 6):
        await put(database, things, with_keys(NEW if number == 3 else OLD), number)
    assert await sealing.rotate_keys(database, with_keys(NEW, OLD)) == {
        "outgoing_mails.text": 4,
        "outgoing_mails.html": 0,
    }
    async with database.reading() as session:
        rows = (await session.execute(sa.select(things.c.id, things.c.text).order_by(things.c.id))).all()
    opened = [
        open_sealed(with_keys(NEW), text, bound_to=place_of("outgoing_mails", "text", number)) for number, text in rows
    ]
    assert opened == [f"secret {number}" for number in range(1, 6)]
    assert set((await sealing.rotate_keys(database, with_keys(NEW, OLD))).values()) == {0}


async def test_production_refuses_to_start_only_when_something_is_sealed(database: Database, things: sa.Table) -> None:
    settings = Settings(_env_file=None, environment="production")
    await sealing.check_sealing(database, settings)
    await put(database, things, with_keys(OLD), 1)
    with pytest.raises(Unavailable) as caught:
        await sealing.check_sealing(database, settings)
    assert caught.value.code == "sealing_keys_missing"
    await sealing.check_sealing(database, settings.model_copy(update={"sealing_keys": [SecretStr(NEW)]}))
