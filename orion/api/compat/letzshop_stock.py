"""Stock in the words of the marketplace API 2.1: the shop is named in the body, or not at all."""

from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import Field

from orion import inventory
from orion.api.dependencies import Bearer, SessionDep, current_user
from orion.api.inputs import Parameters
from orion.api.public.inventory import change_level, stock_access
from orion.api.routing import key_access
from orion.api.stock_answers import ChangedAnswer, LevelAnswer, StockRequest, SummaryAnswer
from orion.inventory import Stockroom
from orion.kernel import Forbidden, Invalid, NotFound
from orion.merchants import Role


class LetzshopStockRequest(StockRequest):
    """So many of a GTIN at a location."""

    shop_code: str | None = Field(
        None,
        description="whose stock it is; a member of one shop only needs none, and an administrator's is then the "
        "platform's own",
        examples=["MYSHOP"],
    )


class StockShop(Parameters):
    """Whose stock is wanted."""

    shop_code: str | None = Field(None, description="a member of one shop only needs none", examples=["MYSHOP"])


async def _log_in_first(request: Request, session: SessionDep, bearer: Bearer) -> object:
    """Refuse strangers before what they send is looked at."""
    if await key_access(request, session) is None:
        await current_user(request, session)
    return bearer


LoggedIn = Annotated[object, Depends(_log_in_first)]


async def set_stock(
    request: Request, session: SessionDep, bearer: LoggedIn, body: LetzshopStockRequest
) -> ChangedAnswer:
    """Set a stock quantity: how many of a GTIN lie at a location, which is made on first use."""
    room = await _room(request, session, bearer, "staff", body.shop_code)
    return await change_level(session, room, body, inventory.set_level)


async def show_stock(
    request: Request, session: SessionDep, bearer: LoggedIn, gtin: str, wanted: Annotated[StockShop, Query()]
) -> SummaryAnswer:
    """Show the stock of a GTIN, by location and in all."""
    return await _summary(session, await _room(request, session, bearer, "viewer", wanted.shop_code), gtin)


async def stock_of(request: Request, session: SessionDep, gtin: str | None) -> SummaryAnswer | None:
    """What the caller's shop has of a GTIN; None without one, without a shop, or where none was ever counted."""
    if gtin is None:
        return None
    try:
        return await _summary(session, await _room(request, session, None, "viewer", None), gtin)
    except (Forbidden, Invalid, NotFound):
        return None


async def _room(request: Request, session: SessionDep, bearer: object, role: Role, shop_code: str | None) -> Stockroom:
    code = shop_code or request.headers.get("X-Store-Code")
    return await stock_access(role)(request, session, bearer, code)


async def _summary(session: SessionDep, room: Stockroom, gtin: str) -> SummaryAnswer:
    summary = await inventory.summary(session, room, gtin)
    return SummaryAnswer.of(summary, locations=[LevelAnswer.of(level) for level in summary.levels])
