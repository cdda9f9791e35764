"""Names, passwords, and how often they may be wrong."""

import asyncio
import re

import pytest

from orion import identity
from orion.identity import passwords
from orion.identity.models import User
from orion.kernel import OrionError
from orion.plumbing.runtime import Runtime
from tests.factories.people import PASSWORD, a_user


async def attempt(runtime: Runtime, login: str, password: str = "wrong password", address: str = "192.0.2.1") -> str:
    try:
        async with runtime.database.transaction() as session:
            user = await identity.authenticate(session, login, password, address=address, runtime=runtime)
    except OrionError as error:
        return error.code
    return user.username


@pytest.fixture
async def ada(runtime: Runtime) -> User:
    async with runtime.database.transaction() as session:
        return await a_user(session, "ada")


async def test_name_or_address_in_any_case_and_the_exact_password(runtime: Runtime, ada: User) -> None:
    for login in ("ada", " ADA ", "Ada@Example.com"):
        assert await attempt(runtime, login, PASSWORD) == "ada"
    for login, password in (
        ("ada", PASSWORD + " "),
        ("ada", PASSWORD.upper()),
        ("ada", ""),
        ("ada", PASSWORD * 1000),
        ("nobody", PASSWORD),
        ("ada\x00", PASSWORD),
        ("", ""),
        ("ada", "\ud800"),
    ):
        assert await attempt(runtime, login, password) == "credentials_invalid"
    async with runtime.database.reading() as session:
        assert (await session.get_one(User, ada.id)).last_login_at is not None


async def test_a_deactivated_user_learns_so_only_with_the_right_password(runtime: Runtime, ada: User) -> None:
    async with runtime.database.transaction() as session:
        (await session.get_one(User, ada.id)).is_active = False
    assert await attempt(runtime, "ada") == "credentials_invalid"
    assert await attempt(runtime, "ada", PASSWORD) == "user_inactive"


async def test_a_name_is_throttled_after_ten_failures_from_anywhere_and_no_other_is(
    runtime: Runtime, ada: User
) -> None:
    for number in range(10):
        login = "ada" if number % 2 else "ada@example.com"  # both are the same user
        assert await attempt(runtime, login, address=f"192.0.2.{number}") == "credentials_invalid"
    assert await attempt(runtime, "ada", PASSWORD, address="198.51.100.1") == "login_throttled"
    async with runtime.database.transaction() as session:
        await a_user(session, "bob")
    assert await attempt(runtime, "bob", PASSWORD, address="198.51.100.1") == "bob"


async def test_an_unknown_name_is_throttled_alike(runtime: Runtime) -> None:
    outcomes = [await attempt(runtime, "Nobody", address=f"192.0.2.{number}") for number in range(11)]
    assert outcomes == ["credentials_invalid"] * 10 + ["login_throttled"]


async def test_the_right_password_makes_earlier_failures_of_the_name_forgotten(runtime: Runtime, ada: User) -> None:
    for number in range(9):
        assert await attempt(runtime, "ada", address=f"192.0.2.{number}") == "credentials_invalid"
    assert await attempt(runtime, "ada", PASSWORD, address="198.51.100.1") == "ada"
    assert await attempt(runtime, "ada", address="198.51.100.2") == "credentials_invalid"


@pytest.mark.parametrize(
    ("addresses", "refused"),
    [
        ([f"2001:db8:1:2::{number:x}" for number in range(11)], True),  # one customer's network
        ([f"::ffff:192.0.2.{number}" for number in range(11)], False),
        ([f"2001:db8:1:{number:x}::1" for number in range(11)], False),
        (["192.0.2.1"] * 11, True),
    ],
)
async def test_an_address_is_throttled_over_all_names(
    runtime: Runtime, ada: User, addresses: list[str], refused: bool
) -> None:
    for number, address in enumerate(addresses[:10]):
        assert await attempt(runtime, f"name{number}", address=address) == "credentials_invalid"
    assert await attempt(runtime, "ada", PASSWORD, address=addresses[10]) == ("login_throttled" if refused else "ada")


async def test_attempts_in_parallel_cannot_all_pass(runtime: Runtime, ada: User) -> None:
    outcomes = await asyncio.gather(*(attempt(runtime, "ada", address=f"192.0.2.{number}") for number in range(15)))
    assert sorted(outcomes) == ["credentials_invalid"] * 10 + ["login_throttled"] * 5


async def test_the_refusal_says_when_to_come_back(runtime: Runtime) -> None:
    for _ in range(10):
        await attempt(runtime, "nobody")
    with pytest.raises(OrionError) as caught:
        async with runtime.database.transaction() as session:
            await identity.authenticate(session, "nobody", "x", address="192.0.2.1", runtime=runtime)
    assert caught.value.retry_after is not None
    assert 1 <= caught.value.retry_after <= 1800


async def test_an_unknown_name_takes_as_much_hashing_as_a_wrong_password(
    runtime: Runtime, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    verify = passwords._HASHES.verify_and_update

    def noting(password: str, password_hash: str) -> tuple[bool, str | None]:
        hashed.append(password_hash)
        return verify(password, password_hash)

    monkeypatch.setattr(passwords._HASHES, "verify_and_update", noting)
    for login in ("ada", "nobody"):
        assert await attempt(runtime, login) == "credentials_invalid"
    known, unknown = hashed
    assert known == ada.password_hash != unknown
    cost = r"\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$"
    assert re.match(cost, known)[0] == re.match(cost, unknown)[0]  # type: ignore[index] # a failure here is one, too
