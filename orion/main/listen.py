"""Taking a port before anything else is started, and saying what to do when somebody else has it."""

import errno
import socket
import sys

from orion.kernel import Conflict, Invalid


def listen_together(host: str, port: int, processes: int) -> list[list[socket.socket]]:
    """What each of several processes listens with, on one port: the system shares connections out between them.

    Raises what `listen` raises.
    """
    first = listen(host, port)  # alone, so that a port which another program has is found out
    if processes == 1:
        return [first]
    bound = first[0].getsockname()[1]
    _close(first)
    return [listen(host, bound, shared=True) for _ in range(processes)]


def listen(host: str, port: int, *, shared: bool = False, command: str = "orion serve") -> list[socket.socket]:
    """Listening sockets on every address of `host` (both of localhost's, say); port 0 takes any free one.

    `shared` sockets leave room for others that are. `command` is what is advised to be started with another port.

    Raises Conflict (`port_taken`) when another program listens there, Invalid (`address_unusable`) when the host is
    none of this machine's or the port is not ours to take.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, OverflowError) as error:
        raise Invalid("address_unusable", f"Cannot listen on {host!r} port {port}: {error}.") from error
    sockets: list[socket.socket] = []
    refused: OSError | None = None
    for family, kind, protocol, _, address in found[:1] if port == 0 else found:
        one = socket.socket(family, kind, protocol)
        try:
            if sys.platform != "win32":  # there it would let two programs share the port
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shared:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind(address)
            one.listen(2048)
            one.setblocking(False)
        except OSError as error:
            one.close()
            refused = error
            if error.errno == errno.EADDRINUSE:
                _close(sockets)
                raise Conflict(
                    "port_taken",
                    f"Port {port} is already in use. Stop the program that has it (`lsof -i :{port}` names it), "
                    f"or choose another port: {command} --port {port + 1 if port < 65535 else port - 1}",
                ) from error
        else:
            sockets.append(one)
    if not sockets:
        reason = refused.strerror if refused else "no address"
        raise Invalid("address_unusable", f"Cannot listen on {host!r} port {port}: {reason}.") from refused
    return sockets


def _close(sockets: list[socket.socket]) -> None:
    for one in sockets:
        one.close()
