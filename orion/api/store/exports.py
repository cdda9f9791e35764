"""A store's products as files: downloads, and public addresses for whoever fetches them again and again."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from orion import catalog, feeds
from orion.api.dependencies import RuntimeDep, SessionDep, store_access
from orion.api.downloads import EXPORT_RESPONSE, file_response
from orion.api.inputs import NO_PARAMETERS, Body, Id
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.product_filters import ListingFields
from orion.api.routing import TransactionalRoute, UnrepeatableRoute
from orion.feeds import ExportFormat, FeedLink, NewLink
from orion.merchants import StoreAccess
from orion.plumbing.runtime import Runtime

PREFIX = "/api/v1/store/feed-links"

Viewer = Annotated[StoreAccess, Depends(store_access("viewer", "products"))]
Manager = Annotated[StoreAccess, Depends(store_access("manager", "products"))]

_FORMAT = "csv (everything, for Orion and for spreadsheets), google-tsv, google-xml or letzshop-csv"


class ExportQuery(ListingFields):
    """Which products are wanted, and as what."""

    format: ExportFormat = Field("csv", description=_FORMAT)


class LinkFilters(Body):
    """Which of the published products are in the feed; what is left out is any."""

    search: str | None = Field(None, max_length=200)
    marketplace: str | None = Field(None, examples=["Letzshop"])
    brand: str | None = None
    category: str | None = None
    availability: str | None = Field(None, examples=["in_stock"])
    condition: str | None = None
    min_price: str | None = None
    max_price: str | None = None
    currency: str | None = None
    text_language: str | None = None
    is_digital: bool | None = None
    is_featured: bool | None = None


class NewFeedLink(Body):
    """What is to be fetched, and by whom."""

    name: str = Field(max_length=100, examples=["Google Merchant Center"])
    format: str = Field(description=_FORMAT, examples=["google-xml"])
    language: str | None = Field(None, description="of the texts; without it the store's default", examples=["fr"])
    filters: LinkFilters = LinkFilters()


class FeedLinkAnswer(BaseModel):
    """A public address of the store's published products. The address itself is only shown when it is made."""

    id: int = Field(examples=[3])
    name: str = Field(examples=["Google Merchant Center"])
    format: str = Field(examples=["google-xml"])
    language: str | None = Field(examples=["fr"])
    filters: dict[str, Any] = Field(examples=[{"availability": "in_stock"}])
    is_open: bool = Field(description="false while the store is not verified: the address then opens nothing")
    created_at: datetime
    last_fetched_at: datetime | None

    @classmethod
    def of(cls, link: FeedLink, access: StoreAccess, **more: Any) -> Self:
        """The answer for one link."""
        return cls(
            filters=link.options,
            is_open=access.store.is_active and access.store.is_verified,
            **{name: getattr(link, name) for name in FeedLinkAnswer.model_fields if name not in ("filters", "is_open")},
            **more,
        )


class NewFeedLinkAnswer(FeedLinkAnswer):
    """A new address: keep it, it is not shown again."""

    url: str = Field(examples=["https://orion.example/feeds/Zk3yQ0.xml"])

    @classmethod
    def made(cls, made: NewLink, access: StoreAccess, runtime: Runtime) -> Self:
        """The answer for a link that was just made."""
        return cls.of(made.link, access, url=runtime.settings.public_url.rstrip("/") + made.path)


class FeedLinkList(BaseModel):
    """All feed links of a store: at most 50."""

    items: list[FeedLinkAnswer]


downloads = APIRouter(
    prefix="/api/v1/store/products",
    tags=["store products"],
    route_class=TransactionalRoute,
    responses=PROBLEM_RESPONSES,
)
router = APIRouter(prefix=PREFIX, tags=["store products"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES)
unrepeatable = APIRouter(
    prefix=PREFIX, tags=["store products"], route_class=UnrepeatableRoute, responses=PROBLEM_RESPONSES
)


@downloads.get("/export", summary="Export the store's products", response_class=Response, responses=EXPORT_RESPONSE)
async def export_store_products(
    runtime: RuntimeDep, session: SessionDep, access: Viewer, wanted: Annotated[ExportQuery, Query()]
) -> Response:
    """All products that the filters of the list mean, as they are in effect, as a file.

    Importing the file into the same store, in the same language, changes nothing.
    """
    selection = await catalog.select_listings(session, access.store, wanted.wanted())
    pieces = feeds.export(runtime, selection, wanted.format, title=access.store.name)
    return await file_response(pieces, wanted.format, access.store)


@router.get("", summary="List the store's feed links", dependencies=NO_PARAMETERS)
async def list_store_feed_links(session: SessionDep, access: Viewer) -> FeedLinkList:
    """The public addresses under which the store's products can be fetched."""
    return FeedLinkList(items=[FeedLinkAnswer.of(link, access) for link in await feeds.list_links(session, access)])


@unrepeatable.post("", status_code=201, summary="Create a feed link", dependencies=NO_PARAMETERS)
async def create_store_feed_link(
    runtime: RuntimeDep, session: SessionDep, access: Manager, body: NewFeedLink
) -> NewFeedLinkAnswer:
    """A public address of the store's published products, for price engines and Google Merchant Center.

    Whoever knows it may fetch it without a log-in. It answers while the store is verified and active.
    """
    with body_fields():
        made = await feeds.create_link(
            session,
            access,
            name=body.name,
            format=body.format,
            language=body.language,
            filters=body.filters.model_dump(exclude_none=True),
        )
    return NewFeedLinkAnswer.made(made, access, runtime)


@unrepeatable.post("/{link_id}/rotate", summary="Rotate a feed link", dependencies=NO_PARAMETERS)
async def rotate_store_feed_link(
    runtime: RuntimeDep, session: SessionDep, access: Manager, link_id: Id
) -> NewFeedLinkAnswer:
    """Another address for the same feed; the one before is gone at once."""
    return NewFeedLinkAnswer.made(await feeds.rotate_link(session, access, link_id), access, runtime)


@router.delete("/{link_id}", status_code=204, summary="Revoke a feed link", dependencies=NO_PARAMETERS)
async def revoke_store_feed_link(session: SessionDep, access: Manager, link_id: Id) -> Response:
    """End a feed: its address opens nothing any more."""
    await feeds.revoke_link(session, access, link_id)
    return Response(status_code=204)
