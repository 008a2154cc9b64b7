"""Spans of services that have one name in several environments, namespaces and regions, by plain Python."""

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from random import Random
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.commands import listening, runner
from tests.telemetry.otlp_builders import T0, of_service, span
from tests.telemetry.traces.test_tree import a_span

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.traces.api import router
from holdfast.telemetry.traces.compare import Difference, compared
from holdfast.telemetry.traces.model import Span, Violation
from holdfast.telemetry.traces.service import TracesService
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

Store = Callable[..., None]
Sent = dict[str, dict[str, str]]
"""The place of the span of each trace, by trace; what is absent is not in it."""

KEYS = ("service", "namespace", "environment", "region", "cluster")
PLACES = list(
    product(("api", "cart"), ("", "billing"), ("", "prod", "PROD ", "stage"), ("", "eu", "us"), ("", "k1"))
)


@pytest.fixture
def api(
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
) -> TestClient:
    """The API at 13:00 over an empty warehouse."""
    clock.advance(timedelta(hours=1))
    service = TracesService(warehouse, clock, broke=lambda _name: Violation("IsError"))
    return make_api(sqlite_database, router(service))


@pytest.fixture
def sent(store_spans: Store) -> Sent:
    """Stored traces of one span each, none to three of each place."""
    random, found, resources = Random(3), {}, []
    for place in PLACES:
        named = dict(zip(KEYS, place, strict=True))
        ids = [random.randbytes(16) for _ in range(random.randrange(4))]
        found |= {one.hex(): named for one in ids}
        attributes = {
            key: value for key, value in named.items() if value and key not in ("service", "cluster")
        }
        if named["cluster"]:
            attributes["k8s_cluster_name"] = named["cluster"]
        spans = [span(trace_id=one, at=T0 + n) for n, one in enumerate(ids)]
        resources.append(of_service(named["service"], spans, **attributes))
    store_spans(*resources)
    return found


def compared_as(key: str, value: str) -> str:
    """A value as it is compared: `default` is the absent one, environments have no case."""
    if key == "environment":
        value = value.strip(" ").lower()
    return "" if value == "default" and key in ("environment", "namespace") else value


def expected(sent: Sent, limits: dict[str, str]) -> set[str]:
    """The traces of a search by plain Python."""
    return {
        trace
        for trace, place in sent.items()
        if all(compared_as(key, place[key]) == compared_as(key, value) for key, value in limits.items())
    }


LIMITS: list[dict[str, str]] = [
    {},
    {"environment": "prod"},
    {"environment": " Prod"},
    {"environment": "default"},
    {"environment": "nowhere"},
    {"namespace": "billing"},
    {"namespace": "default", "service": "api"},
    {"region": "us", "environment": "stage"},
    {"cluster": "k1"},
    {"cluster": "k1", "region": "eu", "namespace": "billing", "environment": "PROD", "service": "cart"},
]


@pytest.mark.parametrize("limits", LIMITS)
def test_a_search_finds_the_spans_of_its_places(api: TestClient, sent: Sent, limits: dict[str, str]) -> None:
    """List and scatter hold exactly the spans of the environment, namespace, region and cluster asked for."""
    found: set[str] = set()
    cursor: dict[str, str] = {}
    while cursor or not found:
        answer = api.get("/api/v1/traces", params={**limits, "limit": 20, **cursor}).json()
        found |= {hit["trace_id"] for hit in answer["items"]}
        if answer["next"] is None:
            break
        cursor = {"cursor": answer["next"]}
    assert found == expected(sent, limits)
    assert answer["scope"] == ("any" if limits else "root")
    drawn = api.get("/api/v1/traces/scatter", params=limits).json()
    assert {point["trace_id"] for point in drawn["points"]} == found
    assert drawn["spans"] == len(found)
    for point in drawn["points"]:
        place = sent[point["trace_id"]]
        assert {key: point[key] for key in KEYS[:4]} == {
            key: compared_as(key, place[key]) for key in KEYS[:4]
        }


def test_a_span_says_where_its_service_runs(api: TestClient, sent: Sent) -> None:
    """A trace's spans have environment, namespace and region beside the service; the absent one is empty."""
    for trace, place in list(sent.items())[::7]:
        (found,) = api.get(f"/api/v1/traces/{trace}").json()["spans"]
        assert {key: found[key] for key in KEYS[:4]} == {
            key: compared_as(key, place[key]) for key in KEYS[:4]
        }


def test_one_of_ten_thousand_environments_is_found(api: TestClient, store_spans: Store) -> None:
    """An environment for each change is searched like any other."""
    resources = [
        of_service("api", [span(trace_id=n.to_bytes(16, "big"))], environment=f"preview-{n}")
        for n in range(1, 10_001)
    ]
    store_spans(*resources)
    found = api.get("/api/v1/traces", params={"environment": "Preview-7777"}).json()
    assert [hit["trace_id"] for hit in found["items"]] == [(7777).to_bytes(16, "big").hex()]


def rows(first: list[Span], second: list[Span]) -> list[tuple[str, Difference]]:
    """Each call of two traces with its service in full, and what differs."""
    return [(_in_full(row.way[-1][0]), row.difference) for row in compared(first, second)]


def _in_full(service: ServiceId) -> str:
    named = f"{service.namespace}/{service.name}" if service.namespace else service.name
    return f"{named} ({service.environment})" if service.environment else named


def test_services_of_one_name_are_compared_each_with_itself() -> None:
    """A call of `api` of one team is never compared with that of another team's `api`."""
    one = [a_span("root"), a_span("x", "root", service="api", namespace="billing")]
    other = [a_span("root"), a_span("x", "root", service="api", namespace="orders")]
    assert rows(one, other) == [
        ("cart", Difference.SAME),
        ("billing/api", Difference.MISSING),
        ("orders/api", Difference.NEW),
    ]


@pytest.mark.parametrize("environment", ["stage", ""])
def test_the_same_request_in_two_environments_is_compared(environment: str) -> None:
    """A trace in production and one in staging are aligned call by call, as the first's."""
    one = [a_span("root", environment="prod"), a_span("x", "root", service="pay", environment="prod")]
    other = [a_span("root", environment=environment), a_span("x", "root", service="pay", environment="prod")]
    assert rows(one, other) == [("cart (prod)", Difference.SAME), ("pay (prod)", Difference.SAME)]


def test_a_call_that_leaves_its_environment_is_another_call() -> None:
    """If one trace has a service in two environments, each is compared with that of its own environment."""
    one = [a_span("root", environment="prod"), a_span("x", "root", environment="prod")]
    other = [a_span("root", environment="prod"), a_span("x", "root", environment="stage")]
    assert rows(one, other) == [
        ("cart (prod)", Difference.SAME),
        ("cart (prod)", Difference.MISSING),
        ("cart (stage)", Difference.NEW),
    ]


def test_commands_search_and_name_services_by_place(
    api: TestClient,
    store_spans: Store,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Options limit the list; a name that a trace has twice is written with what distinguishes it."""
    one, other = (bytes([n]) * 16 for n in (1, 2))
    for trace, environment in ((one, "prod"), (other, "stage")):
        root, child = span("a", trace_id=trace), span("b", trace_id=trace)
        child.parent_span_id = root.span_id
        store_spans(
            of_service("api", [root], environment=environment),
            of_service("api", [child], environment=environment, namespace="billing"),
        )
    with listening(api.app) as url:
        run = runner(url, monkeypatch, capsys)
        range_ = ("--from", "2026-03-01T11:00:00Z", "--to", "2026-03-01T13:00:00Z")
        listed = run("trace", "ls", "-e", "Stage", "-n", "default", *range_, "-o", "json")
        hits: list[dict[str, Any]] = json.loads(listed.out)["items"]
        assert [hit["trace_id"] for hit in hits] == [other.hex()]
        assert "default/api a" in run("trace", "show", one.hex()).out
        done = run("trace", "compare", one.hex(), other.hex())
        assert "billing/api b" in done.out
        assert "The first is of prod, the second of stage." in done.err
