"""The outermost layer of the HTTP server: it refuses requests before any endpoint sees them.

It refuses foreign `Host` headers (a page elsewhere whose name was pointed at this machine), writes started by
another site's page, and bodies over the limit; an unexpected exception becomes a 500 without a stack trace.
It also stores the replies of writes that carry an `Idempotency-Key`.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from holdfast.runtime import problems
from holdfast.runtime.errors import Forbidden, HoldfastError, TooLarge
from holdfast.runtime.hosts import host_name, is_loopback
from holdfast.runtime.interval_counter import IntervalCounter
from holdfast.runtime.proxies import Proxies
from holdfast.runtime.replies import Replies, Reply, Ticket

log = logging.getLogger(__name__)

ANY_HOST = "*"
NOTED_MOST = 20
"""Refused requests that are logged, per interval of the counter."""
NO_PROXIES = Proxies()
_SHOWN_MOST = 200
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""On every answer."""
DEFAULT_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
}
"""On every answer without its own (the page's files have theirs): it is neither cached nor executed."""
TLS_HEADERS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
"""On every answer to a request that came by TLS: from then on the browser uses TLS only.

Not under the name `localhost`, which other programs on their own ports of a machine share.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeRules:
    """What the edge accepts: host names besides this machine's (`*` for any), trusted proxies, body size."""

    allowed_hosts: frozenset[str] = frozenset()
    proxies: Proxies = NO_PROXIES
    body_limit_bytes: int = 8 * 1024 * 1024


class Edge:
    """ASGI layer around the whole application; lives as long as the server."""

    def __init__(self, app: ASGIApp, *, rules: EdgeRules, replies: Replies, said: IntervalCounter) -> None:
        self._app = app
        self._rules = rules
        self._replies = replies
        self._said = said

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        keeps_tls = self._rules.proxies.is_tls(HTTPConnection(scope)) and not _is_shared_name(scope)
        call = _Call(scope, receive, send, self._rules.body_limit_bytes, keeps_tls=keeps_tls)
        try:
            check_host(call.headers, self._rules.allowed_hosts)
            check_origin(scope["method"], call.headers)
            check_length(call.headers, self._rules.body_limit_bytes)
            await self._app(scope, call.receive, call.send)
        except HoldfastError as error:
            self._note(scope, error)
            await call.refuse(problems.reply(error))
        except Exception:  # noqa: BLE001 - the request edge: logged with its traceback, answered without it
            await call.refuse(problems.unexpected(scope["method"], scope["path"]))
        finally:
            await self._settle(call)

    def _note(self, scope: Scope, error: HoldfastError) -> None:
        # Somebody tries to bypass a control; many tries must not fill the log.
        if self._said.add() <= NOTED_MOST:
            caller = self._rules.proxies.caller(HTTPConnection(scope))
            log.warning("%s %s from %s: %s", scope["method"], scope["path"], caller, error.detail)

    async def _settle(self, call: "_Call") -> None:
        ticket = call.ticket
        if ticket is None:
            return
        kept = call.kept_reply()
        if kept is None:
            await run_in_threadpool(self._replies.abandon, ticket)
        else:
            await run_in_threadpool(self._replies.complete, ticket, kept)


class _Call:
    """One request: counts the bytes of its body, remembers its reply."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, limit_bytes: int, *, keeps_tls: bool
    ) -> None:
        self.scope = scope
        self.headers = Headers(scope=scope)
        self.state: dict[str, Any] = scope.setdefault("state", {})
        self._receive = receive
        self._send = send
        self._limit_bytes = limit_bytes
        self._keeps_tls = keeps_tls
        self._received_bytes = 0
        self._status: int | None = None
        self._media_type = ""
        self._body: list[bytes] = []
        self._is_done = False

    @property
    def ticket(self) -> Ticket | None:
        """The write's ticket, if the endpoint asked for one."""
        return self.state.get("ticket")

    async def receive(self) -> Message:
        """Pass on the next piece of the body, unless it goes over the limit."""
        message = await self._receive()
        self._received_bytes += len(message.get("body", b""))
        if self._received_bytes > self._limit_bytes:
            # An HTTPException, because the framework turns any other error while reading a body into a 400.
            raise HTTPException(413, _too_large(self._received_bytes, self._limit_bytes).detail)
        return message

    async def send(self, message: Message) -> None:
        """Pass on the next piece of the reply; keep it if it belongs to a ticket."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(raw=list(message.get("headers", ())))
            headers.update(SECURITY_HEADERS | (TLS_HEADERS if self._keeps_tls else {}))
            for name, value in DEFAULT_HEADERS.items():
                headers.setdefault(name, value)
            message["headers"] = headers.raw
            self._media_type = headers.get("content-type", "")
        elif message["type"] == "http.response.body":
            if self.ticket is not None:
                self._body.append(message.get("body", b""))
            self._is_done = not message.get("more_body", False)
        await self._send(message)

    async def refuse(self, response: ASGIApp) -> None:
        """Answer with `response` unless an answer is already on its way."""
        if self._status is None:
            await response(self.scope, self._receive, self.send)

    def kept_reply(self) -> Reply | None:
        """The reply to store: complete, and of a write that was carried out."""
        if self._status is None or self._status >= 400 or not self._is_done:
            return None
        return Reply(self._status, self._media_type, b"".join(self._body))


def _is_shared_name(scope: Scope) -> bool:
    host = host_name(Headers(scope=scope).get("host", "")) or ""
    return host == "localhost" or host.endswith(".localhost")


def check_host(headers: Headers, allowed: frozenset[str]) -> None:
    """Refuse a request whose `Host` is neither a loopback name nor allowed."""
    given = headers.getlist("host")
    host = host_name(given[0]) if len(given) == 1 else None
    if host is not None and (ANY_HOST in allowed or host in allowed or is_loopback(host)):
        return
    shown = ", ".join(given)[:_SHOWN_MOST]
    raise Forbidden(
        f"requests for host {shown!r} are not served; add it to HOLDFAST_ALLOWED_HOSTS if it is right",
        value=shown,
        rule="one Host header, which names this machine or an allowed host",
    )


def check_origin(method: str, headers: Mapping[str, str]) -> None:
    """Refuse a write that another site's page started in somebody's browser."""
    if method in _SAFE_METHODS:
        return
    site, origin = headers.get("sec-fetch-site", "none"), headers.get("origin")
    if site in ("none", "same-origin") and (origin is None or _is_own(origin, headers)):
        return
    raise Forbidden(
        f"a write started by a page of {origin or site!r} is not accepted",
        value=origin or site,
        rule="writes come from Holdfast's own page or from no page",
    )


def check_length(headers: Mapping[str, str], limit_bytes: int) -> None:
    """Refuse a body that announces more than the limit, before any of it is read."""
    announced = headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced) > limit_bytes:
        raise _too_large(int(announced), limit_bytes)


def _is_own(origin: str, headers: Mapping[str, str]) -> bool:
    return urlsplit(origin).netloc.lower() == headers.get("host", "").strip().lower()


def _too_large(found_bytes: int, limit_bytes: int) -> TooLarge:
    return TooLarge(
        f"the body has {found_bytes} bytes or more and the limit is {limit_bytes}",
        value=str(found_bytes),
        rule=f"at most {limit_bytes} bytes",
    )
