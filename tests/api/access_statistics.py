"""Who gets what answer from the operations that show figures."""

from tests.api.access_rows import Row, admin_only, any_user, member

STATISTICS_ROWS: dict[tuple[str, str], Row] = {
    ("GET", "/api/v1/stats"): any_user(),
    ("GET", "/api/v1/stats/marketplace-stats"): any_user(),
    ("GET", "/api/v1/store/stats"): member("viewer"),
    ("GET", "/api/v1/admin/statistics"): admin_only(),
}
