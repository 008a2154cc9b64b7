"""What is written about commands, settings and endpoints is what there is."""

import json
import re

import pytest
from tests.lints.source import ROOT

from holdfast.app import openapi, reference
from holdfast.app.http_app import routes
from holdfast.runtime.problems import MEDIA_TYPE

AGAIN = "run `make golden` and read the difference"


@pytest.mark.parametrize("name", sorted(reference.PAGES))
def test_the_reference_is_written_from_the_code(name: str) -> None:
    """The reference of commands and settings says exactly what the program says of itself."""
    assert (ROOT / "docs/reference" / name).read_text() == reference.PAGES[name](), AGAIN


def test_the_pages_client_is_made_from_this_api() -> None:
    """The description the page's client is generated from is that of this version."""
    assert json.loads((ROOT / "web/openapi.json").read_text()) == openapi.description(), AGAIN


def test_every_endpoint_is_in_the_reference(served) -> None:
    """Each endpoint is named with its method in docs/reference/api.md."""
    text = (ROOT / "docs/reference/api.md").read_text()
    plain = re.sub(r"\{[^}]*\}", "{}", text)
    missing = [
        f"{method} {path}"
        for method, path, _ in routes(served.app)
        if re.sub(r"\{[^}]*\}", "{}", path).removeprefix("/api/v1") not in plain
    ]
    assert missing == []


def test_every_refusal_is_a_problem_document() -> None:
    """Each 4xx and 5xx in the description is RFC 9457, but for readiness, which is its own body."""
    document = openapi.description()
    assert document["openapi"] == "3.1.0"
    wrong = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                is_refusal = status >= "400" and path != "/readyz"
                if is_refusal and list(response.get("content", {})) != [MEDIA_TYPE]:
                    wrong.append((method, path, status))
    assert wrong == []


def test_every_operation_has_a_name_and_a_sentence() -> None:
    """Names are what the page's client calls; sentences are what people read."""
    operations = [one for path in openapi.description()["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations]
    assert len(names) == len(set(names))
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []
    assert [one["operationId"] for one in operations if not one.get("description")] == []
