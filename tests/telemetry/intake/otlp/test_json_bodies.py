"""OTLP/JSON into protobuf, by the specification's own rules."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.lints.source import ROOT
from tests.refusals import check_says_why
from tests.telemetry.bodies import REQUESTS_OF, nanoseconds

from holdfast.runtime.errors import Invalid, TooLarge
from holdfast.telemetry.errors import BadBody
from holdfast.telemetry.intake.otlp import json_bodies
from holdfast.telemetry.intake.otlp.batch import Note, Rule
from holdfast.telemetry.intake.otlp.json_bodies import decode_json, read_json
from holdfast.telemetry.intake.otlp.rules import AdmissionLimits, check, parse
from holdfast.telemetry.model import Signal

EXAMPLES = ROOT / "tests/data/otlp"
THEN = nanoseconds(datetime(2018, 12, 13, 14, 51, tzinfo=UTC))
HOUR = int(timedelta(hours=1).total_seconds()) * 10**9


def parse_json(signal, body):
    """Return the request that is read, or raise the first fault."""
    reading = read_json(signal, body)
    if reading.fault is not None:
        raise reading.fault
    return reading.request


def span(**fields):
    """Return a request with one span of these JSON fields."""
    return {"resourceSpans": [{"scopeSpans": [{"spans": [fields]}]}]}


def parsed_span(**fields):
    """Return the span that is read from these JSON fields."""
    request = parse_json(Signal.TRACES, json.dumps(span(**fields)).encode())
    return request.resource_spans[0].scope_spans[0].spans[0]


@pytest.mark.parametrize(
    ("name", "signal"),
    [("trace", Signal.TRACES), ("metrics", Signal.METRICS), ("logs", Signal.LOGS), ("events", Signal.LOGS)],
)
def test_published_examples(name, signal):
    """The protocol's own examples, of 2018, are read; they count then, and are too old today."""
    body = (EXAMPLES / f"{name}.json").read_bytes()
    then = AdmissionLimits(THEN - HOUR, THEN + HOUR, THEN, 1000)
    assert check(signal, parse_json(signal, body), then).rejections == ()
    now = nanoseconds(datetime(2026, 3, 1, tzinfo=UTC))
    batch = check(signal, parse_json(signal, body), AdmissionLimits(now - 720 * HOUR, now, now, 1000))
    assert (batch.accepted, {r.rule.value for r in batch.rejections}) == (0, {"too_old"})


@pytest.mark.parametrize("signal", Signal)
def test_like_the_general_reader(signal):
    """Apart from ids and enums, what is read is what protobuf's own JSON reader reads."""
    message = REQUESTS_OF[signal](THEN, 1, 2)
    document = json_format.MessageToDict(message, use_integers_for_enums=True)
    if signal is Signal.TRACES:
        for scope in document["resourceSpans"][0]["scopeSpans"]:
            for item, original in zip(
                scope["spans"], message.resource_spans[0].scope_spans[0].spans, strict=True
            ):
                item["traceId"], item["spanId"] = original.trace_id.hex(), original.span_id.hex().upper()
    assert parse_json(signal, json.dumps(document).encode()) == message


def test_ids_are_hexadecimal_in_any_case():
    """Trace and span ids are hexadecimal, not base64, in any case."""
    read = parsed_span(traceId="5B8EFFF798038103D269b633813fc60c", spanId="eee19b7ec3c1b174", parentSpanId="")
    assert read.trace_id.hex() == "5b8efff798038103d269b633813fc60c"
    assert (read.span_id.hex(), read.parent_span_id) == ("eee19b7ec3c1b174", b"")


@pytest.mark.parametrize("written", [123, "123", 123.0])
def test_integers(written):
    """64-bit integers may be numbers or strings."""
    assert parsed_span(startTimeUnixNano=written).start_time_unix_nano == 123


def test_largest_integer():
    """The largest 64-bit integer comes through without rounding."""
    assert parsed_span(startTimeUnixNano=2**64 - 1).start_time_unix_nano == 2**64 - 1


def test_unknown_and_null_fields():
    """Unknown fields of a span are ignored, original field names are read, and null is absent."""
    read = parsed_span(name="a", unheardOf={"x": [1]}, start_time_unix_nano=5, endTimeUnixNano=None)
    assert (read.name, read.start_time_unix_nano, read.end_time_unix_nano) == ("a", 5, 0)


def remarks(document, signal=Signal.TRACES):
    """Return the remarks on this document: notes with their count and first example."""
    found = read_json(signal, json.dumps(document).encode()).tally.remarks()
    return {one.note: (one.count, one.example) for one in found}


@pytest.mark.parametrize(
    ("document", "note", "example"),
    [
        ({"resource_spans": []}, Note.SNAKE_CASE_KEYS, "resource_spans"),
        (span(trace_id="00"), Note.SNAKE_CASE_KEYS, "resourceSpans[0].scopeSpans[0].spans[0].trace_id"),
        ({"resourcespans": [{}]}, Note.UNKNOWN_KEYS, "resourcespans"),
        ({"anything": 1}, Note.UNKNOWN_KEYS, "anything"),
        (
            {"resourceSpans": [{"instrumentationLibrarySpans": [{}]}]},
            Note.UNKNOWN_KEYS,
            "resourceSpans[0].instrumentationLibrarySpans",
        ),
        (span(traceID="00"), Note.UNKNOWN_KEYS, "resourceSpans[0].scopeSpans[0].spans[0].traceID"),
        ({"ab\ud800": 1}, Note.UNKNOWN_KEYS, "ab\ufffd"),
    ],
)
def test_keys_of_other_spellings_are_named(document, note, example):
    """The first key that is not OTLP's is reported: nothing is silently ignored."""
    assert remarks(document) == {note: (1, example)}


@pytest.mark.parametrize(
    "document", [{}, {"anything": None}, span(unheardOf=1), {"resourceSpans": [{"resource": {"newer": 1}}]}]
)
def test_a_newer_sender_is_understood(document):
    """A field of a newer protocol inside an item or a resource is ignored silently."""
    assert remarks(document) == {}


def test_all_keys_in_snake_case_are_read():
    """A body written with protobuf's own field names is the same request, of every signal."""
    for signal in Signal:
        message = REQUESTS_OF[signal](THEN, 1, 2)
        document = json_format.MessageToDict(
            message, use_integers_for_enums=True, preserving_proto_field_name=True
        )
        if signal is Signal.TRACES:
            spans = message.resource_spans[0].scope_spans[0].spans
            for item, one in zip(
                document["resource_spans"][0]["scope_spans"][0]["spans"], spans, strict=True
            ):
                item["trace_id"], item["span_id"] = one.trace_id.hex(), one.span_id.hex()
        assert parse_json(signal, json.dumps(document).encode()) == message


@pytest.mark.parametrize(
    ("body", "name", "count"),
    [
        (json.dumps(span(name="x\ud83d")).encode(), "x\ufffd", 1),
        (json.dumps(span(name="\udc00\ud83dx")).encode(), "\ufffd\ufffdx", 1),
        (json.dumps(span(name="\U0001f600")).encode(), "\U0001f600", 0),
        (json.dumps(span(name="caf?")).encode().replace(b"?", b"\xe9"), "caf\ufffd", 1),
        (json.dumps(span(name="nul\0")).encode(), "nul\0", 0),
        (b"\xef\xbb\xbf" + json.dumps(span(name="bom")).encode(), "bom", 0),
    ],
)
def test_texts_that_are_not_unicode_are_repaired(body, name, count):
    """A lone surrogate or a byte that is not UTF-8 becomes U+FFFD, and the reply says so."""
    reading = read_json(Signal.TRACES, body)
    assert reading.request.resource_spans[0].scope_spans[0].spans[0].name == name
    assert sum(one.count for one in reading.tally.remarks() if one.note is Note.REPAIRED_TEXT) == count


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "9" * 5000])
def test_a_number_json_does_not_know_is_read_or_costs_its_item_only(number):
    """NaN written as such is the double, as many libraries mean it; an endless integer costs its span."""
    value = f'{{"attributes": [{{"key": "k", "value": {{"doubleValue": {number}}}}}]}}'
    body = json.dumps(span(name="?")).replace('{"name": "?"}', f'{value}, {{"name": "other"}}').encode()
    spans = read_json(Signal.TRACES, body).request.resource_spans[0].scope_spans[0].spans
    assert [one.name for one in spans][-1] == "other"
    assert len(spans) == 2


FAULTS = {
    "spans": ("resourceSpans[0].scopeSpans[0].spans[1]", Signal.TRACES),
    "logRecords": ("resourceLogs[0].scopeLogs[0].logRecords[1]", Signal.LOGS),
    "dataPoints": ("resourceMetrics[0].scopeMetrics[0].metrics[0].gauge.dataPoints[1]", Signal.METRICS),
}


@pytest.mark.parametrize("key", FAULTS)
def test_a_fault_costs_its_item_only(key):
    """Of three items the one with a value of the wrong kind is rejected and named; the others are kept."""
    place, signal = FAULTS[key]
    request = json_format.MessageToDict(REQUESTS_OF[signal](THEN, 1, 2, 3), use_integers_for_enums=True)
    item = request
    for step in place.replace("]", "").replace("[", ".").split("."):
        item = item[int(step) if step.isdecimal() else step]
    item["attributes"] = [{"key": "k", "value": {"boolValue": "yes"}}]
    if signal is Signal.TRACES:
        for number, one in enumerate(request["resourceSpans"][0]["scopeSpans"][0]["spans"], 1):
            one["traceId"], one["spanId"] = f"{number:032x}", f"{number:016x}"
    window = AdmissionLimits(THEN - HOUR, THEN + HOUR, THEN, 1000)
    batch = decode_json(signal, json.dumps(request).encode(), window)
    assert (batch.accepted, [(one.rule, one.count) for one in batch.rejections]) == (
        2,
        [(Rule.UNREADABLE, 1)],
    )
    assert f"{place}.attributes[0].value.boolValue is 'yes'" in batch.explanation()


@pytest.mark.parametrize(
    ("fault", "lost"),
    [
        ({"resource": 5}, 3),
        ({"resource": {"attributes": [{"key": 5}]}}, 3),
        ({"scopeSpans": [{"scope": {"name": 5}, "spans": [{}, {}]}, {"spans": [{}]}]}, 2),
        ({"scopeSpans": {}}, 1),
        ({"scopeSpans": [{"spans": [5]}]}, 1),
    ],
)
def test_a_fault_in_a_resource_costs_what_belongs_to_it(fault, lost):
    """All items of a resource or scope that cannot be read are counted as rejected, and no others."""
    group = {"scopeSpans": [{"spans": [{}, {}, {"kind": "x"}]}], **fault}
    reading = read_json(
        Signal.TRACES, json.dumps({"resourceSpans": [group, span()["resourceSpans"][0]]}).encode()
    )
    assert reading.lost == lost
    assert len(reading.request.resource_spans[-1].scope_spans[0].spans) == 1


@pytest.mark.parametrize(
    ("value", "field", "expected"),
    [
        ({"stringValue": "ü"}, "string_value", "ü"),
        ({"boolValue": True}, "bool_value", True),
        ({"intValue": "-5"}, "int_value", -5),
        ({"doubleValue": 1.5}, "double_value", 1.5),
        ({"doubleValue": "Infinity"}, "double_value", float("inf")),
        ({"doubleValue": 1}, "double_value", 1.0),
        ({"bytesValue": "+/8="}, "bytes_value", b"\xfb\xff"),
        ({"bytesValue": "-_8"}, "bytes_value", b"\xfb\xff"),
    ],
)
def test_values(value, field, expected):
    """Attribute values of every type are read."""
    read = parsed_span(attributes=[{"key": "k", "value": value}]).attributes[0].value
    assert (read.WhichOneof("value"), getattr(read, field)) == (field, expected)


def test_empty_list_is_a_value():
    """A value that is an empty list is not the same as no value."""
    read = parsed_span(attributes=[{"key": "k", "value": {"arrayValue": {}}}]).attributes[0].value
    assert read.WhichOneof("value") == "array_value"


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"kind": "SPAN_KIND_SERVER"}, "kind"),
        ({"kind": True}, "kind"),
        ({"kind": 2**40}, "kind"),
        ({"traceId": "xyz"}, "traceId"),
        ({"traceId": "abc"}, "traceId"),
        ({"traceId": 5}, "traceId"),
        ({"name": 5}, "name"),
        ({"startTimeUnixNano": "1e3"}, "startTimeUnixNano"),
        ({"startTimeUnixNano": 1.5}, "startTimeUnixNano"),
        ({"startTimeUnixNano": -1}, "startTimeUnixNano"),
        ({"startTimeUnixNano": 2**64}, "startTimeUnixNano"),
        ({"startTimeUnixNano": "9" * 5000}, "startTimeUnixNano"),
        ({"attributes": {}}, "attributes"),
        ({"attributes": [5]}, "attributes[0]"),
        ({"attributes": [{"value": {"doubleValue": "x"}}]}, "attributes[0].value.doubleValue"),
        ({"attributes": [{"value": {"boolValue": 1}}]}, "attributes[0].value.boolValue"),
        ({"attributes": [{"value": {"bytesValue": "§"}}]}, "attributes[0].value.bytesValue"),
        ({"status": []}, "status"),
    ],
)
def test_wrong_values(fields, place):
    """A value of the wrong kind is named with its place; a request of nothing else is refused."""
    with pytest.raises(BadBody) as caught:
        parsed_span(**fields)
    assert caught.value.detail.startswith(f"resourceSpans[0].scopeSpans[0].spans[0].{place} is ")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"5", b"null", b"\xff", b'{"a": nan}', b"[" * 100_000, b'{"a":' + b"9" * 5000],
)
def test_not_json(body):
    """What is no JSON object is refused in a sentence, however strange."""
    with pytest.raises(BadBody):
        parse_json(Signal.TRACES, body)


def nested(levels):
    """Return a request with a value nested so many times."""
    value: dict = {"stringValue": "x"}
    for _ in range(levels):
        value = {"arrayValue": {"values": [value]}}
    return json.dumps(span(attributes=[{"key": "k", "value": value}])).encode()


def deepest_read():
    """Return the most levels of nesting that are read."""
    for levels in range(1, 200):
        try:
            parse_json(Signal.TRACES, nested(levels))
        except BadBody:
            return levels - 1
    raise AssertionError("no limit on nesting")


def test_deepest_nesting_can_be_read_again():
    """What is accepted as JSON can be parsed again as protobuf, down to the deepest level."""
    deepest = deepest_read()
    assert deepest > 20
    request = parse_json(Signal.TRACES, nested(deepest))
    assert parse(Signal.TRACES, request.SerializeToString()) == request
    with pytest.raises(BadBody, match="nested too deeply"):
        parse_json(Signal.TRACES, nested(deepest + 1))


def test_too_many_faults():
    """A body of nothing but faults is refused before each of them is looked at."""
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [5] * 10_001}]}]}).encode()
    with pytest.raises(Invalid, match=r"more than 10000 items cannot be read.*spans\[0\] is 5"):
        read_json(Signal.TRACES, body)


def test_too_many_containers(monkeypatch):
    """A body of millions of empty objects is refused before it is read into memory."""
    monkeypatch.setattr(json_bodies, "_MOST_CONTAINERS", 1000)
    with pytest.raises(TooLarge, match="send smaller batches"):
        parse_json(Signal.TRACES, b'{"x":[' + b"{}," * 1000 + b"{}]}")


KEYS = st.sampled_from(
    ["resourceSpans", "scopeSpans", "spans", "attributes", "value", "arrayValue", "values", "kind", "traceId"]
)
LEAVES = st.none() | st.booleans() | st.floats() | st.text() | st.integers()
DOCUMENTS = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=15)


@given(DOCUMENTS)
def test_any_json(document):
    """Any JSON value is either read or refused as a bad body."""
    try:
        read = parse_json(Signal.TRACES, json.dumps(document).encode())
    except BadBody as refused:
        check_says_why(refused)
        return
    assert isinstance(read, ExportTraceServiceRequest)
