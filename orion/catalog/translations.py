"""A store's own titles and descriptions of its products, language by language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.models import MarketplaceProductTranslation, Product, ProductTranslation
from orion.catalog.overrides import FieldView, field_view
from orion.catalog.values import MAX_TEXT, MAX_TITLE, Reader, read_text
from orion.kernel import LANGUAGES, NotFound, parse_language
from orion.merchants import StoreAccess

_LONGEST = {"title": MAX_TITLE, "description": MAX_TEXT}


@dataclass(frozen=True, slots=True)
class ProductTranslationView:
    """The texts of a store's product in one language, without any fallback to another one."""

    language: str
    title: FieldView
    description: FieldView


async def list_translations(
    session: AsyncSession, access: StoreAccess, product_id: int
) -> list[ProductTranslationView]:
    """The texts in every language that either layer has some in. Raises NotFound (`product_not_found`)."""
    views = await _views(session, access, product_id)
    return [view for view in views if view.title.source or view.description.source]


async def get_translation(
    session: AsyncSession, access: StoreAccess, product_id: int, language: str
) -> ProductTranslationView:
    """The texts in one language; what is in neither layer is None.

    Raises NotFound (`product_not_found`) and Invalid (`unknown_language`).
    """
    language = parse_language(language)
    return next(view for view in await _views(session, access, product_id) if view.language == language)


async def write_own_texts(
    session: AsyncSession, product: Product, texts: Mapping[str, Mapping[str, str | None]]
) -> dict[str, tuple[Any, Any]]:
    """Set the store's texts by language; what is not named stays, None inherits. Says what changed.

    Raises Invalid (`product_invalid`).
    """
    reader = Reader()
    read: dict[str, dict[str, str | None]] = {}
    for code, given in texts.items():
        with reader.field(f"translations.{code}"):
            held = read.setdefault(parse_language(code), {})
            for name, longest in _LONGEST.items():
                if name in given:
                    with reader.field(f"translations.{code}.{name}"):
                        held[name] = read_text(given[name], longest)
    reader.finish("product_invalid")
    rows = await session.scalars(
        sa.select(ProductTranslation).where(
            ProductTranslation.product_id == product.id, ProductTranslation.language.in_(read)
        )
    )
    present = {row.language: row for row in rows}
    changes: dict[str, tuple[Any, Any]] = {}
    for language, held in read.items():
        row = present.get(language)
        if row is None:
            if not any(held.values()):
                continue
            row = ProductTranslation(product_id=product.id, language=language)
            session.add(row)
        for name, text in held.items():
            if getattr(row, name) != text:
                changes[f"{name}.{language}"] = getattr(row, name), text
                setattr(row, name, text)
        if row.title is None and row.description is None:
            await session.delete(row)
    await session.flush()
    return changes


async def _views(session: AsyncSession, access: StoreAccess, product_id: int) -> list[ProductTranslationView]:
    listed = await session.scalar(
        sa.select(Product.marketplace_product_id).where(Product.store_id == access.store.id, Product.id == product_id)
    )
    if listed is None:
        raise NotFound("product_not_found", f"The store {access.store.code} has no product {product_id}.")
    layers: list[dict[str, Any]] = []
    for table, key in (
        (ProductTranslation, ProductTranslation.product_id == product_id),
        (MarketplaceProductTranslation, MarketplaceProductTranslation.marketplace_product_id == listed),
    ):
        rows = await session.execute(sa.select(table.language, table.title, table.description).where(key))
        layers.append({row.language: row for row in rows})
    return [
        ProductTranslationView(
            language,
            *(
                field_view(*(getattr(layer.get(language), name, None) for layer in layers))
                for name in ("title", "description")
            ),
        )
        for language in LANGUAGES
    ]
