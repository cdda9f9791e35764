"""See to it that browser tests have a Chromium; say what to do where that is not ours to decide.

Debian's own package is used: it needs no second copy of a browser, and gets security updates with the system.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Return the Chromium to drive: ORION_TEST_CHROMIUM, else the first of the usual names on PATH."""
    if chosen := os.environ.get("ORION_TEST_CHROMIUM"):
        return shutil.which(chosen)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def may_install() -> bool:
    """Only as root on a Debian-like system, which is what containers and CI runners are."""
    return Path("/etc/debian_version").exists() and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install() -> None:
    """Install Debian's Chromium; a failure is told, and left to the tests to report as skipped."""
    print("chromium: missing, installing it with apt-get ...", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-qq", "--yes", "--no-install-recommends", "chromium"]):
        outcome = subprocess.run(["apt-get", *arguments], env=environment, check=False, capture_output=True, text=True)
        if outcome.returncode:
            print(f"chromium: apt-get {arguments[0]} failed:\n{outcome.stderr.strip()}", file=sys.stderr)
            return


def main() -> None:
    """Install Chromium where that is possible; never fails, because the tests without a browser can still run."""
    if not find() and may_install():
        install()
    if not find():
        print(
            "chromium: not found, so BROWSER TESTS WILL BE SKIPPED. Install it, or set ORION_TEST_CHROMIUM.",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main()
