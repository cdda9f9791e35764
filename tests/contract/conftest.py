"""The whole application, an administrator of it, and a feed to import."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from orion.feeds.jobs import run_import
from orion.plumbing.runtime import Runtime
from tests.application import application
from tests.factories.people import an_admin
from tests.plumbing.other_side import answer, other_side

FEED = b"""\
product_id,title,description,price,currency,brand,gtin,marketplace,shop_name
PROD001,"Amazing Widget","The best widget ever",29.99,EUR,WidgetCorp,4006381333931,Letzshop,MyShop
PROD002,"Super Gadget","A fantastic gadget",19.99,EUR,GadgetInc,5901234123457,Amazon,TechStore
PROD003,,"No title",9.99,EUR,GadgetInc,,Amazon,TechStore
"""


@pytest.fixture
def app(runtime: Runtime) -> FastAPI:
    return application(runtime)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        yield client


@pytest.fixture
async def admin(runtime: Runtime) -> str:
    """The name of an administrator."""
    async with runtime.database.transaction() as session:
        return (await an_admin(session, "admin")).username


@pytest.fixture
async def feed() -> AsyncIterator[str]:
    """The address of a feed: two good rows, and one without a title."""
    async with other_side(answer(FEED)) as side:
        yield side.url()


async def work_off(runtime: Runtime, job: dict[str, Any]) -> None:
    """Do what a worker does with an import."""
    await run_import(runtime, job["job_id"])


def as_user(login: dict[str, Any], **headers: str) -> dict[str, str]:
    """The headers of whoever has logged in."""
    return {"Authorization": f"Bearer {login['access_token']}"} | headers
