"""Where the simulators of a demo are."""

import os
import socket
from contextlib import suppress

HOST, PORT = "127.0.0.1", 8900
SIMULATOR_URL = f"http://{HOST}:{PORT}"


def choose_simulator_port() -> int:
    """The usual port, or another one where that is taken."""
    for port in (PORT, 0):
        with suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    raise OSError(f"no port is free on {HOST}")


def point_at_simulators(port: int) -> None:
    """Tell this process and its children where the simulators are, before settings are read."""
    os.environ["SIMULATOR_URL"] = f"http://{HOST}:{port}"
