"""Traces over HTTP, from spans stored as the intake stores them."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.telemetry.otlp_builders import (
    SECOND,
    T0,
    LogsRequest,
    of_service,
    pairs,
    segment,
    span,
    value,
)
from tests.telemetry.shop_traces import is_bad, one_trace, shop, trace_id_of, wide_trace

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import NotFound
from holdfast.telemetry.logs.service import Asked, LogsService
from holdfast.telemetry.model import Signal
from holdfast.telemetry.traces import api_views, store
from holdfast.telemetry.traces.api import router
from holdfast.telemetry.traces.model import Violation
from holdfast.telemetry.traces.service import TracesService
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

Store = Callable[..., None]
TRACE = bytes(range(16))
ORDERS = 60


def broke(objective: str) -> Violation:
    """The condition for violating `fast`, the only objective: payment took over 300 ms."""
    if objective != "fast":
        raise NotFound("there is no such objective", value=objective)
    sql = "ServiceName = {t_service:String} AND SpanKind = 'Server' AND Duration > {limit_ns:UInt64}"
    return Violation(sql, (("t_service", "payment"), ("limit_ns", 300 * 10**6)), 300 * 10**6)


@pytest.fixture
def api(
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
) -> TestClient:
    """The API at 13:00 over an empty warehouse."""
    clock.advance(timedelta(hours=1))
    return make_api(sqlite_database, router(TracesService(warehouse, clock, broke=broke)))


@pytest.fixture
def of_the_shop(api: TestClient, store_spans: Store) -> TestClient:
    """The API over sixty orders in ten minutes from 12:00."""
    store_spans(*shop(ORDERS).resource_spans)
    return api


def get(api: TestClient, path: str, **parameters: object) -> Any:
    """The answer to a GET that must succeed."""
    answer = api.get(f"/api/v1{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def numbers(found: Any) -> list[int]:
    """The numbers of the orders listed, in their order."""
    by_id = {trace_id_of(number): number for number in range(ORDERS)}
    return [by_id[hit["trace_id"]] for hit in found["items"]]


def paged(api: TestClient, **parameters: object) -> list[int]:
    """The numbers of the orders of every page."""
    found = get(api, "/traces", **parameters)
    listed = numbers(found)
    while found["next"]:
        found = get(api, "/traces", cursor=found["next"], **parameters)
        listed += numbers(found)
    return listed


def test_the_newest_traces_come_first(of_the_shop: TestClient) -> None:
    """Asked for nothing in particular, whole traces are listed, each with what it is made of."""
    found = get(of_the_shop, "/traces", limit=3)
    assert numbers(found) == [59, 58, 57]
    assert found["scope"] == "root"
    hit = found["items"][0]
    assert (hit["root_service"], hit["root_operation"], hit["root_is_stored"]) == (
        "storefront",
        "POST /orders",
        True,
    )
    assert hit["services"] == ["checkout", "payment", "pricing", "storefront"]
    assert (hit["spans"], hit["started_at"]) == (14, "2026-03-01T12:09:50Z")


def test_a_page_of_traces_is_bounded_in_bytes(api: TestClient, store_spans: Store) -> None:
    """Long names make more pages, not larger ones; all traces are on them, each once, in either order."""
    long = "GET /" + "x" * 20_000
    ids = [bytes([number]) * 16 for number in range(1, 121)]
    spans = [span(long, trace_id=one, at=T0, milliseconds=10 + n % 7) for n, one in enumerate(ids)]
    store_spans(of_service("cart", spans))
    for sort in ("newest", "slowest"):
        found, cursor, rounds = [], None, 0
        while cursor or not rounds:
            given = {"cursor": cursor} if cursor else {}
            answer = api.get("/api/v1/traces", params={"sort": sort, "limit": 100, **given})
            assert len(answer.content) <= 1_000_000
            found += [hit["trace_id"] for hit in answer.json()["items"]]
            cursor, rounds = answer.json()["next"], rounds + 1
        assert sorted(found) == sorted(one.hex() for one in ids), sort
        assert rounds > 2


CASES: list[tuple[dict[str, Any], Callable[[int], bool]]] = [
    ({}, lambda n: True),
    ({"service": "payment"}, lambda n: True),
    ({"service": "inventory"}, lambda n: n % 5 == 0),
    ({"status": "error"}, is_bad),
    ({"service": "payment", "status": "error"}, is_bad),
    ({"service": "payment", "version": "2.31"}, lambda n: is_bad(n) or n % 11 == 0),
    ({"zone": "zone-b"}, lambda n: n % 2 == 1),
    ({"operation": "GET /stock/1010"}, lambda n: n == 10),
    ({"operation": "GET /stock/{id}"}, lambda n: n % 5 == 0),
    ({"attribute": "shop.tenant=tenant-3"}, lambda n: n % 7 == 3),
    ({"attribute": ["shop.tenant=tenant-3", "shop.channel=app"]}, lambda n: n in (3, 24, 45, 59)),
    ({"attribute": "shop.channel~AP"}, lambda n: is_bad(n) or n % 3 == 0),
    ({"attribute": "service.instance.id=payment-zone-a"}, lambda n: n % 2 == 0),
    ({"kind": "client", "attribute": "db.system.name=postgresql"}, lambda n: True),
    ({"service": "payment", "min_duration_seconds": 0.3}, lambda n: n % 20 == 7),
    ({"objective": "fast"}, lambda n: n % 20 == 7),
    ({"objective": "fast", "zone": "zone-a"}, lambda n: False),
    ({"scope": "root", "service": "payment"}, lambda n: False),
]


def test_each_condition_finds_what_meets_it(of_the_shop: TestClient) -> None:
    """Over all pages, of any size, each trace that meets the conditions is listed once, newest first."""
    for asked, expected in CASES:
        wanted = [number for number in reversed(range(ORDERS)) if expected(number)]
        for limit in (7, 100):
            assert paged(of_the_shop, limit=limit, **asked) == wanted, (asked, limit)


def test_the_slowest_come_first(of_the_shop: TestClient) -> None:
    """Slowest first, each trace stands once, where its slowest span puts it."""
    for asked in ({}, {"service": "payment"}, {"scope": "any"}):
        found = get(of_the_shop, "/traces", sort="slowest", limit=100, **asked)
        took = [hit["span_duration_seconds"] for hit in found["items"]]
        assert took == sorted(took, reverse=True)
        assert sorted(numbers(found)[:3]) == [7, 27, 47]
        assert paged(of_the_shop, sort="slowest", limit=9, **asked) == numbers(found)


def test_a_search_is_within_its_range(of_the_shop: TestClient) -> None:
    """Only spans that began in the range are looked at."""
    within = {"from": "2026-03-01T12:01:00Z", "to": "2026-03-01T12:02:00Z"}
    assert numbers(get(of_the_shop, "/traces", **within)) == [11, 10, 9, 8, 7, 6]
    assert get(of_the_shop, "/traces", **{"from": "now-10m"})["items"] == []


def test_what_cannot_be_asked_is_refused(api: TestClient) -> None:
    """A search that makes no sense is the asker's mistake, and says which rule it breaks."""
    for asked in (
        *({"cursor": word} for word in ("x", "W10", "WyJhIiwxLDJd", "ü")),
        {"attribute": "shop.tenant"},
        {"min_duration_seconds": 2, "max_duration_seconds": 1},
        {"min_duration_seconds": -1},
        {"limit": 0},
        {"colour": "red"},
        {"status": "purple"},
        {"from": "now", "to": "now-1h"},
    ):
        answer = api.get("/api/v1/traces", params=asked)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), (
            asked
        )


def test_an_unknown_objective_is_not_found(api: TestClient) -> None:
    """An objective that does not exist is not found."""
    assert api.get("/api/v1/traces", params={"objective": "none"}).status_code == 404


def test_values_are_only_values(of_the_shop: TestClient) -> None:
    """Searched values are compared, never executed."""
    for text in ("x' OR 1=1", "a\\b", "{k0:String}", "ü\n"):
        for asked in (
            {"service": text},
            {"operation": text},
            {"attribute": f"{text}={text}"},
            {"zone": text},
        ):
            assert get(of_the_shop, "/traces", **asked)["items"] == []


def test_the_scatter_is_a_repeatable_sample_with_errors_first(of_the_shop: TestClient) -> None:
    """A picture of fewer points than there are spans shows the failed ones, and the same ones again."""
    whole = get(of_the_shop, "/traces/scatter")
    assert (whole["spans"], whole["errors"], len(whole["points"])) == (60, 8, 60)
    few = get(of_the_shop, "/traces/scatter", points=10)
    assert [point["is_error"] for point in few["points"]] == [True] * 8 + [False] * 2
    assert (few["spans"], few["errors"]) == (60, 8)
    assert few == get(of_the_shop, "/traces/scatter", points=10)
    assert {point["trace_id"] for point in few["points"]} < {point["trace_id"] for point in whole["points"]}


def test_a_trace_is_shown_in_order_of_start(api: TestClient, store_spans: Store) -> None:
    """The spans of a trace over several services stand in order, with offsets from its start."""
    root = span("checkout", trace_id=TRACE, span_id=b"r" * 8, milliseconds=80, at=T0)
    child = span(
        "pay", trace_id=TRACE, parent=b"r" * 8, at=T0 + 0.01, milliseconds=50, status="error", message="no"
    )
    store_spans(of_service("pay", [child], zone="b", version="7"), of_service("cart", [root]))
    for written in (TRACE.hex(), TRACE.hex().upper()):
        found = get(api, f"/traces/{written}")
        assert (found["trace_id"], found["started_at"]) == (TRACE.hex(), "2026-03-01T12:00:00Z")
        assert found["duration_seconds"] == pytest.approx(0.08)
        first, second = found["spans"]
        assert (first["service"], first["parent_span_id"], first["kind"]) == ("cart", None, "server")
        assert second["offset_seconds"] == pytest.approx(0.01)
        assert (second["zone"], second["version"], second["status"], second["message"]) == (
            "b",
            "7",
            "error",
            "no",
        )


def test_an_unknown_trace_is_not_found(api: TestClient) -> None:
    """Any trace id is found or not found, never a server error."""
    for trace_id in ("00" * 16, "x", "it's", "%00", "a" * 3000):
        for path in (f"/traces/{trace_id}", f"/traces/{trace_id}/logs"):
            answer = api.get(f"/api/v1{path}")
            assert (answer.status_code, answer.json()["title"]) == (404, "Not found")


def test_a_trace_says_where_its_time_went(of_the_shop: TestClient) -> None:
    """The critical path covers the root, proxies are no services, and failures are counted."""
    found = get(of_the_shop, f"/traces/{trace_id_of(3)}")
    root = next(one for one in found["spans"] if one["span_id"] == found["root_span_id"])
    path = found["critical_path"]
    assert sum(one["duration_seconds"] for one in path) == pytest.approx(root["duration_seconds"])
    assert sum(one["critical_seconds"] for one in found["spans"]) == pytest.approx(root["duration_seconds"])
    assert {one["service"] for one in found["spans"] if one["is_proxy"]} == {
        "envoy-checkout",
        "envoy-payment",
        "envoy-pricing",
        "envoy-storefront",
    }
    assert found["services"] == ["checkout", "payment", "pricing", "storefront"]
    assert (found["errors"], found["orphans"], found["is_cut"]) == (5, 0, False)


def test_events_links_and_resources_are_shown(api: TestClient, store_spans: Store) -> None:
    """What a span noted, whom it names and what it ran on come with it."""
    one = span("handle", kind="consumer", trace_id=TRACE, at=T0)
    event = one.events.add(name="exception", time_unix_nano=T0 * SECOND + 2_000_000)
    event.attributes.extend(pairs({"exception.message": "out of stock"}))
    one.links.add(trace_id=b"o" * 16, span_id=b"s" * 8).attributes.extend(pairs({"why": "message"}))
    store_spans(of_service("mailer", [one], host_name="h7"))
    found = get(api, f"/traces/{TRACE.hex()}")["spans"][0]
    assert found["events"] == [
        {"name": "exception", "offset_seconds": 0.002, "attributes": {"exception.message": "out of stock"}}
    ]
    assert found["links"] == [
        {"trace_id": (b"o" * 16).hex(), "span_id": (b"s" * 8).hex(), "attributes": {"why": "message"}}
    ]
    assert found["resource"]["host.name"] == "h7"


def test_log_lines_of_a_trace_are_shown_in_order(
    api: TestClient, store_spans: Store, warehouse: ChdbWarehouse, clock: ManualClock, tmp_path: Path
) -> None:
    """A trace's lines stand in order of time, each with its span and its id among all lines; no others do."""
    store_spans(of_service("cart", [span(trace_id=TRACE, span_id=b"s" * 8, at=T0)]))
    records = [
        _line("second", 0.3, trace_id=TRACE, span_id=b"s" * 8),
        _line("first", 0.1, trace_id=TRACE),
        _line("of another", 0.2, trace_id=b"o" * 16),
    ]
    resource = ResourceLogs(scope_logs=[ScopeLogs(log_records=records)])
    resource.resource.attributes.extend(pairs({"service.name": "cart"}))
    warehouse.insert_segment(Signal.LOGS, segment(tmp_path, LogsRequest(resource_logs=[resource])), "logs")
    lines = get(api, f"/traces/{TRACE.hex()}/logs")["items"]
    assert [(line["body"], line["span_id"], line["offset_seconds"]) for line in lines] == [
        ("first", None, 0.1),
        ("second", (b"s" * 8).hex(), 0.3),
    ]
    assert (lines[0]["service"], lines[0]["severity"]) == ("cart", "ERROR")
    one = get(api, f"/traces/{TRACE.hex()}/logs", limit=1)
    other = get(api, f"/traces/{TRACE.hex()}/logs", limit=1, cursor=one["next"])
    assert (one["items"] + other["items"], other["next"]) == (lines, None)
    logs = LogsService(warehouse, clock)
    among_all = logs.search(logs.filter(Asked(where=(f"trace={TRACE.hex()}",))), cursor=None, limit=9).lines
    assert [line["id"] for line in lines] == [line.id for line in reversed(among_all)]


def _line(body: str, after: float, *, trace_id: bytes, span_id: bytes = b"") -> LogRecord:
    return LogRecord(
        time_unix_nano=T0 * SECOND + round(after * SECOND),
        severity_text="ERROR",
        severity_number=17,  # type: ignore[arg-type]  # the enum's number
        body=value(body),
        trace_id=trace_id,
        span_id=span_id,
    )


def test_two_traces_are_compared_call_by_call(of_the_shop: TestClient) -> None:
    """What only one has, what fails and what got slower is named; ids in names do not keep calls apart."""
    found = get(of_the_shop, f"/traces/{trace_id_of(1)}/comparison", **{"with": trace_id_of(3)})
    changes = {(row["service"], row["operation"]): row["change"] for row in found["rows"]}
    assert changes["payment", "POST /charges"] == "fails"
    assert changes["pricing", "POST /quotes"] == "same"
    found = get(of_the_shop, f"/traces/{trace_id_of(1)}/comparison", **{"with": trace_id_of(10)})
    changes = {(row["service"], row["operation"]): row["change"] for row in found["rows"]}
    assert changes["inventory", "GET /stock/{id}"] == "new"
    assert not any(row["service"].startswith("envoy") for row in found["rows"])
    found = get(of_the_shop, f"/traces/{trace_id_of(10)}/comparison", **{"with": trace_id_of(5)})
    assert {row["change"] for row in found["rows"] if row["service"] == "inventory"} == {"same"}


def test_a_trace_of_ten_thousand_spans_is_read(api: TestClient, store_spans: Store) -> None:
    """The longest trace that is shown is shown whole; of a longer one it is said that it is cut."""
    for spans, is_cut in ((10_000, False), (1, True)):
        store_spans(*wide_trace(spans))
        found = get(api, f"/traces/{trace_id_of(-1)}")
        assert (len(found["spans"]), found["is_cut"], found["left_out"]) == (10_000, is_cut, int(is_cut))


@pytest.fixture
def small_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundredth of the bytes an answer about a trace may have: the engine is slow with megabytes."""
    for module in (store, api_views):
        monkeypatch.setattr(module, "TRACE_BYTES_MOST", 80_000)


@pytest.mark.parametrize("where", ["attribute", "resource", "event", "name", "escapes", "links"])
def test_an_answer_about_a_trace_is_bounded_in_bytes(
    api: TestClient, store_spans: Store, small_answers: None, where: str
) -> None:
    """Large spans make a shorter answer: the first that fit, and how many are left out."""
    resources = []
    for number in range(12):
        one = span("GET /", trace_id=TRACE, at=T0 + number, span_id=bytes([number + 1]) * 8)
        enlarge(one, where, 10_000)
        resource = {"large": "x" * 10_000} if where == "resource" else {}
        resources.append(of_service("cart", [one], **resource))
    store_spans(*resources)
    answer = api.get(f"/api/v1/traces/{TRACE.hex()}")
    found = answer.json()
    assert len(answer.content) <= 83_000
    assert [one["span_id"] for one in found["spans"]] == [
        f"{number + 1:02x}" * 8 for number in range(len(found["spans"]))
    ]
    assert 1 <= len(found["spans"]) < 12
    assert (found["is_cut"], found["left_out"]) == (True, 12 - len(found["spans"]))


def enlarge(one: Span, where: str, size: int) -> None:
    """Make a span large in one place."""
    if where == "name":
        one.name = "x" * size
    elif where in ("attribute", "escapes"):
        one.attributes.extend(pairs({"large": ("\x01" if where == "escapes" else "x") * size}))
    elif where == "event":
        one.events.add(name="e", time_unix_nano=T0 * SECOND).attributes.extend(pairs({"large": "x" * size}))
    elif where == "links":
        for _ in range(size // 50):
            one.links.add(trace_id=TRACE, span_id=TRACE[:8])


def test_a_span_larger_than_an_answer_is_shown(
    api: TestClient, store_spans: Store, small_answers: None
) -> None:
    """The first span is shown at any size, and the trace took as long as with those that are left out."""
    one = span(trace_id=TRACE, attributes={"large": "x" * 90_000})
    store_spans(of_service("cart", [one, span(trace_id=TRACE, at=T0 + 1)]))
    found = get(api, f"/traces/{TRACE.hex()}")
    assert (len(found["spans"]), found["left_out"]) == (1, 1)
    assert 1 < found["duration_seconds"] < 2


def test_the_opentelemetry_example_is_a_trace(
    api: TestClient, warehouse: ChdbWarehouse, store_spans: Store
) -> None:
    """A lone span whose parent was never sent is found and shown, and said to have no parent here."""
    example = json.loads((Path(__file__).parents[2] / "data/otlp/trace.json").read_text())
    sent = example["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    store_spans(
        of_service(
            "my.service",
            [
                span(
                    sent["name"],
                    trace_id=bytes.fromhex(sent["traceId"]),
                    span_id=bytes.fromhex(sent["spanId"]),
                    parent=bytes.fromhex(sent["parentSpanId"]),
                    milliseconds=1000,
                )
            ],
        )
    )
    assert get(api, "/traces")["items"] == []
    hit = get(api, "/traces", service="my.service")["items"][0]
    assert (hit["root_is_stored"], hit["root_operation"]) == (False, "I'm a server span")
    found = get(api, f"/traces/{sent['traceId']}")
    assert (found["orphans"], found["spans"][0]["is_orphan"]) == (1, True)


def test_spans_that_come_in_another_batch_belong_to_their_trace(api: TestClient, store_spans: Store) -> None:
    """Two parts of a trace that are stored separately are one trace."""
    parts = one_trace(0)
    store_spans(*parts[len(parts) // 2 :])
    store_spans(*parts[: len(parts) // 2])
    assert get(api, "/traces")["items"][0]["spans"] == sum(len(part.scope_spans[0].spans) for part in parts)


def test_of_an_attribute_sent_twice_the_first_is_all_there_is(
    api: TestClient, store_spans: Callable[..., None]
) -> None:
    """Spans, their events, links and resources show the first of a name, and are found by it alone."""
    one = span(trace_id=TRACE)
    event, link = one.events.add(name="e", time_unix_nano=T0 * SECOND), one.links.add(trace_id=TRACE)
    resource = of_service("cart", [one])
    for owner in (resource.resource, one, event, link):
        for text in ("first", "second"):
            owner.attributes.add(key="k").value.string_value = text
    del resource.scope_spans[0].spans[:]
    resource.scope_spans[0].spans.append(one)
    store_spans(resource)
    (shown,) = get(api, f"/traces/{TRACE.hex()}")["spans"]
    assert shown["resource"]["k"] == "first"
    assert [part["attributes"] for part in (shown, *shown["events"], *shown["links"])] == [{"k": "first"}] * 3
    assert len(get(api, "/traces", attribute="k=first")["items"]) == 1
    assert get(api, "/traces", attribute="k=second")["items"] == []


ODD_TIMES = (0, 1, 2**63 - 1, 2**63, 2**64 - 1)
ODD_DURATIONS = (0, 2**63 - 1, 2**63, 2**64 - 1)


def test_any_duration_and_time_can_be_read(
    api: TestClient, warehouse: ChdbWarehouse, store_spans: Callable[..., None]
) -> None:
    """Spans an exporter stored with durations and event times nobody checked break no answer."""
    roots = [span(trace_id=bytes([n]) * 16) for n in range(1, len(ODD_DURATIONS) + 1)]
    for root in roots:
        for at in ODD_TIMES:
            root.events.add(name="e", time_unix_nano=at)
    store_spans(of_service("cart", roots))
    odd = ", ".join(
        f"(fromUnixTimestamp64Nano(toInt64({(T0 + 1) * SECOND})), '{root.trace_id.hex()}', "
        f"'aaaaaaaaaaaaaaaa', '{root.span_id.hex()}', 'cart', 'odd', 'Server', {duration})"
        for root, duration in zip(roots, ODD_DURATIONS, strict=True)
    )
    warehouse.command(
        "INSERT INTO otel_traces (Timestamp, TraceId, SpanId, ParentSpanId, ServiceName, SpanName, SpanKind, "
        f"Duration) VALUES {odd}"
    )
    for trace_id in (root.trace_id.hex() for root in roots):
        shown = get(api, f"/traces/{trace_id}")
        assert [found["operation"] for found in shown["spans"]] == ["POST /checkout", "odd"]
        assert len(shown["spans"][0]["events"]) == len(ODD_TIMES)
        get(api, f"/traces/{trace_id}/logs")
        get(api, f"/traces/{trace_id}/comparison", **{"with": trace_id})
    for parameters in ({}, {"sort": "slowest"}, {"min_duration_seconds": 1}, {"service": "cart"}):
        get(api, "/traces", **parameters)
    get(api, "/traces/scatter")


def test_a_trace_is_judged_by_the_objective_it_violates(of_the_shop: TestClient) -> None:
    """With the objective asked for, it is slow by what that allows, also where no usual duration is known."""
    happened = get(of_the_shop, f"/traces/{trace_id_of(7)}")["what_happened"]
    assert (happened["outcome"], happened["slow_from_seconds"], happened["objective"]) == (
        "usual",
        None,
        None,
    )
    found = get(of_the_shop, f"/traces/{trace_id_of(7)}", objective="fast")
    happened, spans = found["what_happened"], {one["span_id"]: one for one in found["spans"]}
    assert (happened["outcome"], happened["objective"], happened["allowed_seconds"]) == ("slow", "fast", 0.3)
    assert happened["took_seconds"] > 0.3
    assert happened["words"].startswith("slow at ")
    assert spans[happened["span_id"]]["party"] == happened["party"]


def test_a_trace_that_keeps_to_an_objective_is_judged_without_it(of_the_shop: TestClient) -> None:
    """An objective that no span violates changes nothing; one that is not in the catalog is not found."""
    path = f"/traces/{trace_id_of(1)}"
    assert get(of_the_shop, path, objective="fast") == get(of_the_shop, path)
    assert of_the_shop.get(f"/api/v1{path}", params={"objective": "gone"}).status_code == 404


def test_a_search_by_an_objective_finds_slow_traces(of_the_shop: TestClient) -> None:
    """What took longer than the objective allows is listed as slow, with how long and what is allowed."""
    hits = get(of_the_shop, "/traces", objective="fast", outcome="slow")["items"]
    assert hits
    for hit in hits:
        happened = hit["what_happened"]
        assert (happened["outcome"], happened["allowed_seconds"]) == ("slow", 0.3)
        assert happened["took_seconds"] == hit["span_duration_seconds"] > 0.3
    assert get(of_the_shop, "/traces", objective="fast", outcome="usual")["items"] == []
