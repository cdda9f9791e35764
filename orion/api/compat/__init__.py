"""Documented older APIs, at their documented paths: tables of canonical handlers, with adapters where shapes differ."""

from orion.api.compat.letzshop import build_letzshop

__all__ = ["build_letzshop"]
