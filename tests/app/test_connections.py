"""Senders that never finish a request lose their connection; those that do keep theirs."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import pytest

from holdfast.app.listeners import HttpListener
from holdfast.runtime.clock import SystemClock
from holdfast.telemetry.intake.limits import ConnectionLimits

HEAD = b"POST /%s HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"
LIMITS = ConnectionLimits(
    connections=3, head_seconds=0.2, idle_seconds=1, head_bytes=20_000, write_seconds=0.3
)
LARGE_BYTES = 32 << 20
"""More than the kernel buffers on both sides of a connection."""
Connect = Callable[[], AbstractContextManager[socket.socket]]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer 200: after the body, or without reading it (`/unread`), or after half a second (`/slow`).

    `/large` is answered with 32 MiB, at once or in pieces (`/stream`).
    """
    while scope["path"] != "/unread" and (await receive())["more_body"]:
        pass
    if scope["path"] == "/slow":
        await asyncio.wait([asyncio.ensure_future(asyncio.Event().wait())], timeout=0.5)
    length = LARGE_BYTES if scope["path"] in ("/large", "/stream") else 0
    headers = [(b"content-length", b"%d" % length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/stream":
        for _ in range(LARGE_BYTES >> 16):
            await send({"type": "http.response.body", "body": bytes(1 << 16), "more_body": True})
        length = 0
    await send({"type": "http.response.body", "body": bytes(length)})


@pytest.fixture
def connect() -> Iterator[Connect]:
    """A way to connect to a server with `LIMITS`."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        listener = HttpListener("test", application, opened, SystemClock(), LIMITS)
        listener.start()
        yield lambda: socket.create_connection(opened.getsockname(), timeout=10)
        listener.stop()


def exchange(connection: socket.socket, request: bytes) -> bytes:
    """Send a request and return the first line of what comes back."""
    connection.sendall(request)
    reply = b""
    while not reply.endswith(b"\r\n\r\n"):
        reply += connection.recv(1000)
    return reply.split(b"\r\n")[0]


def rest(connection: socket.socket, drip: bytes = b"") -> bytes:
    """Return all that comes until the server hangs up, sending `drip` again and again meanwhile."""
    found = b""
    connection.settimeout(0.02 if drip else 10)
    with hung_up():
        while True:
            try:
                piece = connection.recv(1000)
            except TimeoutError:
                connection.sendall(drip)
                continue
            if not piece:
                break
            found += piece
    return found


@contextmanager
def hung_up() -> Iterator[None]:
    """However a server hangs up, it has done so when the block ends."""
    with suppress(ConnectionResetError, BrokenPipeError):
        yield


SILENT = [(b"", b""), (b"POST /v1/tr", b""), (b"POST / HTTP/1.1\r\nhost: x\r\n", b"")]
DRIPPING = [(b"", b"\r\n"), (b"POST /v1/tr", b"x"), (b"POST / HTTP/1.1\r\nhost: ", b"x")]


@pytest.mark.parametrize(("start", "drip"), SILENT + DRIPPING)
def test_a_head_that_does_not_come_in_time_ends_the_connection(
    connect: Connect, start: bytes, drip: bytes
) -> None:
    """Whether the sender is silent or sends a byte now and then, it is hung up on, without a word."""
    with connect() as connection:
        connection.sendall(start)
        assert rest(connection, drip) == b""


@pytest.mark.parametrize(("start", "drip"), DRIPPING)
def test_the_second_head_has_no_more_time_than_the_first(connect: Connect, start: bytes, drip: bytes) -> None:
    """On a connection that has been served, line ends and halves of requests do not keep it open."""
    with connect() as connection:
        assert exchange(connection, HEAD % (b"", 0)) == b"HTTP/1.1 200 OK"
        connection.sendall(start)
        assert rest(connection, drip) == b""


def test_a_head_without_end_is_refused(connect: Connect) -> None:
    """A header that grows past the limit is answered 431, however it is cut into pieces."""
    with connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nx: ")
        with hung_up():
            for _ in range(100):
                connection.sendall(b"y" * 1000)
        assert rest(connection).startswith(b"HTTP/1.1 431")


def test_bodies_are_not_taken_for_heads(connect: Connect) -> None:
    """Large bodies, several on one connection and with the next head behind them, are all served."""
    body = b"z" * 15_000
    with connect() as connection:
        for _ in range(3):
            head = HEAD % (b"", len(body))
            connection.sendall(head + body + head[:20])
            assert exchange(connection, b"") == b"HTTP/1.1 200 OK"
            assert exchange(connection, head[20:] + body) == b"HTTP/1.1 200 OK"


def test_an_answer_may_take_its_time(connect: Connect) -> None:
    """Once the head is there, the connection waits for the application as long as it takes."""
    with connect() as connection:
        assert exchange(connection, HEAD % (b"slow", 0)) == b"HTTP/1.1 200 OK"


def test_an_idle_connection_is_kept_for_a_while(connect: Connect) -> None:
    """Between requests a connection may be silent for longer than a head may take, then it is closed."""
    with connect() as connection:
        assert exchange(connection, HEAD % (b"", 0)) == b"HTTP/1.1 200 OK"
        connection.settimeout(0.4)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert exchange(connection, HEAD % (b"", 0)) == b"HTTP/1.1 200 OK"
        assert rest(connection) == b""


def test_the_rest_of_a_refused_body_is_not_read_for_ever(connect: Connect) -> None:
    """A sender that was answered early, and keeps sending its body a byte at a time, is hung up on."""
    with connect() as connection:
        assert exchange(connection, HEAD % (b"unread", 10**6)) == b"HTTP/1.1 200 OK"
        assert rest(connection, b"z") == b""


def test_one_connection_too_many_is_sent_away(connect: Connect) -> None:
    """Over the limit a sender is told to try again; the others are served, and so is it once one has gone."""
    with connect() as first, connect() as second:
        assert exchange(first, HEAD % (b"", 0)) == exchange(second, HEAD % (b"", 0)) == b"HTTP/1.1 200 OK"
        with connect() as third:
            assert exchange(third, HEAD % (b"", 0)) == b"HTTP/1.1 200 OK"
            with connect() as fourth:
                assert rest(fourth) == (
                    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n"
                    b"content-length: 0\r\nconnection: close\r\n\r\n"
                )
            assert exchange(first, HEAD % (b"", 0)) == b"HTTP/1.1 200 OK"
            third.shutdown(socket.SHUT_WR)
            assert rest(third) == b""
        with connect() as fifth:
            assert exchange(fifth, HEAD % (b"", 0)) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize("path", [b"large", b"stream"])
@pytest.mark.parametrize("last", [b"", b"connection: close\r\n"])
def test_readers_that_do_not_read_lose_their_connection(connect: Connect, path: bytes, last: bytes) -> None:
    """Whoever asks for much and reads nothing cannot keep a connection from others, however it is closed."""
    request = (HEAD % (path, 0)).replace(b"\r\n\r\n", b"\r\n" + last + b"\r\n")
    with connect() as first, connect() as second, connect() as third:
        for slow in (first, second, third):
            slow.sendall(request)
        assert served_again(connect)
        for slow in (first, second, third):
            assert len(rest(slow)) < LARGE_BYTES


def test_a_slow_reader_that_reads_is_answered(connect: Connect) -> None:
    """A reader is given as long as it needs while it takes something: only silence ends it."""
    with connect() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        slow.sendall(HEAD % (b"stream", 0))
        found = 0
        while found < LARGE_BYTES:
            piece = slow.recv(1 << 14)
            assert piece, f"closed after {found} bytes"
            found += len(piece)


def served_again(connect: Connect) -> bool:
    """Whether a new connection is served within ten seconds, asking again and again."""
    for _ in range(1000):
        with connect() as other, hung_up():
            if exchange(other, HEAD % (b"", 0)) == b"HTTP/1.1 200 OK":
                return True
        threading.Event().wait(0.01)
    return False


def test_connections_leave_files_for_everything_else() -> None:
    """A port takes at most a fifth of the files a process may open, and at least one connection."""
    limits = ConnectionLimits()
    assert limits.within(1024).connections == 204
    assert limits.within(4999).connections == 999
    assert limits.within(5000) == limits
    assert limits.within(1_000_000) == limits
    assert limits.within(2).connections == 1


def test_a_websocket_is_refused_without_advice(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    """An upgrade to WebSocket is answered 400 with a problem document and closed; nothing is logged."""
    upgrade = b"connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
    with connect() as connection:
        connection.sendall(b"GET /ws HTTP/1.1\r\nhost: x\r\n" + upgrade + b"\r\nGET / HTTP/1.1\r\n\r\n")
        reply = rest(connection)
    assert reply.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"no WebSocket is spoken here" in reply
    assert reply.count(b"HTTP/1.1") == 1
    assert [record.getMessage() for record in caplog.records] == []


def test_another_upgrade_is_ignored(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    """A client that would rather speak HTTP/2 is answered in HTTP/1.1; nothing is logged."""
    with connect() as connection:
        head = b"GET /unread HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\n"
        assert exchange(connection, head) == b"HTTP/1.1 200 OK"
    assert [record.getMessage() for record in caplog.records] == []


@pytest.mark.parametrize(
    "head",
    [
        b"content-length: 4\r\ntransfer-encoding: chunked",
        b"content-length: 4\r\ncontent-length: 5",
        b"content-length: +4",
        b"transfer-encoding: xchunked",
        b"transfer-encoding: chunked, identity",
        b"x: a\rb",
    ],
)
def test_a_request_whose_end_is_not_sure_is_refused(connect: Connect, head: bytes) -> None:
    """Two lengths, or one that others read differently, would let a second request hide in the first."""
    with connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nhost: x\r\n" + head + b"\r\n\r\n0\r\n\r\n")
        reply = rest(connection)
    assert reply.startswith(b"HTTP/1.1 400")
    assert reply.count(b"HTTP/1.1") == 1
