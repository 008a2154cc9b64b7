"""TLS on every port: renewed under live connections, client certificates, and peers at the wrong port."""

import http.client
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import pytest
import trustme
from tests.app.conftest import Served
from tests.doors import Authority, Doors, authority, client_pair, doors, write_pair
from tests.telemetry.bodies import now_nanoseconds, traces

from holdfast.runtime.access import Role
from holdfast.runtime.client import Client
from holdfast.runtime.cookies import TLS_COOKIE
from holdfast.runtime.errors import Invalid, Unavailable
from holdfast.telemetry.intake.limits import ConnectionLimits
from holdfast.telemetry.intake.otlp.grpc_receiver import SERVICES
from holdfast.telemetry.model import Signal

EXPORT = f"/{SERVICES[Signal.TRACES]}/Export"
PROTOBUF = {"content-type": "application/x-protobuf"}
ALONE = [("grpc.use_local_subchannel_pool", 1)]
REQUEST = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The CA that signs the servers of this module."""
    return authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def secure(tmp_path: Path, ca: Authority) -> Iterator[Doors]:
    """Page and intake over TLS."""
    with doors(tmp_path, write_pair(tmp_path, ca)) as running:
        yield running


def body() -> bytes:
    """Return a request of one span."""
    return traces(now_nanoseconds(), 1).SerializeToString()


def channel(port: int, ca: Authority, pair: Path | None = None) -> grpc.Channel:
    """Return a gRPC channel of its own that trusts `ca`, and shows a client certificate if it has one."""
    shown = pair.read_bytes() if pair else None
    credentials = grpc.ssl_channel_credentials(ca.file.read_bytes(), shown, shown)
    return grpc.secure_channel(f"localhost:{port}", credentials, options=ALONE)


def exported(over: grpc.Channel) -> bytes:
    """Export one span over a channel."""
    reply: bytes = over.unary_unary(EXPORT)(body(), timeout=10)
    return reply


def serial(connection: ssl.SSLSocket) -> str:
    """Return the serial number of the certificate that a connection was shown."""
    shown = connection.getpeercert()
    assert shown is not None
    return str(shown["serialNumber"])


def assert_all_answer(running: Doors, ca: Authority) -> None:
    """Check that page, OTLP over HTTP and over gRPC answer a client that trusts the CA, and store."""
    trust = ca.context()
    assert httpx.get(f"https://localhost:{running.page}/", verify=trust).status_code == 204
    address = f"https://localhost:{running.otlp_http}/v1/traces"
    assert httpx.post(address, content=body(), headers=PROTOBUF, verify=trust).status_code == 200
    with channel(running.otlp_grpc, ca) as over:
        assert exported(over) == b""
    running.drained()
    assert len(running.warehouse.span_names()) == 2


def test_every_port_speaks_tls(secure: Doors, ca: Authority) -> None:
    """With one certificate all three ports answer who trusts its CA."""
    assert_all_answer(secure, ca)


def test_a_renewed_certificate_counts_while_old_connections_go_on(
    tmp_path: Path, secure: Doors, ca: Authority
) -> None:
    """New connections are shown the new pair at once, live ones answer on, and none is cut off."""
    trust = ca.context()
    held = []
    for port in secure.numbers[:2]:
        connection = http.client.HTTPSConnection("localhost", port, timeout=10, context=trust)
        connection.request("GET", "/")
        connection.getresponse().read()
        held.append((connection, serial(connection.sock)))
    with channel(secure.otlp_grpc, ca) as old:
        assert exported(old) == b""
        other = authority(tmp_path, "other-ca")
        write_pair(tmp_path, other)
        assert secure.look()
        for port, (connection, before) in zip(secure.numbers[:2], held, strict=True):
            with other.context().wrap_socket(
                socket.create_connection(("localhost", port)), server_hostname="localhost"
            ) as new:
                assert serial(new) != before
            still = connection.sock
            connection.request("GET", "/")
            assert connection.getresponse().read() is not None
            assert (connection.sock is still, serial(connection.sock)) == (True, before)
            connection.close()
        with channel(secure.otlp_grpc, other) as new:
            assert exported(new) == b""
        assert exported(old) == b"", "a live channel goes on with what it trusted"
        with channel(secure.otlp_grpc, ca) as late, pytest.raises(grpc.RpcError):
            exported(late)


def test_half_a_pair_is_not_shown(tmp_path: Path, secure: Doors, ca: Authority) -> None:
    """While key and certificate do not belong together every port goes on with the pair of before."""
    assert secure.watch is not None
    certificate = secure.watch._files.certificate
    assert certificate is not None
    certificate.write_bytes(b"".join(one.bytes() for one in ca.ca.issue_cert("localhost").cert_chain_pems))
    assert not secure.look()
    assert_all_answer(secure, ca)


def test_old_tls_is_refused(secure: Doors, ca: Authority, caplog: pytest.LogCaptureFixture) -> None:
    """TLS 1.1 is refused on every port; the ports of HTTP say by whom it was offered."""
    for port in secure.numbers:
        old = ca.context()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        assert not is_shaken(old, port)
    assert_named(caplog, "older than 1.2")


def test_only_ciphers_with_forward_secrecy_are_taken(tmp_path: Path, ca: Authority) -> None:
    """In TLS 1.2 a client that offers nothing but plain RSA key exchange, or CBC with SHA-1, is refused."""
    files = write_pair(tmp_path, ca, kind=trustme.KeyType.RSA)
    ciphers = {"ECDHE-RSA-AES128-GCM-SHA256": True, "AES128-GCM-SHA256": False, "AES128-SHA": False}
    with doors(tmp_path, files) as running:
        for port in running.numbers:
            for cipher, is_taken in ciphers.items():
                client = ca.context()
                client.maximum_version = ssl.TLSVersion.TLSv1_2
                client.set_ciphers(cipher)
                client.set_alpn_protocols(["h2"])
                assert is_shaken(client, port) is is_taken, (port, cipher)


def is_shaken(client: ssl.SSLContext, port: int) -> bool:
    """Whether a handshake with a port succeeds."""
    try:
        with client.wrap_socket(socket.create_connection(("localhost", port)), server_hostname="localhost"):
            return True
    except (ssl.SSLError, ConnectionError):
        return False


def test_a_client_certificate_is_required_where_a_ca_is_given(
    tmp_path: Path, ca: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    """Both OTLP ports take who shows one of that CA's and nobody else; the page asks for none."""
    clients, strangers = authority(tmp_path, "clients"), authority(tmp_path, "strangers")
    good, bad = client_pair(tmp_path, clients, "good"), client_pair(tmp_path, strangers, "bad")
    with doors(tmp_path, write_pair(tmp_path, ca, client_ca=clients.file)) as running:
        assert httpx.get(f"https://localhost:{running.page}/", verify=ca.context()).status_code == 204
        address = f"https://localhost:{running.otlp_http}/v1/traces"
        taken = httpx.post(address, content=body(), headers=PROTOBUF, verify=ca.context(good))
        assert taken.status_code == 200
        with channel(running.otlp_grpc, ca, good) as over:
            assert exported(over) == b""
        for shown in (None, bad):
            with pytest.raises(httpx.TransportError):
                httpx.post(address, content=body(), headers=PROTOBUF, verify=ca.context(shown))
            with channel(running.otlp_grpc, ca, shown) as over, pytest.raises(grpc.RpcError):
                exported(over)
        assert sum(running.service.status().accepted.values()) == 2
    assert_named(caplog, "shows no client certificate")


def test_a_client_ca_is_renewed_too(tmp_path: Path, ca: Authority) -> None:
    """Senders of the new CA are taken, those of the old one no more."""
    first, second = authority(tmp_path, "first"), authority(tmp_path, "second")
    trusted = tmp_path / "clients.pem"
    trusted.write_bytes(first.file.read_bytes())
    pairs = client_pair(tmp_path, first, "a"), client_pair(tmp_path, second, "b")
    with doors(tmp_path, write_pair(tmp_path, ca, client_ca=trusted)) as running:
        for old, new in (pairs, pairs[::-1]):
            address = f"https://localhost:{running.otlp_http}/v1/traces"
            with channel(running.otlp_grpc, ca, old) as over:
                assert exported(over) == b""
            assert httpx.post(address, content=body(), headers=PROTOBUF, verify=ca.context(old)).is_success
            with channel(running.otlp_grpc, ca, new) as over, pytest.raises(grpc.RpcError):
                exported(over)
            with pytest.raises(httpx.TransportError):
                httpx.post(address, content=b"", headers=PROTOBUF, verify=ca.context(new))
            trusted.write_bytes(second.file.read_bytes())
            running.look()


def assert_named(caplog: pytest.LogCaptureFixture, sentence: str) -> None:
    """Check that one line names this machine's address and says the sentence, and that there is no other."""

    def lines() -> list[str]:
        return [one for one in caplog.messages if "127.0.0.1" in one]

    # A client may know that it failed before the server has said so.
    assert any(lines() or threading.Event().wait(0.05) for _ in range(100))
    assert len(lines()) == 1, lines()
    assert lines()[0].startswith("127.0.0.1 ")
    assert sentence in lines()[0]


def said_to(port: int, said: bytes) -> bytes:
    """Say something to a port and return what comes back until it hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        found = b""
        try:
            connection.sendall(said)
            while piece := connection.recv(10_000):
                found += piece
        except ConnectionError:
            pass
        return found


@pytest.mark.parametrize("said", [REQUEST, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0\1\2", b"x" * 100_000])
@pytest.mark.parametrize("door", [0, 1])
def test_plain_text_to_a_tls_port_is_answered_and_named(
    secure: Doors, caplog: pytest.LogCaptureFixture, door: int, said: bytes
) -> None:
    """Plain HTTP, HTTP/2 and anything else get an answer in plain HTTP, and one line for all of them."""
    for _ in range(3):
        answer = said_to(secure.numbers[door], said)
        assert len(said) > 1000 or answer.startswith(b"HTTP/1.1 400 ")
    assert_named(caplog, "https://")


@pytest.mark.parametrize("door", [0, 1])
def test_tls_to_a_plain_port_is_answered_and_named(
    tmp_path: Path, ca: Authority, caplog: pytest.LogCaptureFixture, door: int
) -> None:
    """A hello gets plain HTTP, which clients recognise, and one line with the settings of both sides."""
    with doors(tmp_path) as running:
        for _ in range(3):
            with pytest.raises(ssl.SSLError):
                ca.context().wrap_socket(
                    socket.create_connection(("127.0.0.1", running.numbers[door])),
                    server_hostname="localhost",
                )
    assert_named(caplog, "--tls-certificate")


@pytest.mark.parametrize("door", [0, 1])
@pytest.mark.parametrize("over_tls", [False, True])
def test_grpc_to_a_port_of_http_is_named(
    tmp_path: Path, ca: Authority, caplog: pytest.LogCaptureFixture, door: int, *, over_tls: bool
) -> None:
    """A real gRPC client is refused with a status, with and without TLS, and a line names the port to use."""
    with doors(tmp_path, write_pair(tmp_path, ca) if over_tls else None) as running:
        port = running.numbers[door]
        plain = grpc.insecure_channel(f"localhost:{port}", options=ALONE)
        with channel(port, ca) if over_tls else plain as over, pytest.raises(grpc.RpcError) as caught:
            exported(over)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert_named(caplog, "--otlp-grpc-port")


def test_who_does_not_trust_the_certificate_is_named(
    tmp_path: Path, secure: Doors, caplog: pytest.LogCaptureFixture
) -> None:
    """A sender that lacks the CA says so in the handshake, and the line names the setting for it."""
    stranger = authority(tmp_path, "stranger")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"https://localhost:{secure.otlp_http}/", verify=stranger.context())
    assert_named(caplog, "OTEL_EXPORTER_OTLP_CERTIFICATE")


def test_who_only_connects_is_not_named(
    secure: Doors, ca: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    """Health checks of balancers connect and hang up, before or in the handshake: that is no fault."""
    for said in (b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"):
        for port in secure.numbers:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(said)
    after = httpx.get(f"https://localhost:{secure.page}/", verify=ca.context())
    assert (after.status_code, caplog.messages) == (204, [])


def test_connections_that_do_not_greet_are_bounded_and_closed(tmp_path: Path, ca: Authority) -> None:
    """Silent connections take the places of a port only for as long as a head may take."""
    limits = ConnectionLimits(connections=3, head_seconds=0.5)
    with doors(tmp_path, write_pair(tmp_path, ca), limits=limits) as running:
        silent = [socket.create_connection(("127.0.0.1", running.page), timeout=10) for _ in range(3)]
        half = silent[0]
        half.sendall(b"\x16\x03\x01\x02\x00")
        assert said_to(running.page, b"") == b"", "one more is closed"
        for one in silent:
            with one:
                assert one.recv(10) == b""
        assert httpx.get(f"https://localhost:{running.page}/", verify=ca.context()).status_code == 204


def test_the_session_cookie_is_for_tls_only(tmp_path: Path, ca: Authority, served: Served) -> None:
    """Signing in over the server's own TLS sets a cookie that is Secure and bound to this host."""
    secret = served.made.access.create_token(name="ada", role=Role.VIEWER, actor="local").secret
    with (
        doors(tmp_path, write_pair(tmp_path, ca), page=served.app) as running,
        httpx.Client(base_url=f"https://localhost:{running.page}", verify=ca.context()) as browser,
    ):
        answer = browser.post("/api/v1/session", json={"token": secret})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{TLS_COOKIE}=")
        assert "; Secure" in cookie
        assert browser.get("/api/v1/session").json()["name"] == "ada"


def test_commands_trust_the_ca_they_are_given(
    tmp_path: Path, ca: Authority, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With HOLDFAST_CA a command reaches the server; without it, or at http://, it says what to set."""
    with doors(tmp_path, write_pair(tmp_path, ca), page=served.app) as running:
        address = f"https://localhost:{running.page}"
        with Client(address) as client, pytest.raises(Unavailable, match="set HOLDFAST_CA"):
            client.get("/session")
        monkeypatch.setenv("HOLDFAST_CA", str(ca.file))
        with Client(address) as client:
            assert client.get("/session")["name"] == "local"
        write_pair(tmp_path, ca, "holdfast.example")
        assert running.look()
        with Client(address) as client, pytest.raises(Unavailable, match="a name in --url that"):
            client.get("/session")
        plain = f"http://localhost:{running.page}"
        with Client(plain) as client, pytest.raises(Invalid, match="https://"):
            client.get("/session")
    with doors(tmp_path / "plain", page=served.app) as running:
        address = f"https://localhost:{running.page}"
        with Client(address) as client, pytest.raises(Unavailable, match="use http://"):
            client.get("/session")


@pytest.mark.parametrize("text", [None, "", "no certificate"])
def test_a_ca_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    """A wrong HOLDFAST_CA is wrong use and named; nothing else is trusted in its place."""
    path = tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text)
    monkeypatch.setenv("HOLDFAST_CA", str(path))
    with pytest.raises(Invalid, match=str(path)):
        Client("https://localhost:1")
