"""Letzshop: orders over GraphQL, in two dialects."""

from orion.simulators.letzshop.simulator import API_KEY, Letzshop

__all__ = ["API_KEY", "Letzshop"]
