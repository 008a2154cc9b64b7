"""Numbers as SDKs and people write them in OTLP/JSON: what each means, and which are refused."""

import json
import math

import pytest

from holdfast.telemetry.errors import BadBody
from holdfast.telemetry.intake.otlp.json_bodies import decode_json, read_json
from holdfast.telemetry.intake.otlp.rules import AdmissionLimits, parse
from holdfast.telemetry.model import Signal

WINDOW = AdmissionLimits(1, 2**62, 2**61, attributes=100)


def body(value, **fields):
    """Return a request with one span that has one attribute."""
    span = {"attributes": [{"key": "v", "value": value}], **fields}
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()


def read(value, **fields):
    """Return the span that is read, as the warehouse's reader would find it in the record."""
    record = read_json(Signal.TRACES, body(value, **fields)).request.SerializeToString()
    return parse(Signal.TRACES, record).resource_spans[0].scope_spans[0].spans[0]


@pytest.mark.parametrize(
    ("value", "field", "expected"),
    [
        ({"intValue": "7"}, "int_value", 7),
        ({"intValue": 7}, "int_value", 7),
        ({"intValue": 1e3}, "int_value", 1000),
        ({"intValue": "9223372036854775807"}, "int_value", 2**63 - 1),
        ({"intValue": "-9223372036854775808"}, "int_value", -(2**63)),
        ({"doubleValue": "1.2"}, "double_value", 1.2),
        ({"doubleValue": None}, None, None),
        ({"intValue": None}, None, None),
        ({}, None, None),
        (None, None, None),
    ],
)
def test_what_a_number_means(value, field, expected):
    """Integers come through whole in every spelling; a null, or nothing, is a value that is not there."""
    found = read(value).attributes[0].value
    assert found.WhichOneof("value") == field
    assert field is None or getattr(found, field) == expected


def test_not_a_number():
    """NaN is written as a string and is NaN."""
    assert math.isnan(read({"doubleValue": "NaN"}).attributes[0].value.double_value)


@pytest.mark.parametrize("number", [2**63, 18446744073709551615, -(2**63) - 1, 1.5, 1e300, "1.5", "", " 7"])
def test_what_is_no_integer_is_refused(number):
    """An integer that does not fit, or is none, refuses the request by its place: it is never rounded."""
    with pytest.raises(BadBody, match=r"attributes\[0\]\.value\.intValue is "):
        decode_json(Signal.TRACES, body({"intValue": number}), WINDOW)


def test_half_typed_lists():
    """A list may hold values of different types, and some without any; all are kept in their places."""
    values = [{"stringValue": "stop"}, {"intValue": 1}, {}, {"doubleValue": 0.5}]
    found = read({"arrayValue": {"values": values}}).attributes[0].value.array_value.values
    assert [one.WhichOneof("value") for one in found] == ["string_value", "int_value", None, "double_value"]


def test_ids_are_hexadecimal_and_never_base64():
    """An id in base64, as the general mapping would have it, is refused; one in capitals is the same id."""
    with pytest.raises(BadBody, match="hexadecimal"):
        decode_json(Signal.TRACES, body({}, traceId="Z6z8LqVvEI+kU1/Ci6mXBQ=="), WINDOW)
    capitals = "67ACFC2EA56F108FA4535FC28BA99705"
    assert read({"intValue": "9223372036854775807"}, traceId=capitals).trace_id.hex() == capitals.lower()
