"""The guide explains each row error and warning that an import can report, and no other."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAKERS = {"error", "warning", "_refuse", "_warn", "_parsed"}
"""The functions of orion.feeds whose arguments name the type of an issue."""


def reported() -> set[str]:
    codes = set()
    for path in (ROOT / "orion/feeds").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in MAKERS:
                    constants = (part.value for part in node.args if isinstance(part, ast.Constant))
                    codes |= {
                        text for text in constants if isinstance(text, str) and re.fullmatch("[a-z]+(_[a-z]+)+", text)
                    }
    return codes


def test_the_guide_explains_each_row_error_and_no_other() -> None:
    explained = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/guides/row-errors.md").read_text(), re.MULTILINE)
    assert sorted(explained) == sorted(reported() | {"too_few_fields", "too_many_fields"})
