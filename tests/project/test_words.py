"""The glossary's words are kept: no public name in the code says what its `never say` column lists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OLD_PATHS = {"orion/api/shop.py", "orion/api/store/shop.py"}
"""The documented old path /shop keeps its word, in the module that serves it."""

OTHERS_APIS = ("orion/api/compat/", "orion/channels/adapters/", "orion/simulators/")
"""Documented older APIs, and the marketplaces' protocols, keep their words, in the modules that speak them."""

OTHERS_NAMES = {"external_seller_id"}
"""Names that a standard of others gives: a column of the Google product feed."""

OLD_FIELDS = {"shop_code", "shop_name", "shop_id", "shops"}
"""Fields and parameters of the documented old API, in the API alone."""

OTHER_MEANINGS = {"account", "task"}
"""A ledger has accounts, and asyncio has tasks."""


def never_say() -> set[str]:
    """Single words of the glossary's third column."""
    rows = re.findall(r"^\| *(.+?) *\| *(.+?) *\| *(.*?) *\|$", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    phrases = {phrase.strip() for _, _, column in rows[2:] for phrase in column.split(",")}
    return {phrase for phrase in phrases if phrase.isalpha()}


def public_names(tree: ast.AST) -> Iterator[str]:
    """Names that a module defines: classes, functions, arguments, and what is assigned."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name


def words(name: str) -> set[str]:
    """`all_vendors` and `AllVendors` -> {all, vendors, vendor}."""
    parts = {part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}
    return parts | {part.removesuffix("s") for part in parts}


@pytest.mark.parametrize(("name", "said"), [("all_vendors", {"vendor"}), ("ShopOwner", {"shop"}), ("shipment", set())])
def test_words_are_found_in_names(name: str, said: set[str]) -> None:
    assert words(name) & {"vendor", "shop", "seller"} == said


def test_the_glossary_forbids_what_it_did() -> None:
    assert never_say() >= {"vendor", "seller", "shop", "company"}


def test_public_names_keep_to_the_glossary() -> None:
    forbidden = never_say() - OTHER_MEANINGS
    offences = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((ROOT / "orion").rglob("*.py"))
        if str(path.relative_to(ROOT)) not in OLD_PATHS
        if not str(path.relative_to(ROOT)).startswith(OTHERS_APIS)
        for name in sorted(set(public_names(ast.parse(path.read_text()))) - OTHERS_NAMES)
        if not (name in OLD_FIELDS and path.is_relative_to(ROOT / "orion/api"))
        if not name.startswith("_") and words(name) & forbidden
    ]
    assert offences == []
