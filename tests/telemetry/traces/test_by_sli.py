"""Bad spans found by the engine are those that plain Python finds."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import opened_copy
from tests.telemetry.traces.test_attribution import a_payment, a_span

from holdfast.catalog.model import Sli, SpanKind, SpanSelector, SpanStatus
from holdfast.telemetry.traces.by_sli import MemorySpans, Pick, WarehouseSpans
from holdfast.telemetry.traces.model import SampledSpan, Span
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.layout import Layout

START = 1_772_366_400
MOMENT = START * 10**9
NAMESPACE_AND_ENVIRONMENT = ("deployment.environment.name", "service.namespace")
PLACES: tuple[dict[str, str], ...] = (
    {"deployment.environment.name": "Production", "service.namespace": "shop"},
    {"deployment.environment.name": "staging"},
    {},
)


def _spans() -> list[Span]:
    spans = []
    for n in range(40):
        root = a_span(
            f"r{n}",
            trace_id=f"t{n}",
            start_nanoseconds=MOMENT + n * 10**9,
            status="Error" if n % 7 == 0 else "Unset",
            ms=100 * (n % 12),
            operation="POST /orders" if n % 3 else "GET /orders",
            kind="server" if n % 5 else "client",
            attributes={"http.response.status_code": str(200 + 100 * (n % 4)), "shop.channel": "web'; --"}
            | PLACES[n % 3],
            environment=("production", "staging", "")[n % 3],
            namespace=("shop", "", "")[n % 3],
        )
        spans += [root, replace(a_payment(f"c{n}", f"r{n}"), trace_id=f"t{n}", start_nanoseconds=MOMENT + n)]
    shared = a_span("feed", trace_id="shared", service="mail", start_nanoseconds=MOMENT, ms=50)
    return [*spans, replace(shared, kind="client", operation="call"), shared]


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory, layout: Layout, migrated_directory: Path
) -> Iterator[tuple[MemorySpans, WarehouseSpans]]:
    """The same spans in memory and in a warehouse."""
    directory = tmp_path_factory.mktemp("spans") / "warehouse"
    spans = _spans()
    with opened_copy(migrated_directory, directory, layout) as warehouse:
        _store(warehouse, spans)
        yield MemorySpans(spans), WarehouseSpans(warehouse)


_ROW = (
    "start Int64, trace String, span String, parent String, name String, kind String, service String, "
    "resource Map(String, String), own Map(String, String), duration UInt64, status String, message String"
)


def _store(warehouse: ChdbWarehouse, spans: list[Span]) -> None:
    rows = "\n".join(json.dumps(_row(span)) for span in spans)
    warehouse.command(
        "INSERT INTO otel_traces (Timestamp, TraceId, SpanId, ParentSpanId, SpanName, SpanKind, ServiceName, "
        "ResourceAttributes, SpanAttributes, Duration, StatusCode, StatusMessage) SELECT "
        "fromUnixTimestamp64Nano(start, 'UTC'), trace, span, parent, name, kind, service, resource, own, "
        f"duration, status, message FROM format(JSONEachRow, '{_ROW}', {{rows:String}})",
        {"rows": rows},
    )


def _row(span: Span) -> dict[str, object]:
    return {
        "start": span.start_nanoseconds,
        "trace": span.trace_id,
        "span": span.span_id,
        "parent": span.parent_span_id,
        "name": span.operation,
        "kind": span.kind.capitalize(),
        "service": span.service,
        "resource": {"cloud.availability_zone": span.zone, "service.version": span.version}
        | {key: value for key, value in span.attributes if key in NAMESPACE_AND_ENVIRONMENT},
        "own": dict(span.attributes),
        "duration": span.duration_nanoseconds,
        "status": span.status,
        "message": span.message,
    }


ORDERS = SpanSelector("checkout", ("POST /orders",))
ANY = SpanSelector("checkout")


@pytest.mark.parametrize(
    "sli",
    [
        Sli(1, "a", "a", ORDERS, replace(ORDERS, status=SpanStatus.OK)),
        Sli(1, "a", "a", ANY, replace(ANY, max_duration_nanoseconds=600 * 10**6)),
        Sli(1, "a", "a", ANY, replace(ANY, status=SpanStatus.OK, max_duration_nanoseconds=300 * 10**6)),
        Sli(
            1,
            "a",
            "a",
            replace(ANY, attributes=(("shop.channel", ("app", "web'; --")),)),
            replace(ANY, attributes=(("http.response.status_code", ("200", "300")),)),
        ),
        Sli(1, "a", "a", replace(ANY, kind=SpanKind.CLIENT), replace(ANY, status=SpanStatus.OK)),
        *(
            Sli(1, "a", "a", one, replace(one, max_duration_nanoseconds=300 * 10**6))
            for one in (
                replace(ANY, environment="production"),
                replace(ANY, environment="", namespace=""),
                replace(ANY, namespace="shop"),
            )
        ),
    ],
    ids=["status", "duration", "both", "attributes", "kind", "environment", "absent", "namespace"],
)
def test_selectors_mean_the_same_in_sql_and_in_python(
    both: tuple[MemorySpans, WarehouseSpans], sli: Sli
) -> None:
    """Every kind of condition picks the same spans, newest first, for any values."""
    slow, fast = both
    for limit in (5, 100):
        expected = slow.events(slow.bad_spans(sli, START, START + 100, limit=limit, pick=Pick.NEWEST))
        found = fast.events(fast.bad_spans(sli, START, START + 100, limit=limit, pick=Pick.NEWEST))
        assert found == expected
    assert expected


def test_a_sample_is_repeatable_and_within_the_range(both: tuple[MemorySpans, WarehouseSpans]) -> None:
    """The same question gets the same sample, and nothing outside of its range."""
    _, fast = both
    sli = Sli(1, "a", "a", ANY, replace(ANY, max_duration_nanoseconds=1))
    first, second = (fast.bad_spans(sli, START + 3, START + 9, limit=4, pick=Pick.ANY) for _ in range(2))
    assert first == second
    assert all(START + 3 <= one.second < START + 9 for one in first)


def test_traces_of_good_spans_are_a_repeatable_sample(both: tuple[MemorySpans, WarehouseSpans]) -> None:
    """Each comes whole, holds a good span of the range, and is among those that plain Python finds."""
    slow, fast = both
    sli = Sli(1, "a", "a", ANY, replace(ANY, max_duration_nanoseconds=600 * 10**6))
    every = slow.good_traces(sli, START, START + 100, limit=1000)
    some = fast.good_traces(sli, START, START + 100, limit=5)
    assert len(some) == 5
    assert some == fast.good_traces(sli, START, START + 100, limit=5)
    whole = {spans[0].trace_id: {span.span_id for span in spans} for spans in every}
    assert all({span.span_id for span in spans} == whole[spans[0].trace_id] for spans in some)
    assert fast.good_traces(sli, START - 100, START, limit=5) == []


@pytest.mark.parametrize("kind", [SpanKind.CLIENT, SpanKind.SERVER])
def test_a_bad_side_of_a_call_is_not_the_other_side(
    both: tuple[MemorySpans, WarehouseSpans], kind: SpanKind
) -> None:
    """Where both sides share an id, the event is the side that counts for the SLI, in a trace of both."""
    selector = SpanSelector("mail", kind=kind)
    sli = Sli(1, "a", "a", selector, replace(selector, max_duration_nanoseconds=1))
    found = [
        source.events(source.bad_spans(sli, START, START + 100, limit=10, pick=Pick.NEWEST))
        for source in both
    ]
    ((event,), (other,)) = found
    assert event.span == other.span
    assert event.span.kind == kind.value
    assert event.span in event.trace
    assert (
        {span.span_id for span in event.trace}
        == {"feed", "feed-caller"}
        == {span.span_id for span in other.trace}
    )


def test_traces_come_back_whole(both: tuple[MemorySpans, WarehouseSpans]) -> None:
    """A bad event carries all spans of its trace, and of no other."""
    slow, fast = both
    sli = Sli(1, "a", "a", ANY, replace(ANY, max_duration_nanoseconds=1))
    for event in fast.events(fast.bad_spans(sli, START, START + 100, limit=100, pick=Pick.NEWEST)):
        whole = {span.span_id for span in slow.spans if span.trace_id == event.span.trace_id}
        assert {span.span_id for span in event.trace} == whole
    assert fast.bad_spans(sli, START - 100, START, limit=100, pick=Pick.NEWEST) == []


def test_good_and_bad_samples_are_what_plain_python_picks(
    both: tuple[MemorySpans, WarehouseSpans],
) -> None:
    """Together they are all events, each in one of them, and what they ran on counts as theirs."""
    slow, fast = both
    sli = Sli(1, "a", "a", ANY, replace(ANY, max_duration_nanoseconds=600 * 10**6))
    asked = (sli, START, START + 100)
    for found, expected in zip(
        fast.samples(*asked, limit=100, good=100), slow.samples(*asked, limit=100, good=100), strict=True
    ):
        assert sorted(map(_read_of, found)) == sorted(map(_read_of, expected))
        assert len(found) > 0
        assert dict(found[0].attributes)["service.version"] == found[0].version


@pytest.mark.parametrize("counted", [0, 40, 10_000])
def test_a_sample_is_the_same_however_many_were_counted(
    both: tuple[MemorySpans, WarehouseSpans], counted: int
) -> None:
    """The bound on hashes spares work and changes no answer, where spans stand for several, too."""
    _, fast = both
    asked = (Sli(1, "a", "a", ANY, replace(ANY, max_duration_nanoseconds=600 * 10**6)), START, START + 100)
    whole = fast.samples(*asked, limit=100, good=0)
    assert fast.samples(*asked, limit=5, good=counted) == (whole[0][:5], whole[1][:5])
    assert len(whole[1]) > 5


def _read_of(span: SampledSpan) -> tuple[object, ...]:
    return span.trace_id, span.operation, span.zone, span.version


def test_senders_are_those_that_sent_spans_of_their_own(both: tuple[MemorySpans, WarehouseSpans]) -> None:
    """Of the names asked for, those come back that sent spans in the range, the minute of its start too."""
    asked = {"checkout", "payment", "payline", "it's"}
    for start, found in ((START + 30, {"checkout", "payment"}), (START + 60, set())):
        memory, warehouse = (source.senders(asked, start, start + 60) for source in both)
        assert memory == warehouse == found
