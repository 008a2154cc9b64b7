"""Query parameters that an endpoint does not have are refused: an ignored filter answers with everything."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute, iter_route_contexts

from holdfast.runtime.errors import Invalid


class QueryNames:
    """The names of the query parameters of each endpoint of an application, from its own description."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._names: dict[int, frozenset[str]] | None = None

    def check(self, request: Request) -> None:
        """Refuse a request with a parameter that its endpoint does not have.

        Raises:
            Invalid: one of its parameters has an unknown name.
        """
        given = set(request.query_params)
        known = self._known().get(id(request.scope["route"])) if given else None
        if known is None or given <= known:
            return
        unknown = min(given - known)
        raise Invalid(
            f"there is no parameter {unknown!r} here; "
            + (f"there are {', '.join(sorted(known))}" if known else "there is none"),
            value=unknown,
        )

    def _known(self) -> dict[int, frozenset[str]]:
        if self._names is None:
            self._names = _described(self._app)
        return self._names


def _described(app: FastAPI) -> dict[int, frozenset[str]]:
    paths = app.openapi()["paths"]
    found: dict[int, frozenset[str]] = {}
    for context in iter_route_contexts(app.routes):
        route, path = context.original_route, str(context.path).replace(":path}", "}")
        if isinstance(route, APIRoute) and path in paths:
            operations = [paths[path].get(method.lower()) for method in context.methods or ()]
            found[id(route)] = _query_names([one for one in operations if one])
    return found


def _query_names(operations: list[dict[str, Any]]) -> frozenset[str]:
    parameters = [one for operation in operations for one in operation.get("parameters", ())]
    return frozenset(one["name"] for one in parameters if one["in"] == "query")
