"""Authority in the endpoint's signature, and writes that are carried out once.

    @router.post("/incidents/{id}/ack")
    def acknowledge(id: int, principal: Responder, key: IdempotencyKey) -> IncidentBody: ...

A caller is known by a bearer token or by the session cookie the page gets when somebody signs in; while no
person's token exists, a caller on this machine is `local` with every right.
"""

import logging
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from holdfast.runtime import problems
from holdfast.runtime.access import LOCAL, Access, Principal, Role
from holdfast.runtime.addresses import WholeSegments
from holdfast.runtime.cookies import session_secret
from holdfast.runtime.edge import Edge, EdgeRules
from holdfast.runtime.errors import Forbidden, HoldfastError, Invalid, Unauthenticated
from holdfast.runtime.hosts import host_name, is_loopback
from holdfast.runtime.parameters_http import QueryNames
from holdfast.runtime.proxies import FORWARDED, Proxies
from holdfast.runtime.replies import Replies, Reply, Ticket, carry_out

log = logging.getLogger(__name__)

KEY_LENGTH_MOST = 200


class Replayed(Exception):
    """The write was carried out before; `reply` is its first reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("carried out before")
        self.reply = reply


def install(
    app: FastAPI, access: Access, replies: Replies, *, rules: EdgeRules, listens_beyond_loopback: bool
) -> None:
    """Install the edge, the error replies, and the state that this module's dependencies need."""
    app.state.access = access
    app.state.replies = replies
    app.state.proxies = rules.proxies
    app.state.is_open_to_local = not listens_beyond_loopback
    app.state.query_names = QueryNames(app)
    problems.install(app)
    app.add_exception_handler(Replayed, _on_replayed)
    app.add_middleware(Edge, rules=rules, replies=replies, said=access.turned_away)
    app.add_middleware(WholeSegments)


def identify(request: Request) -> Principal | None:
    """Return who is asking, or None for a caller without a credential where one is needed.

    A wrong credential is an error, not the same as none.
    """
    access: Access = request.app.state.access
    if (authorization := request.headers.get("authorization")) is not None:
        return _bearer(access, authorization, address_of(request))
    if (session := session_secret(request)) is not None:
        found = access.recognise(session)
        if found is not None:
            access.attempts.succeeded(address_of(request))
            return found
    if is_local(request) and not access.people_need_a_token():
        return LOCAL
    return None


def is_local(request: Request) -> bool:
    """Whether the server serves this machine only and the caller is on it, not behind a proxy on it."""
    client = request.client.host if request.client else ""
    own_name = is_loopback(host_name(request.headers.get("host", "")))
    forwarded = any(name in request.headers for name in FORWARDED)
    return bool(request.app.state.is_open_to_local) and is_loopback(client) and own_name and not forwarded


def address_of(request: Request) -> str:
    """Return the caller's address, even behind trusted proxies."""
    proxies: Proxies = request.app.state.proxies
    return proxies.caller(request)


def _bearer(access: Access, authorization: str, address: str) -> Principal:
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer":
        # The header may be the bare token, so nothing of it is shown.
        raise Unauthenticated(
            "the Authorization header does not begin with `Bearer `; send `Authorization: Bearer TOKEN`",
            rule="Authorization: Bearer TOKEN",
        )
    access.attempts.admit(address)
    principal = access.authenticate(secret.strip())
    if principal is None:
        access.note_failure(secret.strip(), address=address, by="request")
        raise Unauthenticated("this token is unknown or revoked; ask for a new one")
    access.attempts.succeeded(address)
    return principal


def _identified(request: Request) -> Principal:
    principal = identify(request)
    if principal is None:
        raise Unauthenticated(
            "this needs a credential: send `Authorization: Bearer TOKEN` or sign in; "
            "`holdfast access token create` on the server makes one"
        )
    setattr(request.state, problems.IDENTIFIED, True)
    return principal


Identified = Annotated[Principal, Depends(_identified)]


class _Needs:
    """Dependency that admits callers with `role` or a higher one, and requests without unknown parameters."""

    def __init__(self, role: Role) -> None:
        self.role = role

    def __call__(self, request: Request, principal: Identified) -> Principal:
        if principal.role.includes(self.role):
            names: QueryNames = request.app.state.query_names
            names.check(request)
            return principal
        log.warning("%s (%s) was refused: the request needs %s", principal.name, principal.role, self.role)
        raise Forbidden(
            f"{principal.name} has role {principal.role}, and this needs {self.role}",
            value=principal.role.value,
            rule=f"role {self.role} or higher",
        )


class _Lasts:
    """Dependency of a streamed answer: its caller's authority, which is checked again meanwhile."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self._needs = _Needs(role)

    def __call__(self, request: Request, principal: Identified) -> "LastingAuthority":
        return LastingAuthority(request, self._needs(request, principal), self.role)


@dataclass(frozen=True, slots=True)
class LastingAuthority:
    """The authority of a caller: their credential, looked up again each time."""

    request: Request
    principal: Principal
    needed: Role

    def lapsed(self) -> str | None:
        """Return why the caller would not be let in now, or None if they would."""
        try:
            found = identify(self.request)
        except HoldfastError as error:
            return "the token has ended" if isinstance(error, Unauthenticated) else error.title
        if found is None or found.name != self.principal.name:
            return "the session has ended"
        return None if found.role.includes(self.needed) else f"the role is {found.role} now"


ViewerStill = Annotated[LastingAuthority, Depends(_Lasts(Role.VIEWER))]
AdminStill = Annotated[LastingAuthority, Depends(_Lasts(Role.ADMIN))]
"""The caller of a streamed answer: checked again while it is sent (`runtime/streams.py`)."""

Viewer = Annotated[Principal, Depends(_Needs(Role.VIEWER))]
Responder = Annotated[Principal, Depends(_Needs(Role.RESPONDER))]
Editor = Annotated[Principal, Depends(_Needs(Role.EDITOR))]
Admin = Annotated[Principal, Depends(_Needs(Role.ADMIN))]


async def _write_once(
    request: Request,
    principal: Identified,
    idempotency_key: Annotated[
        str | None,
        Header(description="Name of this write: a request repeated with it is carried out once."),
    ] = None,
) -> str:
    if not idempotency_key or len(idempotency_key) > KEY_LENGTH_MOST:
        raise Invalid(
            f"this write needs an Idempotency-Key header of 1 to {KEY_LENGTH_MOST} characters, say a UUID",
            value=(idempotency_key or "")[:KEY_LENGTH_MOST],
            rule=f"Idempotency-Key: 1 to {KEY_LENGTH_MOST} characters",
        )
    replies: Replies = request.app.state.replies
    found = await run_in_threadpool(
        replies.begin,
        principal=principal.name,
        route=f"{request.method} {request.url.path}",
        key=idempotency_key,
        body=await request.body(),
    )
    if isinstance(found, Ticket):
        request.state.ticket = found
        carry_out(found)
        return idempotency_key
    raise Replayed(found)


IdempotencyKey = Annotated[str, Depends(_write_once)]
"""The caller's name for this write; a repeated request gets the first reply."""


def _on_replayed(_request: Request, replayed: Exception) -> Response:
    assert isinstance(replayed, Replayed)
    reply = replayed.reply
    headers = {"Idempotency-Replayed": "true"}
    return Response(reply.body, reply.status, headers, reply.media_type)


def needed_role(route: Any) -> Role | None:
    """Return the role that an API route needs, or None if anybody may call it: for docs and tests."""
    needs = [found.call.role for found in _walk(route.dependant) if isinstance(found.call, _Needs | _Lasts)]
    return needs[0] if needs else None


def _walk(dependant: Any) -> list[Any]:
    found = [dependant]
    for inner in dependant.dependencies:
        found.extend(_walk(inner))
    return found
