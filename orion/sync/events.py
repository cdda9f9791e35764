"""What happened to schedules and runs, for whoever reacts (see `orion.main.wiring`)."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SyncScheduleChanged:
    """A person changed when a connection is asked, asked for a run at once, or for a back-fill (`change`)."""

    store_id: int
    schedule_id: int
    connection_id: int
    channel: str
    job_type: str
    change: str
    details: dict[str, Any]
    actor_id: int | None


@dataclass(frozen=True, slots=True)
class SyncFailing:
    """A schedule has stopped working, for `reason` (in English) of that `code`; said once until it works again.

    Credentials that are refused are told of by the connection itself (`channels.ConnectionHealthChanged`).
    """

    store_id: int
    connection_id: int
    channel: str
    name: str
    job_type: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class SyncRecovered:
    """A schedule that was said to fail works again."""

    store_id: int
    connection_id: int
    channel: str
    name: str
    job_type: str


@dataclass(frozen=True, slots=True)
class EntriesUnreadable:
    """The channel has sent `count` entries that cannot be read (some by name in `entries`); each is told of once."""

    store_id: int
    connection_id: int
    channel: str
    name: str
    job_type: str
    count: int
    entries: tuple[str, ...]
    problem: str


@dataclass(frozen=True, slots=True)
class OrderRefreshFailed:
    """An order could not be read again, or its lines not be accepted or rejected (`what`) at its channel.

    `reason` is in English, `code` what it is about.
    """

    store_id: int
    connection_id: int
    channel: str
    name: str
    channel_order_id: str
    what: str
    code: str
    reason: str
    actor_id: int | None
