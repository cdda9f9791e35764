"""The guides explain each code that an import can report, and no code that it cannot."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = re.compile(
    r"(missing|invalid|unknown|malformed|duplicate|shared|nul|too_few|too_many|feed)_[a-z_]+|[a-z_]+_too_long"
)
NOT_OF_AN_IMPORT = {"feed_id", "feed_rows", "feed_mappings", "feed_schedules", "feed_links", "missing_since"} | {
    "invalid_batch_size",
    "invalid_source_url",
    "unknown_import_status",
    "unknown_kind",
    "unknown_on_missing",
    "invalid_mapping",
    "invalid_schedule",
    "too_many_schedules",
    "feed_link_not_found",
    "feed_link_unsuitable",
    "too_many_feed_links",
    "unknown_format",
}
"""Names of columns, tables and request errors that look the same."""


def said_in_code() -> set[str]:
    paths = [
        *(ROOT / "orion/feeds").glob("*.py"),
        ROOT / "orion/plumbing/fetch_errors.py",
        ROOT / "orion/plumbing/http.py",
    ]
    trees = (ast.parse(path.read_text()) for path in paths)
    texts = (node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str) and CODE.fullmatch(text)} - NOT_OF_AN_IMPORT


def explained(guide: str) -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/guides" / guide).read_text(), re.MULTILINE))


def test_each_code_is_explained_and_no_other() -> None:
    states = {"completed", "completed_with_errors", "failed", "cancelled"}
    assert explained("row-errors.md") | explained("importing.md") - states == said_in_code()
