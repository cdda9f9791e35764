"""What a process has at hand: its settings and its database. Jobs and surfaces are given one, nothing is global."""

from dataclasses import dataclass

from orion.plumbing.db import Database
from orion.plumbing.settings import Settings


@dataclass(frozen=True, slots=True)
class Runtime:
    """One running Orion process."""

    settings: Settings
    database: Database
