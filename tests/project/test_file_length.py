"""A file is one thing: none of ours grows beyond 400 lines."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST = 400
SUFFIXES = {".py", ".html", ".css", ".js"}


def test_no_file_is_longer_than_400_lines() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    ours = [
        ROOT / name for name in listed if Path(name).suffix in SUFFIXES and not name.startswith("migrations/versions/")
    ]
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in ours if path.exists()}
    assert len(lengths) > 30
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}
