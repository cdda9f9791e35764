"""What imports changed, and what undoing them came to, as the API shows it on every surface alike."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from orion.api.inputs import Paged
from orion.api.tables import Format
from orion.feeds import ChangeView, Differences, ImportUndo, ImportUndoConflict
from orion.kernel import Page

DiffKind = Literal["created", "updated", "unchanged", "gone", "error"]

_KIND = "only these; `updated` has products that are only new in the store's list too; left out: all that changed"


class ChangeFilter(Paged):
    """Which changes are wanted."""

    limit: int = Field(50, ge=1, le=200)
    kind: DiffKind | None = Field(None, description=_KIND)


class UndoFilter(Paged):
    """Which page of the report is wanted, or all of it."""

    limit: int = Field(50, ge=1, le=200)
    format: Format | None = Field(None, description="csv: each value that was restored or left, whatever the page")


class FieldChangeAnswer(BaseModel):
    """One field before and after; amounts with their currency."""

    field: str = Field(examples=["price"])
    layer: str = Field(description="product (shared), or store: the store's own value", examples=["product"])
    before: Any = Field(examples=["29.90 EUR"])
    after: Any = Field(examples=["27.90 EUR"])


class RowProblemAnswer(BaseModel):
    """Why a row is not imported."""

    code: str = Field(examples=["invalid_price"])
    message: str
    column: str | None = Field(examples=["price"])
    value: str | None = Field(examples=["abc"])


class ChangeAnswer(BaseModel):
    """What one row of an import did, or would do in a dry run."""

    kind: str = Field(
        description="created, updated, listed (known, and new in the store's list), unchanged, withdrawn or returned "
        "(gone from the feed, or in it again), error",
        examples=["updated"],
    )
    row_number: int | None = Field(description="of the feed; null where no row is meant", examples=[17])
    identifier: str | None = Field(
        description="the product's id on its marketplace; in an import of stock its GTIN, if it has one",
        examples=["SKU-17"],
    )
    product_id: int | None = Field(description="of the marketplace product, where there is one", examples=[4211])
    title: str | None = Field(examples=["Desk lamp"])
    location: str | None = Field(None, description="where, in an import of stock", examples=[None])
    changes: list[FieldChangeAnswer] = Field(description="of a created product: its main values, from nothing")
    problems: list[RowProblemAnswer] = Field(description="of a row with an error")

    @classmethod
    def of(cls, view: ChangeView) -> Self:
        """The answer for one row."""
        return cls.model_validate(view, from_attributes=True)


class ChangeCounts(BaseModel):
    """Rows of each kind."""

    created: int = Field(examples=[120])
    updated: int = Field(examples=[14])
    unchanged: int = Field(description="counted; only a dry run lists them, the first thousand", examples=[860])
    gone: int = Field(description="products taken from sale, or given back, by `on_missing`", examples=[0])
    error: int = Field(examples=[6])


class ChangePage(BaseModel):
    """One page of an import's changes, in the order of the feed's rows."""

    dry_run: bool = Field(description="nothing of it has been done")
    counts: ChangeCounts
    items: list[ChangeAnswer]
    total: int
    page: int
    limit: int

    @classmethod
    def of(cls, found: Differences) -> Self:
        """The answer for one page."""
        page = found.page
        return cls(
            dry_run=found.dry_run,
            counts=ChangeCounts(**found.counts),
            items=[ChangeAnswer.of(view) for view in page.items],
            total=page.total,
            page=page.page,
            limit=page.limit,
        )


class UndoConflictAnswer(BaseModel):
    """A value, or (`field` empty) a product, that an undo left as it is."""

    row_number: int = Field(examples=[17])
    identifier: str = Field(examples=["SKU-17"])
    field: str = Field(examples=["price"])
    reason: str = Field(
        description="edited_since, deleted_since, in_another_feed, listed_by_others, described_by_others, referred_to "
        "(by stock or orders: it was unpublished)",
        examples=["edited_since"],
    )
    details: dict[str, Any] = Field(
        description="the marketplace product; what was expected, found, and there before the import",
        examples=[{"product_id": 4211, "expected": "27.90 EUR", "found": "25.00 EUR", "before": "29.90 EUR"}],
    )

    @classmethod
    def of(cls, conflict: ImportUndoConflict) -> Self:
        """The answer for one of them."""
        return cls(**{name: getattr(conflict, name) for name in cls.model_fields})


class UndoAnswer(BaseModel):
    """How far the undoing of an import is, and what came of it."""

    import_id: int = Field(examples=[123])
    status: str = Field(description="pending, processing, completed or failed", examples=["completed"])
    user_id: int | None = Field(description="who asked for it", examples=[7])
    failure: str | None = Field(description="why it stopped; ask for the undo again to go on", examples=[None])
    total: int = Field(description="changes to be undone", examples=[134])
    processed: int = Field(examples=[134])
    restored: int = Field(description="products that have their prior values again", examples=[14])
    removed: int = Field(description="products that are gone, or not for sale any more", examples=[118])
    kept: int = Field(description="products that stay as they are, in whole or in part", examples=[2])
    created_at: datetime
    completed_at: datetime | None

    @classmethod
    def of(cls, undo: ImportUndo, **more: Any) -> Self:
        """The answer for one undo."""
        return cls(
            import_id=undo.import_job_id,
            status=undo.status,
            user_id=undo.user_id,
            failure=undo.failure_message,
            total=undo.total_count,
            processed=undo.processed_count,
            restored=undo.restored_count,
            removed=undo.removed_count,
            kept=undo.kept_count,
            created_at=undo.created_at,
            completed_at=undo.completed_at,
            **more,
        )


class UndoReport(UndoAnswer):
    """An undo, with one page of what it left as it is."""

    conflicts: list[UndoConflictAnswer]
    total_conflicts: int = Field(examples=[2])
    page: int
    limit: int

    @classmethod
    def of_page(cls, undo: ImportUndo, found: Page[ImportUndoConflict]) -> Self:
        """The answer for one page of the report."""
        return cls.of(
            undo,
            conflicts=[UndoConflictAnswer.of(conflict) for conflict in found.items],
            total_conflicts=found.total,
            page=found.page,
            limit=found.limit,
        )
