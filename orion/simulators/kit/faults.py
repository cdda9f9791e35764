"""Faults that can be switched on: what goes wrong, at which operations, how often."""

import fnmatch
import itertools
from dataclasses import dataclass, field
from typing import Literal, get_args

Kind = Literal[
    "rate_limited",
    "token_expired",
    "unavailable",
    "timeout",
    "lost_reply",
    "html",
    "duplicated_page",
    "page_drift",
    "late_status",
    "unknown_status",
    "malformed_item",
    "clock_skew",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""rate_limited: 429; token_expired: 401 although the token is in time; unavailable: 503; timeout: no answer, nothing
done; lost_reply: done, and the connection drops before the answer; html: 200 with a page of HTML; duplicated_page: a
page comes twice; page_drift: an entry moves to another page while it is read; late_status: an older version of an
order comes after a newer one; unknown_status: a status that no document names; malformed_item: one entry of a page is
broken; clock_skew: the server's clock is ten minutes off."""


@dataclass(slots=True)
class Fault:
    """`kind` at operations that match the glob `operation`: at each `every`-th call, `times` times (None: always)."""

    kind: Kind
    operation: str = "*"
    times: int | None = 1
    every: int = 1
    id: int = 0
    _calls: int = field(default=0, repr=False)

    def strikes(self, operation: str) -> bool:
        """Whether this call is hit; counts it."""
        if self.times == 0 or not fnmatch.fnmatchcase(operation, self.operation):
            return False
        self._calls += 1
        if self._calls % self.every:
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Faults:
    """The faults that are switched on, and how often each kind has struck."""

    def __init__(self) -> None:
        self.active: list[Fault] = []
        self.struck: dict[str, int] = {}
        self._ids = itertools.count(1)

    def add(self, fault: Fault) -> Fault:
        """Switch one on."""
        fault.id = next(self._ids)
        self.active.append(fault)
        return fault

    def clear(self) -> None:
        """Switch all off."""
        self.active.clear()

    def hits(self, kind: Kind, operation: str) -> bool:
        """Whether a fault of the kind strikes this call."""
        for fault in self.active:
            if fault.kind == kind and fault.strikes(operation):
                self.struck[kind] = self.struck.get(kind, 0) + 1
                if fault.times == 0:
                    self.active.remove(fault)
                return True
        return False
