"""What answers at the root."""

from fastapi import APIRouter
from pydantic import BaseModel

from orion import __version__


class About(BaseModel):
    """The API's name and version."""

    name: str
    version: str
    docs: str = "/docs"


router = APIRouter(tags=["about"])


@router.get("/")
async def about() -> About:
    """Show the API's name and version. Browsers (Accept: text/html) get the portal's first page instead."""
    return About(name="Orion", version=__version__)
