"""What of an OTLP request is taken, and what is rejected by which rule."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from tests.telemetry.bodies import REQUESTS_OF, logs, metrics, nanoseconds, trace_id, traces

from holdfast.telemetry.errors import BadBody
from holdfast.telemetry.intake.otlp.batch import Rule
from holdfast.telemetry.intake.otlp.replies import MESSAGE_LIMIT, Code, MediaType, status, success
from holdfast.telemetry.intake.otlp.rules import AdmissionLimits, decode
from holdfast.telemetry.model import Signal

NOW = nanoseconds(datetime(2026, 3, 1, 12, tzinfo=UTC))
DAY = 86_400 * 10**9
WINDOW = AdmissionLimits(NOW - 30 * DAY, NOW + 600 * 10**9, NOW, attributes=100)
NANOSECOND = 1


def reasons(batch):
    """Return how many items each rule rejected."""
    return {rejection.rule: rejection.count for rejection in batch.rejections}


@pytest.mark.parametrize("signal", Signal)
def test_untouched(signal):
    """A request in which nothing is wrong goes on byte for byte."""
    body = REQUESTS_OF[signal](NOW, 1, 2, 3).SerializeToString()
    batch = decode(signal, body, WINDOW)
    assert (batch.record, batch.accepted, batch.rejections) == (body, 3, ())


@pytest.mark.parametrize("signal", Signal)
def test_fields_of_a_newer_sender(signal):
    """Fields that OTLP did not have when this was written are dropped, and nothing else is."""
    body = REQUESTS_OF[signal](NOW, 1, 2, 3).SerializeToString()
    batch = decode(signal, body + b"\xa8\x06\x01", WINDOW)
    assert (batch.record, batch.accepted, batch.rejections) == (body, 3, ())


@pytest.mark.parametrize("signal", Signal)
def test_empty(signal):
    """An empty request is a success with nothing in it."""
    assert decode(signal, b"", WINDOW).accepted == 0


@pytest.mark.parametrize(
    ("at", "rule"),
    [
        (WINDOW.earliest, None),
        (WINDOW.earliest - NANOSECOND, Rule.TOO_OLD),
        (WINDOW.latest, None),
        (WINDOW.latest + NANOSECOND, Rule.IN_THE_FUTURE),
        (0, Rule.TOO_OLD),
        (nanoseconds(datetime(2100, 1, 1, tzinfo=UTC)), Rule.IN_THE_FUTURE),
        (2**64 - 1, Rule.IN_THE_FUTURE),
    ],
)
@pytest.mark.parametrize("signal", [Signal.TRACES, Signal.METRICS])
def test_time_window(signal, at, rule):
    """What lies outside the time kept is rejected, so that no date can make a partition of its own."""
    request = REQUESTS_OF[signal](at, 1)
    if signal is Signal.TRACES:
        request.resource_spans[0].scope_spans[0].spans[0].end_time_unix_nano = at
    batch = decode(signal, request.SerializeToString(), WINDOW)
    assert reasons(batch) == ({} if rule is None else {rule: 1})


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"trace_id": b""}, Rule.BAD_TRACE_ID),
        ({"trace_id": bytes(16)}, Rule.BAD_TRACE_ID),
        ({"trace_id": b"x" * 15}, Rule.BAD_TRACE_ID),
        ({"trace_id": b"x" * 1000}, Rule.BAD_TRACE_ID),
        ({"span_id": b""}, Rule.BAD_SPAN_ID),
        ({"span_id": bytes(8)}, Rule.BAD_SPAN_ID),
        ({"span_id": b"x" * 16}, Rule.BAD_SPAN_ID),
        ({"end_time_unix_nano": 0}, None),
        ({"end_time_unix_nano": 1}, None),
        ({"end_time_unix_nano": WINDOW.latest}, None),
        ({"end_time_unix_nano": WINDOW.latest + NANOSECOND}, Rule.IN_THE_FUTURE),
        ({"end_time_unix_nano": 2**63}, Rule.IN_THE_FUTURE),
        ({"end_time_unix_nano": 2**64 - 1}, Rule.IN_THE_FUTURE),
        ({"name": ""}, None),
    ],
)
def test_span_rules(change, rule):
    """A span needs ids; one that ends before it starts, or has no name, happened; one yet to end has not."""
    request = traces(NOW, 1)
    span = request.resource_spans[0].scope_spans[0].spans[0]
    for field, value in change.items():
        setattr(span, field, value)
    assert reasons(decode(Signal.TRACES, request.SerializeToString(), WINDOW)) == (
        {} if rule is None else {rule: 1}
    )


@pytest.mark.parametrize(("count", "rejected"), [(100, 0), (101, 1), (1_000_000, 1)])
def test_many_attributes(count, rejected):
    """A span with more attributes than allowed is rejected alone, even with a million of them."""
    request = traces(NOW, 1, 2)
    pair = request.resource_spans[0].scope_spans[0].spans[0].attributes.add(key="k")
    pair.value.string_value = "v"
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.attributes.extend([pair] * (count - 1))
    batch = decode(Signal.TRACES, request.SerializeToString(), WINDOW)
    assert (batch.accepted, reasons(batch).get(Rule.TOO_MANY_ATTRIBUTES, 0)) == (2 - rejected, rejected)


@pytest.mark.parametrize("signal", Signal)
def test_resource_attributes(signal):
    """A resource with more attributes than allowed takes all its items with it, and no others."""
    request = REQUESTS_OF[signal](NOW, 1, 2)
    group = getattr(request, REQUEST_GROUPS[signal])[0]
    for number in range(101):
        group.resource.attributes.add(key=f"k{number}")
    request.MergeFrom(REQUESTS_OF[signal](NOW, 3))
    batch = decode(signal, request.SerializeToString(), WINDOW)
    assert (batch.accepted, reasons(batch)) == (1, {Rule.TOO_MANY_ATTRIBUTES: 2})


REQUEST_GROUPS = {
    Signal.TRACES: "resource_spans",
    Signal.METRICS: "resource_metrics",
    Signal.LOGS: "resource_logs",
}


@pytest.mark.parametrize("kind", ["gauge", "sum", "histogram", "exponential_histogram", "summary"])
def test_metric_kinds(kind):
    """Points of every metric type are taken, and rejected by their time one by one."""
    request = metrics(NOW, 1, 2, kind=kind)
    request.MergeFrom(metrics(5, 3, kind=kind))
    batch = decode(Signal.METRICS, request.SerializeToString(), WINDOW)
    assert (batch.accepted, reasons(batch)) == (2, {Rule.TOO_OLD: 1})
    left = ExportMetricsServiceRequest.FromString(batch.record)
    assert sum(len(s.metrics) for r in left.resource_metrics for s in r.scope_metrics) == 1


def test_unknown_metric_type():
    """A metric of a type that is not known here is counted as one rejected point."""
    request = metrics(NOW, 1)
    request.resource_metrics[0].scope_metrics[0].metrics.add(name="from.the.future")
    batch = decode(Signal.METRICS, request.SerializeToString(), WINDOW)
    assert (batch.accepted, reasons(batch)) == (1, {Rule.UNKNOWN_METRIC_TYPE: 1})
    assert "from.the.future" in batch.explanation()


@pytest.mark.parametrize(
    ("time", "observed", "accepted"),
    [(NOW, 0, 1), (0, NOW, 1), (0, 0, 1), (5, NOW, 0), (0, 5, 0), (NOW, 5, 1)],
)
def test_log_times(time, observed, accepted):
    """A log record is dated by its time, else by when it was observed, else by when it came."""
    batch = decode(Signal.LOGS, logs(time, 1, observed=observed).SerializeToString(), WINDOW)
    assert batch.accepted == accepted


def test_log_without_time_is_dated():
    """A log record without any time is dated when it comes, so that a replay stores the same row."""
    batch = decode(Signal.LOGS, logs(0, 1, 2).SerializeToString(), WINDOW)
    assert batch.record == logs(0, 1, 2, observed=NOW).SerializeToString()


def test_a_tail_samplers_policy_moves_from_the_scope_to_its_spans():
    """The tables have no attributes of a span's scope; others stay, and a second reading adds none."""
    request = traces(NOW, 1, 2)
    scope = request.resource_spans[0].scope_spans[0]
    for key in ("a", "tailsampling.policy", "tailsampling.composite_policy"):
        scope.scope.attributes.add(key=key).value.string_value = f"of {key}"
    batch = decode(Signal.TRACES, request.SerializeToString(), WINDOW)
    (found,) = ExportTraceServiceRequest.FromString(batch.record).resource_spans[0].scope_spans
    assert [pair.key for pair in found.scope.attributes] == ["a"]
    assert [[(pair.key, pair.value.string_value) for pair in span.attributes] for span in found.spans] == [
        [(key, f"of {key}") for key in ("tailsampling.policy", "tailsampling.composite_policy")]
    ] * 2
    assert decode(Signal.TRACES, batch.record, WINDOW).record == batch.record


@pytest.mark.parametrize(("length", "moves"), [(0, False), (1, True), (100, True), (101, False)])
def test_a_long_text_is_not_copied_from_a_scope(length, moves):
    """A sender cannot have a text stored once for each of its spans, nor many under one key."""
    request = traces(NOW, 1, 2)
    scope = request.resource_spans[0].scope_spans[0]
    for _ in range(3):
        scope.scope.attributes.add(key="tailsampling.policy").value.string_value = "p" * length
    batch = decode(Signal.TRACES, request.SerializeToString(), WINDOW)
    (found,) = ExportTraceServiceRequest.FromString(batch.record).resource_spans[0].scope_spans
    assert [len(span.attributes) for span in found.spans] == [int(moves)] * 2
    assert len(found.scope.attributes) == (0 if moves else 3)


@given(st.lists(st.sampled_from([0, NOW, 2**63]), max_size=40))
def test_rest_is_kept(times):
    """The accepted part of a request is exactly its good spans in order, with any others between."""
    request = ExportTraceServiceRequest()
    for number, at in enumerate(times):
        request.MergeFrom(traces(at, number))
    batch = decode(Signal.TRACES, request.SerializeToString(), WINDOW)
    left = ExportTraceServiceRequest.FromString(batch.record)
    kept = [s.trace_id for r in left.resource_spans for scope in r.scope_spans for s in scope.spans]
    assert kept == [trace_id(number) for number, at in enumerate(times) if at == NOW]
    assert batch.accepted == len(kept)
    assert batch.accepted + batch.rejected == len(times)


@pytest.mark.parametrize(
    "body", [b"\xff", b"\x0a\xff", b"not protobuf at all", traces(NOW, 1).SerializeToString()[:-1]]
)
def test_bad_body(body):
    """A body that is not the message it should be is refused with what it is not."""
    with pytest.raises(BadBody, match="is not an ExportTraceServiceRequest"):
        decode(Signal.TRACES, body, WINDOW)


def test_explanation():
    """The sender learns how many were rejected, by which rule, and an example value."""
    request = traces(NOW, 1)
    request.MergeFrom(traces(0, 2, 3))
    sentence = decode(Signal.TRACES, request.SerializeToString(), WINDOW).explanation()
    assert sentence.startswith("2 of 3 spans were rejected: 2 older than what is kept (too_old)")
    assert "start_time_unix_nano=0" in sentence


def test_partial_success_forms():
    """A partial success says the same in protobuf and in JSON; a full one has an empty message."""
    batch = decode(Signal.TRACES, traces(0, 2, 3).SerializeToString(), WINDOW)
    partial = ExportTraceServiceResponse.FromString(success(batch)).partial_success
    assert (partial.rejected_spans, partial.error_message) == (2, batch.explanation())
    assert b'"rejectedSpans": "2"' in success(batch, MediaType.JSON)
    full = decode(Signal.TRACES, traces(NOW, 2).SerializeToString(), WINDOW)
    assert success(full) == b""
    assert success(full, MediaType.JSON) == b'{"partialSuccess": {}}'


@given(st.sampled_from(Code), st.text(), st.none() | st.integers(0, 10**6))
def test_status_is_google_rpc_status(code, message, retry):
    """The Status written by hand reads the same with Google's own definition."""
    status_pb2 = pytest.importorskip("google.rpc.status_pb2")
    error_details_pb2 = pytest.importorskip("google.rpc.error_details_pb2")
    read = status_pb2.Status.FromString(status(code, message, retry_seconds=retry))
    assert (read.code, read.message) == (code, message)
    for detail in read.details:
        info = error_details_pb2.RetryInfo()
        assert detail.Unpack(info)
        assert info.retry_delay.ToTimedelta() == timedelta(seconds=retry)
    assert len(read.details) == (retry is not None)


def test_long_message_is_trimmed():
    """An error text cannot grow a reply over the limit."""
    assert len(status(Code.INTERNAL, "x" * 10**7)) < 2 * MESSAGE_LIMIT
