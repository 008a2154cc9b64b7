"""Kinds of problem: each has a type of its own that stays, and the reference has all of them."""

import re
from collections import Counter

import pytest
from tests.app.conftest import Served
from tests.lints.source import ROOT
from tests.lints.test_errors import INSIDE, all_errors

from holdfast.app.reference import ANSWERED, problem_kinds
from holdfast.runtime.errors import HoldfastError
from holdfast.runtime.problem_kinds import PREFIX, kind_of

SAME_AS_PARENT = {"NeedsRepair"}
"""Never answered: read again by whoever catches it."""


def test_the_reference_has_every_error_that_is_answered() -> None:
    """An error that readers or senders can meet stands in the list the reference is written from."""
    met = {kind.__name__ for kind in all_errors()} - INSIDE - SAME_AS_PARENT
    assert {kind.__name__ for kind in ANSWERED} == met


def test_every_error_says_which_kind_it_is() -> None:
    """A class has a kind and a title of its own: two that share one cannot be told apart."""
    silent = [
        error.__name__
        for error in all_errors()
        if error.__name__ not in SAME_AS_PARENT and not {"kind", "title"} <= set(vars(error))
    ]
    assert silent == []
    kinds = Counter(kind.name for kind in map(kind_of, ANSWERED))
    assert [name for name, count in kinds.items() if count > 1] == []


def test_types_and_titles_are_short_and_name_no_value() -> None:
    """A type is a URN of lower-case words, and a title a few words without figures or a full stop."""
    for kind in problem_kinds():
        assert re.fullmatch(re.escape(PREFIX) + r"[a-z]+(-[a-z]+)*", kind.type), kind
        assert re.fullmatch(r"[A-Z][A-Za-z ]{3,28}[a-z]", kind.title), kind
        assert kind.meaning.endswith("."), kind
    titles = Counter(kind.title for kind in problem_kinds())
    assert [title for title, count in titles.items() if count > 1] == []


PUBLISHED = {
    "bad-request": 400,
    "not-otlp": 400,
    "wrong-signal": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "backup-unusable": 409,
    "conflict": 409,
    "content-too-large": 413,
    "unsupported-media-type": 415,
    "unprocessable-content": 422,
    "too-many-requests": 429,
    "internal-server-error": 500,
    "body-too-slow": 503,
    "intake-full": 503,
    "service-unavailable": 503,
    "spool-failed": 503,
    "state-damaged": 503,
    "warehouse-damaged": 503,
    "warehouse-starting": 503,
}
"""What clients decide by: a kind may come, none goes or changes its status."""


def test_no_kind_that_clients_decide_by_goes() -> None:
    """The kinds that were published are there with their status."""
    assert {kind.name: kind.status for kind in problem_kinds()} == PUBLISHED


@pytest.mark.parametrize(
    ("method", "path", "kind", "status"),
    [
        ("GET", "/services/unknown", "not-found", 404),
        ("GET", "/nowhere", "not-found", 404),
        ("GET", "/services?limit=none", "bad-request", 400),
        ("PUT", "/services", "method-not-allowed", 405),
        ("POST", "/catalog/plan", "unprocessable-content", 422),
        ("POST", "/incidents/7/ack", "unprocessable-content", 422),
    ],
)
def test_refusals_of_every_layer_have_a_type(
    served: Served, method: str, path: str, kind: str, status: int
) -> None:
    """Whether a service, the framework or a rule of the body refuses: the answer names its kind."""
    answer = served.client.request(method, f"/api/v1{path}", content="{", headers={"Idempotency-Key": "1"})
    document = answer.json()
    assert (answer.status_code, document["type"]) == (status, PREFIX + kind), answer.text
    assert document["status"] == status
    assert document["title"] in {known.title for known in problem_kinds()}
    assert document["detail"] != document["title"]


def test_kinds_are_answered_through_one_place() -> None:
    """No file but that of kinds, and the one answer made before the application, writes a type."""
    homes = {"src/holdfast/runtime/problem_kinds.py", "src/holdfast/app/connections.py"}
    written = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "src/holdfast").rglob("*.py")
        if "urn:holdfast" in path.read_text(encoding="utf-8")
    }
    assert written == homes


def test_a_kind_is_that_of_the_class() -> None:
    """What is answered of an error is what its class says, and its first sentence is the meaning."""
    kind = kind_of(HoldfastError)
    assert (kind.type, kind.status) == (f"{PREFIX}failed", 500)
    assert kind.meaning.startswith("Anything Holdfast reports on purpose")
