"""What was asked of a party that sends no spans, and what it answered."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient
from tests.telemetry.otlp_builders import T0, of_service, span
from tests.telemetry.servicemap.test_api import api, joined, joiner, shop

__all__ = ["api", "joined", "joiner"]
Join = Callable[..., None]
TARGET = "external/payline"


def to_payline(number: int, *, answer: str = "200", operation: str = "POST", caller: str = "payment") -> Any:
    """One call of a provider; of an answer that is no status it is the error's type."""
    failed = not answer.startswith("2")
    named = {"http.response.status_code": answer} if answer.isdecimal() else {"error.type": answer}
    attributes = {"server.address": "payline", **named}
    made = span(
        f"{operation} /charges/{number}",
        kind="client",
        at=T0 + number,
        attributes=attributes,
        status="error" if failed else "ok",
        milliseconds=1500 if failed else 200,
    )
    return of_service(caller, [made])


def answers(api: TestClient, **asked: object) -> Any:
    """The answers, which must be given."""
    found = api.get("/api/v1/map/answers", params={"target": TARGET, **asked})
    assert found.status_code == 200, found.text
    return found.json()


def test_calls_are_counted_by_caller_operation_and_answer(api: TestClient, joined: Join) -> None:
    """Ids in operations are folded; each status or type of error is one answer, with how many failed."""
    joined(
        *(to_payline(number) for number in range(5)),
        *(to_payline(number, answer="503") for number in range(5, 7)),
        to_payline(7, answer="timeout"),
        to_payline(8, operation="GET", caller="refunds"),
    )
    found = answers(api)
    asked = [(one["service"], one["operation"], one["calls"], one["errors"]) for one in found["operations"]]
    assert asked == [("payment", "POST /charges/{id}", 8, 3), ("refunds", "GET /charges/{id}", 1, 0)]
    assert [(one["answer"], one["calls"], one["errors"]) for one in found["answers"]] == [
        ("200", 6, 0), ("503", 2, 2), ("timeout", 1, 1),
    ]  # fmt: skip


def test_a_service_is_refused_and_an_unknown_party_not_found(api: TestClient, joined: Join) -> None:
    """A service's own spans say more; what nobody calls has no answers."""
    joined(*shop(1))
    path = "/api/v1/map/answers"
    assert api.get(path, params={"target": "service/cart"}).status_code == 400
    assert api.get(path, params={"target": "external/nobody"}).status_code == 404
    assert api.get(path, params={"target": TARGET, "sort": "x"}).status_code == 400
