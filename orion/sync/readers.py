"""What is read: the common shape of runs over orders and over products."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from orion.channels import Adapter, Connection, MalformedItem, Window
from orion.sync.models import SyncRun, SyncSchedule
from orion.sync.problems import Problem


@dataclass(frozen=True, slots=True)
class Read:
    """One page: its entries, those that cannot be read, and how to go on."""

    items: Sequence[Any]
    malformed: Sequence[MalformedItem]
    cursor: str | None
    watermark: datetime | None
    newest: datetime | None


@dataclass(slots=True)
class Counts:
    """What became of entries. `refused`: id and why; `stale`: older versions than those we hold, by id."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    def add(self, other: "Counts") -> None:
        """These as well."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.refused += other.refused
        self.stale += other.stale


class Reader(Protocol):
    """How one kind of entry is read and taken in."""

    async def fetch(self, adapter: Adapter, window: Window, cursor: str | None) -> Read:
        """One page. Raises ChannelError."""

    async def one(self, adapter: Adapter, channel_id: str) -> Any | None:
        """A single entry; None when it is gone, or cannot be read singly. Raises ChannelError."""

    def name(self, item: Any) -> str:
        """The channel's id of an entry."""

    async def take_in(
        self,
        session: AsyncSession,
        connection: Connection,
        items: Sequence[Any],
        run: SyncRun,
        *,
        current: bool = False,
    ) -> Counts:
        """Write the entries, in the caller's transaction; `current` ones were asked for one by one."""

    async def finish(
        self, session: AsyncSession, connection: Connection, schedule: SyncSchedule, run: SyncRun
    ) -> Problem | None:
        """What follows from having read the whole window; a problem in words for a person, if there is one."""
