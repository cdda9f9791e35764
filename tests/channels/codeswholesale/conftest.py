"""The simulated CodesWholesale, and an adapter that is connected to it."""

import pytest

from orion.channels.adapters.codeswholesale import CodesWholesaleSupplier
from orion.simulators.codeswholesale import CodesWholesale
from orion.simulators.kit import Article
from tests.channels.conftest import Connect
from tests.simulators.running import Simulators


@pytest.fixture
def house(simulators: Simulators) -> CodesWholesale:
    """It sells a game for 10.00 (9.50 from ten on, 9.00 from a hundred on) and software for 25.00."""
    found = simulators["codeswholesale"]
    assert isinstance(found, CodesWholesale)
    found.catalogue = (Article("GAME", "A game", 1000, "5400000000010"), Article("SUITE", "Suite", 2500))
    found.restock()
    return found


@pytest.fixture
async def supplier(connect: Connect) -> CodesWholesaleSupplier:
    adapter = await connect("codeswholesale")
    assert isinstance(adapter, CodesWholesaleSupplier)
    return adapter
