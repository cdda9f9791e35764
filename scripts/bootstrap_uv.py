"""Put a private, pinned uv into .uv/, for machines that have Python and nothing else.

Needs the standard library alone: no venv, no ensurepip, and where even pip is missing, its wheel is fetched and run
as it is (a wheel is a zip file that Python can execute).
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

UV = "uv==0.13.8"
FOLDER = Path(__file__).resolve().parent.parent / ".uv"
PIP_URL = (
    "https://files.pythonhosted.org/packages/44/3c/d717024885424591d5376220b5e836c2d5293ce2011523c9de23ff7bf068/"
    "pip-25.3-py3-none-any.whl"
)
PIP_SHA256 = "9655943313a94722b7774661c21049070f6bbb0a1516bf02f7c8d5d9201514cd"


def main() -> None:
    """Install uv and say where it is; exit with pip's status when that fails."""
    print(f"There is no uv on PATH: installing {UV} into {FOLDER.name}/ ...", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        pip = ["-m", "pip"] if importlib.util.find_spec("pip") else [f"{fetch_pip(Path(folder))}/pip"]
        options = [
            "--quiet",
            "--disable-pip-version-check",
            "--root-user-action=ignore",
            "--no-input",
            "--only-binary=:all:",
            "--upgrade",
        ]
        command = [sys.executable, *pip, "install", *options, f"--target={FOLDER}", UV]
        # PIP_USER or a `user = yes` in pip.conf cannot be combined with --target.
        status = subprocess.run(command, env=os.environ | {"PIP_USER": "0"}, check=False).returncode
    if status:
        sys.exit(
            f"uv could not be installed. Install it yourself (https://docs.astral.sh/uv/) and try again. ({status})"
        )


def fetch_pip(folder: Path) -> Path:
    """Download the pinned pip wheel into `folder`, refusing any other bytes."""
    with urllib.request.urlopen(PIP_URL, timeout=60) as answer:
        data: bytes = answer.read()
    if hashlib.sha256(data).hexdigest() != PIP_SHA256:
        sys.exit(f"{PIP_URL} is not the file it was: refusing to run it.")
    wheel = folder / PIP_URL.rsplit("/", 1)[-1]
    wheel.write_bytes(data)
    return wheel


if __name__ == "__main__":
    main()
