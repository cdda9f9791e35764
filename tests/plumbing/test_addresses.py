"""Which addresses an URL may lead to."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orion.plumbing.addresses import is_public, refused


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "0.0.0.0",  # noqa: S104 - to be refused, not bound to
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::8.8.8.8",
        "2002:808:808::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_refuses(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ],
)
def test_accepts(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_embedded_address_is_judged_like_the_bare_one(inner: ipaddress.IPv4Address) -> None:
    for prefix in ("::ffff:", "64:ff9b::"):
        assert is_public(ipaddress.ip_address(f"{prefix}{inner}")) == is_public(inner)


@pytest.mark.parametrize(
    ("entry", "name", "address", "port", "passes"),
    [
        ("localhost", "LocalHost.", "127.0.0.1", 80, True),
        ("localhost", "other", "127.0.0.1", 80, False),
        ("localhost:8000", "localhost", "::1", 8000, True),
        ("localhost:8000", "localhost", "::1", 8001, False),
        ("127.0.0.1", "any.example", "127.0.0.1", 1, True),
        ("127.0.0.1", "any.example", "127.0.0.2", 1, False),
        ("10.0.0.0/8", "any.example", "10.9.9.9", 1, True),
        ("10.0.0.0/8:8080", "any.example", "10.9.9.9", 1, False),
        ("[::1]:8080", "x", "::1", 8080, True),
        ("[::1]", "x", "::1", 8080, True),
        ("fd00::/8", "x", "fd12::1", 443, True),
        ("fd00::/8", "x", "10.0.0.1", 443, False),
    ],
)
def test_the_allow_list_opens_exactly_what_it_names(
    entry: str, name: str, address: str, port: int, passes: bool
) -> None:
    found = refused(name, [ipaddress.ip_address(address)], port, [entry])
    assert found == (None if passes else ipaddress.ip_address(address))


@pytest.mark.parametrize("entry", ["", "10.0.0.0/99", "host:port", "a:b:c:80", "10.0.0.0/8/9"])
def test_an_entry_that_means_nothing_is_an_error(entry: str) -> None:
    with pytest.raises(ValueError, match="is not a host"):
        refused("x", [ipaddress.ip_address("127.0.0.1")], 80, [entry])
