"""A seller's account at the simulated Amazon, and a store that is connected to it."""

import pytest

from orion.channels.adapters.amazon import AmazonSeller
from orion.simulators.amazon import Amazon
from orion.simulators.kit import Article
from tests.channels.amazon.samples import SETTINGS
from tests.channels.conftest import Connect
from tests.simulators.running import Simulators


@pytest.fixture
def seller(simulators: Simulators) -> Amazon:
    found = simulators["amazon"]
    assert isinstance(found, Amazon)
    found.catalogue = (Article("MUG", "Blue mug", 1250), Article("CAP", "Cap", 999))
    return found


@pytest.fixture
async def amazon(connect: Connect) -> AmazonSeller:
    adapter = await connect("amazon", **SETTINGS)
    assert isinstance(adapter, AmazonSeller)
    return adapter
