"""Traces by their outcome over HTTP: failed ones first, then slow ones, each said in words."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.telemetry.otlp_builders import T0, of_service, span
from tests.telemetry.shop_traces import is_bad, shop, trace_id_of

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.traces import search
from holdfast.telemetry.traces.api import router
from holdfast.telemetry.traces.model import Violation
from holdfast.telemetry.traces.service import TracesService
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

Store = Callable[..., None]
ORDERS = 40
BROWSED = 150
SLOW = bytes([9]) * 16


class Hurried(ManualClock):
    """A clock on which every look costs two seconds: a search is late after its first window."""

    def monotonic_seconds(self) -> float:
        """Return a later time at each look."""
        self.advance(timedelta(seconds=2))
        return super().monotonic_seconds()


@pytest.fixture
def api(
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
    store_spans: Store,
) -> TestClient:
    """The API at 13:00, over forty orders of which five failed, and pages of which one was slow."""
    clock.advance(timedelta(hours=1))
    store_spans(*shop(ORDERS).resource_spans)
    pages = [
        span("GET /", trace_id=bytes([n]) * 16, span_id=bytes([n, 7]) * 4, at=T0 + n, milliseconds=10)
        for n in range(20, 20 + BROWSED)
    ]
    slow = span("GET /", trace_id=SLOW, span_id=SLOW[:8], at=T0 + 5, milliseconds=400)
    store_spans(of_service("storefront", [*pages, slow], zone="zone-c", version="4.2"))
    store_spans(of_service("storefront", [page for days in (1, 2) for page in _pages_of_a_day_before(days)]))
    service = TracesService(warehouse, clock, broke=lambda _name: Violation("IsError"))
    return make_api(sqlite_database, router(service))


def _pages_of_a_day_before(days: int) -> list[Span]:
    """What makes ten milliseconds usual for a page at 12:00 and 13:00: the same hours of an earlier day."""
    hours = (T0 - days * 86_400, T0 + 3600 - days * 86_400)
    return [span("GET /", at=first + n, milliseconds=10) for first in hours for n in range(BROWSED)]


def get(api: TestClient, path: str, **parameters: object) -> Any:
    """The answer to a GET that must succeed."""
    answer = api.get(f"/api/v1{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def paged(api: TestClient, **parameters: object) -> list[dict[str, Any]]:
    """The traces of every page."""
    found = get(api, "/traces", **parameters)
    listed = found["items"]
    while found["next"]:
        found = get(api, "/traces", cursor=found["next"], **parameters)
        listed += found["items"]
    return listed


def outcomes(hits: list[dict[str, Any]]) -> list[str]:
    """The outcomes of traces in their order, each once."""
    return list(dict.fromkeys(hit["what_happened"]["outcome"] for hit in hits))


def test_failed_traces_come_first_then_slow_ones(api: TestClient) -> None:
    """On pages of any size each trace is there once, by outcome and then the newest first."""
    for limit in (1, 3, 100):
        hits = paged(api, sort="failed", limit=limit)
        assert len({hit["trace_id"] for hit in hits}) == len(hits) == ORDERS + BROWSED + 1
        assert outcomes(hits) == ["failed", "slow", "usual"]
        of_each = [[hit for hit in hits if hit["what_happened"]["outcome"] == one] for one in outcomes(hits)]
        assert [len(one) for one in of_each][:2] == [sum(map(is_bad, range(ORDERS))), 1]
        for group in of_each:
            assert group == sorted(group, key=lambda hit: hit["started_at"], reverse=True)


def test_each_trace_says_what_happened(api: TestClient) -> None:
    """A failed order names what payment answered; the slow page its version; both where their time went."""
    failed, *_ = get(api, "/traces", outcome="failed", limit=1)["items"]
    happened = failed["what_happened"]
    assert (happened["operation"], happened["words"]) == ("POST /orders", "503 at payment")
    assert (happened["zone"], happened["version"]) == ("zone-b", "2.31")
    assert failed["time"][0]["party"] == "postgresql"
    assert sum(part["duration_seconds"] for part in failed["time"]) <= failed["duration_seconds"] + 1e-6
    (slow,) = get(api, "/traces", outcome="slow")["items"]
    assert (slow["trace_id"], slow["what_happened"]["words"]) == (SLOW.hex(), "slow at storefront 4.2")
    usual = get(api, "/traces", outcome="usual", limit=1)["items"][0]["what_happened"]
    assert (usual["words"], usual["span_id"]) == ("", None)


def test_a_trace_is_listed_by_its_worst_span(api: TestClient) -> None:
    """Where any span is looked for, a trace with a failed one is not listed again among the usual ones."""
    hits = paged(api, sort="failed", limit=7, scope="any", environment="")
    assert len({hit["trace_id"] for hit in hits}) == len(hits)
    failed = {hit["trace_id"] for hit in hits if hit["what_happened"]["outcome"] == "failed"}
    assert failed == {trace_id_of(number) for number in range(ORDERS) if is_bad(number)}


def test_one_trace_names_its_guilty_span_and_every_destination(api: TestClient) -> None:
    """The page of a trace says the same as the list, and calls without a callee are of their destination."""
    found = get(api, f"/traces/{trace_id_of(3)}")
    happened = found["what_happened"]
    assert (happened["outcome"], happened["words"]) == ("failed", "503 at payment")
    spans = {one["span_id"]: one for one in found["spans"]}
    assert spans[happened["span_id"]]["service"] == "payment"
    assert {one["party"] for one in found["spans"] if one["operation"] == "SELECT accounts"} == {"postgresql"}
    assert get(api, f"/traces/{SLOW.hex()}")["what_happened"]["words"] == "slow at storefront 4.2"


def test_the_picture_knows_the_slow_ones(api: TestClient) -> None:
    """Points have their outcome, failed and slow ones are drawn before the others, and all are counted."""
    drawn = get(api, "/traces/scatter", points=10)
    assert (drawn["spans"], drawn["errors"], drawn["slow"]) == (ORDERS + BROWSED + 1, 5, 1)
    assert [point["outcome"] for point in drawn["points"]] == ["failed"] * 5 + ["slow"] + ["usual"] * 4


def test_a_list_is_not_empty_where_there_are_traces(
    api: TestClient, warehouse: ChdbWarehouse, clock: ManualClock
) -> None:
    """A busy server that is late after the first empty window looks further back all the same."""
    late = TracesService(warehouse, Hurried(clock.now()), broke=lambda _name: Violation("IsError"))
    everything = search.Search(late.range("now-1h", "now"), search.Scope.ROOT)
    listed = late.search(everything, search.Order.NEWEST, cursor=None, limit=20)
    assert listed.hits


def test_what_happened_is_counted_by_outcome(api: TestClient) -> None:
    """The tally counts every failed and every slow trace once, under the words that the list shows."""
    failed, slow = get(api, "/traces/tally")["items"]
    assert (failed["outcome"], failed["looked_at"], failed["is_all"]) == ("failed", 5, True)
    assert (slow["outcome"], slow["looked_at"], slow["is_all"]) == ("slow", 1, True)
    for one in (failed, slow):
        listed = get(api, "/traces", outcome=one["outcome"], sort="failed")["items"]
        named = Counter((hit["what_happened"]["operation"], hit["what_happened"]["words"]) for hit in listed)
        assert {(kind["operation"], kind["words"]): kind["traces"] for kind in one["kinds"]} == named
    assert [one["outcome"] for one in get(api, "/traces/tally", outcome="slow")["items"]] == ["slow"]


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_a_kind_of_the_tally_lists_its_traces(api: TestClient, limit: int) -> None:
    """Every kind lists as many traces as were counted, page by page, each once, and no others."""
    for kind in get(api, "/traces/tally")["items"][0]["kinds"]:
        shown, cursor = [], None
        while True:
            more = {} if cursor is None else {"cursor": cursor}
            page = get(api, "/traces", sort="failed", happened=kind["happened"], limit=limit, **more)
            shown += page["items"]
            if (cursor := page["next"]) is None:
                break
            assert len(page["items"]) <= limit
        assert len({one["trace_id"] for one in shown}) == len(shown) == kind["traces"]
        assert {one["what_happened"]["words"] for one in shown} == {kind["words"]}


def test_nothing_is_listed_of_what_never_happened(api: TestClient) -> None:
    """A kind that no trace has gives an empty list that ends."""
    found = get(api, "/traces", sort="failed", happened="GET / · 418 at teapot")
    assert (found["items"], found["next"]) == ([], None)


def test_a_cursor_of_another_list_is_refused(api: TestClient) -> None:
    """A cursor names the outcome it goes on with, so one of another order is not taken for it."""
    other = get(api, "/traces", limit=1)["next"]
    assert api.get("/api/v1/traces", params={"sort": "failed", "cursor": other}).status_code == 400


def test_nothing_is_slow_where_nothing_is_usual(api: TestClient) -> None:
    """Orders have no history: one that took three times as long as the others is not called slow."""
    assert [hit["trace_id"] for hit in paged(api, outcome="slow")] == [SLOW.hex()]
    assert paged(api, outcome="slow", service="storefront", operation="POST /orders") == []
