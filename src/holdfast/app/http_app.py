"""Joins routers, edge and page into the one application that answers on the page's port."""

from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic.json_schema import models_json_schema

from holdfast import __version__
from holdfast.app.page_files import PageFiles
from holdfast.app.tags import Tags
from holdfast.runtime import http
from holdfast.runtime.access import Access, Role
from holdfast.runtime.edge import EdgeRules
from holdfast.runtime.errors import Forbidden, Invalid, Throttled, TooLarge, Unauthenticated, Unavailable
from holdfast.runtime.problems import MEDIA_TYPE, ProblemDocument, responses
from holdfast.runtime.replies import Replies

API = "/api/v1"
SCHEMAS = "#/components/schemas/{model}"


def build(
    api_routers: Sequence[APIRouter],
    *,
    root_routers: Sequence[APIRouter],
    page: PageFiles,
    access: Access,
    replies: Replies,
    rules: EdgeRules,
    listens_beyond_loopback: bool,
) -> FastAPI:
    """Return the application: `/api/v1` from `api_routers`, and the page for every other address."""
    app = FastAPI(
        title="Holdfast",
        version=__version__,
        summary="Service levels, alerts and incidents on live telemetry.",
        # Served below instead: it names the version and every endpoint, which only viewers may see.
        openapi_url=None,
        # The interactive pages load scripts from elsewhere, which may be unreachable during an outage.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for router in root_routers:
        app.include_router(router)
    for router in api_routers:
        app.include_router(router, prefix=API)
    app.include_router(_description_router(app), prefix=API)
    # Within the edge, whose headers a 304 has too.
    app.add_middleware(Tags)
    http.install(app, access, replies, rules=rules, listens_beyond_loopback=listens_beyond_loopback)
    app.mount("/", page)
    # FastAPI describes an application in one thread only, and first requests come together.
    describing = Lock()

    def openapi() -> dict[str, Any]:
        with describing:
            return document(app)

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents it
    return app


def _description_router(app: FastAPI) -> APIRouter:
    api = APIRouter()

    @api.get("/openapi.json", include_in_schema=False)
    def get_description(principal: http.Viewer) -> JSONResponse:
        """Return the description of this API."""
        return JSONResponse(app.openapi())

    return api


def routes(app: FastAPI) -> Iterator[tuple[str, str, APIRoute]]:
    """Yield method, path and route of every endpoint of the API."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            for method in sorted(context.methods or ()):
                # A name that may contain slashes is documented like any other.
                yield method, str(context.path).replace(":path}", "}"), route


def document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document; every refusal is described as a problem document."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            openapi_version="3.1.0",
            routes=app.routes,
        )
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        _, problem = models_json_schema([(ProblemDocument, "serialization")], ref_template=SCHEMAS)
        schemas.update(problem["$defs"])
        for method, path, route in routes(app):
            operation = schema["paths"].get(path, {}).get(method.lower())
            if operation is not None:
                _describe_refusals(operation, http.needed_role(route), is_api=path.startswith(API))
        app.openapi_schema = schema
    return app.openapi_schema


def _describe_refusals(operation: dict[str, Any], role: Role | None, *, is_api: bool) -> None:
    described = operation["responses"]
    if is_api:  # callers are looked up in the state database, which may be unavailable like the warehouse
        described.update(_as_text(responses(Unavailable)))
    if "requestBody" in operation:
        described.update(_as_text(responses(TooLarge)))
        described["422"] = {"description": "The body does not match the schema", **_problem_content()}
    elif described.pop("422", None) is not None:
        described.update({**_as_text(responses(Invalid)), **described})
    if role is not None:
        described.update(_as_text(responses(Unauthenticated, Forbidden, Throttled)))
        operation["x-role"] = role.value
    operation["responses"] = dict(sorted(described.items()))


def _problem_content() -> dict[str, Any]:
    return {"content": {MEDIA_TYPE: {"schema": {"$ref": SCHEMAS.format(model="ProblemDocument")}}}}


def _as_text(described: dict[int | str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {str(status): response for status, response in described.items()}
