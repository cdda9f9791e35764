"""Ready-made field texts, drawn once per feed: a row is put together from them."""

import random

from bench.feeds.options import Options
from bench.feeds.words import COMPANIES, OTHER_SCRIPTS, SYLLABLES, WORDS

_NBSP = "\u00a0"


class Pools:
    """The texts of one feed, already quoted where they must be (titles and descriptions: only the inside).

    The sizes are powers of two, so that a random number is cut to an index by its low bits.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._words = WORDS[options.lang]
        self._rng = random.Random(f"pools/{options.seed}/{options.lang}/{options.encoding}")
        # Every pool draws from the same stream: another order would be another feed.
        self.brands = [self._brand() for _ in range(1024)]
        self.titles = self._titles(2048)
        self.texts = [self._inner(" ".join(self._rng.sample(self._words.texts, 2))) for _ in range(1024)]
        self.joins = self._joins(1024)
        self.prices = [self._prices() for _ in range(16_384)]
        weights = (55, 20, 12, 5, 5, 3)
        self.availability = [self.field(a) for a in self._rng.choices(self._words.availability, weights, k=256)]
        self.conditions = self._rng.choices(("new", "New", "refurbished", "used", ""), (80, 8, 4, 4, 4), k=256)
        self.categories = [self.field(category) for category in self._words.categories] + ["632", "5613", "223", ""]
        self.types = [self._type() for _ in range(256)]
        self.looks = [self._look() for _ in range(4096)]
        self.shipping = [self._shipping() for _ in range(1024)]

    def field(self, text: str) -> str:
        """A field of the feed: quoted only when it must be, without what the encoding does not have."""
        text = self._encodable(text)
        if self._options.delimiter in text or '"' in text or "\n" in text:
            return '"' + text.replace('"', '""') + '"'
        return text

    def _encodable(self, text: str) -> str:
        return text.encode(self._options.encoding, "ignore").decode(self._options.encoding)

    def _inner(self, text: str) -> str:
        return self._encodable(text).replace('"', '""')

    def _brand(self) -> str:
        rng = self._rng
        syllables = rng.choice((2, 2, 3))
        return self.field("".join(rng.sample(SYLLABLES, syllables)).title() + rng.choice(COMPANIES))

    def _titles(self, count: int) -> list[str]:
        rng, words = self._rng, self._words
        prefixes = OTHER_SCRIPTS if self._options.encoding == "utf-8" else [""]
        sizes = ("", "", "XL ", "Pro ", '2" ', "3-in-1, ")
        return [
            self._inner(
                f"{rng.choice(prefixes)}{rng.choice(words.adjectives)} {rng.choice(words.nouns)} "
                f"{rng.choice(sizes)}{rng.choice(words.colors)}"
            )
            for _ in range(count)
        ]

    def _joins(self, count: int) -> list[str]:
        """What stands between the sentences of a description: a space, or line breaks."""
        joins = [" "] * count
        for place in range(round(count * self._options.multiline_rate)):
            joins[place] = self._options.line_end * (1 + place % 2)
        self._rng.shuffle(joins)
        return joins

    def _prices(self) -> str:
        """A price and a sale price (mostly none) in the same style, with the delimiter between."""
        rng = self._rng
        units = int(rng.lognormvariate(3.4, 1.1)) + 1
        cents = units * 100 + rng.choice((99, 99, 95, 90, 50, 0, rng.randrange(100)))
        style = rng.randrange(100)
        sale = ""
        if rng.random() < 0.2:
            sale = self._price(max(100, cents * rng.randrange(50, 95) // 100), style)
        return self.field(self._price(cents, style)) + self._options.delimiter + self.field(sale)

    def _price(self, cents: int, style: int) -> str:
        """29.99 EUR, 29.99, 1.234,56 €, EUR 29, €1,234.56 or 1 234,56 €, by a style from 0 to 99."""
        currency = self._options.currency
        sign = "EUR" if self._options.encoding == "latin-1" or currency != "EUR" else "€"
        units, rest = divmod(cents, 100)
        if style < 60:
            return f"{units}.{rest:02d} {currency}"
        if style < 75:
            return f"{units}.{rest:02d}"
        if style < 85:
            return f"{units:,}".replace(",", ".") + f",{rest:02d} {sign}"
        if style < 90:
            return f"{currency} {units}"
        if style < 95:
            return f"{sign}{'' if sign == '€' else ' '}{units:,}.{rest:02d}"
        return f"{units:,}".replace(",", _NBSP) + f",{rest:02d} {sign}"

    def _type(self) -> str:
        noun = self._rng.choice(self._words.nouns)
        return self.field(f"{noun} > {self._rng.choice(self._words.adjectives)}")

    def _look(self) -> str:
        """Color, size, material, gender and age group."""
        choices = (
            [self.field(color) for color in self._words.colors] + [""],
            ("S", "M", "L", "XL", "42", "38-40", ""),
            ("cotton", "steel", "wood", ""),
            ("unisex", "female", "male", ""),
            ("adult", "adult", "kids", ""),
        )
        return self._options.delimiter.join(self._rng.choice(of) for of in choices)

    def _shipping(self) -> str:
        """Shipping, shipping weight and a custom label."""
        rng = self._rng
        price = f"LU:::{rng.randrange(12)}.{rng.choice(('00', '90', '50'))} {self._options.currency}"
        weight = rng.choice(("", f"{rng.randrange(1, 200) / 10} kg"))
        label = rng.choice(("", "promo", "bestseller", "clearance", "new-season"))
        return self._options.delimiter.join((self.field(price), weight, label))
