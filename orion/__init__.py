"""Orion: one catalogue, one stock and one order inbox for every marketplace a merchant sells on.

The packages are floors (see docs/guides/architecture.md): each may import packages on lower floors only.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("orion-hub")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"
