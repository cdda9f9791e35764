"""The places where a store's goods lie."""

from typing import Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field

from orion import inventory
from orion.api.dependencies import SessionDep
from orion.api.inputs import NO_PARAMETERS, Body, Id
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute
from orion.api.store.stock import PREFIX, Staff, Viewer
from orion.inventory import LocationView


class NewLocation(Body):
    """A location to make."""

    name: str = Field(examples=["Warehouse A"])
    code: str | None = Field(None, description="made from the name if not given", examples=["WAREHOUSE_A"])


class LocationRequest(Body):
    """What to change of a location; what is not sent stays as it is."""

    name: str | None = Field(None, examples=["Warehouse A"])
    is_active: bool | None = Field(None, description="false closes it: nothing may lie there then")
    is_default: bool | None = Field(None, description="true: stock is taken from here first")


class LocationAnswer(BaseModel):
    """A location, and what lies there."""

    id: int = Field(examples=[3])
    code: str = Field(examples=["WAREHOUSE_A"])
    name: str = Field(examples=["Warehouse A"])
    is_active: bool
    is_default: bool
    items: int = Field(description="items that have any on hand there", examples=[120])
    on_hand: int = Field(examples=[4180])
    reserved: int = Field(examples=[12])

    @classmethod
    def of(cls, location: LocationView) -> Self:
        """The answer for one location."""
        return cls(**{name: getattr(location, name) for name in cls.model_fields})


class LocationList(BaseModel):
    """Every location of the store."""

    items: list[LocationAnswer]


class LocationGone(BaseModel):
    """What became of a location."""

    result: Literal["deleted", "closed"] = Field(description="closed where movements name it, so that it cannot go")
    detail: str


router = APIRouter(
    prefix=f"{PREFIX}/locations", tags=["store inventory"], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES
)


@router.get("", summary="List locations", dependencies=NO_PARAMETERS)
async def list_stock_locations(session: SessionDep, access: Viewer) -> LocationList:
    """The locations of the store, the default one first."""
    found = await inventory.list_locations(session, inventory.stockroom(access))
    return LocationList(items=[LocationAnswer.of(location) for location in found])


@router.post("", status_code=201, summary="Make a location", dependencies=NO_PARAMETERS)
async def create_stock_location(session: SessionDep, access: Staff, body: NewLocation) -> LocationAnswer:
    """A new place for goods. The first one is the default one: stock is taken from there first."""
    room = inventory.stockroom(access)
    with body_fields(location="code" if body.code is not None else "name"):
        location = await inventory.create_location(session, room, name=body.name, code=body.code)
    return LocationAnswer.of(await inventory.get_location(session, room, location.id))


@router.put("/{location_id}", summary="Change a location", dependencies=NO_PARAMETERS)
async def change_stock_location(
    session: SessionDep, access: Staff, location_id: Id, body: LocationRequest
) -> LocationAnswer:
    """Rename, close or open it, or make it the default one. 409 `location_has_stock` when goods lie in one to close."""
    room = inventory.stockroom(access)
    with body_fields():
        await inventory.update_location(session, room, location_id, **body.model_dump(exclude_unset=True))
    return LocationAnswer.of(await inventory.get_location(session, room, location_id))


@router.delete("/{location_id}", summary="Take a location away", dependencies=NO_PARAMETERS)
async def delete_stock_location(session: SessionDep, access: Staff, location_id: Id) -> LocationGone:
    """Delete a location that was never used; any other is closed instead, and the answer says so.

    409 `location_has_stock` while goods lie there.
    """
    result = await inventory.delete_location(session, inventory.stockroom(access), location_id)
    detail = {
        "deleted": "The location is deleted",
        "closed": "The location is closed: movements name it, so that it cannot be deleted",
    }[result]
    return LocationGone(result=result, detail=detail)
