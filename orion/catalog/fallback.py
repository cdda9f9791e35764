"""The texts that stand in where a product has none in a language, as exports show them."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from orion.catalog.models import MarketplaceProductTranslation, Product, ProductTranslation
from orion.catalog.texts import TEXTS
from orion.kernel import fallback_order
from orion.merchants import Store

Shown = dict[str, set[str]]
"""By "title" and "description": what the store's readers see, and what readers of the shared catalogue do."""


async def texts_shown(
    connection: AsyncConnection, product_ids: Iterable[int], *, store_id: int, language: str
) -> dict[int, Shown]:
    """What is shown to readers in `language` of these marketplace products and of the store's listings of them."""
    wanted = sorted(product_ids)
    if not wanted:
        return {}
    default = await connection.scalar(sa.select(Store.default_language).where(Store.id == store_id))
    text, own = MarketplaceProductTranslation, ProductTranslation
    shared: Any = sa.select(text.marketplace_product_id, text.language, text.title, text.description)
    stores: Any = (
        sa.select(Product.marketplace_product_id, own.language, own.title, own.description)
        .join(Product, Product.id == own.product_id)
        .where(Product.store_id == store_id)
    )
    base = await _by_product(connection, shared, text.marketplace_product_id, wanted)
    owned = await _by_product(connection, stores, Product.marketplace_product_id, wanted)
    found: dict[int, Shown] = {}
    for id_ in wanted:
        shared_texts, own_texts = base.get(id_, {}), owned.get(id_, {})
        store_order = [
            texts[code]
            for code in fallback_order(language, default)
            for texts in (own_texts, shared_texts)
            if code in texts
        ]
        order = [shared_texts[code] for code in fallback_order(language, None) if code in shared_texts]
        found[id_] = {name: {_first(at, store_order), _first(at, order)} for at, name in enumerate(TEXTS)}
    return found


def _first(at: int, several: list[tuple[str | None, str | None]]) -> str:
    """The first text there is, in place `at` of each; empty, which no row of a feed says, if there is none."""
    return next((text for texts in several if (text := texts[at]) is not None), "")


async def _by_product(
    connection: AsyncConnection, query: sa.Select[Any], number: Any, wanted: list[int]
) -> Mapping[int, dict[str, tuple[str | None, str | None]]]:
    if connection.dialect.name == "sqlite":
        packed = sa.func.json_each(orjson.dumps(wanted).decode()).table_valued("value")
        query = query.where(number.in_(sa.select(packed.c.value)))
    else:
        query = query.where(number == sa.func.any(sa.bindparam("wanted", wanted, sa.ARRAY(sa.BigInteger))))
    found: dict[int, dict[str, tuple[str | None, str | None]]] = {}
    for id_, language, title, description in await connection.execute(query):
        found.setdefault(id_, {})[language] = (title, description)
    return found
