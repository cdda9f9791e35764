"""What feeds tell the packages above them, in the transaction in which it happened."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImportRequested:
    """An import was asked for; it is pending and its job is queued."""

    import_id: int
    store_id: int
    user_id: int


@dataclass(frozen=True, slots=True)
class ImportFinished:
    """An import ended; `status` says how: completed, completed_with_errors, failed or cancelled."""

    import_id: int
    store_id: int
    status: str
