"""Believable content: what is sold, and who buys it."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

_FIRST = "Anne Luc Marie Paul Sophie Jean Lena Tom Claire Marc Julie Pol Eva Nico Sara Max Laura Ben Mia Félix".split()
_LAST = "Weber Muller Schmit Klein Wagner Thill Hoffmann Reuter Faber Kieffer Dupont Lambert Meyer Kremer Núñez".split()
_STREETS = {
    "LU": (
        ("Rue de la Gare", "Grand-Rue", "Route d'Esch", "Um Bierg", "Rue du Fossé"),
        (("1611", "Luxembourg"), ("4010", "Esch-sur-Alzette"), ("9010", "Ettelbruck"), ("7220", "Walferdange")),
    ),
    "FR": (("Rue Victor Hugo", "Place d'Armes", "Rue des Clercs"), (("57000", "Metz"), ("57100", "Thionville"))),
    "DE": (("Hauptstraße", "Am Markt", "Saarstraße"), (("54290", "Trier"), ("66111", "Saarbrücken"))),
    "BE": (("Rue du Bastion", "Avenue Nothomb"), (("6700", "Arlon"), ("6600", "Bastogne"))),
}
_COUNTRIES = ("LU", "LU", "LU", "LU", "FR", "DE", "BE")


@dataclass(frozen=True, slots=True)
class Article:
    """Something that the simulated merchant sells; `price_minor` in cents of EUR."""

    sku: str
    title: str
    price_minor: int
    gtin: str | None = None

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Article":
        """From JSON: sku, title, price_minor, gtin. Raises ValueError."""
        sku, price = given.get("sku"), given.get("price_minor", 1000)
        if not isinstance(sku, str) or not sku:
            raise ValueError("each product needs a sku")
        if isinstance(price, bool) or not isinstance(price, int) or price < 0:
            raise ValueError(f"price_minor of {sku} is a whole number of cents")
        return cls(sku, str(given.get("title") or sku), price, given.get("gtin") or None)


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys, and where it goes; `country` is ISO 3166-1 alpha-2."""

    first_name: str
    last_name: str
    email: str
    phone: str
    street: str
    postal_code: str
    city: str
    country: str


CATALOGUE: tuple[Article, ...] = tuple(
    Article(f"SIM-{number:03}", f"{colour} {thing}", 990 + 350 * number, None)
    for number, (colour, thing) in enumerate(
        ((colour, thing) for thing in ("mug", "scarf", "notebook", "lamp") for colour in ("Blue", "Red", "Green")), 1
    )
)
"""What is sold when nobody says what."""


def make_buyer(random: Random) -> Buyer:
    """A buyer nobody knows; their mail goes to a domain that is reserved for examples."""
    first, last, country = random.choice(_FIRST), random.choice(_LAST), random.choice(_COUNTRIES)
    streets, places = _STREETS[country]
    postal_code, city = random.choice(places)
    return Buyer(
        first_name=first,
        last_name=last,
        email=f"buyer{random.randrange(10**6):06}@example.org",
        phone=f"+352 621 {random.randrange(10**6):06}",
        street=f"{random.randrange(1, 120)}, {random.choice(streets)}",
        postal_code=postal_code,
        city=city,
        country=country,
    )


def make_basket(random: Random, catalogue: tuple[Article, ...]) -> list[tuple[Article, int]]:
    """One to four articles, and how many of each."""
    chosen = random.sample(catalogue, min(len(catalogue), random.choice((1, 1, 1, 2, 2, 3, 4))))
    return [(article, random.choice((1, 1, 1, 1, 2, 3))) for article in chosen]
