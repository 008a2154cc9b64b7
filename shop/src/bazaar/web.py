"""The shared part of every service of the shop: health, refusals, failures, spans."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import psycopg
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Match, Route

from bazaar import NAME
from bazaar.calls import DependencyError
from bazaar.lines import BadRequestError
from bazaar.pool import PoolExhaustedError
from bazaar.stores.stock import OutOfStockError

_log = logging.getLogger(f"{NAME}.web")

Closer = Callable[[], Awaitable[None]]


def application(routes: Sequence[BaseRoute], *, closers: Sequence[Closer] = ()) -> Starlette:
    """Return a service: its routes, the shared part, and the resources to close at the end."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for close in closers:
                stack.push_async_callback(close)
            yield

    return Starlette(
        routes=[*routes, Route("/healthz", _healthy)],
        middleware=[_spans()],
        exception_handlers={
            BadRequestError: _bad_request,
            OutOfStockError: _out_of_stock,
            DependencyError: _dependency_failed,
            PoolExhaustedError: _not_now,
            psycopg.OperationalError: _not_now,
        },
        lifespan=lifespan,
    )


async def json_of(request: Request) -> dict[str, Any]:
    """Return the request's JSON object, or refuse it."""
    try:
        document = await request.json()
    except ValueError as error:
        raise BadRequestError(f"the body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise BadRequestError(f"the body must be an object, not {document!r}")
    return document


def text_in(document: dict[str, Any], field: str) -> str:
    """Return a non-empty string of the document, or refuse it."""
    value = document.get(field)
    if not isinstance(value, str) or not value:
        raise BadRequestError(f"{field} must be a non-empty string, not {value!r}")
    return value


def refusal(status: int, reason: str) -> JSONResponse:
    """Return a refusal with its reason."""
    return JSONResponse({"status": status, "title": reason}, status_code=status)


def _spans() -> Middleware:
    return Middleware(
        OpenTelemetryMiddleware,
        excluded_urls="healthz",
        exclude_spans=["receive", "send"],
        default_span_details=span_details,
    )


def span_details(scope: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A server span's name and route: `POST /orders`, never the path with somebody's id in it."""
    method = scope.get("method", "")
    for route in scope["app"].routes:
        if route.matches(scope)[0] is Match.FULL:
            return f"{method} {route.path}", {"http.route": route.path}
    return method, {}


async def _healthy(_: Request) -> Response:
    return PlainTextResponse("ok")


async def _bad_request(_: Request, error: Exception) -> Response:
    return refusal(400, str(error))


async def _out_of_stock(_: Request, error: Exception) -> Response:
    return refusal(409, str(error))


async def _not_now(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed: %s", request.method, request.url.path, error)
    return refusal(503, str(error))


async def _dependency_failed(request: Request, error: Exception) -> Response:
    """A failure of a dependency is a failure here: a timeout stays 504, all others are 503."""
    assert isinstance(error, DependencyError)
    status = 504 if error.status == 504 else 503
    _log.error("%s %s failed: %s", request.method, request.url.path, error)
    return refusal(status, str(error))
