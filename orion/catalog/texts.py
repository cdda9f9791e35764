"""Titles and descriptions in the best language there is: see `effective` for the order."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlalchemy.orm.attributes import InstrumentedAttribute

from orion.catalog.models import MarketplaceProduct, MarketplaceProductTranslation, Product, ProductTranslation
from orion.kernel import FieldError, Invalid
from orion.plumbing.db import fold

TEXTS = ("title", "description")
MAX_SEARCH_LENGTH = 200


def with_texts(
    query: sa.Select[Any], languages: Sequence[str], *, own: bool, within: tuple[Any, Any] | None = None
) -> sa.Select[Any]:
    """Add the columns title, language, description and description_language to a query of marketplace products.

    One join by primary key per language and table; with `own`, the query has products too and their texts come first.
    `within`: all marketplace products of the query lie between these two, and so need only texts that do.
    """
    found: list[tuple[str, Any]] = []
    for language in languages:
        tables: list[tuple[Any, Any, Any]] = [
            (MarketplaceProductTranslation, "marketplace_product_id", MarketplaceProduct.id)
        ]
        if own:
            tables.insert(0, (ProductTranslation, "product_id", Product.id))
        for table, key, id_ in tables:
            texts = aliased(table)
            on = [getattr(texts, key) == id_, texts.language == language]
            if within is not None and table is MarketplaceProductTranslation:
                on.append(texts.marketplace_product_id.between(*within))
            query = query.outerjoin(texts, sa.and_(*on))
            found.append((language, texts))
    for text, label in zip(TEXTS, ("language", "description_language"), strict=True):
        columns = [(language, getattr(texts, text)) for language, texts in found]
        query = query.add_columns(
            sa.func.coalesce(*(column for _, column in columns)).label(text),
            sa.case(*((column.is_not(None), language) for language, column in columns)).label(label),
        )
    return query


def search_condition(text: str, *, own: bool) -> sa.ColumnElement[bool]:
    """Whether `text` occurs in a title in any language, the marketplace's id, the GTIN or the brand.

    With `own`, the query has products too and their own titles count. Raises Invalid (`invalid_search`).
    """
    wanted = text.strip()
    if "\0" in wanted or len(wanted) > MAX_SEARCH_LENGTH:
        message = f"search takes up to {MAX_SEARCH_LENGTH} printable characters"
        raise Invalid("invalid_search", message, errors=[FieldError("search", message)])
    columns: list[InstrumentedAttribute[Any]] = [
        MarketplaceProduct.marketplace_product_id,
        MarketplaceProduct.gtin,
        MarketplaceProduct.brand,
    ]
    conditions = [fold.contains(column, wanted) for column in columns]
    translation = MarketplaceProductTranslation
    conditions.append(
        sa.exists().where(
            translation.marketplace_product_id == MarketplaceProduct.id, fold.contains(translation.title, wanted)
        )
    )
    if own:
        conditions.append(
            sa.exists().where(
                ProductTranslation.product_id == Product.id, fold.contains(ProductTranslation.title, wanted)
            )
        )
    return sa.or_(*conditions)
