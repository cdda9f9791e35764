"""Build hook: a wheel always holds the browser files, so that production needs no Node.js."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsHook(BuildHookInterface):
    """Runs scripts/assets.py before a wheel is packed; an editable install leaves that to `make`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling with version "standard" or "editable"."""
        if version != "editable":
            subprocess.run([sys.executable, Path(self.root) / "scripts" / "assets.py"], check=True)
