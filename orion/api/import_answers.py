"""Imports as the API shows them, on every surface alike."""

from datetime import datetime
from typing import Any, Self

from fastapi import Response
from pydantic import BaseModel, Field

from orion import feeds
from orion.api.inputs import Body
from orion.feeds import ImportIssue, ImportJob, ImportJobView
from orion.merchants import Store
from orion.plumbing.db import utcnow


class NewImport(Body):
    """What every request for an import has besides its source."""

    marketplace: str = Field("Letzshop", description="Letzshop, Amazon, eBay or CodesWholesale", examples=["Letzshop"])
    language: str = Field("en", description="the language of the feed's texts: en, fr or de", examples=["en"])
    batch_size: int = Field(
        1000,
        ge=feeds.MIN_BATCH_SIZE,
        le=feeds.MAX_BATCH_SIZE,
        description="rows that are stored at a time",
        examples=[1000],
    )
    on_missing: str = Field(
        "keep",
        description="what happens to products that the feed no longer has: keep, unpublish or out_of_stock",
        examples=["keep"],
    )
    dry_run: bool = Field(False, description="only find out what the import would do: see its changes, then apply it")
    retry_of: int | None = Field(
        None,
        ge=1,
        le=2**63 - 1,
        description="the import of the same feed whose failed rows these are, mended: others are not gone",
        examples=[None],
    )


class ProgressAnswer(BaseModel):
    """How far an import is; null is "not known"."""

    fraction: float | None = Field(description="rows processed of all rows, 0 to 1", examples=[0.25])
    rows_per_second: float | None = Field(description="on average since the start", examples=[5120.4])
    remaining_seconds: float | None = Field(description="at that rate, while it runs", examples=[29.3])
    elapsed_seconds: float | None = Field(description="from the start to now, or to the end", examples=[9.8])


class FailureAnswer(BaseModel):
    """Why an import failed as a whole."""

    code: str = Field(description="stable, for programs", examples=["not_found"])
    message: str = Field(description="what happened and how to mend it")


class ImportAnswer(BaseModel):
    """One import. `total_processed` = imported + updated + unchanged + skipped + error."""

    id: int = Field(examples=[123])
    job_id: int = Field(description="the same as `id`", examples=[123])
    status: str = Field(
        description="pending, processing, completed, completed_with_errors, failed or cancelled",
        examples=["processing"],
    )
    phase: str = Field(description="waiting, downloading, reading, importing or finished", examples=["importing"])
    store_id: int = Field(examples=[5])
    store_code: str = Field(examples=["TECHSTORE"])
    store_name: str = Field(examples=["Tech Store Luxembourg"])
    user_id: int | None = Field(description="who asked for it; null when that user is gone", examples=[7])
    marketplace: str = Field(examples=["Letzshop"])
    language: str = Field(examples=["en"])
    source_url: str | None = Field(description="null for an uploaded file", examples=["https://example.com/feed.csv"])
    filename: str | None = Field(description="of an uploaded file", examples=[None])
    batch_size: int = Field(examples=[1000])
    on_missing: str = Field(description="the policy for products that the feed no longer has", examples=["keep"])
    mode: str = Field(description="full, partial (some rows of a feed) or dry_run", examples=["full"])
    retry_of: int | None = Field(description="the import whose failed rows these are", examples=[None])
    dry_run_id: int | None = Field(description="the dry run that was applied", examples=[None])
    changes_purged: bool = Field(description="what it changed is not kept any more: it cannot be undone")
    imported_count: int = Field(description="rows that brought a new product", examples=[150])
    updated_count: int = Field(description="rows that changed a product", examples=[25])
    unchanged_count: int = Field(description="rows that said nothing new", examples=[1000])
    skipped_count: int = Field(description="rows that a later row of the same id replaces", examples=[0])
    error_count: int = Field(description="rows that were not imported", examples=[2])
    warning_count: int = Field(description="values that were mended or left out", examples=[3])
    total_processed: int = Field(examples=[1177])
    total_rows: int | None = Field(description="rows of the feed, once it has been read", examples=[4708])
    progress: ProgressAnswer
    cancel_requested: bool
    failure: FailureAnswer | None
    details: dict[str, Any] = Field(
        description="what was found out about the feed", examples=[{"encoding": "utf-8", "delimiter": ","}]
    )
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None

    @classmethod
    def of(cls, job: ImportJob, store_code: str, store_name: str, **more: Any) -> Self:
        """The answer for an import of the store so called."""
        figures = feeds.progress(job, utcnow())
        failure = None
        if job.failure_code is not None:
            failure = FailureAnswer(code=job.failure_code, message=job.failure_message or "")
        return cls(
            id=job.id,
            job_id=job.id,
            store_code=store_code,
            store_name=store_name,
            total_processed=job.processed_count,
            total_rows=job.total_count,
            failure=failure,
            progress=ProgressAnswer(
                fraction=_rounded(figures.fraction, 4),
                rows_per_second=_rounded(figures.rows_per_second, 1),
                remaining_seconds=_rounded(figures.remaining_seconds, 1),
                elapsed_seconds=_rounded(figures.elapsed_seconds, 1),
            ),
            **{name: getattr(job, name) for name in _SAME},
            **more,
        )

    @classmethod
    def of_view(cls, view: ImportJobView) -> Self:
        """The answer for an import that comes with the names of its store."""
        return cls.of(view.job, view.store_code, view.store_name)


class ImportPage(BaseModel):
    """One page of imports, newest first."""

    items: list[ImportAnswer]
    total: int = Field(examples=[50])
    page: int = Field(examples=[1])
    limit: int = Field(examples=[10])


class IssueAnswer(BaseModel):
    """A row that was not imported (`error`), or only with a mended or missing value (`warning`)."""

    id: int
    row_number: int = Field(description="as a spreadsheet shows it: the header is row 1", examples=[17])
    severity: str = Field(examples=["error"])
    error_type: str = Field(
        description="missing_id, missing_title, parse_error or validation_error", examples=["validation_error"]
    )
    code: str = Field(description="exactly what it is, for programs")
    identifier: str | None = Field(description="the row's id, where it has one", examples=["SKU-17"])
    error_message: str = Field(description="what is wrong and how to mend it")
    row_data: dict[str, Any] = Field(description="the row's key fields", examples=[{"id": "SKU-17", "price": "abc"}])
    column_name: str | None = Field(description="the feed's column that it is about", examples=["price"])
    value: str | None = Field(description="what stands there", examples=["abc"])

    @classmethod
    def of(cls, issue: ImportIssue) -> Self:
        """The answer for one issue."""
        return cls(**{name: getattr(issue, name) for name in cls.model_fields})


class IssuePage(BaseModel):
    """One page of issues, in the order of the feed's rows."""

    items: list[IssueAnswer]
    total: int
    page: int
    limit: int


def started(response: Response, job: ImportJob, store: Store, status_path: str) -> ImportAnswer:
    """The answer to a request for an import; `status_path` is where to ask how it goes."""
    response.headers["Location"] = f"{status_path}/{job.id}"
    return ImportAnswer.of(job, store.code, store.name)


_SAME = (
    "status",
    "phase",
    "store_id",
    "user_id",
    "marketplace",
    "language",
    "source_url",
    "filename",
    "batch_size",
    "on_missing",
    "mode",
    "retry_of",
    "dry_run_id",
    "changes_purged",
    "imported_count",
    "updated_count",
    "unchanged_count",
    "skipped_count",
    "error_count",
    "warning_count",
    "cancel_requested",
    "details",
    "created_at",
    "updated_at",
    "started_at",
    "completed_at",
)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
