"""A small feed to try the import with: believable products, and a few of the mistakes that real feeds have."""

import csv
import itertools
from pathlib import Path

COLUMNS = (
    "id", "title", "description", "link", "image_link", "price", "sale_price", "availability", "condition", "brand",
    "gtin", "mpn", "google_product_category", "product_type", "color", "size", "material", "item_group_id",
)  # fmt: skip
_SITE = "https://demo.example.com"
_KINDS = (
    ("Rain jacket", "Apparel & Accessories > Clothing > Outerwear", "Clothing > Jackets", "polyester", 8990, "SMLX"),
    ("Merino sweater", "Apparel & Accessories > Clothing > Shirts & Tops", "Clothing > Knitwear", "wool", 7450, "SMLX"),
    ("Trail shoe", "Apparel & Accessories > Shoes", "Shoes > Outdoor", "leather", 11900, "4567"),
    ("Travel mug", "Home & Garden > Kitchen & Dining", "Kitchen > Mugs", "steel", 2290, "1"),
    ("Desk lamp", "Home & Garden > Lighting > Lamps", "Living > Lamps", "aluminium", 4900, "1"),
    ("Canvas backpack", "Luggage & Bags > Backpacks", "Bags > Backpacks", "cotton", 6400, "12"),
)
_SIZES = {
    "S": "S",
    "M": "M",
    "L": "L",
    "X": "XL",
    "4": "40",
    "5": "41",
    "6": "42",
    "7": "43",
    "1": "one size",
    "2": "30 l",
}
_BRANDS = ("Ardenne", "Kirchberg", "Moselle & Co", "Nordlys")
_COLOURS = ("Black", "Forest green", "Navy", "Terracotta", "Cream")


def write_demo_feed(path: Path) -> int:
    """Write the feed (CSV, Google product attributes) and return how many rows it has, the header not counted."""
    rows = [_product(number, *choice) for number, choice in enumerate(_choices(), start=1)]
    _spoil(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def demo_products() -> list[tuple[str, str, int, str]]:
    """What the feed sells, without its mistakes: id, title, price in cents and GTIN of each."""
    rows = [_product(number, *choice) for number, choice in enumerate(_choices(), start=1)]
    _spoil(rows)
    plain = [_product(number, *choice) for number, choice in enumerate(_choices(), start=1)]
    return [
        (row["id"], row["title"], int(row["price"].split()[0].replace(".", "")), row["gtin"])
        for row, meant in zip(rows, plain, strict=True)
        if row == meant
    ]


def _choices() -> list[tuple[tuple[str, str, str, str, int, str], str, str, str]]:
    return [
        (kind, brand, colour, size)
        for kind, brand, colour in itertools.product(_KINDS, _BRANDS, _COLOURS)
        for size in kind[5]
    ]


def _product(
    number: int, kind: tuple[str, str, str, str, int, str], brand: str, colour: str, size: str
) -> dict[str, str]:
    name, category, product_type, material, cents, _ = kind
    group = f"{name[:2].upper()}{brand[:2].upper()}{colour[:2].upper()}".replace(" ", "")
    price = cents + 500 * _BRANDS.index(brand)
    slug = f"{name}-{brand}-{colour}".lower().replace(" ", "-").replace("&", "and")
    on_sale = number % 7 == 0
    return {
        "id": f"DEMO-{number:04}",
        "title": f"{brand} {name}, {colour.lower()}, {_SIZES[size]}",
        "description": f"{name} by {brand} in {colour.lower()}.\nMade of {material}, repaired free of charge.",
        "link": f"{_SITE}/products/{slug}?size={_SIZES[size].replace(' ', '+')}",
        "image_link": f"{_SITE}/images/{slug}.jpg",
        "price": _price(price),
        "sale_price": _price(price * 4 // 5) if on_sale else "",
        "availability": ("in_stock", "in_stock", "in_stock", "out_of_stock", "preorder")[number % 5],
        "condition": "new",
        "brand": brand,
        "gtin": _gtin(number),
        "mpn": f"{group}-{size}",
        "google_product_category": category,
        "product_type": product_type,
        "color": colour,
        "size": _SIZES[size],
        "material": material,
        "item_group_id": group,
    }


def _spoil(rows: list[dict[str, str]]) -> None:
    """The mistakes: half of them cost the row, half are mended or left out with a warning."""
    rows[11]["title"] = ""
    rows[47]["price"] = "on request"
    rows[90]["id"] = ""
    rows[23]["gtin"] = rows[23]["gtin"][:-1] + str((int(rows[23]["gtin"][-1]) + 3) % 10)
    rows[71]["availability"] = "maybe next week"
    rows[140]["gtin"] = "5.90E+12"
    rows[200]["id"] = rows[199]["id"]


def _price(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02} EUR"


def _gtin(number: int) -> str:
    body = f"5400{number:08}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-weighted % 10}"
