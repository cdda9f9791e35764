"""Figures for Prometheus: of the server's requests, and of the jobs of all workers, read from the database."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from orion.plumbing import jobs
from orion.plumbing.db import Database

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where the library, in a process that is started with it, counts: in files that all of them read."""


@contextmanager
def counting_together() -> Iterator[None]:
    """Have this process, and those that it starts meanwhile, count requests in one: each answers for all of them."""
    with TemporaryDirectory(prefix="orion-metrics-") as folder:
        os.environ[_FOLDER] = folder
        values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call] # it has no types
        try:
            yield
        finally:
            del os.environ[_FOLDER]
            values.ValueClass = values.MutexValue


class RequestMetrics:
    """How many requests there were and how long they took, by method, route template and status."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._count = Counter("orion_http_requests", "HTTP requests", labels, registry=self.registry)
        self._problems = Counter(
            "orion_http_problems", "Requests that were refused, by the code of the problem", ("code",),
            registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "orion_http_request_duration_seconds", "Duration of HTTP requests", labels, registry=self.registry
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` is the template ("/stores/{code}"), so that the number of series stays small."""
        labels = (method if method in _KNOWN_METHODS else "other", route, str(status))
        self._count.labels(*labels).inc()
        self._seconds.labels(*labels).observe(seconds)

    def refused(self, code: str) -> None:
        """Count one refusal by its stable code."""
        self._problems.labels(code).inc()

    def render(self) -> bytes:
        """These figures in Prometheus' text format (CONTENT_TYPE)."""
        registry = self.registry
        if _FOLDER in os.environ:
            MultiProcessCollector(registry := CollectorRegistry())  # type: ignore[no-untyped-call] # nor has this
        return generate_latest(registry)


class _Gauges(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


async def job_metrics(database: Database) -> bytes:
    """The queues and the workers at this moment, in the same format. Raises what the driver raises."""
    counts = GaugeMetricFamily("orion_jobs", "Jobs by queue and status", labels=("queue", "status"))
    depth = GaugeMetricFamily("orion_queue_depth", "Jobs that wait or run, by queue", labels=("queue",))
    oldest = GaugeMetricFamily(
        "orion_queue_oldest_waiting_seconds", "For how long the queue's oldest waiting job waits", labels=("queue",)
    )
    alive = GaugeMetricFamily(
        "orion_worker_heartbeat_age_seconds", "Seconds since the worker's last sign of life", labels=("worker",)
    )
    depths = await jobs.queue_depths(database)
    waits = await jobs.oldest_waiting_seconds(database)
    for (queue, status), count in sorted(depths.items()):
        counts.add_metric((queue, status), count)
    for queue in jobs.QUEUES:
        depth.add_metric((queue,), sum(depths.get((queue, status), 0) for status in ("delayed", "waiting", "running")))
        oldest.add_metric((queue,), waits.get(queue, 0.0))
    for worker in await jobs.worker_heartbeats(database):
        alive.add_metric((worker.id,), worker.age)
    return render_metrics([counts, depth, oldest, alive])


def render_metrics(metrics: list[Metric]) -> bytes:
    """Figures that somebody has gathered at this moment, in the same format."""
    registry = CollectorRegistry()
    registry.register(_Gauges(metrics))
    return generate_latest(registry)
