"""Stock as the API says it: schemas that several routes share."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field

from orion.api.inputs import Body
from orion.inventory import Entry, ItemKey, ItemView, LevelNow, LevelView, MovementView, ReservationView, Summary

Quantity = Annotated[int, Field(strict=True, description="a whole number up to 2,147,483,647", examples=[100])]


class Why(Body):
    """What every change of stock may say about itself."""

    reason: str = Field("", description="why, for the movement history", examples=["delivery"])
    reference: str | None = Field(
        None, description="what it belongs to: an order, a delivery note", examples=["DN-4711"]
    )


class StockRequest(Why):
    """So many of a GTIN at a location."""

    gtin: str = Field(
        description="a GTIN; any other 8 to 14 digits are counted too, with a warning", examples=["1234567890123"]
    )
    location: str = Field(description="code or name of a location, made on first use", examples=["WAREHOUSE_A"])
    quantity: Quantity


class ItemChoice(Body):
    """Which item is meant: exactly one of these."""

    gtin: str | None = Field(None, examples=["4006381333931"])
    product_id: int | None = Field(None, ge=1, le=2**63 - 1, description="a product of the store")
    item_id: int | None = Field(None, ge=1, le=2**63 - 1, description="an item of this list")

    def key(self) -> ItemKey:
        """The key of the item. Raises Invalid (`item_unclear`)."""
        return ItemKey(gtin=self.gtin, product_id=self.product_id, item_id=self.item_id)


class LevelAnswer(BaseModel):
    """What lies at a location. `quantity` is the same as `on_hand`; `available` is what nobody has reserved."""

    location: str = Field(examples=["WAREHOUSE_A"])
    location_name: str = Field(examples=["Warehouse A"])
    quantity: int = Field(examples=[100])
    on_hand: int = Field(examples=[100])
    reserved: int = Field(examples=[3])
    available: int = Field(examples=[97])

    @classmethod
    def of(cls, level: LevelView | LevelNow) -> Self:
        """The answer for one level."""
        return cls(
            location=level.location,
            location_name=level.location_name,
            quantity=level.on_hand,
            on_hand=level.on_hand,
            reserved=level.reserved,
            available=level.available,
        )


class ChangedAnswer(LevelAnswer):
    """A level after a change, and what the item comes to over all locations."""

    item_id: int = Field(examples=[7])
    gtin: str | None = Field(examples=["1234567890123"])
    product_id: int | None = Field(description="of an item that is counted without a GTIN", examples=[None])
    total_quantity: int = Field(examples=[125])
    total_available: int = Field(examples=[122])
    warnings: list[str] = Field(description="what to look at, though it was done", examples=[[]])

    @classmethod
    def after(cls, level: LevelNow, warnings: Sequence[str] = ()) -> Self:
        """The answer to a change."""
        return cls(
            **LevelAnswer.of(level).model_dump(),
            item_id=level.item.id,
            gtin=level.item.gtin,
            product_id=level.item.product_id,
            total_quantity=level.total_on_hand,
            total_available=level.total_available,
            warnings=list(warnings),
        )


class TotalAnswer(BaseModel):
    """The stock of a GTIN over all locations."""

    gtin: str = Field(examples=["1234567890123"])
    product_title: str | None = Field(examples=["Desk lamp"])
    total_quantity: int = Field(examples=[125])
    reserved: int = Field(examples=[3])
    available: int = Field(examples=[122])
    warnings: list[str] = Field(examples=[[]])

    @classmethod
    def of(cls, summary: Summary, **more: Any) -> Self:
        """The answer for one GTIN."""
        return cls(
            gtin=summary.gtin,
            product_title=summary.title,
            total_quantity=summary.on_hand,
            reserved=summary.reserved,
            available=summary.available,
            warnings=[summary.warning] if summary.warning else [],
            **more,
        )


class SummaryAnswer(TotalAnswer):
    """The stock of a GTIN by location."""

    locations: list[LevelAnswer]


class EntryAnswer(LevelAnswer):
    """A level, with what it is a level of."""

    item_id: int
    gtin: str | None = Field(examples=["1234567890123"])
    product_id: int | None = Field(examples=[None])
    product_title: str | None = Field(examples=["Desk lamp"])

    @classmethod
    def at(cls, entry: Entry) -> Self:
        """The answer for one entry of the list."""
        return cls(
            **LevelAnswer.of(entry.level).model_dump(),
            item_id=entry.item_id,
            gtin=entry.gtin,
            product_id=entry.product_id,
            product_title=entry.title,
        )


class EntryList(BaseModel):
    """A stretch of the list of levels."""

    items: list[EntryAnswer]
    next_cursor: str | None = Field(description="`cursor` of the next stretch; null at the end")


class ItemAnswer(BaseModel):
    """An item: a GTIN or a product without one, with its totals over all locations."""

    id: int = Field(examples=[7])
    gtin: str | None = Field(examples=["4006381333931"])
    product_id: int | None = Field(description="of an item that is counted without a GTIN", examples=[None])
    sku: str | None = Field(description="what the store's feed calls the product", examples=["SKU-17"])
    title: str | None = Field(examples=["Desk lamp"])
    products: int = Field(description="products of the store that sell from it", examples=[2])
    on_hand: int = Field(examples=[125])
    reserved: int = Field(examples=[3])
    available: int = Field(examples=[122])
    low_stock_threshold: int | None = Field(description="its own; null: the store's", examples=[None])
    threshold: int | None = Field(description="the one that counts", examples=[5])
    is_low: bool = Field(examples=[False])

    @classmethod
    def of(cls, item: ItemView, **more: Any) -> Self:
        """The answer for one item."""
        return cls(**{name: getattr(item, name) for name in ItemAnswer.model_fields}, **more)


class ItemDetails(ItemAnswer):
    """An item with its levels."""

    levels: list[LevelAnswer]


class ItemList(BaseModel):
    """A stretch of the items."""

    items: list[ItemAnswer]
    next_cursor: str | None = Field(description="`cursor` of the next stretch; null at the end")


class MovementAnswer(BaseModel):
    """One change of a level."""

    id: int
    at: datetime
    item_id: int
    gtin: str | None = Field(examples=["4006381333931"])
    product_id: int | None
    location: str = Field(examples=["WAREHOUSE_A"])
    kind: str = Field(examples=["add"])
    delta: int = Field(examples=[25])
    on_hand_after: int = Field(examples=[125])
    reason: str = Field(examples=["delivery"])
    reference: str | None = Field(examples=["DN-4711"])
    actor: str | None = Field(description="who did it; null: a program", examples=["ada"])

    @classmethod
    def of(cls, movement: MovementView) -> Self:
        """The answer for one movement."""
        return cls(**{name: getattr(movement, name) for name in cls.model_fields})


class MovementList(BaseModel):
    """A stretch of the movements, the newest first."""

    items: list[MovementAnswer]
    next_cursor: str | None = Field(description="`cursor` of the next stretch; null at the end")


class ReservationAnswer(BaseModel):
    """A claim on an item at a location."""

    id: int
    reference: str = Field(examples=["order-1001"])
    item_id: int
    gtin: str | None = Field(examples=["4006381333931"])
    product_id: int | None
    location: str = Field(examples=["WAREHOUSE_A"])
    quantity: int = Field(description="what was reserved", examples=[2])
    committed: int = Field(description="what of it has left", examples=[0])
    released: int = Field(description="what of it is free again", examples=[0])
    open: int = Field(description="what of it is still reserved", examples=[2])
    state: str = Field(description="held, committed, released or expired", examples=["held"])
    expires_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, reservation: ReservationView) -> Self:
        """The answer for one claim."""
        return cls(**{name: getattr(reservation, name) for name in cls.model_fields})


class ReservationList(BaseModel):
    """A stretch of the reservations, the newest first."""

    items: list[ReservationAnswer]
    next_cursor: str | None = Field(description="`cursor` of the next stretch; null at the end")
