"""A gRPC call in a compression that gRPC cannot read: its sender is named, as gRPC itself does not."""

import socket
import struct

import grpc
import pytest
import zstandard
from tests.telemetry.serving import serving

from holdfast.telemetry.intake.otlp import grpc_receiver
from holdfast.telemetry.intake.otlp.grpc_receiver import SERVICES
from holdfast.telemetry.model import Signal

EXPORT = f"/{SERVICES[Signal.LOGS]}/Export"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])


def literal(name: str, value: str) -> bytes:
    """Return a header as HPACK writes it plainly: neither indexed nor compressed."""
    assert max(len(name), len(value)) < 127
    return b"".join((b"\0", bytes([len(name)]), name.encode(), bytes([len(value)]), value.encode()))


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Return a frame of HTTP/2."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def compressed_call(encoding: str, message: bytes) -> bytes:
    """Return what a sender writes that compresses as Python's gRPC cannot."""
    headers = {":method": "POST", ":scheme": "http", ":path": EXPORT, ":authority": "x", "te": "trailers"}
    headers |= {"content-type": "application/grpc", "grpc-encoding": encoding}
    block = b"".join(literal(name, value) for name, value in headers.items())
    data = b"\1" + struct.pack(">I", len(message)) + message
    return PREFACE + frame(1, 4, 1, block) + frame(0, 1, 1, data)


@pytest.mark.parametrize("encoding", ["zstd", "snappy"])
def test_a_compression_that_grpc_cannot_read_is_named(tmp_path, caplog, encoding):
    """gRPC itself refuses it with INTERNAL; the log names the sender once a minute and what it can use."""
    compressed = zstandard.compress(b"") if encoding == "zstd" else b"\0"
    with serving(tmp_path) as intake:
        for _ in range(3):
            with socket.create_connection(
                ("127.0.0.1", int(intake.grpc_address.rpartition(":")[2]))
            ) as sender:
                sender.sendall(compressed_call(encoding, compressed))
                sender.settimeout(10)
                found = b""
                while b"grpc-status" not in found:
                    found += sender.recv(4096)
        assert b"grpc-status\x0213" in found, "INTERNAL, which senders do not repeat"
        assert b"Error parsing 'grpc-encoding' metadata" in found
        with grpc.insecure_channel(intake.grpc_address) as channel:
            export = channel.unary_unary(EXPORT)
            assert export(b"", timeout=10, compression=grpc.Compression.Gzip) == b""
    [line] = [one for one in caplog.messages if "127.0.0.1" in one]
    assert line.startswith("127.0.0.1 sent a gRPC call that ended before its message could be read: ")
    assert "gzip" in line


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        ("ipv4:10.0.0.7:4711", "10.0.0.7"),
        ("ipv6:%5B::1%5D:4711", "::1"),
        ("ipv6:[2001:db8::7]:4711", "2001:db8::7"),
        ("ipv6:%5B::ffff:10.0.0.7%5D:4711", "10.0.0.7"),
        ("unix:/tmp/x", "unix:/tmp/x"),
        ("", ""),
    ],
)
def test_a_peer_is_named_by_its_host(peer, host):
    """gRPC's forms of addresses become the address alone; another form is shown as it is."""
    assert grpc_receiver.host_of(peer) == host
