"""Endpoints: what may be one, whose they are, and that their secrets are sealed."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import webhooks
from orion.kernel import Conflict, Forbidden, Invalid, NotFound
from orion.plumbing import sealing
from orion.plumbing.http_post import parse_post_url
from orion.plumbing.runtime import Runtime
from orion.plumbing.sealing import new_key
from orion.plumbing.settings import Settings
from orion.webhooks import Webhook
from orion.webhooks.deliver import secrets_of
from orion.webhooks.types import TYPES, matches, parse_patterns
from tests.factories.stores import enter_as, make_admin, make_store


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "is no web address"),
        ("ftp://example.com/x", "is no web address"),
        ("https://", "is no web address"),
        ("https://exa mple.com/", "blanks"),
        ("https://ada:secret@example.com/", "password"),
        ("https://example.com/" + "x" * 2048, "at most 2048"),
        ("http://example.com/", "https://"),
        ("https://127.0.0.1/", "not a public address"),
        ("https://[::1]/", "not a public address"),
        ("https://169.254.169.254/latest", "not a public address"),
        ("https://10.1.2.3:8443/", "not a public address"),
    ],
)
def test_an_address_that_nothing_may_be_posted_to_is_refused(url: str, said: str) -> None:
    settings = Settings(_env_file=None, environment="production")
    with pytest.raises(Invalid) as caught:
        parse_post_url(url, settings)
    assert (caught.value.code, [error.field for error in caught.value.errors]) == ("invalid_url", ["url"])
    assert said in caught.value.detail
    assert "secret" not in caught.value.detail


def test_development_may_use_http() -> None:
    assert parse_post_url(" http://example.com/x ", Settings(_env_file=None)) == "http://example.com/x"


def test_patterns() -> None:
    assert matches(["product.*"], "product.created")
    assert not matches(["product.*"], "products.changed")
    assert matches(["*"], "stock.low")
    assert not matches([], "stock.low")
    assert parse_patterns([" product.* ", "stock.low", "stock.low"]) == ["product.*", "stock.low"]
    for bad in ([], ["product"], ["product.*", "nothing.*"], ["*.created"], ["stock.*"] + [f"x{n}" for n in range(60)]):
        with pytest.raises(Invalid):
            parse_patterns(bad)
    assert all(parse_patterns([type_]) for type_ in TYPES)


async def put(session: AsyncSession, owner: webhooks.Owner, settings: Settings, **more: Any) -> tuple[Webhook, str]:
    values = {"url": "https://example.com/x", "event_types": ["*"]} | more
    return await webhooks.create_webhook(session, owner, settings=settings, **values)


async def test_secrets_are_sealed_shown_once_and_follow_a_new_key(runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        access = await make_store(session)
        webhook, secret = await put(session, access, runtime.settings)
        await webhooks.rotate_secret(session, access, webhook.id, settings=runtime.settings)
        row = (await session.execute(sa.select(Webhook.secret, Webhook.previous_secret))).one()
    assert all(text.startswith("v1.development.") for text in row)
    assert all(secret not in text for text in row)
    old = runtime.settings.sealing_key_texts()[0]
    both = Settings(_env_file=None, sealing_keys=[new_key("k2"), old])
    counts = await sealing.rotate_keys(runtime.database, both)
    assert (counts["webhooks.secret"], counts["webhooks.previous_secret"]) == (1, 1)
    only_new = Settings(_env_file=None, sealing_keys=[key.get_secret_value() for key in both.sealing_keys[:1]])
    async with runtime.database.reading() as session:
        found = await session.get_one(Webhook, webhook.id)
        assert secrets_of(found, only_new, found.created_at)[1] == secret


async def test_a_store_sees_its_own_and_the_platform_its_own(session: AsyncSession, settings: Settings) -> None:
    ours, theirs = await make_store(session, "OURS"), await make_store(session, "THEIRS")
    admin = await make_admin(session)
    made = [(await put(session, owner, settings))[0].id for owner in (ours, theirs, admin)]
    for owner, own in zip((ours, theirs, admin), made, strict=True):
        assert [found.id for found in await webhooks.list_webhooks(session, owner)] == [own]
        for other in set(made) - {own}:
            with pytest.raises(NotFound):
                await webhooks.get_webhook(session, owner, other)
            with pytest.raises(NotFound):
                await webhooks.send_test(session, owner, other)
    staff = await enter_as(session, ours, "staff")
    with pytest.raises(Forbidden):
        await webhooks.list_webhooks(session, staff)
    with pytest.raises(Forbidden):
        await put(session, staff, settings)


async def test_twenty_are_enough(session: AsyncSession, settings: Settings) -> None:
    access = await make_store(session)
    for _ in range(20):
        await put(session, access, settings)
    with pytest.raises(Conflict, match="20 is the most"):
        await put(session, access, settings)


async def test_changing_deactivating_and_deleting(session: AsyncSession, settings: Settings) -> None:
    access = await make_store(session)
    webhook, _ = await put(session, access, settings)
    await webhooks.emit(session, access.store.id, "stock.low", "stock:1", {})
    changed = await webhooks.update_webhook(
        session, access, webhook.id, settings=settings, event_types=["stock.*"], is_active=False, description=" x "
    )
    assert (changed.event_types, changed.is_active, changed.description) == (["stock.*"], False, "x")
    (view,) = (await webhooks.list_deliveries(session, access, webhook.id)).items
    await session.refresh(view.delivery)
    assert view.delivery.status == "cancelled"
    with pytest.raises(Conflict) as caught:
        await webhooks.send_test(session, access, webhook.id)
    assert caught.value.code == "webhook_inactive"
    await webhooks.update_webhook(session, access, webhook.id, settings=settings, is_active=True)
    await webhooks.redeliver(session, access, view.delivery.id)
    await webhooks.delete_webhook(session, access, webhook.id)
    assert await webhooks.list_webhooks(session, access) == []
    with pytest.raises(NotFound):
        await webhooks.get_delivery(session, access, view.delivery.id)


async def test_a_type_that_nobody_documented_cannot_be_emitted(session: AsyncSession) -> None:
    with pytest.raises(LookupError):
        await webhooks.emit(session, None, "nothing.happened", "x:1", {})
