"""CodesWholesale, a supplier of licence keys, by its API v3: its catalogue is read, and keys are bought."""

from orion.channels.adapters.codeswholesale.adapter import CodesWholesaleSupplier
from orion.channels.adapters.codeswholesale.manifest import MANIFEST

__all__ = ["MANIFEST", "CodesWholesaleSupplier"]
