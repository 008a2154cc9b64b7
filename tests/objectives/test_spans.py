"""Bad spans found by the engine are those that plain Python finds."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.objectives.test_blame import a_payment, a_span

from holdfast.catalog.model import Sli, SpanKind, SpanSelector, SpanStatus
from holdfast.objectives.spans import MemorySpans, Pick, WarehouseSpans
from holdfast.telemetry.migrations import migrate
from holdfast.telemetry.schema import Layout
from holdfast.telemetry.traces.model import Span
from holdfast.telemetry.warehouse_chdb import ChdbWarehouse

START = 1_772_366_400
MOMENT = START * 10**9


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
            attributes={"http.response.status_code": str(200 + 100 * (n % 4)), "shop.channel": "web'; --"},
        )
        spans += [root, replace(a_payment(f"c{n}", f"r{n}"), trace_id=f"t{n}", start_nanoseconds=MOMENT + n)]
    return spans


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MemorySpans, WarehouseSpans]]:
    """The same spans in memory and in a warehouse."""
    warehouse = ChdbWarehouse(tmp_path_factory.mktemp("warehouse"))
    warehouse.open()
    migrate(warehouse, Layout(database="holdfast"))
    for table in ("otel_traces", "otel_traces_trace_id_ts"):
        warehouse.command(f"ALTER TABLE {table} REMOVE TTL")
    spans = _spans()
    _store(warehouse, spans)
    yield MemorySpans(spans), WarehouseSpans(warehouse)
    warehouse.close()


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
        "resource": {"cloud.availability_zone": span.zone, "service.version": span.version},
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
    ],
    ids=["status", "duration", "both", "attributes", "kind"],
)
def test_selectors_mean_the_same_in_sql_and_in_python(
    both: tuple[MemorySpans, WarehouseSpans], sli: Sli
) -> None:
    """Every kind of condition picks the same spans, newest first, whatever their values contain."""
    slow, fast = both
    for limit in (5, 100):
        expected = slow.bad_events(sli, START, START + 100, limit=limit, pick=Pick.NEWEST)
        found = fast.bad_events(sli, START, START + 100, limit=limit, pick=Pick.NEWEST)
        assert [event.span for event in found] == [event.span for event in expected]
    assert expected


def test_a_sample_is_repeatable_and_within_the_range(both: tuple[MemorySpans, WarehouseSpans]) -> None:
    """The same question gets the same sample, and nothing outside of its range."""
    _, fast = both
    sli = Sli(1, "a", "a", ANY, replace(ANY, max_duration_nanoseconds=1))
    first, second = (fast.bad_events(sli, START + 3, START + 9, limit=4, pick=Pick.ANY) for _ in range(2))
    assert first == second
    assert all(START + 3 <= event.span.start_nanoseconds // 10**9 < START + 9 for event in first)


def test_traces_come_back_whole(both: tuple[MemorySpans, WarehouseSpans]) -> None:
    """A bad event carries all spans of its trace, and of no other."""
    slow, fast = both
    sli = Sli(1, "a", "a", ANY, replace(ANY, max_duration_nanoseconds=1))
    for event in fast.bad_events(sli, START, START + 100, limit=100, pick=Pick.NEWEST):
        whole = {span.span_id for span in slow.spans if span.trace_id == event.span.trace_id}
        assert {span.span_id for span in event.trace} == whole
    assert fast.bad_events(sli, START - 100, START, limit=100, pick=Pick.NEWEST) == []


def test_good_and_bad_samples_are_what_plain_python_picks(
    both: tuple[MemorySpans, WarehouseSpans],
) -> None:
    """Together they are all events, each in one of them, and what they ran on counts as theirs."""
    slow, fast = both
    sli = Sli(1, "a", "a", ANY, replace(ANY, max_duration_nanoseconds=600 * 10**6))
    for good in (True, False):
        expected = slow.sample(sli, START, START + 100, good=good, limit=100)
        found = fast.sample(sli, START, START + 100, good=good, limit=100)
        assert {span.span_id for span in found} == {span.span_id for span in expected}
        assert len(found) == len(expected) > 0
        assert dict(found[0].attributes)["service.version"] == found[0].version
    few = [fast.sample(sli, START, START + 100, good=True, limit=5) for _ in range(2)]
    assert few[0] == few[1]
    assert len(few[0]) == 5
