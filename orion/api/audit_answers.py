"""What the API says of entries of the audit log, and the filters of its lists."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from orion.api.inputs import MaybeNaive, Parameters
from orion.identity import AuditFilter, AuditLine
from orion.kernel import Stretch
from orion.plumbing.cursors import read_cursor, write_cursor
from orion.plumbing.settings import Settings


class AuditQuery(Parameters):
    """Which entries are wanted."""

    actor: str | None = Field(None, description="user name", examples=["olga"])
    action: str | None = Field(None, description='exactly, or the beginning: "member.*"', examples=["member.*"])
    subject: str | None = Field(None, description='exactly, or the beginning: "user:*"', examples=["user:olga"])
    since: MaybeNaive | None = Field(None, examples=["2026-11-20T00:00:00Z"])
    until: MaybeNaive | None = Field(None, examples=["2026-11-21T00:00:00Z"])
    cursor: str | None = Field(None, description="`next_cursor` of the stretch before")
    limit: int = Field(50, ge=1, le=200)

    def filters(self) -> AuditFilter:
        """What is asked for, without where to go on."""
        return AuditFilter(
            actor=self.actor, action=self.action, subject=self.subject, since=self.since, until=self.until
        )

    def before(self, settings: Settings, scope: str) -> int | None:
        """The id to go on below. Raises Invalid (`invalid_cursor`)."""
        return int(read_cursor(settings, self._scope(scope), self.cursor)[0]) if self.cursor is not None else None

    def list(self, settings: Settings, scope: str, found: Stretch[AuditLine], *, addresses: bool) -> "AuditList":
        """The answer for a stretch of the log."""
        return AuditList(
            items=[AuditAnswer.of(line, addresses=addresses) for line in found.items],
            next_cursor=write_cursor(settings, self._scope(scope), found.after) if found.after else None,
        )

    def _scope(self, scope: str) -> str:
        return f"audit:{scope}:{self.model_dump_json(exclude={'cursor', 'limit'})}"


class AuditAnswer(BaseModel):
    """Who did what to which object, when and how."""

    id: int = Field(examples=[4711])
    at: datetime
    actor_id: int | None = Field(description="null for the system, and for users who were deleted", examples=[2])
    actor: str | None = Field(examples=["olga"])
    action: str = Field(examples=["member.changed"])
    subject: str = Field(examples=["user:hugo"])
    details: dict[str, Any] = Field(
        description="what explains it; secrets are hidden", examples=[{"role": {"before": "viewer", "after": "staff"}}]
    )
    store_id: int | None = Field(examples=[None])
    api_key: str | None = Field(description="the API key that a program did it with", examples=[None])
    request_id: str | None = Field(description="finds the request in the logs")
    address: str | None = Field(description="where the request came from; administrators see it", examples=[None])

    @classmethod
    def of(cls, line: AuditLine, *, addresses: bool) -> Self:
        """The answer for one entry."""
        names = [name for name in cls.model_fields if name not in ("actor", "address")]
        facts = {name: getattr(line.entry, name) for name in names}
        return cls(actor=line.actor, address=line.entry.address if addresses else None, **facts)


class AuditList(BaseModel):
    """Entries of the audit log, newest first."""

    items: list[AuditAnswer]
    next_cursor: str | None
