"""Reading orders from eBay and being let in there: pages, windows and bad days, over HTTP with the simulator."""

import dataclasses
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from orion.channels import (
    ChannelUnavailable,
    CredentialsRefused,
    OrderPage,
    Refused,
    ScopeMissing,
    SlowDown,
    Unreadable,
    Window,
)
from orion.channels.adapters.ebay import MANIFEST, EbayAdapter
from orion.channels.adapters.ebay.login import SCOPES
from orion.simulators.ebay import USER_ID, USERNAME, Ebay
from orion.simulators.kit import Fault
from tests.channels.conftest import Connect
from tests.channels.ebay.given import MONTH, ids_of, read_pages

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@only_sqlite
async def test_pages_and_windows(ebay: EbayAdapter, shop: Ebay) -> None:
    shop.shape({"spread_days": 20, "collected_tax_percent": 20})
    shop.place_orders(450)
    truth = shop.truth()
    ids = [told["id"] for told in truth]
    pages = await read_pages(ebay)
    assert [len(page.orders) for page in pages] == [200, 200, 50]
    assert ids_of(pages) == ids
    for order, told in zip([order for page in pages for order in page.orders], truth, strict=True):
        assert (order.raw_status, order.total_minor) == (told["status"], told["total_minor"])
        assert [(line.channel_line_id, line.sku, line.quantity, line.total_minor) for line in order.lines] == [
            (line["id"], line["sku"], line["quantity"], line["total_minor"]) for line in told["lines"]
        ]
    stamps = [order.updated_at for page in pages for order in page.orders]
    assert pages[0].watermark is not None
    assert timedelta(0) <= datetime.now(UTC) - pages[0].watermark < timedelta(minutes=5)

    shop.calls.clear()
    assert ids_of(await read_pages(ebay, Window(stamps[10], stamps[30]))) == ids[10:30], (
        "from the first, up to the last"
    )
    assert shop.calls["getOrders"] == 1
    assert ids_of(await read_pages(ebay, Window(since=stamps[-1] + timedelta(milliseconds=1)))) == []
    assert ids_of(await read_pages(ebay, Window(until=stamps[5]))) == ids[:5], "as far back as eBay goes"
    assert ids_of(await read_pages(ebay, Window(since=datetime(2001, 1, 1, tzinfo=UTC), until=stamps[5]))) == ids[:5]
    shop.calls.clear()
    assert ids_of(await read_pages(ebay, Window(stamps[5], stamps[5]))) == []
    assert shop.calls["getOrders"] == 0, "nothing lies in between"
    assert set(ids_of(await read_pages(ebay, Window(until=datetime.now(UTC) + timedelta(hours=1))))) == set(ids)
    with pytest.raises(Refused) as refused:
        await ebay.orders_page(MONTH, "no place of ours")
    assert refused.value.code == "cursor_unknown"


@only_sqlite
@pytest.mark.parametrize("newest_first", [False, True])
async def test_nothing_is_lost_while_orders_move(ebay: EbayAdapter, shop: Ebay, newest_first: bool) -> None:
    shop.shape({"spread_days": 20, "newest_first": newest_first})
    ids = set(shop.place_orders(450))
    for times in (1, 3):
        shop.faults.add(Fault("page_drift", "getOrders", times=times))
        pages = await read_pages(ebay)
        # What changed while it was read is in the next read, if it is not in this one.
        again = await read_pages(ebay, Window(since=pages[0].watermark))
        assert set(ids_of(pages)) | set(ids_of(again)) == ids
        assert pages[0].watermark is not None
        moved = [told for told in shop.truth() if datetime.fromisoformat(told["updated_at"]) > pages[0].watermark]
        assert len(set(ids_of(pages))) >= len(ids) - len(moved), "and nothing else"
        shop.faults.clear()
    assert shop.faults.struck["page_drift"] >= 3, "in more than one page of a read"

    shop.faults.add(Fault("duplicated_page", "getOrders"))
    pages = await read_pages(ebay)
    assert set(ids_of(pages)) | set(ids_of(await read_pages(ebay, Window(since=pages[0].watermark)))) == ids
    assert shop.faults.struck["duplicated_page"] == 1


@only_sqlite
async def test_bad_days_of_reading(ebay: EbayAdapter, shop: Ebay, connect: Connect) -> None:
    ids = shop.place_orders(3)
    shop.change_order(ids[0], {"orderFulfillmentStatus": "FULFILLED"})

    async def after(*faults: Fault) -> OrderPage:
        for fault in faults:
            shop.faults.add(fault)
        return await ebay.orders_page(MONTH)

    for kind in ("unavailable", "timeout", "lost_reply", "token_expired"):
        page = await after(Fault(kind, "getOrders"))  # type: ignore[arg-type] # of KINDS
        assert sorted(ids_of([page])) == sorted(ids), f"{kind}: asked again"
    tokens = shop.calls["token"]
    shop.shape({"expire_tokens": True})
    assert len((await after()).orders) == 3
    assert shop.calls["token"] == tokens + 1
    with pytest.raises(ChannelUnavailable):
        await after(Fault("unavailable", "getOrders", times=3))
    with pytest.raises(Unreadable):
        await after(Fault("html", "getOrders"))
    with pytest.raises(SlowDown) as slow:
        await after(Fault("rate_limited", "getOrders"))
    assert slow.value.retry_after is not None

    other = await connect("ebay")

    async def read(fault: Fault) -> OrderPage:
        shop.faults.add(fault)
        page: OrderPage = await other.orders_page(MONTH)
        return page

    page = await read(Fault("late_status", "getOrders"))
    late = [order for order in page.orders if order.channel_order_id == ids[0]]
    assert [order.status for order in late] == ["shipped", "confirmed"]
    assert late[0].updated_at >= late[1].updated_at
    page = await read(Fault("unknown_status", "getOrders"))
    assert (page.orders[-1].raw_status.partition("/")[0], page.orders[-1].status) == ("UNDER_REVIEW", None)
    page = await read(Fault("malformed_item", "getOrders"))
    assert (len(page.orders), [item.channel_id for item in page.malformed]) == (2, [page.malformed[0].raw["orderId"]])
    shop.faults.add(Fault("clock_skew", times=None))
    [early] = shop.place_orders(1)
    page = await other.orders_page(MONTH)
    assert page.orders[-1].channel_order_id == early
    assert page.orders[-1].updated_at > datetime.now(UTC) + timedelta(minutes=9)
    shop.faults.clear()

    shop.shape({"identity": False})
    assert await other.check() == (
        "EBay lets us read orders. It does not say whose, so its notifications are not understood."
    )
    shop.shape({"scopes": False})
    with pytest.raises(ScopeMissing, match="Insufficient permissions"):
        await other.check()
    shop.shape({"scopes": True, "grant": False})
    with pytest.raises(CredentialsRefused) as ended:
        await other.check()
    assert ended.value.code == "grant_ended"
    stranger = await connect("ebay", credentials={"refresh_token": "x", "client_id": "a:b", "client_secret": "c"})
    with pytest.raises(CredentialsRefused) as refused:
        await stranger.check()
    assert refused.value.code == "credentials_refused"


@only_sqlite
async def test_the_calls_of_a_day_are_spent(ebay: EbayAdapter, shop: Ebay) -> None:
    shop.limited = True
    shop.shape({"daily": {"sell.fulfillment": 2}})
    await ebay.orders_page(MONTH)
    assert await ebay.order("none") is None
    before = shop.seconds_to_midnight()
    for code in ("rate_limited", "budget_spent"):
        with pytest.raises(SlowDown) as spent:
            await ebay.orders_page(MONTH)
        assert spent.value.code == code
        midnight_passed = shop.seconds_to_midnight() > before
        assert midnight_passed or before - 600 <= (spent.value.retry_after or 0) <= before + 1, (
            "until it is counted anew"
        )
    assert (shop.calls["getOrders"], shop.calls["getRateLimits"]) == (2, 1), "and nobody asks before"
    shop.shape({"expire_tokens": True})
    with pytest.raises(SlowDown):
        await ebay.order("none")
    assert shop.calls["getRateLimits"] == 3, "the app's own token had ended: it took another"


@only_sqlite
async def test_access_is_granted_on_ebays_own_page(shop: Ebay, connect: Connect) -> None:
    adapter = await connect("ebay", credentials={"refresh_token": "old"})
    client, flow = adapter._client, MANIFEST.consent
    assert flow is not None
    url = flow.authorize_url(client, "s t&te", "http://orion.example/consent/ebay")
    assert parse_qs(urlsplit(url).query) == {
        "client_id": ["simulator-client"],
        "redirect_uri": ["http://orion.example/consent/ebay"],
        "response_type": ["code"],
        "scope": [" ".join(SCOPES)],
        "state": ["s t&te"],
    }
    async with httpx.AsyncClient() as browser:
        page = await browser.get(url)
        assert (page.status_code, "allow" in page.text, "deny" in page.text) == (200, True, True)
        denied = parse_qs(urlsplit((await browser.get(f"{url}&auto=deny")).headers["location"]).query)
        allowed = parse_qs(urlsplit((await browser.get(f"{url}&auto=allow")).headers["location"]).query)
        assert (await browser.get(url.replace("simulator-client", "nobody"))).status_code == 400
    assert denied == {"error": ["access_denied"], "state": ["s t&te"]}
    answered = {name: values[0] for name, values in allowed.items()}
    granted = await flow.exchange(client, answered, "http://orion.example/consent/ebay")
    assert granted.settings == {"user_id": USER_ID, "username": USERNAME}
    assert set(granted.secrets) == {"refresh_token"}
    with pytest.raises(CredentialsRefused):
        await flow.exchange(client, answered, "http://orion.example/consent/ebay")
    renewed = await connect("ebay", credentials=dict(granted.secrets))
    assert await renewed.check() == f"EBay lets us read the orders of {USERNAME}."
    with pytest.raises(CredentialsRefused):
        await adapter.check()
    live = dataclasses.replace(client, environment="live", secrets={"client_id": "us", "runame": "Our-RuName"})
    assert flow.authorize_url(live, "s", "http://orion.example/consent/ebay").startswith(
        "https://auth.ebay.com/oauth2/authorize?client_id=us&redirect_uri=Our-RuName&response_type=code&scope=https%3A"
    )
