"""HTTP connections that must get on: uvicorn waits for ever for the head of a request; here it does not.

A sender that opens connections and never finishes a request costs it nothing and us a file and some memory
each. Bodies are timed by whoever reads them; what comes before and after them is timed here, and so is a
reader that does not take its answer.
"""

import asyncio
import logging
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from holdfast.telemetry.limits import ConnectionLimits

log = logging.getLogger(__name__)

_TOO_MANY = b"503 Service Unavailable\r\nretry-after: 1"
_TOO_LARGE = b"431 Request Header Fields Too Large"
_NO_WEBSOCKET = (
    b"400 Bad Request\r\ncontent-type: application/problem+json",
    b'{"type":"about:blank","title":"The request breaks a rule","status":400,'
    b'"detail":"no WebSocket is spoken here: read `/api/v1/logs/tail` as server-sent events"}',
)


class PatientHttp(HttpToolsProtocol):
    """One connection, as uvicorn serves it, closed when it exceeds `limits`."""

    limits: ClassVar[ConnectionLimits]
    _timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _is_in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a request, or turn the sender away if there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            log.warning("%d connections are open, one more is refused", self.limits.connections)
            self._refuse(_TOO_MANY)
        else:
            self._start_timer()

    def data_received(self, data: bytes) -> None:
        """Take what has come; a request that is being answered is timed by who answers it."""
        if not self._is_answering():
            self._start_timer()
        self._head_bytes += len(data)
        super().data_received(data)
        is_too_large = self._is_in_head and self._head_bytes > self.limits.head_bytes
        if is_too_large and not self.transport.is_closing():
            self._refuse(_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """Stop the timer: from here on it is the application's request, unless it wants a WebSocket."""
        self._is_in_head, self._head_bytes = False, 0
        self._stop_timer()
        if self._get_upgrade() == b"websocket":
            self._refuse(*_NO_WEBSOCKET)
        else:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for the head of the next request."""
        self._is_in_head, self._head_bytes = True, 0
        if not self.transport.is_closing():
            super().on_message_complete()

    def _unsupported_upgrade_warning(self) -> None:
        # Answered above, or ignored, as any upgrade may be (HTTP/2): the sender's affair, and no news.
        pass

    def on_response_complete(self) -> None:
        """Time what is left of the answer: a connection that is to be closed waits for it without a bound."""
        if self.transport.get_write_buffer_size():
            self._start_write_timer()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Time the reader: more of the answer is buffered here than it takes."""
        super().pause_writing()
        self._start_write_timer()

    def resume_writing(self) -> None:
        """Stop the timer: the reader goes on."""
        self._stop_write_timer()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers with the connection."""
        self._stop_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

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
            log.info("a connection from %s leaves %d bytes of its answer and is closed", self.client, left)
            self.transport.abort()

    def _give_up(self) -> None:
        # Without a word: a browser that connected ahead of need would take an answer for that of its next
        # request, and for senders of telemetry a closed connection is one to try again.
        log.info("a connection from %s brought no request in time and is closed", self.client)
        self.transport.abort()

    def _refuse(self, status: bytes, body: bytes = b"") -> None:
        length = str(len(body)).encode()
        head = b"HTTP/1.1 " + status + b"\r\ncontent-length: " + length + b"\r\nconnection: close\r\n\r\n"
        self.transport.write(head + body)
        self.transport.close()


def patient_http(limits: ConnectionLimits) -> type[PatientHttp]:
    """Return the protocol with these limits, as uvicorn wants it: a class it makes connections of."""
    return type("PatientHttp", (PatientHttp,), {"limits": limits})
