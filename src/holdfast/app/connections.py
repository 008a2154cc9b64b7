"""HTTP connections with timeouts: uvicorn waits for ever for the head of a request; here it does not.

Connections without a finished request cost a sender nothing, and the server a file and some memory each. The
reader of a body times it; the time before and after it is limited here, and so is the time of a client that
does not read its answer.
"""

import asyncio
import json
import logging
from dataclasses import dataclass
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from holdfast.app import wrong_protocol
from holdfast.app.wrong_protocol import Greeting, Port, greeting
from holdfast.runtime.peer_notices import PeerNotices
from holdfast.telemetry.intake.limits import ConnectionLimits

log = logging.getLogger(__name__)

_TOO_MANY = b"503 Service Unavailable\r\nretry-after: 1"
_TOO_LARGE = b"431 Request Header Fields Too Large"
_NO_WEBSOCKET = "no WebSocket is spoken here: read `/api/v1/logs/tail` as server-sent events"
BAD_REQUEST = b"400 Bad Request\r\ncontent-type: application/problem+json"


@dataclass(frozen=True, slots=True)
class PortWatch:
    """The port a connection came to, and where it is reported that it speaks something else."""

    port: Port
    notices: PeerNotices


def bad_request(detail: str) -> bytes:
    """Return the problem document of a connection that is answered before any endpoint."""
    kind = {"type": "urn:holdfast:problem:bad-request", "title": "Bad request", "status": 400}
    return json.dumps({**kind, "detail": detail}).encode()


def answer(status: bytes, body: bytes = b"") -> bytes:
    """Return a whole answer after which the connection is closed."""
    length = str(len(body)).encode()
    head = b"HTTP/1.1 " + status + b"\r\ncontent-length: " + length + b"\r\nconnection: close\r\n\r\n"
    return head + body


class PatientHttp(HttpToolsProtocol):
    """One connection, as uvicorn serves it, closed when it exceeds `limits` or speaks something else."""

    limits: ClassVar[ConnectionLimits]
    watch: ClassVar[PortWatch]
    _timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _is_in_head = True
    _is_greeted = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a request, or refuse the connection if there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            log.warning("%d connections are open, one more is refused", self.limits.connections)
            self._refuse(_TOO_MANY)
        else:
            self._start_timer()

    def data_received(self, data: bytes) -> None:
        """Accept data; the application times a request that is being answered."""
        if not self._is_greeted:
            self._is_greeted = True
            if (found := self._misdirected(data)) is not None:
                self._turn_away(found)
                return
        if not self._is_answering():
            self._start_timer()
        self._head_bytes += len(data)
        super().data_received(data)
        is_too_large = self._is_in_head and self._head_bytes > self.limits.head_bytes
        if is_too_large and not self.transport.is_closing():
            self._refuse(_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """Stop the timer: from here on the application times the request, unless it wants a WebSocket."""
        self._is_in_head, self._head_bytes = False, 0
        self._stop_timer()
        if self._get_upgrade() == b"websocket":
            self._refuse(BAD_REQUEST, bad_request(_NO_WEBSOCKET))
        else:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for the head of the next request."""
        self._is_in_head, self._head_bytes = True, 0
        if not self.transport.is_closing():
            super().on_message_complete()

    def _unsupported_upgrade_warning(self) -> None:
        # Answered above, or ignored, as any upgrade may be (HTTP/2): not worth a log line.
        pass

    def on_response_complete(self) -> None:
        """Time the rest of the answer: a connection that is to be closed would wait for it for ever."""
        if self.transport.get_write_buffer_size():
            self._start_write_timer()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Time the reader: it reads slower than the answer is produced."""
        super().pause_writing()
        self._start_write_timer()

    def resume_writing(self) -> None:
        """Stop the timer: the reader continues."""
        self._stop_write_timer()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers with the connection."""
        self._stop_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser cannot read, and name who sent it."""
        self.watch.notices.note(self._peer(), wrong_protocol.no_http(self.watch.port))
        super().send_400_response(msg)

    def _misdirected(self, first: bytes) -> str | None:
        """Return what to say of a peer whose first bytes are meant for another port, if they are."""
        found, port = greeting(first), self.watch.port
        if found is Greeting.TLS and not port.is_tls:
            return wrong_protocol.tls_on_plain(port)
        return wrong_protocol.http2_on_http1(port) if found is Greeting.HTTP2 else None

    def _turn_away(self, sentence: str) -> None:
        # In plain HTTP/1.1: clients of TLS and of gRPC alike say that this is what they met.
        self.watch.notices.note(self._peer(), sentence)
        self._refuse(BAD_REQUEST, bad_request(f"this client {sentence}"))

    def _peer(self) -> str | None:
        return self.client[0] if self.client else None

    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _start_timer(self) -> None:
        if self._timer is None:
            seconds = self.limits.head_seconds if self._is_in_head else self.limits.idle_seconds
            self._timer = self.loop.call_later(seconds, self._give_up)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start_write_timer(self) -> None:
        self._stop_write_timer()
        self._write_timer = self.loop.call_later(self.limits.write_seconds, self._give_up_writing)

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _give_up_writing(self) -> None:
        if left := self.transport.get_write_buffer_size():
            log.info("a connection from %s did not read %d bytes of its answer, closed", self.client, left)
            self.transport.abort()

    def _give_up(self) -> None:
        # Without an answer: a browser that connected early would take it for the answer to its next request,
        # and senders of telemetry retry after a closed connection.
        log.info("a connection from %s sent no request in time and is closed", self.client)
        self.transport.abort()

    def _refuse(self, status: bytes, body: bytes = b"") -> None:
        self.transport.write(answer(status, body))
        self.transport.close()


def patient_http(limits: ConnectionLimits, watch: PortWatch) -> type[PatientHttp]:
    """Return the protocol class for one port, as uvicorn requires it."""
    return type("PatientHttp", (PatientHttp,), {"limits": limits, "watch": watch})
