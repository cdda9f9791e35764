"""Orders of every store, for administrators."""

from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from orion import orders
from orion.api.dependencies import AdminUser, RuntimeDep, SessionDep
from orion.api.inputs import NO_PARAMETERS, Id
from orion.api.order_answers import OrderAnswer, OrderDetailsAnswer
from orion.api.order_filters import OrderQuery
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.routing import TransactionalRoute
from orion.orders import OrderSummary


class AdminOrderQuery(OrderQuery):
    """Which orders are wanted, of one store or of all."""

    store_id: int | None = Field(None, ge=1, le=2**63 - 1, description="only this store's", examples=[5])


class AdminOrderAnswer(OrderAnswer):
    """An order in a list, and whose it is."""

    store_id: int = Field(examples=[5])
    store_code: str = Field(examples=["DEMO"])

    @classmethod
    def of_any(cls, summary: OrderSummary) -> Self:
        """The answer for an order of any store."""
        return cls.of(summary, store_id=summary.order.store_id, store_code=summary.store_code)


class AdminOrderPage(BaseModel):
    """A stretch of the orders, the newest first."""

    items: list[AdminOrderAnswer]
    total: int | None = Field(description="null beyond 10,000 orders, and on pages read by cursor", examples=[1])
    total_estimate: int | None = Field(description="where there are more", examples=[None])
    next_cursor: str | None = Field(description="`cursor` of the next stretch; null at the end")


router = APIRouter(
    prefix="/api/v1/admin/orders", tags=["admin channels"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.get("", summary="List the orders of every store")
async def list_all_orders(
    session: SessionDep, runtime: RuntimeDep, admin: AdminUser, query: Annotated[AdminOrderQuery, Query()]
) -> AdminOrderPage:
    """Orders from every channel of every store, the newest first."""
    after = query.after(runtime.settings, "platform")
    found = await orders.list_all_orders(
        session, admin, query.wanted(), store_id=query.store_id, after=after, limit=query.limit
    )
    items = [AdminOrderAnswer.of_any(summary) for summary in found.items]
    return AdminOrderPage(items=items, **query.following(runtime.settings, "platform", found))


@router.get("/{order_id}", summary="Show an order of any store", dependencies=NO_PARAMETERS)
async def show_any_order(session: SessionDep, admin: AdminUser, order_id: Id) -> OrderDetailsAnswer:
    """One order with its lines, amounts, addresses, flags in words, history and notes."""
    return OrderDetailsAnswer.of(await orders.get_order_as_admin(session, admin, order_id))
