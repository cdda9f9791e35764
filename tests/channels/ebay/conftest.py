"""The simulated eBay, and the adapter of a store that is connected to it."""

import pytest

from orion.channels.adapters.ebay import EbayAdapter, login
from orion.simulators.ebay import Ebay
from orion.simulators.kit import Article
from tests.channels.conftest import Connect
from tests.simulators.running import Simulators


@pytest.fixture
def shop(simulators: Simulators) -> Ebay:
    found = simulators["ebay"]
    assert isinstance(found, Ebay)
    login._APPS.clear()
    found.catalogue = (Article("MUG", "Blue mug", 1250, "4006381333931"), Article("CAP", "Cap", 999))
    return found


@pytest.fixture
async def ebay(connect: Connect) -> EbayAdapter:
    adapter = await connect("ebay", marketplace="EBAY_DE")
    assert isinstance(adapter, EbayAdapter)
    return adapter
