"""Finding orders by words of their numbers, buyers and SKUs, in one store and in all, however many have them."""

import importlib
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from orion import orders
from orion.kernel import Invalid
from orion.orders import OrderFilter, queries, search
from orion.orders.search import search_text
from tests.factories.orders import START, a_line, an_order, make_connection
from tests.factories.stores import make_admin, make_store
from tests.orders.inbox import Inbox

ASKED = {
    "R5323": ["R532332163"],
    "r532332163 ": ["R532332163"],
    "532332163": ["R532332163"],
    "332163": [],
    "026-1520163-6049104": ["026-1520163-6049104"],
    "026-15201": ["026-1520163-6049104"],
    "JOSEE": ["R532332163"],
    "muller josé": ["R532332163"],
    "jos müller": [],
    "muller josée": ["R532332163"],
    "müll": ["R532332163"],
    "STRASSE Łuk": ["026-1520163-6049104"],
    "weiß": ["026-1520163-6049104"],
    "luc@example.lu": ["026-1520163-6049104"],
    "luc@example.com": [],
    "LAMP-9": ["R532332163"],
    "lamp": ["R532332163", "026-1520163-6049104"],
    "lamp 9 muller": ["R532332163"],
    "100%": [],
    "'": [],
    "a:* | !b & (c)": [],
    '"lamp" OR x*': [],
    "  ": ["R532332163", "026-1520163-6049104"],
}


async def found(inbox: Inbox, limit: int = 50, after: Any = None, **wanted: Any) -> list[str]:
    async with inbox.database.reading() as session:
        listed = await orders.list_orders(session, inbox.access, OrderFilter(**wanted), limit=limit, after=after)
        names = [summary.order.channel_order_id for summary in listed.items]
        return names if listed.after is None else names + await found(inbox, limit, listed.after, **wanted)


async def test_orders_are_found_by_words(inbox: Inbox) -> None:
    await inbox.take(
        an_order("R532332163", number="R532332163", lines=[a_line(1, "LAMP-9")], buyer_reference="jo"),
        an_order(
            "026-1520163-6049104", number="026-1520163-6049104", buyer_name="Łukasz Weiss Straße",
            buyer_email="luc@example.lu", lines=[a_line(1, "LAMP-10"), a_line(2, "X" * 255), a_line(3, None)],
            ordered_at=START - timedelta(days=1),
        ),
    )  # fmt: skip
    assert {text: await found(inbox, search=text) for text in ASKED} == ASKED
    async with inbox.database.transaction() as session:
        other = await make_store(session, "OTHER")
        theirs = an_order("R5323", number="R5323", lines=[a_line(1, "LAMP-9")], buyer_name=None, buyer_email=None)
        await orders.take_in(session, await make_connection(session, other), [theirs], actor="channel:letzshop")
        admin = await make_admin(session)
        everywhere = await orders.list_all_orders(session, admin, OrderFilter(search="lamp"))
        assert (everywhere.total, [each.store_code for each in everywhere.items]) == (3, ["OTHER", "DEMO", "DEMO"])
        ours = await orders.list_all_orders(session, admin, OrderFilter(search="lamp"), store_id=inbox.access.store.id)
        assert ours.total == 2
        with pytest.raises(Invalid, match="200"):
            await orders.list_all_orders(session, admin, OrderFilter(search="x" * 201))
    assert await found(inbox, search="lamp", limit=1) == ["R532332163", "026-1520163-6049104"]
    await inbox.act(orders.forget_buyer, "letzshop", "jo")
    assert [await found(inbox, search=text) for text in ("josee", "müll", "lamp")] == [[], [], ASKED["lamp"]]
    if inbox.database.is_sqlite:
        async with inbox.database.reading() as session:
            kept = await session.scalar(sa.text("SELECT count(*) FROM order_words WHERE order_words MATCH 'muller'"))
            assert kept == 0


async def test_words_that_very_many_orders_have(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_FOUND", 3)
    monkeypatch.setattr(queries, "MOST_LOOKED_THROUGH", 4)
    names = [f"O-{number}" for number in range(12)]
    await inbox.take(
        *(
            an_order(
                name,
                ordered_at=START + timedelta(days=number),
                status="shipped" if number % 2 else "confirmed",
                buyer_name="Rare" if number in (0, 3) else "Many",
            )
            for number, name in enumerate(names)
        )
    )
    newest_first = names[::-1]
    assert await found(inbox, search="many", limit=2) == [name for name in newest_first if name not in ("O-0", "O-3")]
    assert await found(inbox, search="rare", limit=1) == ["O-3", "O-0"]
    assert await found(inbox, search="o", statuses=["shipped"], limit=5) == newest_first[::2]


def test_the_migration_keeps_the_words_that_orders_keep() -> None:
    migration = importlib.import_module("migrations.versions.0012_order_search")
    order = {
        "number": "R532332163",
        "channel_order_id": "Ord-77001",
        "customer_name": "Łukasz Straße-Müller",
        "customer_email": "luc@example.lu",
    }
    before = "r532332163\nord-77001\nłukasz straße-müller\nluc@example.lu\nlamp-9"
    words = search_text(order, [{"sku": "LAMP-9"}, {"sku": None}])
    assert sorted(migration.words(before).split()) == sorted(words.split())
    assert words == "r532332163 ord 77001 532332163 lukasz strasse muller luc example lu lamp 9"
