"""What monitoring is told of orders, sync and stock; and that the documented alerts ask for what there is."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import yaml

from orion import inventory, orders, sync
from orion.inventory import ItemKey, Line, Reservation
from orion.orders import OrderLine
from orion.plumbing.db import utcnow
from orion.plumbing.runtime import Runtime
from tests.api.conftest import bearer
from tests.factories.orders import a_line, an_order, make_connection
from tests.factories.stores import make_store
from tests.inventory.stocking import gtin

DOCS = Path(__file__).parents[2] / "docs" / "operations"
NO_FIGURES = {"histogram_quantile", "job_type"}


async def test_figures_of_orders_sync_and_stock(client: httpx.AsyncClient, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        access = await make_store(session)
        room = inventory.stockroom(access)
        connection = await make_connection(session, access, "letzshop")
        both = [an_order("O-1", raw_status="ODD", status=None), an_order("O-2", lines=[a_line(1), a_line(2)])]
        await orders.take_in(session, connection, both, actor="test")
        line = sa.select(sa.func.max(OrderLine.id)).scalar_subquery()
        await session.execute(sa.update(OrderLine).where(OrderLine.id == line).values(stock_state="short"))
        for status, age, created in (("success", 1, 5), ("failed", 2, 0), ("success", 30, 100)):
            at = utcnow() - timedelta(hours=age)
            facts: dict[str, Any] = {"store_id": access.store.id, "connection_id": connection.id, "channel": "letzshop"}
            facts |= {"job_type": "order_import", "trigger": "schedule", "status": status, "created": created}
            session.add(sync.SyncRun(**facts, started_at=at, finished_at=at, failed=1))
        for number, threshold in ((1, 10), (2, 1)):
            await inventory.set_level(session, room, ItemKey(gtin=gtin(number)), "A", 5)
            await inventory.set_threshold(session, room, ItemKey(gtin=gtin(number)), threshold)
        for reference in ("held", "overdue", "expired", "long-ago"):
            await inventory.reserve(session, room, [Line(ItemKey(gtin=gtin(1)), 1)], reference=reference)
        await _change(session, "overdue", expires_at=utcnow() - timedelta(hours=1))
        await _change(session, "expired", state="expired", released=1)
        await _change(session, "long-ago", state="expired", released=1, updated_at=utcnow() - timedelta(days=2))
    headers = await bearer(runtime, access.user)
    asked = {"reference": "more", "lines": [{"gtin": gtin(1), "quantity": 50}]}
    refused = await client.post("/api/v1/store/inventory/reservations", json=asked, headers=headers)
    assert refused.json()["code"] == "insufficient_stock"

    text = (await client.get("/metrics")).text
    by_type = 'channel="letzshop",job_type="order_import"'
    for line in (
        f'orion_sync_runs_of_day{{{by_type},status="failed"}} 1.0',
        f'orion_sync_runs_of_day{{{by_type},status="success"}} 1.0',
        f'orion_sync_entries_of_day{{{by_type},result="created"}} 5.0',
        f'orion_sync_entries_of_day{{{by_type},result="failed"}} 2.0',
        'orion_orders_attention{channel="letzshop"} 2.0',
        "orion_order_lines_short 1.0",
        "orion_stock_low_items 1.0",
        "orion_reservations_held 2.0",
        "orion_reservations_overdue 1.0",
        "orion_reservations_expired_of_day 1.0",
    ):
        assert f"\n{line}\n" in text, line
    assert re.search(r'\norion_http_problems_total{code="insufficient_stock"} [1-9]', text)


async def _change(session: Any, reference: str, **values: Any) -> None:
    await session.execute(sa.update(Reservation).where(Reservation.reference == reference).values(**values))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_figure_is_documented_and_every_alert_asks_for_figures(client: httpx.AsyncClient) -> None:
    await client.get("/api/v1/nowhere")
    text = (await client.get("/metrics")).text
    families = re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE)
    told = {name for name, _ in families if not name.endswith("_created")}
    _, _, section = (DOCS / "monitoring.md").read_text().partition("## Metrics")
    documented = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert told == documented

    rules = yaml.safe_load((DOCS / "alerts.yml").read_text())
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    assert len({alert["alert"] for alert in alerts}) == len(alerts) >= 16
    for alert in alerts:
        assert set(alert) <= {"alert", "expr", "for", "annotations"}
        assert alert["annotations"]["summary"].endswith(".")
        asked = set(re.findall(r"[a-z]+_\w+", re.sub(r'"[^"]*"', "", alert["expr"]))) - NO_FIGURES
        assert asked, alert["alert"]
        assert {name.removesuffix("_bucket") for name in asked} <= told, alert["alert"]
