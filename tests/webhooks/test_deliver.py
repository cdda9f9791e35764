"""One attempt after the other, against a receiver that does what receivers do."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from standardwebhooks.webhooks import WebhookVerificationError

from orion import webhooks
from orion.identity import AuditEntry
from orion.notifications import Notification
from orion.plumbing import jobs
from orion.plumbing.db import utcnow
from orion.plumbing.jobs import JOBS
from orion.webhooks import deliver
from orion.webhooks.deliver import DELAYS, deliver_webhook
from tests.plumbing.workers import eventually
from tests.webhooks.conftest import Endpoint
from tests.webhooks.receiver import Receiver


async def test_an_event_arrives_signed_and_whole(endpoint: Endpoint, side: Receiver) -> None:
    event_id = await endpoint.emit(price="27.90", title="Lämpchen")
    done = await endpoint.attempt()
    assert (done.status, done.attempts, done.response_status, done.response_excerpt) == ("delivered", 1, 200, "hm")
    (post,) = side.posts
    message = post.verified(endpoint.secret)
    assert message == {
        "id": post.headers["webhook-id"],
        "type": "product.updated",
        "timestamp": message["timestamp"],
        "version": 1,
        "store": "DEMO",
        "entity": "product:17",
        "sequence": event_id,
        "data": {"price": "27.90", "title": "Lämpchen"},
    }
    assert message["id"].startswith("evt_")
    assert message["timestamp"].endswith("Z")
    assert post.headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        post.verified("whsec_" + "A" * 43 + "=")


async def test_nobody_is_told_what_they_do_not_want(endpoint: Endpoint) -> None:
    narrow = await endpoint.create(event_types=("stock.*", "product.deleted"))
    for type_ in ("product.updated", "product.deleted", "stock.low", "import.failed"):
        await endpoint.emit(type_=type_, entity=type_)
    assert len(await endpoint.deliveries()) == 4
    assert [delivery.entity for delivery in await narrow.deliveries()] == ["product.deleted", "stock.low"]


async def test_a_failure_is_tried_again_with_the_same_id_and_later_each_time(
    endpoint: Endpoint, side: Receiver
) -> None:
    side.answer = lambda _: "500 Oops"
    await endpoint.emit()
    waits = []
    for number in range(1, len(DELAYS) + 1):
        tried = await endpoint.attempt()
        assert (tried.status, tried.attempts, tried.response_status) == ("pending", number, 500)
        assert tried.next_at is not None
        assert tried.attempted_at is not None
        waits.append((tried.next_at - tried.attempted_at).total_seconds())
    assert all(delay <= wait <= delay * 1.2 for delay, wait in zip(DELAYS, waits, strict=True))
    assert all(first < second for first, second in pairwise(waits))
    assert 2.8 < sum(DELAYS) / 86400 < 3.2
    assert (await endpoint.attempt()).status == "dead"
    assert len(side.posts) == len(DELAYS) + 1
    assert len(set(side.ids)) == 1
    queued = {job.id for job in await jobs.list_jobs(endpoint.runtime.database)}
    (delivery,) = await endpoint.deliveries()
    assert queued == {f"webhook-{delivery.id}-{number}" for number in range(1, len(DELAYS) + 2)}


async def test_an_attempt_is_made_once(endpoint: Endpoint, side: Receiver) -> None:
    await endpoint.emit()
    done = await endpoint.attempt()
    await deliver_webhook(endpoint.runtime, done.id, endpoint.id, 1)
    await deliver_webhook(endpoint.runtime, done.id, endpoint.id, 2)
    await deliver_webhook(endpoint.runtime, 10**9, endpoint.id, 1)
    assert len(side.posts) == 1


async def test_dying_before_the_note_posts_again_with_the_same_id(
    endpoint: Endpoint, side: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object) -> None:
        raise RuntimeError("killed")

    await endpoint.emit()
    with monkeypatch.context() as patch:
        patch.setattr(deliver, "_note", die)
        with pytest.raises(RuntimeError):
            await endpoint.attempt()
    assert await endpoint.statuses() == ["pending"]
    assert (await endpoint.attempt()).status == "delivered"
    first, second = side.posts
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


async def test_no_transaction_is_open_while_the_other_side_thinks(endpoint: Endpoint, side: Receiver) -> None:
    side.hold = asyncio.Event()
    await endpoint.emit()
    attempt = asyncio.create_task(endpoint.attempt())
    await eventually(lambda: bool(side.posts))
    await asyncio.wait_for(endpoint.emit("product:18"), 60)  # SQLite has one writer: it would wait
    side.hold.set()
    assert (await attempt).status == "delivered"


async def test_events_of_an_entity_wait_for_each_other_and_for_no_other(endpoint: Endpoint, side: Receiver) -> None:
    side.answer = lambda _: "500 Oops"
    for number, entity in enumerate(["product:1", "product:1", "product:2", "product:1"]):
        await endpoint.emit(entity, number=number)
    await endpoint.attempt(0)
    side.answer = lambda _: "200 OK"
    assert (await endpoint.attempt(3)).status == "waiting"
    assert (await endpoint.attempt(1)).status == "waiting"
    assert (await endpoint.attempt(2)).status == "delivered"
    assert await endpoint.statuses() == ["pending", "waiting", "delivered", "waiting"]
    await endpoint.attempt(0)
    assert await endpoint.statuses() == ["delivered", "pending", "delivered", "waiting"]
    await endpoint.attempt(1)
    await endpoint.attempt(3)
    assert await endpoint.statuses() == ["delivered"] * 4
    told = [post.verified(endpoint.secret)["data"]["number"] for post in side.posts]
    assert told == [0, 2, 0, 1, 3]
    first, second, _, last = await endpoint.deliveries()
    woken = {job.id for job in await jobs.list_jobs(endpoint.runtime.database) if "-after-" in job.id}
    assert woken == {f"webhook-{second.id}-1-after-{first.id}", f"webhook-{last.id}-1-after-{second.id}"}


async def test_one_that_is_given_up_lets_the_next_one_go(
    endpoint: Endpoint, side: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "DELAYS", ())
    side.answer = lambda _: "500 Oops"
    for _ in range(2):
        await endpoint.emit()
    assert (await endpoint.attempt(1)).status == "waiting"
    await endpoint.attempt(0)
    assert await endpoint.statuses() == ["dead", "pending"]


async def test_a_mistake_of_ours_is_noted_and_lets_the_next_one_go(endpoint: Endpoint) -> None:
    for _ in range(2):
        await endpoint.emit()
    await endpoint.attempt(1)
    first, _ = await endpoint.deliveries()
    on_failure = JOBS["deliver_webhook"].on_failure
    assert on_failure is not None
    for _ in range(2):
        await on_failure(endpoint.runtime, "a mistake", first.id, endpoint.id, 1)
    assert await endpoint.statuses() == ["dead", "pending"]
    assert (await endpoint.deliveries())[0].error == "Something went wrong on our side: a mistake"


async def test_gone_disables_cancels_and_tells_the_owner(endpoint: Endpoint, side: Receiver) -> None:
    side.answer = lambda _: "410 Gone"
    for entity in ("product:1", "product:1", "product:2"):
        await endpoint.emit(entity)
    await endpoint.attempt(1)
    await endpoint.attempt(0)
    assert await endpoint.statuses() == ["dead", "cancelled", "cancelled"]
    webhook = await endpoint.webhook()
    assert (webhook.is_active, webhook.disabled_reason) == (False, "It answered 410 (Gone).")
    assert webhook.disabled_at is not None
    await endpoint.emit("product:3")
    await endpoint.attempt(2)
    assert len(await endpoint.deliveries()) == 3
    assert len(side.posts) == 1
    async with endpoint.runtime.database.reading() as session:
        (told,) = await session.scalars(sa.select(Notification))
        assert (told.user_id, told.kind) == (endpoint.access.user.id, "webhook_disabled")
        assert told.params["host"] == f"127.0.0.1:{side.port}"
        actions = list(await session.scalars(sa.select(AuditEntry.action).where(AuditEntry.action.like("webhook.%"))))
        assert actions == ["webhook.created", "webhook.disabled"]


async def test_days_of_nothing_but_failures_disable(endpoint: Endpoint, side: Receiver) -> None:
    side.answer = lambda _: "500 Oops"
    await endpoint.emit()
    await endpoint.change(failing_since=utcnow() - timedelta(days=4, hours=23))
    await endpoint.attempt()
    assert (await endpoint.webhook()).is_active
    await endpoint.change(failing_since=utcnow() - timedelta(days=5, minutes=1))
    await endpoint.attempt()
    webhook = await endpoint.webhook()
    assert (webhook.is_active, webhook.disabled_reason) == (False, "Nothing has arrived there for 5 days.")


async def test_a_success_ends_the_days_of_failures(endpoint: Endpoint, side: Receiver) -> None:
    side.answer = lambda _: "500 Oops"
    await endpoint.emit()
    await endpoint.attempt()
    assert (await endpoint.webhook()).failing_since is not None
    side.answer = lambda _: "204 No Content"
    await endpoint.attempt()
    assert (await endpoint.webhook()).failing_since is None


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
async def test_who_asks_us_to_wait_is_left_alone(endpoint: Endpoint, side: Receiver, status: str) -> None:
    side.answer = lambda _: f"{status}\r\nRetry-After: 1000"
    await endpoint.emit("product:1")
    await endpoint.emit("product:2")
    tried = await endpoint.attempt(0)
    assert tried.next_at is not None
    assert 900 < (tried.next_at - utcnow()).total_seconds() <= 1000
    other = await endpoint.attempt(1)
    assert (other.status, other.attempts) == ("pending", 0)
    assert len(side.posts) == 1
    assert any("-at-" in job.id and job.status == "delayed" for job in await jobs.list_jobs(endpoint.runtime.database))
    await endpoint.change(paused_until=utcnow() - timedelta(seconds=1))
    side.answer = lambda _: "200 OK"
    assert (await endpoint.attempt(1)).status == "delivered"


async def test_redirects_are_not_followed(endpoint: Endpoint, side: Receiver) -> None:
    side.answer = lambda _: f"302 Found\r\nLocation: {side.url('/elsewhere')}"
    await endpoint.emit()
    tried = await endpoint.attempt()
    assert (tried.status, tried.response_status) == ("pending", 302)
    assert [post.path for post in side.posts] == ["/hook"]


async def test_silence_hanging_up_and_floods_are_borne(
    endpoint: Endpoint, side: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await endpoint.emit()
    side.answer = lambda _: None
    tried = await endpoint.attempt()
    assert (tried.status, tried.response_status) == ("pending", None)
    assert "connection failed" in (tried.error or "")
    monkeypatch.setattr(deliver, "TIMEOUT", 0.2)
    side.hold = asyncio.Event()
    tried = await endpoint.attempt()
    assert (tried.status, tried.error) == ("pending", "There was no answer within 0.2 seconds.")
    side.hold.set()
    monkeypatch.setattr(deliver, "TIMEOUT", 15.0)
    side.answer = lambda _: b"HTTP/1.1 200 OK\r\n\r\n" + b"x\0" * 10_000_000
    done = await endpoint.attempt()
    assert (done.status, done.response_excerpt) == ("delivered", "x\ufffd" * 512)


async def test_private_addresses_are_not_posted_to(endpoint: Endpoint, side: Receiver) -> None:
    strict = endpoint.runtime.settings.model_copy(update={"fetch_allowed_hosts": []})
    guarded = Endpoint(
        type(endpoint.runtime)(strict, endpoint.runtime.database), endpoint.access, side, endpoint.id, endpoint.secret
    )
    await guarded.emit()
    for number, host in enumerate(("127.0.0.1", "localhost", "127.1", "[::1]", "0.0.0.0"), start=1):  # noqa: S104
        await endpoint.change(url=side.url(host=host))
        tried = await guarded.attempt()
        assert (tried.status, tried.attempts, tried.response_status) == ("pending", number, None)
        assert "not a public one: nothing was sent" in (tried.error or ""), host
    assert side.posts == []


async def test_both_secrets_sign_after_a_rotation_and_the_old_one_no_longer_after_a_day(
    endpoint: Endpoint, side: Receiver
) -> None:
    async with endpoint.runtime.database.transaction() as session:
        _, secret = await webhooks.rotate_secret(
            session, endpoint.access, endpoint.id, settings=endpoint.runtime.settings
        )
    assert secret != endpoint.secret
    await endpoint.emit("product:1")
    await endpoint.attempt(0)
    assert side.posts[0].verified(secret) == side.posts[0].verified(endpoint.secret)
    await endpoint.change(previous_until=utcnow() - timedelta(seconds=1))
    await endpoint.emit("product:2")
    await endpoint.attempt(1)
    side.posts[1].verified(secret)
    with pytest.raises(WebhookVerificationError):
        side.posts[1].verified(endpoint.secret)
