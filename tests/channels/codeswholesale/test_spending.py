"""The rule that costs money: whatever goes wrong, and whenever a worker dies, each intent is paid exactly once."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from orion.channels import ChannelError, KeyPurchase, KeySupplier, KeyWanted, ReplyLost
from orion.channels.adapters.codeswholesale import CodesWholesaleSupplier
from orion.simulators.codeswholesale import CodesWholesale
from orion.simulators.codeswholesale.content import product_id_of
from orion.simulators.kit import Fault

GAME = product_id_of("GAME")
SPENT = (
    ("lost_reply", "createOrder"),
    ("malformed_item", "createOrder"),
    *((kind, "createOrder.done") for kind in ("unavailable", "timeout", "html")),
)
"""Where the money is gone and the answer is lost."""
OTHERS = (
    *((kind, "createOrder") for kind in ("unavailable", "timeout", "html", "token_expired", "unknown_status")),
    *(
        (kind, operation)
        for operation in ("orders", "order", "token")
        for kind in ("lost_reply", "unavailable", "html")
    ),
    ("malformed_item", "orders"),
    ("malformed_item", "order"),
)


@dataclass
class Intent:
    """What a shop would have stored: `sent` from before the first call on, so that it outlives a crash."""

    id: str
    quantity: int
    since: datetime
    sent: bool = False
    purchase: KeyPurchase | None = None


async def _fulfil(supplier: KeySupplier, intent: Intent) -> None:
    """One try: look first when something may have been sent; buy only when nothing was. Raises ChannelError."""
    if intent.sent:
        intent.purchase = await supplier.find_purchase(intent.id, intent.since)
    if intent.purchase is None:
        intent.sent = True
        intent.purchase = await supplier.buy_keys(intent.id, [KeyWanted(GAME, intent.quantity, 1000)])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_each_intent_is_paid_exactly_once(supplier: CodesWholesaleSupplier, house: CodesWholesale) -> None:
    stories: list[tuple[list[int], list[tuple[str, str, int]], dict[str, object]]] = []
    faults = st.lists(st.tuples(st.sampled_from(SPENT) | st.sampled_from(OTHERS), st.integers(1, 3)), max_size=5)

    @hypothesis_settings(max_examples=25, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(
        st.lists(st.integers(1, 3), min_size=1, max_size=3),
        faults,
        st.fixed_dictionaries(
            {
                "completes_after": st.sampled_from((0, None)),
                "order_ids": st.sampled_from(("both", "client", "supplier")),
                "page_size": st.sampled_from((1, 100)),
            }
        ),
    )
    def collect(quantities: list[int], wrong: list[tuple[tuple[str, str], int]], shape: dict[str, object]) -> None:
        stories.append((quantities, [(*place, every) for place, every in wrong], shape))

    collect()
    struck: Counter[str] = Counter()
    for quantities, wrong, shape in stories:
        house.reset()
        house.limited = False
        house.shape({"products": [{"identifier": "GAME"}], **shape})
        # Where neither the list nor single orders by the supplier's ids say whose they are, a person has to.
        house.shape({"lists_names": shape["page_size"] == 100 or shape["order_ids"] == "client"})
        for kind, operation, every in wrong:
            house.faults.add(Fault(kind, operation, every=every))  # type: ignore[arg-type] # of KINDS
        intents = [Intent(f"intent-{n}", quantity, house.now()) for n, quantity in enumerate(quantities)]
        for intent in intents:
            tries = 0
            while intent.purchase is None:
                tries += 1
                assert tries < 20, wrong
                try:
                    await _fulfil(supplier, intent)
                except ReplyLost:
                    struck["reply_lost"] += 1
                except ChannelError:
                    struck["other"] += 1
        told = house.truth()
        assert Counter(order["client_order_id"] for order in told) == {intent.id: 1 for intent in intents}, wrong
        spent = 1000 * sum(quantities)
        assert house.balance == 1000 - spent // 100, wrong
        assert sum(order["total_minor"] for order in told) == spent
        for intent, order in zip(intents, told, strict=True):
            assert intent.purchase is not None
            assert intent.purchase.supplier_order_id == order["id"]
            assert intent.purchase.total_minor == 1000 * intent.quantity
    assert set(struck) == {"reply_lost", "other"}, "much went wrong"
