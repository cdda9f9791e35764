"""Versions that stand in several places are the same in all of them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_uv_is_the_same_everywhere() -> None:
    (bootstrap,) = re.findall(r'"uv==([\d.]+)"', (ROOT / "scripts/bootstrap_uv.py").read_text())
    (image,) = re.findall(r"astral-sh/uv:([\d.]+) ", (ROOT / "Dockerfile").read_text())
    assert bootstrap == image
