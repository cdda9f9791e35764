"""The simulated Letzshop, and an adapter that is connected to it."""

import pytest

from orion.channels.adapters.letzshop import LetzshopOrders
from orion.simulators.kit import Article
from orion.simulators.letzshop import Letzshop
from tests.channels.conftest import Connect
from tests.simulators.running import Simulators


@pytest.fixture
def shop(simulators: Simulators) -> Letzshop:
    found = simulators["letzshop"]
    assert isinstance(found, Letzshop)
    found.catalogue = (Article("MUG", "Blue mug", 1250), Article("CAP", "Cap", 999))
    return found


@pytest.fixture
async def letzshop(connect: Connect) -> LetzshopOrders:
    adapter = await connect("letzshop")
    assert isinstance(adapter, LetzshopOrders)
    return adapter
