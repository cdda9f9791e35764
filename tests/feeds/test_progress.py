from datetime import UTC, datetime, timedelta

import pytest

from orion.feeds import ImportJob, Progress, progress

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def job(**columns: object) -> ImportJob:
    return ImportJob(**{"status": "processing", "processed_count": 0, "started_at": START} | columns)


@pytest.mark.parametrize(
    ("columns", "seconds", "expected"),
    [
        ({"status": "pending", "started_at": None}, 5, Progress(None, None, None, None)),
        ({}, 0, Progress(None, None, None, 0.0)),
        ({}, 4, Progress(None, None, None, 4.0)),
        ({"total_count": 1000}, 4, Progress(0.0, None, None, 4.0)),
        ({"processed_count": 300}, 4, Progress(None, 75.0, None, 4.0)),
        ({"processed_count": 250, "total_count": 1000}, 5, Progress(0.25, 50.0, 15.0, 5.0)),
        ({"processed_count": 1000, "total_count": 1000}, 5, Progress(1.0, 200.0, 0.0, 5.0)),
        ({"processed_count": 1001, "total_count": 1000}, 7, Progress(1.0, 143.0, 0.0, 7.0)),
        ({"processed_count": 9}, -1, Progress(None, None, None, 0.0)),
    ],
)
def test_a_running_import(columns: dict, seconds: int, expected: Progress) -> None:
    assert progress(job(**columns), START + timedelta(seconds=seconds)) == expected


def test_a_finished_import_stands_still() -> None:
    ended = {"completed_at": START + timedelta(seconds=10), "processed_count": 500, "total_count": 1000}
    much_later = START + timedelta(days=1)
    assert progress(job(status="failed", **ended), much_later) == Progress(0.5, 50.0, None, 10.0)
    assert progress(job(status="cancelled", **ended), much_later) == Progress(0.5, 50.0, None, 10.0)
    assert progress(job(status="completed", **ended | {"processed_count": 1000}), much_later) == Progress(
        1.0, 100.0, None, 10.0
    )


def test_a_completed_import_of_nothing_is_complete() -> None:
    empty = job(status="completed", completed_at=START, total_count=0)
    assert progress(empty, START) == Progress(1.0, None, None, 0.0)
