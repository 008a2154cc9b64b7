"""Whose word about the caller is believed: that of trusted proxies, and nobody else's."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from holdfast.runtime.proxies import Proxies, networks

TRUSTED = Proxies(networks(["10.0.0.0/8", "::1", "fd00::/8"]))


def request(peer: str, scheme: str = "http", **headers: str) -> Request:
    """Return a request from `peer`."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request(
        {
            "type": "http",
            "scheme": scheme,
            "path": "/",
            "headers": raw,
            "client": (peer, 1),
            "server": ("h", 80),
        }
    )


@pytest.mark.parametrize(
    ("peer", "chain", "caller"),
    [
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.7, 10.2.2.2", "198.51.100.7"),
        ("10.0.0.1", "10.3.3.3, 10.2.2.2", "10.3.3.3"),
        ("10.0.0.1", "198.51.100.7, rubbish, 10.2.2.2", "10.2.2.2"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),
        ("unknown", "198.51.100.7", "unknown"),
    ],
)
def test_the_caller_is_whom_the_outermost_trusted_proxy_saw(peer: str, chain: str, caller: str) -> None:
    """What stands before the first untrusted address is the caller's own word, and is not believed."""
    assert TRUSTED.caller(request(peer, x_forwarded_for=chain)) == caller


@given(st.lists(st.ip_addresses().map(str), max_size=5), st.ip_addresses(v=4).map(str))
def test_nobody_chooses_an_address(forged: list[str], real: str) -> None:
    """Whatever a caller writes into the header itself, the address its proxy saw is what counts."""
    chain = ", ".join([*forged, real])
    expected_trusted = any(ipaddress.ip_address(real) in network for network in TRUSTED.networks)
    caller = TRUSTED.caller(request("10.0.0.1", x_forwarded_for=chain))
    assert expected_trusted or caller == real
    assert Proxies().caller(request("203.0.113.9", x_forwarded_for=chain)) == "203.0.113.9"


@pytest.mark.parametrize(
    ("peer", "scheme", "said", "is_tls"),
    [
        ("10.0.0.1", "http", "https", True),
        ("10.0.0.1", "http", "HTTPS", True),
        ("10.0.0.1", "http", "https, http", False),
        ("10.0.0.1", "http", "http", False),
        ("10.0.0.1", "http", "", False),
        ("203.0.113.9", "http", "https", False),
        ("203.0.113.9", "https", "http", True),
    ],
)
def test_tls_is_believed_of_trusted_proxies_only(peer: str, scheme: str, said: str, *, is_tls: bool) -> None:
    """`X-Forwarded-Proto` counts from a trusted proxy; from anybody else it is nothing."""
    assert TRUSTED.is_tls(request(peer, scheme, x_forwarded_proto=said)) is is_tls


@pytest.mark.parametrize("wrong", ["10.0.0.1/8", "proxy.example", "10.0.0.0/33", "*"])
def test_what_is_no_network_is_refused(wrong: str) -> None:
    """A name, or a network with bits of a host, is a mistake worth saying."""
    with pytest.raises(ValueError, match=r".+"):
        networks([wrong])
