"""The supplier: its catalogue in pages, and buying from it, where every mistake costs money.

Sources: public clients of API v3 and recorded answers, for nothing is published. What a second POST with the same
`orderId` does is not known, so it is never made without looking first (see KeySupplier).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import structlog

from orion.channels.adapters import values
from orion.channels.adapters.answers import read_object
from orion.channels.adapters.codeswholesale.keys import read_key, read_purchase
from orion.channels.adapters.codeswholesale.products import described, read_product
from orion.channels.client import Answer, ChannelClient
from orion.channels.errors import ChannelError, Refused, Unreadable
from orion.channels.ports import (
    Balance,
    KeyPurchase,
    KeyWanted,
    MalformedItem,
    ProductPage,
    RemoteKey,
    RemoteProduct,
)
from orion.kernel import Money

log = structlog.get_logger(__name__)

DESCRIBED = 25
"""Pages of changes with no more products than this are read with their descriptions, one call for each."""

DESCRIBED_AT_ONCE = 5
CLOCKS_DIFFER = timedelta(days=1)
"""Orders are looked for so much earlier and later than they can be: the supplier's clock is its own."""

_MOST_PAGES = 200


class CodesWholesaleSupplier:
    """A ProductSource and KeySupplier."""

    def __init__(self, client: ChannelClient) -> None:
        self._client = client
        self._currency: str = client.settings.get("currency") or "EUR"
        self._preorders = client.settings.get("preorders") == "accept"

    async def check(self) -> str:
        """What can be spent."""
        balance = await self.balance()
        return (
            f"CodesWholesale lets us in. {Money(balance.amount_minor, balance.currency)} {balance.currency} to spend."
        )

    async def balance(self) -> Balance:
        """See KeySupplier. With the credit that the account has, where it says so."""
        answer = await self._client.send("account", "GET", "/v3/accounts/current")
        said = read_object(answer)
        try:
            for name in ("totalToUse", "currentBalance"):
                if (amount := values.minor(said, name, self._currency)) is not None:
                    return Balance(amount, self._currency)
        except values.Odd as odd:
            raise answer.unreadable(str(odd)) from None
        raise answer.unreadable("there is no balance in it")

    async def products_page(self, since: datetime | None, cursor: str | None = None) -> ProductPage:
        """See ProductSource. Small pages of changes come with GTIN and maker, which cost a call for each product."""
        asked = {"continuationToken": cursor} if cursor else {}
        if since:  # theirs begins behind the moment
            asked["updatedSince"] = _moment(since - timedelta(seconds=1))
        answer = await self._client.send("products", "GET", "/v3/products", params=asked)
        said = read_object(answer)
        products: list[RemoteProduct] = []
        malformed: list[MalformedItem] = []
        for node in _rows(answer, said):
            try:
                if not isinstance(node, dict):
                    raise values.Odd("the entry is missing")
                products.append(read_product(node, self._currency, preorders=self._preorders))
            except values.Odd as odd:
                malformed.append(MalformedItem(_id_of(node), str(odd), node))
        if since and len(products) <= DESCRIBED:
            products = await self._described(products)
        return ProductPage(products, malformed, cursor=_token(answer, said), watermark=_date(answer))

    async def _described(self, products: list[RemoteProduct]) -> list[RemoteProduct]:
        """All of them with their descriptions; all as they are when one description cannot be had now.

        Some with and some without a GTIN would be told as if the latter had lost theirs.
        """
        found: list[RemoteProduct] = []
        for start in range(0, len(products), DESCRIBED_AT_ONCE):
            some = products[start : start + DESCRIBED_AT_ONCE]
            asked = await asyncio.gather(*(self._describe(product) for product in some))
            found += [product for product in asked if product is not None]
            if None in asked:
                return products
        return found

    async def _describe(self, product: RemoteProduct) -> RemoteProduct | None:
        path = f"/v3/products/{quote(product.channel_product_id, safe='')}/description"
        try:
            answer = await self._client.send("description", "GET", path, max_wait=0.0, spare=0.5)
            return described(product, read_object(answer))
        except Refused:
            return product
        except (ChannelError, values.Odd):
            return None

    async def buy_keys(self, client_order_id: str, wanted: Sequence[KeyWanted]) -> KeyPurchase:
        """See KeySupplier. Everything that is wanted is bought, or nothing.

        Raises Refused (`balance_too_low`, `supplier_out_of_stock`, `product_unknown`, `quantity_invalid`,
        `request_refused`).
        """
        order = {
            "allowPreOrder": self._preorders,
            "orderId": client_order_id,
            "products": [
                {"productId": one.channel_product_id, "quantity": one.quantity, "price": self._price(one)}
                for one in wanted
            ],
        }
        answer = await self._client.send(
            "createOrder",
            "POST",
            "/v3/orders",
            content=json.dumps(order).encode(),
            headers={"content-type": "application/json"},
            repeatable=False,
        )
        return self._read(answer, client_order_id)

    async def find_purchase(self, client_order_id: str, since: datetime) -> KeyPurchase | None:
        """See KeySupplier. None only when neither the list of orders nor a direct question knows it.

        A row that does not say under which id of ours it was made is asked for by itself. Raises Unreadable when it is
        not found and some order of the list cannot be read: it may be the one.
        """
        rows, unread = await self._made_under(client_order_id, since)
        if len(rows) > 1:
            log.error(
                "bought more than once", connection_id=self._client.connection_id, client_order_id=client_order_id
            )
        first = min(rows, key=lambda row: str(row.get("createdOn")), default={})
        for order_id in dict.fromkeys((first.get("orderId"), client_order_id)):
            if not order_id:
                continue
            try:
                answer = await self._client.send("order", "GET", f"/v3/orders/{quote(str(order_id), safe='')}")
            except Refused:  # some name orders by their own ids, some by ours
                continue
            return await self._with_released(self._read(answer, client_order_id))
        if rows:
            raise answer.unreadable("an order of the list is not there")
        if unread:
            raise unread.unreadable("some orders of the list cannot be read, and ours may be one of them")
        return None

    async def _made_under(self, client_order_id: str, since: datetime) -> tuple[list[dict[str, Any]], Answer | None]:
        """The rows of the list of orders that are of this id; where there are none, an answer with some that may be."""
        rows: list[dict[str, Any]] = []
        unnamed: list[tuple[Answer, Any]] = []
        async for answer, row in self._orders(since):
            if not isinstance(row, dict) or not isinstance(row.get("clientOrderId"), str):
                unnamed.append((answer, row))
            elif row["clientOrderId"] == client_order_id:
                rows.append(row)
        unread = None
        for answer, row in unnamed if not rows else ():
            named = await self._client_order_id(row)
            if named is None:
                unread = answer
            elif named == client_order_id:
                rows.append(row)
        return rows, unread

    async def _client_order_id(self, row: Any) -> str | None:
        """Under which id of ours an order of the list was made, "" for none; None when that cannot be told."""
        order_id = row.get("orderId") if isinstance(row, dict) else None
        if not isinstance(order_id, str) or not order_id:
            return None
        try:
            said = read_object(await self._client.send("order", "GET", f"/v3/orders/{quote(order_id, safe='')}"))
            return values.text(said, "clientOrderId") or ""
        except (Refused, Unreadable, values.Odd):
            return None

    async def _orders(self, since: datetime) -> AsyncIterator[tuple[Answer, Any]]:
        """Every row of the list of orders made since, with the answer that it came in."""
        asked = {
            "startFrom": _moment(since - CLOCKS_DIFFER),
            "endOn": _moment(datetime.now(UTC) + CLOCKS_DIFFER),
        }
        for _ in range(_MOST_PAGES):
            answer = await self._client.send("orders", "GET", "/v3/orders", params=asked)
            said = read_object(answer)
            for row in _rows(answer, said):
                yield answer, row
            token = _token(answer, said)
            if token is None:
                return
            asked["continuationToken"] = token
        raise answer.unreadable("the list of orders does not end")

    async def _with_released(self, purchase: KeyPurchase) -> KeyPurchase:
        """The purchase with the pre-ordered keys that have come meanwhile, which their own addresses tell."""
        keys = [await self._released(key) if key.kind == "preorder" else key for key in purchase.keys]
        if keys == list(purchase.keys):
            return purchase
        done = purchase.status.casefold() == "completed" and all(key.code for key in keys)
        return replace(purchase, keys=tuple(keys), complete=done)

    async def _released(self, key: RemoteKey) -> RemoteKey:
        try:
            answer = await self._client.send("code", "GET", f"/v3/codes/{quote(key.key_id, safe='')}")
        except Refused:
            return key
        try:
            return read_key(read_object(answer), key.channel_product_id)
        except values.Odd as odd:
            raise answer.unreadable(str(odd)) from None

    def _read(self, answer: Answer, client_order_id: str) -> KeyPurchase:
        """The purchase of an answer. Raises Unreadable; ReplyLost where it came for a POST."""
        try:
            purchase = read_purchase(read_object(answer), self._currency)
        except values.Odd as odd:
            raise answer.unreadable(str(odd)) from None
        if purchase.client_order_id != client_order_id:
            raise answer.unreadable("it tells of another order")
        return purchase

    def _price(self, wanted: KeyWanted) -> float:
        """The highest unit price that we take, as a JSON number; so few digits come through a float unharmed."""
        return float(Decimal(str(Money(wanted.max_price_minor, self._currency))))


def _rows(answer: Answer, said: dict[str, Any]) -> list[Any]:
    items = said.get("items")
    if not isinstance(items, list):
        raise answer.unreadable("there is no list of items")
    return items


def _token(answer: Answer, said: dict[str, Any]) -> str | None:
    token = said.get("continuationToken")
    if token is not None and not isinstance(token, str):
        raise answer.unreadable("the continuation token is no text")
    return token or None


def _date(answer: Answer) -> datetime | None:
    """When the answer was made, by their clock (RFC 9110 section 6.6.1)."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _id_of(node: Any) -> str | None:
    found = node.get("productId") if isinstance(node, dict) else None
    return found if isinstance(found, str) and found else None
