"""What a connection speaks, by its first bytes, and what to say of one at the wrong port. Pure."""

from dataclasses import dataclass
from enum import StrEnum

PREFACE = b"PRI * HTTP/2.0\r\n\r\n"
"""How HTTP/2 without an upgrade begins (RFC 9113), and with it gRPC."""
GREETING_BYTES = len(PREFACE)
_ENOUGH_BYTES = len(b"PRI ")
"""No method of HTTP begins so."""
_HANDSHAKE = b"\x16\x03"
"""How TLS begins: a handshake record, version 3.x (RFC 8446)."""


class Greeting(StrEnum):
    """What the first bytes of a connection are."""

    TLS = "TLS"
    HTTP2 = "HTTP/2"
    OTHER = "other"
    """Plain HTTP, or nothing known: the parser of HTTP decides."""


OTLP_HTTP = "otlp-http"
_WORDS = {OTLP_HTTP: "OTLP over HTTP", "page": "page and API"}


@dataclass(frozen=True, slots=True)
class Port:
    """A port that speaks HTTP: its name in the log, its number, whether it speaks TLS."""

    name: str
    number: int
    is_tls: bool

    @property
    def words(self) -> str:
        """The port in words."""
        return f"port {self.number} ({_WORDS.get(self.name, self.name)})"


def greeting(first: bytes) -> Greeting:
    """Return what the first bytes of a connection are; a few of them are enough."""
    if first and _HANDSHAKE.startswith(first[: len(_HANDSHAKE)]):
        return Greeting.TLS
    if len(first) >= _ENOUGH_BYTES and PREFACE.startswith(first[:GREETING_BYTES]):
        return Greeting.HTTP2
    return Greeting.OTHER


def tls_on_plain(port: Port) -> str:
    """Return the sentence about a peer that speaks TLS to a port without TLS."""
    sender = _endpoint(port, "http")
    return (
        f"speaks TLS to {port.words}, which speaks plain HTTP: {sender}, or start this server with "
        "--tls-certificate and --tls-key"
    )


def plain_on_tls(port: Port) -> str:
    """Return the sentence about a peer that speaks something else than TLS to a port with TLS."""
    return f"speaks no TLS to {port.words}, which speaks nothing else: {_endpoint(port, 'https')}"


def http2_on_http1(port: Port) -> str:
    """Return the sentence about a peer that speaks HTTP/2, as gRPC does, to a port of HTTP/1.1."""
    return (
        f"speaks HTTP/2, as gRPC does, to {port.words}, which speaks HTTP/1.1: send gRPC to the port of "
        "--otlp-grpc-port, or set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf in the sender"
    )


def no_http(port: Port) -> str:
    """Return the sentence about a peer whose bytes are no HTTP."""
    return f"sends bytes to {port.words} that are no HTTP request: check what it is meant to speak"


_FAILURES = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "it shows no client certificate, which --otlp-client-ca asks for: "
    "set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY in the sender",
    "CERTIFICATE_VERIFY_FAILED": "the CA of --otlp-client-ca did not sign its client certificate, or that "
    "has expired: give the sender one of that CA's",
    "UNSUPPORTED_PROTOCOL": "it offers only TLS older than 1.2: update the sender",
    "NO_SHARED_CIPHER": "it offers no cipher that this server takes: update the sender",
}
_DISTRUST = (
    "it does not trust the server's certificate: give it the CA that signed it, a sender by "
    "OTEL_EXPORTER_OTLP_CERTIFICATE, a holdfast command by HOLDFAST_CA"
)
_DISTRUSTING = (
    "ALERT_UNKNOWN_CA",
    "ALERT_BAD_CERTIFICATE",
    "ALERT_CERTIFICATE_UNKNOWN",
    "ALERT_CERTIFICATE_EXPIRED",
)


def failed_handshake(port: Port, reason: str) -> str:
    """Return the sentence about a TLS handshake that failed for OpenSSL's `reason`."""
    why = _DISTRUST if reason.endswith(_DISTRUSTING) else _FAILURES.get(reason, reason)
    return f"fails the TLS handshake with {port.words}: {why}"


def _endpoint(port: Port, scheme: str) -> str:
    if port.name == OTLP_HTTP:
        return f"give the sender an endpoint with {scheme}:// (OTEL_EXPORTER_OTLP_ENDPOINT)"
    return f"use {scheme}:// in its address"
