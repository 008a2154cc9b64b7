"""First bytes are recognised, and each sentence names the port and the setting that helps."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.app import wrong_protocol
from holdfast.app.wrong_protocol import GREETING_BYTES, PREFACE, Greeting, Port, greeting

PLAIN, TLS = Port("otlp-http", 4318, is_tls=False), Port("otlp-http", 4318, is_tls=True)
METHODS = (b"GET", b"POST", b"HEAD", b"PUT", b"OPTIONS", b"CONNECT", b"PATCH", b"PROPFIND", b"PRINT")


def hello() -> bytes:
    """Return what a client of TLS says first."""
    outward = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outward, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outward.read()


def test_a_real_hello_is_tls_however_little_of_it_came() -> None:
    """From its first byte on the hello of a real client is recognised."""
    said = hello()
    assert {greeting(said[:length]) for length in range(1, 40)} == {Greeting.TLS}


def test_the_preface_is_http2_from_its_fourth_byte_on() -> None:
    """Less of it may be the method of HTTP, which begins with P too."""
    found = [greeting(PREFACE[:length]) for length in range(1, GREETING_BYTES + 1)]
    assert found == [Greeting.OTHER] * 3 + [Greeting.HTTP2] * (GREETING_BYTES - 3)
    assert greeting(PREFACE + b"SM\r\n\r\n\0\0") is Greeting.HTTP2


@pytest.mark.parametrize("method", METHODS)
def test_a_request_is_neither(method: bytes) -> None:
    """Every method is left to the parser of HTTP."""
    assert greeting(method + b" /v1/traces HTTP/1.1\r\n") is Greeting.OTHER


@given(st.binary(max_size=40))
def test_any_bytes_are_one_of_three(first: bytes) -> None:
    """A slow twin agrees: TLS by one or two bytes, HTTP/2 by four bytes of the preface or more."""
    begins_tls = first[:2] == b"\x16\x03" or first == b"\x16"
    begins_http2 = len(first) >= 4 and first[:GREETING_BYTES] == PREFACE[: len(first)]
    twin = Greeting.TLS if begins_tls else Greeting.HTTP2 if begins_http2 else Greeting.OTHER
    assert greeting(first) is twin


def test_each_sentence_says_where_and_what_to_set() -> None:
    """The port is named by number, and the setting of the sender's or the server's side."""
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in wrong_protocol.tls_on_plain(PLAIN)
    assert "--tls-certificate" in wrong_protocol.tls_on_plain(PLAIN)
    assert "https://" in wrong_protocol.plain_on_tls(TLS)
    assert "--otlp-grpc-port" in wrong_protocol.http2_on_http1(PLAIN)
    page = Port("page", 7070, is_tls=True)
    assert "OTEL" not in wrong_protocol.plain_on_tls(page)
    for sentence in (wrong_protocol.tls_on_plain(PLAIN), wrong_protocol.plain_on_tls(TLS)):
        assert "port 4318 (OTLP over HTTP)" in sentence


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"),
        ("CERTIFICATE_VERIFY_FAILED", "--otlp-client-ca"),
        ("UNSUPPORTED_PROTOCOL", "older than 1.2"),
        ("NO_SHARED_CIPHER", "no cipher"),
        ("TLSV1_ALERT_UNKNOWN_CA", "HOLDFAST_CA"),
        ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", "OTEL_EXPORTER_OTLP_CERTIFICATE"),
        ("SSLV3_ALERT_BAD_CERTIFICATE", "does not trust"),
        ("SOMETHING_NEW", ": SOMETHING_NEW"),
    ],
)
def test_a_failed_handshake_says_what_to_set(reason: str, said: str) -> None:
    """Known reasons name the setting; an unknown one is shown as OpenSSL calls it."""
    sentence = wrong_protocol.failed_handshake(TLS, reason)
    assert said in sentence
    assert "port 4318" in sentence
