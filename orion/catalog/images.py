"""Pictures of a store's product: addresses on the web, and files that the store has uploaded.

Both are one list: the first is the product's `image_link`, the others its `additional_image_link`. An uploaded file is
in it as `/files/products/<key>`, which anybody may open who knows it.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog.models import Product, ProductImage
from orion.catalog.values import MAX_VALUES, read_link
from orion.kernel import FieldError, Invalid, NotFound
from orion.plumbing.files import copy_to, delete_upload, save_upload
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings

PATH = "/files/products/"
MAX_IMAGE_BYTES = 10_000_000
FORGET_AT_ONCE = 200
_SIGNS: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("image/png", lambda head: head.startswith(b"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", lambda head: head.startswith(b"\xff\xd8\xff")),
    ("image/gif", lambda head: head.startswith((b"GIF87a", b"GIF89a"))),
    ("image/webp", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
)


@dataclass(frozen=True, slots=True)
class KeptImage:
    """An uploaded file in the store of files, not yet any product's."""

    key: str
    content_type: str


def sniff_image(head: bytes) -> str:
    """The type of a picture by its first bytes. Raises Invalid (`image_invalid`) for anything but the four we take."""
    for content_type, matches in _SIGNS:
        if matches(head):
            return content_type
    message = "This is no picture that browsers show: send a PNG, JPEG, WebP or GIF file"
    raise Invalid("image_invalid", message, errors=[FieldError("file", message)])


async def keep_image(stream: AsyncIterator[bytes], *, name: str, settings: Settings) -> KeptImage:
    """Store what the stream brings, if it begins as a picture does; no transaction is needed.

    Raises Invalid (`image_invalid`, and `upload_too_large` beyond 10 MB).
    """
    first = await anext(stream, b"")
    content_type = sniff_image(first)

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for chunk in stream:
            yield chunk

    return KeptImage(await save_upload(whole(), name=name, settings=settings, max_bytes=MAX_IMAGE_BYTES), content_type)


async def image_type(session: AsyncSession, key: str) -> str:
    """The content type of an uploaded picture that a product shows. Raises NotFound (`image_not_found`)."""
    found = await session.scalar(
        sa.select(ProductImage.content_type).where(ProductImage.key == key, ProductImage.product_id.is_not(None))
    )
    if found is None:
        raise NotFound("image_not_found", "There is no such picture.")
    return found


async def read_image(key: str, settings: Settings) -> bytes:
    """The bytes of an uploaded picture. Raises NotFound (`upload_not_found`)."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "image"
        await copy_to(key, path, settings)
        return path.read_bytes()


def images_of(product: Any) -> list[str]:
    """A product's pictures in order: of a listing those that it has itself, of a view those in effect."""
    first = [product.image_link] if product.image_link else []
    return [*first, *(product.additional_image_link or ())]


def with_images(links: Sequence[str]) -> dict[str, Any]:
    """The columns for these pictures in this order; none at all: inherit."""
    return {"image_link": links[0] if links else None, "additional_image_link": list(links[1:]) or None}


async def own_link(session: AsyncSession, product: Product) -> Callable[[str], str]:
    """A reader of picture addresses, which knows the files that were uploaded for this product."""
    keys: set[str] = set()
    if product.id is not None:
        keys = set(await session.scalars(sa.select(ProductImage.key).where(ProductImage.product_id == product.id)))

    def read(link: str) -> str:
        text = link.strip()
        if text.startswith(PATH) and text.removeprefix(PATH) in keys:
            return text
        if text.startswith("/"):
            raise ValueError("There is no such file of this product: upload it, or give a whole web address")
        return read_link(text) or ""

    return read


async def claim_image(session: AsyncSession, product: Product, image: KeptImage) -> str:
    """Make an uploaded file the product's, and say its link. Raises Invalid (`too_many_images`)."""
    if len(images_of(product)) >= MAX_VALUES:
        message = f"A product has at most {MAX_VALUES} pictures: delete one first"
        raise Invalid("too_many_images", message, errors=[FieldError("file", message)])
    session.add(ProductImage(key=image.key, product_id=product.id, content_type=image.content_type))
    await session.flush()
    return PATH + image.key


async def release_unused_images(session: AsyncSession, product: Product) -> None:
    """Let go of the product's uploaded files that it does not show any more; a chore deletes them."""
    shown = [link.removeprefix(PATH) for link in images_of(product) if link.startswith(PATH)]
    await session.execute(
        sa.update(ProductImage)
        .where(ProductImage.product_id == product.id, ProductImage.key.not_in(shown))
        .values(product_id=None)
    )


async def forget_images(runtime: Runtime) -> None:
    """Delete the files that no product shows any more; safe to repeat, and to do in several places at once."""
    async with runtime.database.reading() as session:
        keys = (
            await session.scalars(
                sa.select(ProductImage.key).where(ProductImage.product_id.is_(None)).limit(FORGET_AT_ONCE)
            )
        ).all()
    for key in keys:
        await delete_upload(key, runtime.settings)
    async with runtime.database.transaction() as session:
        await session.execute(
            sa.delete(ProductImage).where(ProductImage.key.in_(keys), ProductImage.product_id.is_(None))
        )
