"""Titles and descriptions in the best language there is: see `effective` for the order."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from orion.catalog.models import MarketplaceProduct, MarketplaceProductTranslation, Product, ProductTranslation

TEXTS = ("title", "description")


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
