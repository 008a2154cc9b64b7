"""Every refusal over HTTP is an RFC 9457 problem document that names the value and the rule.

This is the one place where errors become replies: an error that Holdfast reports keeps its status, refusals
of the framework get the same shape, and anything unexpected is a 500 whose traceback is in the log only.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from holdfast.runtime.errors import HoldfastError, Invalid, Problem, Unavailable
from holdfast.runtime.problem_kinds import BY_STATUS, INTERNAL, INVALID_BODY, ProblemKind, kind_of
from holdfast.runtime.redaction import redacted_document

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_SHOWN_MOST = 200
IDENTIFIED = "is_identified"
"""Set on the state of a request once somebody is identified."""
UNNAMED = "a part that this needs is not available now; the server's log says which"
"""The detail for an unidentified caller: messages of engines name paths, addresses and users."""
_TAKES_SECRETS = ("/session",)
"""Routes whose bodies are secrets: no part of such a body is shown."""


class ProblemItem(BaseModel):
    """One broken rule."""

    path: str
    value: str
    rule: str
    message: str


class ProblemDocument(BaseModel):
    """Why a request was refused (RFC 9457).

    `type` and `title` name the kind of problem and are the same for every one of a kind; `detail` is about
    this one. `problems` lists every broken rule when there are several.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    value: str | None = None
    rule: str | None = None
    problems: list[ProblemItem] = []


def responses(*errors: type[HoldfastError]) -> dict[int | str, dict[str, Any]]:
    """Describe the refusals of an endpoint, for its `responses=`."""
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    described: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        described[error.status] = {"description": error.title, "content": {MEDIA_TYPE: {"schema": schema}}}
    return described


def reply(error: HoldfastError) -> Response:
    """Turn a reported error into its problem document."""
    document = _document(kind_of(type(error)), error.detail)
    optional = {"value": error.value, "rule": error.rule, "problems": [_item(p) for p in error.problems]}
    document.update({key: value for key, value in optional.items() if value})
    return _answer(document, error.status, _headers(error))


def install(app: FastAPI) -> None:
    """Let `app` answer every error with a problem document."""
    app.add_exception_handler(HoldfastError, _on_reported)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)


def unexpected(method: str, path: str) -> Response:
    """Log the exception being handled and return the reply a user may see."""
    log.exception("unexpected error in %s %s", method, path)
    detail = f"{method} {path} failed unexpectedly; the server's log has the details"
    return _answer(_document(INTERNAL, detail), INTERNAL.status)


def _document(kind: ProblemKind, detail: str) -> dict[str, Any]:
    return {"type": kind.type, "title": kind.title, "status": kind.status, "detail": detail}


def _answer(document: dict[str, Any], status: int, headers: Mapping[str, str] | None = None) -> Response:
    # A token pasted in the wrong place must not appear in a log of answers.
    return JSONResponse(redacted_document(document), status, headers, MEDIA_TYPE)


def _item(problem: Problem) -> dict[str, Any]:
    document: dict[str, Any] = {
        "path": problem.path,
        "value": problem.value,
        "rule": problem.rule,
        "message": problem.message,
    }
    for place in ("file", "line"):
        if (found := getattr(problem, place, None)) is not None:
            document[place] = found
    return document


def _headers(error: HoldfastError) -> Mapping[str, str]:
    headers = {}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="holdfast"'
    return headers


def _on_reported(request: Request, error: Exception) -> Response:
    assert isinstance(error, HoldfastError)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("not available: %s", error.detail)
        if not getattr(request.state, IDENTIFIED, False):
            error = Unavailable(UNNAMED, retry_after_seconds=error.retry_after_seconds)
    return reply(error)


def _on_validation(request: Request, error: Exception) -> Response:
    """Parameters that break a rule are 400; a body that does not match the schema is 422."""
    assert isinstance(error, RequestValidationError)
    hides = request.url.path.endswith(_TAKES_SECRETS)
    items = [_validation_item(found, is_hidden=hides) for found in error.errors()]
    in_body = any(item["path"].split(".")[0] == "body" for item in items)
    kind = INVALID_BODY if in_body else kind_of(Invalid)
    places = ", ".join(item["path"] for item in items[:3]) + (" and more" if len(items) > 3 else "")
    detail = f"{request.method} {request.url.path} was not understood: see {places}"
    return _answer(_document(kind, detail) | {"problems": items}, kind.status)


def _validation_item(found: Mapping[str, Any], *, is_hidden: bool) -> dict[str, Any]:
    path = ".".join(str(part) for part in found["loc"])
    value = "" if found["type"] == "missing" or is_hidden else _shown(found.get("input"))
    return {"path": path, "value": value, "rule": found["type"], "message": f"{path}: {found['msg']}"}


def _shown(value: object) -> str:
    shown = value if isinstance(value, str) else repr(value)
    shown = shown.encode("utf-8", "replace").decode()
    return shown if len(shown) <= _SHOWN_MOST else shown[:_SHOWN_MOST] + "…"


def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status, detail = error.status_code, str(error.detail)
    if status == HTTPStatus.BAD_REQUEST and error.__cause__ is not None:
        # The framework could not read the body (no UTF-8, nested too deeply): a bad body is 422 here.
        status, detail = HTTPStatus.UNPROCESSABLE_ENTITY, f"the body is not JSON in UTF-8: {error.__cause__}"
    sentence = f"{request.method} {request.url.path}: {detail}"
    return _answer(_document(_kind_of_status(int(status)), sentence), int(status), error.headers)


def _kind_of_status(status: int) -> ProblemKind:
    """Return the kind of a refusal of the framework; an unknown one has only its status."""
    return BY_STATUS.get(status, ProblemKind("", status, HTTPStatus(status).phrase, ""))
