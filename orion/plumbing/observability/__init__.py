"""What a running process tells about itself: logs, request ids, figures, health."""

from orion.plumbing.observability.health import Health, check_health
from orion.plumbing.observability.logs import configure_logging
from orion.plumbing.observability.metrics import RequestMetrics, counting_together, job_metrics
from orion.plumbing.observability.requests import PROBLEM, RequestLog

__all__ = [
    "PROBLEM",
    "Health",
    "RequestLog",
    "RequestMetrics",
    "check_health",
    "configure_logging",
    "counting_together",
    "job_metrics",
]
