"""What feeds tell the packages above them, in the transaction in which it happened."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ImportRequested:
    """An import was asked for; it is pending and its job is queued. `user_id` None: by a schedule, for nobody."""

    import_id: int
    store_id: int
    user_id: int | None


@dataclass(frozen=True, slots=True)
class ImportFinished:
    """An import ended; `status` says how: completed, completed_with_errors, failed or cancelled."""

    import_id: int
    store_id: int
    status: str


@dataclass(frozen=True, slots=True)
class MappingChanged:
    """A store has said what the columns of its feeds on a marketplace mean: column key -> target, before and after."""

    store_id: int
    marketplace: str
    before: dict[str, str]
    after: dict[str, str]
    actor_id: int


@dataclass(frozen=True, slots=True)
class ScheduleChanged:
    """A schedule was created, updated or deleted by somebody, or handed to the system (`actor_id` None)."""

    store_id: int
    schedule_id: int
    change: str
    details: dict[str, Any]
    actor_id: int | None


@dataclass(frozen=True, slots=True)
class FeedLinkChanged:
    """A public address of an export was created, rotated (another token) or revoked."""

    store_id: int
    link_id: int
    change: str
    details: dict[str, Any]
    actor_id: int


@dataclass(frozen=True, slots=True)
class GoneConfirmed:
    """Somebody has let an import apply its policy to products that are gone from the feed."""

    store_id: int
    import_id: int
    count: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class StockImportRequested:
    """A file of quantities is to be taken in; it is pending and its job is queued."""

    store_id: int
    import_id: int
    name: str
    actor_id: int


@dataclass(frozen=True, slots=True)
class StockImported:
    """A file of quantities was taken in, or could not be: completed, completed_with_errors, failed or cancelled.

    A `dry_run` has changed nothing: `changed` is what it would have.
    """

    store_id: int
    import_id: int
    name: str
    status: str
    changed: int
    failed: int
    actor_id: int | None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class UndoRequested:
    """Somebody asked to undo an import; `count` changes are to be taken back."""

    store_id: int
    import_id: int
    count: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class ImportUndone:
    """The undoing of an import ended; `status`: completed or failed. The counts are those of `ImportUndo`."""

    store_id: int
    import_id: int
    status: str
    restored: int
    removed: int
    kept: int
    actor_id: int | None
