"""Offers of one thing by its GTIN, and which is the best."""

from dataclasses import replace
from itertools import permutations

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog import offers_of
from orion.catalog.offers import Offer, rank
from orion.kernel import Money, global_gtin14
from tests.factories.catalog import make_marketplace_product, make_product
from tests.factories.stores import make_store

GTIN = "4006381333931"


async def test_offers_of_one_gtin_come_from_everywhere_the_public_may_look(session: AsyncSession) -> None:
    mine, open_, hidden, closed = [await make_store(session, code) for code in ("MINE", "OPEN", "HIDDEN", "CLOSED")]
    open_.store.is_verified = True
    closed.store.is_verified, closed.store.is_active = True, False
    records = {
        "UNIT": {"gtin": GTIN, "source_store_id": mine.store.id},
        "AS-14": {"gtin": f"0{GTIN}", "marketplace": "Amazon", "source_store_id": open_.store.id},
        "AMAZON": {"gtin": GTIN, "marketplace": "Amazon", "price_minor": 9900},
        "PACK": {"gtin": GTIN, "multipack": 6, "source_store_id": open_.store.id},
        "BUNDLE": {"gtin": GTIN, "is_bundle": True, "source_store_id": open_.store.id},
        "HIDDEN": {"gtin": GTIN, "source_store_id": hidden.store.id},
        "CLOSED": {"gtin": GTIN, "source_store_id": closed.store.id},
        "OFF": {"gtin": GTIN, "source_store_id": open_.store.id},
        "BAD": {"gtin": "4006381333930"},
    }
    made = {name: await make_marketplace_product(session, name, **columns) for name, columns in records.items()}
    for name, access in (("UNIT", mine), ("AS-14", open_), ("HIDDEN", hidden), ("CLOSED", closed)):
        await make_product(session, access.store, made[name])
    await make_product(session, open_.store, made["PACK"])
    await make_product(session, open_.store, made["OFF"], is_active=False)
    await make_product(session, open_.store, made["UNIT"], price_minor=2500, currency="EUR")

    seen = await offers_of(session, mine.user, made["UNIT"].id)
    assert seen.gtin == f"0{GTIN}"
    assert [(offer.marketplace_product_id, offer.store_code, offer.is_same_record) for offer in seen.items] == [
        ("UNIT", "OPEN", True),
        ("UNIT", "MINE", True),
        ("AS-14", "OPEN", False),
        ("AMAZON", None, False),
    ]
    reasons = [offer.reason.text for offer in seen.items if offer.reason]
    assert reasons[0] == "It costs 25.00 EUR, 4.90 less than the next offer."
    assert reasons[1] == "It costs 29.90 EUR, 4.90 more than the offer before."
    assert "known first" in reasons[2]
    for stranger in (open_.user,):
        assert "MINE" not in {offer.store_code for offer in (await offers_of(session, stranger, made["UNIT"].id)).items}
    for alone in ("PACK", "BUNDLE", "BAD"):
        found = await offers_of(session, mine.user, made[alone].id)
        assert found.gtin is None
        assert {offer.marketplace_product_id for offer in found.items} <= {alone}


def test_the_ranking_is_the_same_whatever_order_offers_come_in() -> None:
    plain = Offer("Letzshop", "X", "S", "S", Money(1000, "EUR"), None, "in_stock", "new", is_same_record=False)
    offers = [
        plain,
        replace(plain, sale_price=Money(900, "EUR")),
        replace(plain, price=Money(800, "CHF")),
        replace(plain, price=None),
        replace(plain, condition="used", price=Money(1, "EUR")),
        replace(plain, availability="out_of_stock", price=Money(1, "EUR")),
        replace(plain, availability=None),
    ]
    numbered = list(enumerate(offers))
    expected = rank(numbered, "EUR")
    assert [offers.index(replace(offer, rank=0, reason=None)) for offer in expected] == [1, 0, 2, 3, 4, 6, 5]
    assert [offer.reason.text for offer in expected if offer.reason] == [
        "It costs 9.00 EUR, 1.00 less than the next offer.",
        "It costs 10.00 EUR, 1.00 more than the offer before.",
        "Its price is in CHF, that of the offer before in EUR.",
        "It has no price.",
        "It is used; the offer before is new.",
        "It does not say whether it is in stock; the offer before is in stock.",
        "It is not in stock; the offer before does not say whether it is in stock.",
    ]
    assert all(rank(order, "EUR") == expected for order in list(permutations(numbered))[::37])


@pytest.mark.parametrize(
    ("gtin", "wide"),
    [
        ("4006381333931", "04006381333931"),
        ("96385074", "00000096385074"),
        ("4006381333930", None),  # a wrong check digit
        ("2000000000008", None),  # a store's own number
        ("0200000000004", None),
        ("00000017", None),  # in GTIN-8
        ("14006381333938", "14006381333938"),
    ],
)
def test_gtins_that_mean_the_same_thing_everywhere(gtin: str, wide: str | None) -> None:
    assert global_gtin14(gtin) == wide
