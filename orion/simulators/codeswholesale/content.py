"""What the simulated supplier sells: products as the protocol writes them, and the codes for them."""

import base64
from collections.abc import Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

from orion.simulators.kit import Article, Entry

CodeKind = Literal["text", "image", "preorder"]
CODE_KINDS: tuple[CodeKind, ...] = ("text", "image", "preorder")
"""What a product's codes are: a text, a picture, or one that is paid now and comes later."""

_PLATFORMS = ("Steam", "GOG.com", "Ubisoft Connect", "Xbox Live", "Nintendo", "Windows")
_GAMES: tuple[tuple[str, int, int, CodeKind], ...] = (
    ("Starfall Horizons", 1999, 120, "text"),
    ("Castle of Echoes", 749, 15, "text"),
    ("Rally Ardennes 26", 2450, 300, "text"),
    ("Orchard Tycoon", 512, 0, "text"),
    ("Deep Quarry", 331, 42, "text"),
    ("Moselle Express", 1105, 8, "image"),
    ("Office Suite Home", 5990, 1000, "text"),
    ("Gift Card 20 EUR", 1900, 500, "image"),
    ("Signal Lost", 88, 77, "text"),
    ("The Third Tower", 4499, 50, "preorder"),
)
_PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


def product_id_of(identifier: str) -> str:
    """The product's UUID, the same in every run."""
    return str(uuid5(NAMESPACE_URL, f"codeswholesale:{identifier}"))


def make_games() -> list[Entry]:
    """Games and software, what is sold when nobody has said what."""
    return [
        make_entry(f"CWS-{number:03}", name, price, quantity, kind)
        for number, (name, price, quantity, kind) in enumerate(_GAMES, 1)
    ]


def make_goods(catalogue: Sequence[Article]) -> list[Entry]:
    """A hundred keys of each article."""
    return [make_entry(item.sku, item.title, item.price_minor, 100, "text", item.gtin) for item in catalogue]


def make_entry(
    identifier: str, name: str, price_minor: int, quantity: int, kind: CodeKind, ean: str | None = None
) -> Entry:
    """A product that is cheaper from ten units on, and still cheaper from a hundred."""
    product_id = product_id_of(identifier)
    turn = int(product_id[:2], 16)
    platform = _PLATFORMS[turn % len(_PLATFORMS)]
    picture = f"https://images.example.org/{identifier.lower()}"
    product = {
        "productId": product_id,
        "identifier": identifier,
        "name": name,
        "platform": platform,
        "quantity": quantity,
        "images": [{"format": size, "image": f"{picture}-{size.lower()}.png"} for size in ("SMALL", "MEDIUM", "LARGE")],
        "regions": ["WORLDWIDE"] if turn % 3 else ["EU", "PL"],
        "languages": ["Multilanguage"] if turn % 2 else ["en", "de", "fr"],
        "prices": make_prices(price_minor),
        "releaseDate": "2031-03-01T00:00:00.000Z" if kind == "preorder" else "2024-03-01T00:00:00.000Z",
        "badges": [],
        "regionDescription": None,
    }
    description = {
        "productId": product_id,
        "platform": platform,
        "officialTitle": name,
        "category": "Software" if "Suite" in name else "Games",
        "developerName": f"{name.split(maxsplit=1)[0]} Works",
        "developerHomepage": "https://example.org",
        "eans": [ean or _ean(turn + sum(map(ord, identifier)))],
        "editions": [],
        "keywords": name.lower(),
        "pegirating": "PEGI_12",
        "factSheets": [{"territory": "English", "description": f"{name}: what it is about."}],
        "inTheGameLanguages": ["English"],
        "localizedTitles": [],
        "photos": [],
        "videos": [],
        "releases": [],
    }
    return {
        "id": product_id,
        "kind": kind,
        "hidden": False,
        "product": product,
        "description": description,
        "createdAt": "",
        "updatedAt": "",
    }


def make_prices(price_minor: int) -> list[dict[str, Any]]:
    """Tiers as the protocol writes them; the last one has no end."""
    steps = ((1, 9, 100), (10, 99, 95), (100, None, 90))
    return [{"from": low, "to": high, "value": round(price_minor * part / 100) / 100} for low, high, part in steps]


def price_for(product: Mapping[str, Any], quantity: int) -> Decimal:
    """What one unit costs when so many are bought. Raises ValueError when that has no price."""
    for tier in product["prices"]:
        if tier["from"] <= quantity and (tier["to"] is None or quantity <= tier["to"]):
            return Decimal(str(tier["value"]))
    raise ValueError(f"{product['productId']} has no price for {quantity}")


def make_code(random: Random, kind: CodeKind, number: int) -> tuple[str, str]:
    """A code nobody else has, and its filename (empty for a text)."""
    text = "-".join(f"{random.randrange(16**5):05X}" for _ in range(4)) + f"-{number:04}"
    if kind == "image":
        return base64.b64encode(base64.b64decode(_PIXEL) + text.encode()).decode(), f"code-{number:04}.png"
    return text, ""


def _ean(number: int) -> str:
    """A GTIN-13 with its check digit (GS1: weights 1 and 3 from the left)."""
    digits = f"540{number % 10**9:09}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"
