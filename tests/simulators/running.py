"""The simulators of all marketplaces on a free port of this machine, for the tests that talk to them."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from orion.simulators import serve
from orion.simulators.kit import Simulator
from tests.simulators.patience import Patience

HANG_SECONDS = 0.3
"""How long a call hangs that is hit by the fault `timeout`."""


@dataclass(frozen=True)
class Simulators:
    """`url` is where they are, without a slash at the end; `simulators["letzshop"]` is what the server runs."""

    url: str
    by_channel: dict[str, Simulator]

    def __getitem__(self, channel: str) -> Simulator:
        return self.by_channel[channel]

    def url_of(self, channel: str) -> str:
        return f"{self.url}/{channel}"

    def reset(self, patience: Patience | None = None) -> None:
        """Everything as at the start, and nobody too quick. Calls that hang end with somebody's patience."""
        for simulator in self.by_channel.values():
            simulator.reset()
            simulator.limited = False
            simulator.hang_seconds = HANG_SECONDS
            hang = type(simulator).say_nothing.__get__(simulator)
            simulator.say_nothing = patience.ends_with(hang) if patience else hang  # type: ignore[method-assign] # ours


@contextmanager
def running(simulators: dict[str, Simulator] | None = None, orders_per_minute: float = 0) -> Iterator[Simulators]:
    """These, or all that there are, run in a thread of this process until the end."""
    made = simulators or serve.make_simulators(limited=False, seed=1)
    server = serve.make_server(serve.make_app(made, orders_per_minute=orders_per_minute))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 200
    while not server.started:
        assert time.monotonic() < deadline, "the simulators did not start"
        time.sleep(0.01)
    yield Simulators(f"http://127.0.0.1:{listener.getsockname()[1]}", made)
    server.should_exit = True
    thread.join(60)
    listener.close()
