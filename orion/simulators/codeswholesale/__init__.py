"""A simulated CodesWholesale."""

from orion.simulators.codeswholesale.simulator import CodesWholesale

__all__ = ["CodesWholesale"]
