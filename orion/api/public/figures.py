"""What monitoring is told of channels, orders and stock: read from the database, so the same from every process."""

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from orion import inventory, orders, sync
from orion.plumbing.db import Database
from orion.plumbing.observability.metrics import render_metrics


async def business_metrics(database: Database) -> bytes:
    """All of it in Prometheus' text format. Reads every counted item: ask rarely."""
    async with database.reading() as session:
        channels = _of_channels(await sync.sync_figures(session))
        runs = _of_runs(await sync.run_totals(session))
        work = _of_orders(await orders.order_figures(session))
        stock = _of_stock(await inventory.stock_figures(session))
    return render_metrics([*channels, *runs, *work, *stock])


def _of_channels(figures: list[sync.SyncFigures]) -> list[Metric]:
    """One gauge for each job type's lag, and the part of runs that failed."""
    labels = ("store", "connection", "channel")
    orders_lag = GaugeMetricFamily("order_import_lag_seconds", "Seconds since orders were last read", labels=labels)
    products = GaugeMetricFamily("product_pull_lag_seconds", "Seconds since products were last read", labels=labels)
    errors = GaugeMetricFamily(
        "sync_error_rate", "Failed runs of the last day, of all that ended", labels=(*labels, "job_type")
    )
    unread = GaugeMetricFamily("sync_unread_entries", "Entries of a channel that cannot be read", labels=labels)
    lags = {"order_import": orders_lag, "product_pull": products}
    for row in figures:
        names = (row.store_code, str(row.connection_id), row.channel)
        if row.is_asked:
            lags[row.job_type].add_metric(names, row.lag_seconds)
        if row.runs:
            errors.add_metric((*names, row.job_type), row.error_rate)
        if row.job_type == "order_import":
            unread.add_metric(names, row.unread)
    return [orders_lag, products, errors, unread]


def _of_runs(totals: list[sync.RunTotals]) -> list[Metric]:
    ended = GaugeMetricFamily(
        "orion_sync_runs_of_day", "Runs of the last day that ended so", labels=("channel", "job_type", "status")
    )
    entries = GaugeMetricFamily(
        "orion_sync_entries_of_day",
        "Orders and products that the last day's runs read, by what came of them",
        labels=("channel", "job_type", "result"),
    )
    sums: dict[tuple[str, str, str], int] = {}
    for row in totals:
        ended.add_metric((row.channel, row.job_type, row.status), row.runs)
        for result in ("created", "updated", "unchanged", "failed"):
            key = (row.channel, row.job_type, result)
            sums[key] = sums.get(key, 0) + getattr(row, result)
    for key, count in sums.items():
        entries.add_metric(key, count)
    return [ended, entries]


def _of_orders(figures: orders.OrderFigures) -> list[Metric]:
    attention = GaugeMetricFamily("orion_orders_attention", "Orders that a person has to look at", labels=("channel",))
    for channel, count in sorted(figures.attention.items()):
        attention.add_metric((channel,), count)
    short = GaugeMetricFamily("orion_order_lines_short", "Lines that were sold and that nothing is there for")
    short.add_metric((), figures.short)
    return [attention, short]


def _of_stock(figures: inventory.StockFigures) -> list[Metric]:
    said = (
        ("orion_stock_low_items", "Items with no more available than their threshold", figures.low),
        ("orion_reservations_held", "Reservations that hold stock", figures.held),
        ("orion_reservations_overdue", "Of those, how many have lasted too long", figures.overdue),
        ("orion_reservations_expired_of_day", "Reservations that nobody came for, of the last day", figures.expired),
    )
    found: list[Metric] = []
    for name, meaning, count in said:
        gauge = GaugeMetricFamily(name, meaning)
        gauge.add_metric((), count)
        found.append(gauge)
    return found
