"""Objectives that count several environments or namespaces as one are named, and kept in force."""

from collections.abc import Callable, Collection, Mapping

import pytest
from fastapi.testclient import TestClient
from tests.catalog.conftest import sources
from tests.catalog.openslo_kinds import KINDS
from tests.objectives.test_places import placed

from holdfast.catalog.api import router
from holdfast.catalog.mixing import mixed
from holdfast.catalog.service import CatalogService
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Unavailable
from holdfast.runtime.places import Placement

LIVE, TRIAL = Placement("production", "shop"), Placement("staging", "shop")
NOWHERE = Placement("", "")
SEVEN = [Placement(f"e{n}", "") for n in range(7)]


@pytest.mark.parametrize(
    ("environment", "namespace", "sent_from", "expected"),
    [
        (None, None, [LIVE, TRIAL], ["in production, staging: add environment"]),
        (None, "shop", [LIVE, TRIAL, NOWHERE], ["in production, staging: add environment"]),
        ("production", None, [LIVE, TRIAL], []),
        (
            "production",
            None,
            [LIVE, Placement("production", "")],
            ["in namespaces default, shop: add namespace"],
        ),
        (
            None,
            None,
            [LIVE, NOWHERE],
            ["in default, production: add environment", "in namespaces default, shop: add namespace"],
        ),
        (None, None, [LIVE], []),
        (None, None, [], []),
        ("production", "shop", [LIVE, TRIAL], []),
        (None, None, SEVEN, ["in e0, e1, e2, e3, e4 and 2 more: add environment"]),
    ],
)
def test_what_is_not_named_and_differs_is_said(
    environment: str | None, namespace: str | None, sent_from: list[Placement], expected: list[str]
) -> None:
    """A field that the SLI leaves open is named if the spans it counts differ in it, and no other is."""
    found = mixed([placed("live", 1, environment, namespace)], lambda _names: {"checkout": sent_from})
    head, tail = "objective live counts checkout ", " to its SLI"
    assert [one.removeprefix(head).removesuffix(tail) for one in found] == expected


def test_nobody_is_asked_about_what_is_limited() -> None:
    """A catalog whose SLIs name both asks telemetry nothing."""

    def fail(_names: Collection[str]) -> Mapping[str, Collection[Placement]]:
        raise AssertionError

    assert mixed([placed("live", 1, "production", "shop")], fail) == ()


def test_a_plan_warns_and_is_applicable(
    sqlite_database: Database, clock: ManualClock, make_api: Callable[..., TestClient], sound: str
) -> None:
    """Warnings come with plan and apply and keep nothing out of force; without a warehouse there are none."""
    known: dict[str, list[Placement]] = {"checkout": [LIVE, TRIAL]}

    def senders(names: Collection[str]) -> Mapping[str, Collection[Placement]]:
        if not known:
            raise Unavailable("the warehouse does not answer")
        return {name: known[name] for name in names}

    service = CatalogService(sqlite_database, clock, KINDS, senders=senders)
    service.start()
    api = make_api(sqlite_database, router(service))
    documents = {"documents": [{"file": one.file, "text": one.text} for one in sources(sound)]}
    warning = "objective orders-succeed counts checkout in production, staging: add environment to its SLI"
    planned = api.post("/api/v1/catalog/plan", json=documents).json()
    assert (planned["valid"], planned["warnings"]) == (True, [warning])
    applied = api.post("/api/v1/catalog/apply", json=documents, headers={"Idempotency-Key": "1"}).json()
    assert (applied["applied"], applied["warnings"]) == (True, [warning])
    known.clear()
    assert api.post("/api/v1/catalog/plan", json=documents).json()["warnings"] == []
