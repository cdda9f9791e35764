"""What a source says of products, compared with what is stored of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
import polars as pl
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from orion.catalog.effective import effective_sale_price, money
from orion.catalog.fallback import Shown
from orion.catalog.models import MarketplaceProduct, MarketplaceProductTranslation, Product, ProductTranslation
from orion.catalog.texts import TEXTS
from orion.kernel import Money
from orion.plumbing.db import bulk
from orion.plumbing.db.base import JsonColumn

Kind = Literal["created", "updated", "listed", "unchanged"]
"""`listed`: the product was known and is new in the store's list (its values may have changed as well)."""

Changes = dict[str, list[Any]]
"""Field -> [before, after]: columns of the marketplace product and its texts by name, a store's own values with `own_`
in front; moments as `bulk.STORED_MOMENT`. Where an amount changed, its currency is there too, changed or not; where
the currency changed, both amounts."""

MONEY = ("price_minor", "sale_price_minor", "currency")
OWN_VALUES = (*MONEY, "availability", "condition")
"""What a store's source says of a product that another store's source describes, besides the texts."""

OVERRIDES = (
    *OWN_VALUES,
    "brand",
    "image_link",
    "additional_image_link",
    "product_type",
    "google_product_category",
)
"""What a store may say otherwise than the product, besides the texts."""

OWN = "own_"

FILES = "/files/"
"""What links to uploaded files begin with; in files for others the address of this server stands before it."""

MAIN_VALUES = ("title", *MONEY, "availability")
"""What tells people which product is meant."""


@dataclass(frozen=True, slots=True)
class StoredProduct:
    """What is stored of one product: `values` by field; no text, no listing: None (`has_text`, `listing_id`)."""

    id: int
    source_store_id: int | None
    listing_id: int | None
    has_text: bool
    has_own_text: bool
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """What taking one row in comes to. `is_shared`: another store's source describes the product.

    `settled` are values that the row would change and that are the same in effect, as an export shows them: a store's
    own value over the product's, or an inherited one. They stay as they are stored: field -> stored value.
    """

    kind: Kind
    is_shared: bool
    changes: Changes
    settled: Mapping[str, Any]


def plain(value: Any) -> Any:
    """A stored value as JSON can carry it."""
    return value.strftime(bulk.STORED_MOMENT).rjust(26, "0") if isinstance(value, datetime) else value


def shown_amount(minor: int | None, currency: str | None) -> str | None:
    """An amount in words: "29.90 EUR"."""
    amount = money(minor, currency)
    return None if amount is None else f"{amount} {amount.currency}"


async def main_values(
    session: AsyncSession, marketplace: str, identifiers: Sequence[str], language: str
) -> dict[str, dict[str, Any]]:
    """`id` and MAIN_VALUES of products of a marketplace as they are now, the title in this language."""
    product, text = MarketplaceProduct, MarketplaceProductTranslation
    names = ("id", *MAIN_VALUES)
    columns = (product.id, text.title, *(getattr(product, name) for name in MAIN_VALUES[1:]))
    mine = sa.and_(text.marketplace_product_id == product.id, text.language == language)
    query = (
        sa.select(product.marketplace_product_id, *columns)
        .outerjoin(text, mine)
        .where(product.marketplace == marketplace, product.marketplace_product_id.in_(identifiers))
    )
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in await session.execute(query)}


def describe_new(rows: pl.DataFrame, found: Sequence["Difference"]) -> None:
    """Give those that would be created their main values as changes from nothing."""
    names = [name for name in MAIN_VALUES if name in rows.columns]
    for values, difference in zip(rows.select(names).iter_rows(), found, strict=True):
        if difference.kind == "created":
            pairs = zip(names, values, strict=True)
            difference.changes.update({name: [None, value] for name, value in pairs if value is not None})


async def read_stored(
    connection: AsyncConnection,
    identifiers: Sequence[str],
    columns: Sequence[str],
    *,
    store_id: int,
    marketplace: str,
    language: str,
    lock: bool,
) -> dict[str, StoredProduct]:
    """The products of the marketplace that these names belong to, with what this store makes of them: one statement.

    `lock` keeps them ours until the transaction ends.
    """
    product, text, own_text = MarketplaceProduct, MarketplaceProductTranslation, ProductTranslation
    fields: dict[str, Any] = {name: getattr(product, name) for name in columns}
    fields |= {name: getattr(text, name) for name in TEXTS}
    fields |= {OWN + name: getattr(Product, name) for name in OVERRIDES}
    fields |= {OWN + name: getattr(own_text, name) for name in TEXTS}
    query: Any = (
        sa.select(
            product.marketplace_product_id.label("identifier"),
            product.id.label("product_id"),
            product.source_store_id.label("source"),
            Product.id.label("listing_id"),
            text.language.label("text_language"),
            own_text.language.label("own_text_language"),
            *(column.label(f"is_{name}") for name, column in fields.items()),
        )
        .outerjoin(text, sa.and_(text.marketplace_product_id == product.id, text.language == language))
        .outerjoin(Product, sa.and_(Product.marketplace_product_id == product.id, Product.store_id == store_id))
        .outerjoin(own_text, sa.and_(own_text.product_id == Product.id, own_text.language == language))
    )
    rows = await bulk.existing(
        connection,
        query,
        product.marketplace_product_id,
        identifiers,
        product.marketplace == marketplace,
        lock=product if lock else None,
    )
    names = list(fields)
    return {
        row[0]: StoredProduct(
            id=row[1],
            source_store_id=row[2],
            listing_id=row[3],
            has_text=row[4] is not None,
            has_own_text=row[5] is not None,
            values=dict(zip(names, map(plain, row[6:]), strict=True)),
        )
        for row in rows
    }


def without_texts(rows: pl.DataFrame, stored: Mapping[str, StoredProduct]) -> set[int]:
    """The products for which a row brings a text in a language in which neither layer has one."""
    if not stored:
        return set()
    return {
        product.id
        for name in TEXTS
        for identifier, text in zip(rows["marketplace_product_id"], rows[name], strict=True)
        if text is not None
        and (product := stored.get(identifier)) is not None
        and product.listing_id is not None
        and product.values[name] is None
        and product.values[OWN + name] is None
    }


def compare(
    rows: pl.DataFrame,
    columns: Sequence[str],
    stored: Mapping[str, StoredProduct],
    store_id: int,
    shown: Mapping[int, Shown],
) -> list[Difference]:
    """What taking each of the rows in would come to, in their order; `shown` as `texts_shown` says it."""
    found = [stored.get(identifier) for identifier in rows["marketplace_product_id"]]
    shared = [product is not None and product.source_store_id not in (None, store_id) for product in found]
    changes: list[Changes] = [{} for _ in found]
    settled: list[Mapping[str, Any]] = [{}] * len(found)
    old = [(at, product, shared[at]) for at, product in enumerate(found) if product is not None]
    for name in (*columns, *TEXTS) if old else ():
        has_own = name in OWN_VALUES or name in TEXTS
        after = _plain_column(rows[name])
        for at, product, is_shared in old:
            field = OWN + name if is_shared else name
            if (has_own or not is_shared) and (before := product.values[field]) != after[at]:
                changes[at][field] = [before, after[at]]
    for at, product, is_shared in old:
        if changes[at] and product.listing_id is not None:
            settled[at] = _settle(changes[at], product, is_shared, shown.get(product.id, {}))
        if product.source_store_id is None:
            changes[at]["source_store_id"] = [None, store_id]
        _note_currency(changes[at], product, is_shared)
    return [
        Difference(_kind(product, changes[at]), shared[at], changes[at], settled[at])
        for at, product in enumerate(found)
    ]


def _kind(product: StoredProduct | None, changes: Changes) -> Kind:
    if product is None:
        return "created"
    if product.listing_id is None:
        return "listed"
    return "updated" if changes else "unchanged"


def _settle(changes: Changes, product: StoredProduct, is_shared: bool, shown: Shown) -> dict[str, Any]:
    """Take out of the changes what is the same in effect; the stored values that stay."""
    prefix, values, same = OWN if is_shared else "", product.values, []
    for name in (*OVERRIDES[len(MONEY) :], *TEXTS):
        if (change := changes.get(prefix + name)) is None:
            continue
        own = values[OWN + name]
        effective = own if own is not None or not is_shared else values[name]
        if effective is not None and (effective == change[1] or _same_files(effective, change[1])):
            same.append(prefix + name)
        elif change[1] is not None and change[1] in shown.get(name, ()):
            same.append(prefix + name)  # what stands in for a text is none
    if "title" in same and not product.has_text and "description" in changes and "description" not in same:
        same.remove("title")  # no description without a title
    amounts = [prefix + name for name in MONEY if prefix + name in changes]
    overridden = is_shared or any(values[OWN + name] is not None for name in MONEY)
    if amounts and overridden and _amounts(product, changes, prefix) == _effective(values):
        same += amounts
    return {field: changes.pop(field)[0] for field in same}


def _same_files(effective: Any, said: Any) -> bool:
    """Whether links are the same but for the address of this server before those of uploaded files."""
    if isinstance(effective, list) and isinstance(said, list) and len(effective) == len(said):
        return all(one == other or _same_files(one, other) for one, other in zip(effective, said, strict=True))
    both = isinstance(effective, str) and isinstance(said, str)
    return both and effective.startswith(FILES) and said.endswith(effective)


def _amounts(product: StoredProduct, changes: Changes, prefix: str) -> tuple[Money | None, Money | None]:
    price, sale_price, currency = (
        changes[prefix + name][1] if prefix + name in changes else product.values[prefix + name] for name in MONEY
    )
    return money(price, currency), money(sale_price, currency)


def _effective(values: Mapping[str, Any]) -> tuple[Money | None, Money | None]:
    own_price, own_sale = (money(values[OWN + name], values[f"{OWN}currency"]) for name in MONEY[:2])
    price, inherited = (money(values[name], values["currency"]) for name in MONEY[:2])
    return own_price or price, effective_sale_price(own_price or price, own_price, own_sale, inherited)


def _note_currency(changes: Changes, product: StoredProduct, is_shared: bool) -> None:
    """An amount means nothing without its currency, nor a new currency without the amounts."""
    prefix = OWN if is_shared else ""
    named = [prefix + name in changes for name in MONEY]
    for field in [prefix + "currency"] * any(named) + [prefix + name for name in MONEY[:2]] * named[2]:
        if field not in changes and field in product.values:
            changes[field] = [product.values[field]] * 2


def _plain_column(series: pl.Series) -> list[Any]:
    values = series.to_list()
    if series.name in _JSON:
        return [None if value is None else orjson.loads(value) for value in values]
    return values


_JSON = frozenset(column.name for column in MarketplaceProduct.__table__.columns if column.type is JsonColumn)
