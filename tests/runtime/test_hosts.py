"""Which `Host` headers name this machine: read exactly, so that no name elsewhere passes for it."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from tests.refusals import check_says_why

from holdfast.runtime.edge import check_host
from holdfast.runtime.errors import Forbidden
from holdfast.runtime.hosts import host_name, is_loopback

NAMES = ("::1", "127.0.0.1", "localhost", "evil.example", "7070")
PIECES = (*NAMES, *"[]:.@/\\%# ")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("localhost", "localhost"),
        ("LocalHost:7070", "localhost"),
        ("localhost.", "localhost"),
        ("localhost:", "localhost"),
        ("127.0.0.1:65535", "127.0.0.1"),
        ("[::1]", "::1"),
        ("[::1]:7070", "::1"),
        (" holdfast.example ", "holdfast.example"),
        ("a_b-c.example", "a_b-c.example"),
    ],
)
def test_a_host_is_read_without_port_case_and_dot(header: str, name: str) -> None:
    """Port, case and one trailing dot do not tell hosts apart."""
    assert host_name(header) == name


@pytest.mark.parametrize(
    "header",
    [
        "",
        "[::1].evil.com",
        "[::1]evil.com",
        "[::1]:7070.evil.com",
        "[::1",
        "[127.0.0.1]",
        "[fe80::1%eth0]",
        "::1",
        "localhost@evil.com",
        "evil.com@localhost",
        "localhost:7070@evil.com",
        "localhost:7070:1",
        "localhost:65536",
        "localhost:-1",
        "localhost:٣",
        "localhost/evil.com",
        "localhost,evil.com",
        "localhost evil.com",
        "localhost..",
        "a..example",
        ".localhost",
        "-.example",
        "löcal.example",
        "localhost\u200b",
        "localhost\n",
    ],
)
def test_what_is_no_host_is_none(header: str) -> None:
    """Brackets, userinfo, second ports and signs that no name has are no host at all."""
    assert host_name(header) is None


@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join) | st.text(max_size=40))
def test_only_this_machines_own_names_pass(header: str) -> None:
    """Whatever is pasted together passes only if it is, port aside, a way to write this machine's address."""
    try:
        check_host(_headers(header), frozenset())
    except Forbidden as refused:
        check_says_why(refused)
        return
    name = header.strip().rpartition(":")[0] if _has_port(header.strip()) else header.strip()
    plain = name.lower().removesuffix(".").removesuffix(":")
    unbracketed = plain[1:-1] if plain.startswith("[") and plain.endswith("]") else plain
    assert unbracketed == "localhost" or ipaddress.ip_address(unbracketed).is_loopback


@given(st.ip_addresses(), st.integers(0, 65_535) | st.none())
def test_addresses_are_this_machines_only_if_they_are_loopback(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int | None
) -> None:
    """Every address, with any port, is judged as the address it is."""
    written = f"[{address}]" if address.version == 6 else str(address)
    name = host_name(written if port is None else f"{written}:{port}")
    assert name == str(address)
    assert is_loopback(name) == address.is_loopback


@pytest.mark.parametrize("allowed", [frozenset({"*"}), frozenset({"evil.com", "localhost"})])
def test_two_host_headers_are_refused(allowed: frozenset[str]) -> None:
    """Two `Host` headers are refused whatever is allowed: what stands before us may read the other one."""
    headers = Headers(raw=[(b"host", b"localhost"), (b"host", b"evil.com")])
    with pytest.raises(Forbidden):
        check_host(headers, allowed)


def test_a_malformed_host_is_refused_even_where_any_is_allowed() -> None:
    """`*` allows every host, and what is none stays refused."""
    with pytest.raises(Forbidden):
        check_host(_headers("[::1].evil.com"), frozenset({"*"}))


def _headers(host: str) -> Headers:
    return Headers(raw=[(b"host", host.encode("utf-8", "surrogatepass"))])


def _has_port(header: str) -> bool:
    before, colon, port = header.rpartition(":")
    return bool(colon) and port.isdigit() and not (before.startswith("[") and not before.endswith("]"))
