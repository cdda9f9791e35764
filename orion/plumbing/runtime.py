"""What a process has at hand: settings, database, counters. Jobs and surfaces are given one, nothing is global."""

from dataclasses import dataclass, field

from orion.plumbing.db import Database
from orion.plumbing.http_pool import HttpPool
from orion.plumbing.kept import Kept
from orion.plumbing.limits import Limits
from orion.plumbing.settings import Settings


@dataclass(frozen=True, slots=True)
class Runtime:
    """One running Orion process."""

    settings: Settings
    database: Database
    limits: Limits = field(init=False)
    kept: Kept = field(init=False, default_factory=Kept)
    http: HttpPool = field(init=False, default_factory=HttpPool)

    def __post_init__(self) -> None:
        object.__setattr__(self, "limits", Limits(self.settings.redis_url))
