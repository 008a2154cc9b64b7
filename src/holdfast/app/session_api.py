"""`/api/v1/session`: shows the page's user, signs in with a token, and signs out."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from holdfast.runtime.access import SESSION_LIFE, Access, Issued
from holdfast.runtime.cookies import clear_session, session_secret, set_session
from holdfast.runtime.errors import Throttled, Unauthenticated
from holdfast.runtime.http import address_of, identify
from holdfast.runtime.problems import responses


class SessionBody(BaseModel):
    """The caller; `token_required` says whether an unknown caller has to sign in."""

    name: str | None
    role: str | None
    authenticated: bool
    token_required: bool


class SignInBody(BaseModel):
    """The token to sign in with."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    token: Annotated[str, Field(min_length=1, max_length=200)]


def router(access: Access, *, listens_beyond_loopback: bool) -> APIRouter:
    """Return the endpoints over `access`; anybody may call them."""
    api = APIRouter(prefix="/session", tags=["session"])

    def needed() -> bool:
        return listens_beyond_loopback or access.people_need_a_token()

    @api.get("", operation_id="get_session")
    def get_session(request: Request) -> SessionBody:
        """Show the caller; a wrong credential counts as none here."""
        try:
            principal = identify(request)
        except (Unauthenticated, Throttled):
            principal = None
        if principal is None:
            return SessionBody(name=None, role=None, authenticated=False, token_required=needed())
        name, role = principal.name, principal.role.value
        return SessionBody(name=name, role=role, authenticated=True, token_required=needed())

    @api.post("", operation_id="sign_in", responses=responses(Unauthenticated, Throttled))
    def sign_in(body: SignInBody, request: Request, response: Response) -> SessionBody:
        """Sign in with a token; the browser gets a cookie that its scripts cannot read."""
        issued = _signed_in(access, body.token.strip(), address_of(request))
        if (before := session_secret(request)) is not None:
            access.sign_out(before)
        set_session(request, response, issued.secret, seconds=int(SESSION_LIFE.total_seconds()))
        token = issued.token
        return SessionBody(name=token.name, role=token.role.value, authenticated=True, token_required=True)

    @api.delete("", operation_id="sign_out", status_code=204)
    def sign_out(request: Request, response: Response) -> None:
        """End the session, if there is one."""
        if (session := session_secret(request)) is not None:
            access.sign_out(session)
        clear_session(request, response)

    return api


def _signed_in(access: Access, token: str, address: str) -> Issued:
    access.attempts.admit(address)
    try:
        issued = access.sign_in(token)
    except Unauthenticated:
        access.note_failure(token, address=address, by="sign-in")
        raise
    access.attempts.succeeded(address)
    return issued
