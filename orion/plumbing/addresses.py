"""Which network addresses an URL we were given may lead to: public ones, and the exceptions the settings name."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Awaitable[Sequence[Address]]]
"""Host name and port -> all its addresses, best first. Raises OSError when there are none."""

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


async def resolve(host: str, port: int) -> Sequence[Address]:
    """All addresses the system's resolver knows for the host. Raises OSError when there are none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))


def parse_literal(host: str) -> Address:
    """The address that a host in digits is, without asking anybody. Raises ValueError for a name."""
    return ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))


def is_public(address: Address) -> bool:
    """Whether the address is on the public Internet, also after unwrapping an IPv4 address inside an IPv6 one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not (address.is_multicast or address.is_reserved)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in _NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    if address.sixtofour is not None:
        return False  # 6to4 is no longer routed (RFC 7526), and what is said of it differs between Pythons
    if address.teredo is not None and not all(is_public(inner) for inner in address.teredo):
        return False
    return address in _GLOBAL_UNICAST and address.is_global


@dataclass(frozen=True, slots=True)
class AllowedHost:
    """One entry of the allow-list: a host name or a network, on one port or (None) on all."""

    host: str | ipaddress.IPv4Network | ipaddress.IPv6Network
    port: int | None

    @classmethod
    def parse(cls, entry: str) -> "AllowedHost":
        """Read "localhost", "127.0.0.1:8000", "10.0.0.0/8", "[::1]:80" or "fd00::/8".

        Raises ValueError when it is none of these.
        """
        text = entry.strip()
        try:
            return cls(ipaddress.ip_network(text, strict=False), None)
        except ValueError:
            pass
        host, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
        if not colon:
            host = text
        elif not port.isdigit():
            raise ValueError(f"{entry!r} is not a host, an address or a network, with or without a port")
        number = int(port) if colon else None
        host = host.removeprefix("[").removesuffix("]")
        try:
            return cls(ipaddress.ip_network(host, strict=False), number)
        except ValueError:
            if not host or "/" in host or ":" in host:
                raise ValueError(f"{entry!r} is not a host, an address or a network, with or without a port") from None
            return cls(normal_name(host), number)

    def covers(self, name: str, address: Address, port: int) -> bool:
        """Whether the entry lets us connect to this address, which the host called `name` resolved to."""
        if self.port is not None and self.port != port:
            return False
        return self.host == normal_name(name) if isinstance(self.host, str) else address in self.host


def normal_name(host: str) -> str:
    """A host name as it is compared: lower case, no dot at the end."""
    return host.lower().removesuffix(".")


def refused(name: str, addresses: Sequence[Address], port: int, allowed_hosts: Sequence[str]) -> Address | None:
    """The first of a host's addresses that we must not connect to; None when all of them are fine.

    One bad address among good ones refuses the host: which one a connection takes is the other side's choice.
    """
    allowed = [AllowedHost.parse(entry) for entry in allowed_hosts]
    for address in addresses:
        if not is_public(address) and not any(entry.covers(name, address, port) for entry in allowed):
            return address
    return None
