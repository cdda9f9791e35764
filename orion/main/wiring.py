"""Who reacts to which event: the one place that says so."""

from orion.plumbing.db.engine import Handlers

HANDLERS: Handlers = {}
