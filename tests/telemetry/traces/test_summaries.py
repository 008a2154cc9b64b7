"""A trace in a line: the index's, that of its spans, and one worked out in plain Python are the same."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from tests.telemetry.otlp_builders import of_service, segment, span, traces
from tests.telemetry.shop_traces import one_trace, trace_id_of

from holdfast.telemetry.model import Signal
from holdfast.telemetry.traces.mesh import is_proxy_name
from holdfast.telemetry.traces.model import Span, TraceSummary, is_failed
from holdfast.telemetry.traces.store import TraceStore
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

TRACES = 40


def plainly(trace_id: str, spans: Sequence[Span]) -> TraceSummary:
    """Return what there is to say of a trace, from its spans."""
    first = min(
        spans, key=lambda one: (is_proxy_name(one.service), bool(one.parent_span_id), one.start_nanoseconds)
    )
    start = min(one.start_nanoseconds for one in spans)
    return TraceSummary(
        trace_id,
        first.service,
        first.operation,
        any(not one.parent_span_id for one in spans),
        tuple(sorted({one.service for one in spans if not is_proxy_name(one.service)})),
        len(spans),
        sum(is_failed(one) for one in spans),
        start,
        max(one.start_nanoseconds + one.duration_nanoseconds for one in spans) - start,
    )


@pytest.fixture
def stored(warehouse: ChdbWarehouse, tmp_path: Path) -> ChdbWarehouse:
    """Orders whose spans came in by services, shuffled, in seven batches; one trace begins at the mesh."""
    parts = [part for number in range(TRACES) for part in one_trace(number)]
    ingress = span("ingress", trace_id=bytes.fromhex(trace_id_of(3)), parent=b"", milliseconds=900)
    parts.append(of_service("envoy-ingress", [ingress]))
    Random(7).shuffle(parts)
    for number in range(7):
        path = segment(tmp_path, traces(*parts[number::7]))
        warehouse.insert_segment(Signal.TRACES, path, f"batch-{number}")
    return warehouse


@pytest.mark.parametrize("merged", [False, True], ids=["as they came", "merged"])
def test_the_index_says_what_the_spans_say(stored: ChdbWarehouse, *, merged: bool) -> None:
    """However spans were spread over batches, merged or not, a line is what reading all of them gives."""
    store, ids = TraceStore(stored), [trace_id_of(number) for number in range(TRACES)]
    if merged:
        stored.command("OPTIMIZE TABLE otel_traces_trace_id_ts FINAL")
    expected = {one: plainly(one, store.spans(one)) for one in ids}
    assert len({one.root_service for one in expected.values()}) == 1
    assert store.summaries([*ids, "missing"]) == expected
    assert store.summaries_of_spans(store.bounds(ids)) == expected


def test_what_came_before_the_index_knew_is_read_from_its_spans(stored: ChdbWarehouse) -> None:
    """Rows that hold only seconds, and traces with such a row among others, are not taken at their word."""
    store, ids = TraceStore(stored), [trace_id_of(3), trace_id_of(4)]
    expected = store.summaries(ids)
    stored.command(
        "INSERT INTO otel_traces_trace_id_ts (TraceId, Start, End) SELECT TraceId, Start, End "
        "FROM otel_traces_trace_id_ts WHERE TraceId = {id:String} LIMIT 1",
        {"id": ids[0]},
    )
    stored.command(
        "ALTER TABLE otel_traces_trace_id_ts UPDATE Began = 0, Spans = 0 WHERE TraceId = {id:String} "
        "SETTINGS mutations_sync = 1",
        {"id": ids[1]},
    )
    assert store.summaries(ids) == expected
