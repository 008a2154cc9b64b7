"""Every path of the API that holds a name takes any name: it goes by the description, so a new one is met."""

import inspect
import re
from typing import get_args

from starlette.routing import Match
from tests.runtime.test_addresses import ODD

from holdfast.app.http_app import document, routes
from holdfast.runtime.addresses import name_in, segment, whole_segments


def _named(served) -> list[tuple[str, str, str, set[str]]]:
    """Method, path, operation and the parameters that are texts, of every path that has some."""
    found = []
    for path, operations in document(served.app)["paths"].items():
        for method, operation in operations.items():
            parameters = operation.get("parameters", ())
            texts = {p["name"] for p in parameters if p["in"] == "path" and p["schema"]["type"] == "string"}
            if texts:
                found.append((method.upper(), path, operation["operationId"], texts))
    return found


def test_names_in_paths_are_read_whole(served) -> None:
    """Each endpoint with a text in its path reads it as a name, slashes and all."""
    readers = {(method, path): route for method, path, route in routes(served.app)}
    plain = []
    for method, path, _, texts in _named(served):
        signature = inspect.signature(readers[method, path].endpoint, eval_str=True)
        for name in texts:
            metadata = get_args(signature.parameters[name].annotation)[1:]
            if not any(getattr(one, "func", None) is name_in for one in metadata):
                plain.append(f"{path}: {name}")
    assert plain == [], "annotate these with PathName"
    assert len(_named(served)) > 8


def test_an_address_with_any_name_reaches_its_endpoint(served) -> None:
    """Put into any path of the API, a name leads to that path's endpoint and arrives as it was."""
    for name in ODD:
        for method, path, operation, texts in _named(served):
            filled = re.sub(r"\{(\w+)\}", lambda m, t=texts, n=name: segment(n) if m[1] in t else "1", path)
            address = whole_segments(filled).removeprefix("/api/v1")
            reached, found = _endpoint(served, {"type": "http", "method": method, "path": address})
            assert reached == operation, address
            read = {key: name_in(value) for key, value in found.items() if key in texts}
            assert read == dict.fromkeys(texts, name)


def _endpoint(served, scope: dict[str, object]) -> tuple[str, dict[str, str]]:
    """The first endpoint that takes a request, and what it reads from the path."""
    tried = ((*route.matches(scope), route) for _, _, route in routes(served.app))
    route, taken = next((route, taken) for match, taken, route in tried if match is Match.FULL)
    return route.operation_id, taken["path_params"]


def test_an_unknown_name_is_answered_as_it_was_written(served) -> None:
    """Served as a whole, each such path says that there is nothing of exactly this name."""
    for name in ODD:
        for path in ("/services/{}", "/metrics/{}", "/metrics/{}/series", "/objectives/{}", "/traces/{}"):
            answer = served.client.get("/api/v1" + path.format(segment(name)))
            assert (answer.status_code, answer.json()["value"]) == (404, name), path
