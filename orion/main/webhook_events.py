"""Reactions that tell other programs: each domain event as the types of `orion.webhooks.TYPES` document it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from orion import webhooks
from orion.catalog.events import ProductChanged, ProductsChanged
from orion.channels import ConnectionHealthChanged
from orion.feeds import ImportFinished, ImportJob, ImportUndone, StockImported
from orion.inventory import StockChanged, StockLow
from orion.merchants import StoreUpdated
from orion.merchants.events import StoreJudged
from orion.orders import OrderChanged

_API = "/api/v1/store"
_JUDGED = {
    ("verified", True): "store.verified",
    ("verified", False): "store.unverified",
    ("active", True): "store.activated",
    ("active", False): "store.deactivated",
}


async def product_changed(session: AsyncSession, event: ProductChanged) -> None:
    """Tell what became of one product."""
    data = {
        "product_id": event.product_id,
        "changed": _after(event.changes),
        "url": f"{_API}/products/{event.product_id}",
    }
    await webhooks.emit(session, event.store_id, f"product.{event.change}", f"product:{event.product_id}", data)


async def products_changed(session: AsyncSession, event: ProductsChanged) -> None:
    """Tell that many products changed at once, in one message."""
    data = {"action": event.action, "count": event.count, "url": f"{_API}/products"}
    await webhooks.emit(session, event.store_id, "products.changed", f"store:{event.store_id}", data)


async def import_finished(session: AsyncSession, event: ImportFinished) -> None:
    """Tell how an import ended; a dry run has changed nothing, so there is nothing to tell."""
    job = await session.get_one(ImportJob, event.import_id)
    if job.mode == "dry_run":
        return
    kind = {"failed": "import.failed", "cancelled": "import.cancelled"}.get(event.status, "import.completed")
    data: dict[str, Any] = {
        "import_id": job.id,
        "marketplace": job.marketplace,
        "language": job.language,
        "status": event.status,
        "counts": {
            "imported": job.imported_count,
            "updated": job.updated_count,
            "unchanged": job.unchanged_count,
            "skipped": job.skipped_count,
            "errors": job.error_count,
            "warnings": job.warning_count,
        },
        "url": f"{_API}/marketplace/imports/{job.id}",
    }
    if event.status == "failed":
        data["failure"] = {"code": job.failure_code, "message": job.failure_message}
    await webhooks.emit(session, event.store_id, kind, f"import:{job.id}", data)


async def import_undone(session: AsyncSession, event: ImportUndone) -> None:
    """Tell what became of the products of an import that was undone."""
    if event.status != "completed":
        return
    data = {
        "import_id": event.import_id,
        "counts": {"restored": event.restored, "removed": event.removed, "kept": event.kept},
        "url": f"{_API}/marketplace/imports/{event.import_id}/undo",
    }
    await webhooks.emit(session, event.store_id, "import.undone", f"import:{event.import_id}", data)


async def stock_changed(session: AsyncSession, events: Sequence[StockChanged]) -> None:
    """Tell what levels are now; an import is told once, as a whole."""
    fields = ("item_id", "gtin", "location", "delta", "on_hand", "available", "reason", "reference")
    happened = [
        ("stock.changed", f"stock:{event.item_id}", {field: getattr(event, field) for field in fields})
        for event in events
        if event.kind != "import"
    ]
    await webhooks.emit_many(session, events[0].store_id, happened)


async def stock_low(session: AsyncSession, event: StockLow) -> None:
    """Tell that an item runs out."""
    data = {field: getattr(event, field) for field in ("item_id", "gtin", "title", "available", "threshold")}
    await webhooks.emit(session, event.store_id, "stock.low", f"stock:{event.item_id}", data)


async def stock_imported(session: AsyncSession, event: StockImported) -> None:
    """Tell that a file of quantities was taken in, or could not be; a dry run has changed nothing."""
    if event.dry_run:
        return
    data = {field: getattr(event, field) for field in ("import_id", "name", "status", "changed", "failed")}
    data["url"] = f"/api/v1/store/inventory/imports/{event.import_id}"
    await webhooks.emit(session, event.store_id, "stock.imported", f"stock-import:{event.import_id}", data)


async def order_changed(session: AsyncSession, events: Sequence[OrderChanged]) -> None:
    """Tell which orders came in, and which changed and how; nothing of their buyers."""
    happened = []
    for event in events:
        data: dict[str, Any] = {
            "order_id": event.order_id,
            "channel": event.channel,
            "channel_order_id": event.channel_order_id,
            "number": event.number,
            "status": event.status,
            "flags": list(event.flags),
            "url": f"{_API}/orders/{event.order_id}",
        }
        arrived = event.what == "arrived"
        type_ = "order.created" if arrived else "order.updated"
        happened.append((type_, f"order:{event.order_id}", data if arrived else data | {"what": event.what}))
    await webhooks.emit_many(session, events[0].store_id, happened)


async def store_updated(session: AsyncSession, event: StoreUpdated) -> None:
    """Tell which settings changed."""
    data = _store(event.store_id, event.code) | {"changed": _after(event.changes)}
    await webhooks.emit(session, event.store_id, "store.updated", f"store:{event.store_id}", data)


async def store_judged(session: AsyncSession, event: StoreJudged) -> None:
    """Tell that an administrator verified or deactivated the store, or took that back."""
    data = _store(event.store_id, event.code) | {"reason": event.reason}
    type_ = _JUDGED[event.what, event.after]
    await webhooks.emit(session, event.store_id, type_, f"store:{event.store_id}", data)


async def connection_health_changed(session: AsyncSession, event: ConnectionHealthChanged) -> None:
    """Tell that a connection works, will not for long, or does not."""
    data = {
        "connection_id": event.connection_id,
        "channel": event.channel,
        "name": event.name,
        "state": event.after,
        "before": event.before,
        "reason_code": event.code,
        "reason": event.reason,
        "url": f"{_API}/connections/{event.connection_id}",
    }
    entity = f"connection:{event.connection_id}"
    await webhooks.emit(session, event.store_id, "connection.health_changed", entity, data)


def _store(store_id: int, code: str) -> dict[str, Any]:
    return {"store_id": store_id, "store_code": code, "url": f"/api/v1/shop/{code}"}


def _after(changes: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    """The new values alone, as JSON; what JSON has no form for (money, moments) as text."""
    plain: dict[str, Any] = json.loads(json.dumps({name: after for name, (_, after) in changes.items()}, default=str))
    return plain
