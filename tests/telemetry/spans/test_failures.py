"""What failed: one table, and the engine agrees with Python on every combination of what a span may say."""

from itertools import product

import pytest
from tests.telemetry import counting_twin
from tests.telemetry.conftest import Store
from tests.telemetry.otlp_builders import KINDS, of_service, pairs, span

from holdfast.telemetry.spans.failures import grpc_code, http_status, is_failed
from holdfast.telemetry.warehouse.protocol import Warehouse


@pytest.mark.parametrize(
    ("kind", "attributes", "failed"),
    [
        ("server", {}, False),
        ("server", {"http.response.status_code": "499"}, False),
        ("server", {"http.response.status_code": "500"}, True),
        ("client", {"http.response.status_code": "399"}, False),
        ("client", {"http.response.status_code": "400"}, True),
        ("server", {"http.response.status_code": "65535"}, True),
        ("server", {"http.response.status_code": "65536"}, False),
        ("server", {"http.response.status_code": "65536", "error.type": "timeout"}, True),
        ("server", {"http.response.status_code": "٥٠٠"}, False),
        ("consumer", {"http.status_code": "500"}, True),
        ("producer", {"http.status_code": "400"}, True),
        ("internal", {"http.status_code": "500"}, False),
        ("server", {"rpc.grpc.status_code": "5"}, False),
        ("server", {"rpc.grpc.status_code": "13"}, True),
        ("client", {"rpc.grpc.status_code": "5"}, True),
        ("client", {"rpc.grpc.status_code": "0"}, False),
        ("client", {"rpc.response.status_code": "OK"}, False),
        ("client", {"rpc.response.status_code": "not_found"}, True),
        ("server", {"rpc.response.status_code": "NOT_FOUND"}, False),
        ("server", {"rpc.status_code": "UNAVAILABLE"}, True),
        ("server", {"rpc.status_code": "OK", "rpc.grpc.status_code": "14"}, False),
        ("server", {"grpc.status_code": "14", "http.status_code": "200"}, True),
        ("client", {"rpc.grpc.status_code": "0", "http.status_code": "404"}, False),
        ("server", {"error.type": "timeout"}, True),
        ("server", {"error.type": "_OTHER"}, True),
        ("server", {"error.type": "404"}, False),
        ("server", {"error.type": "503"}, True),
        ("client", {"error.type": "404"}, True),
        ("internal", {"error.type": "404"}, True),
        ("server", {"error.type": "timeout", "http.response.status_code": "200"}, False),
        ("server", {"rpc.grpc.status_code": "", "http.status_code": "", "error.type": ""}, False),
    ],
)
def test_an_unset_status_is_decided_by_what_was_recorded(
    kind: str, attributes: dict[str, str], *, failed: bool
) -> None:
    """The gRPC code decides before the HTTP status, that before an error's type, by the side of the call."""
    assert is_failed(kind, "Unset", attributes, "") is failed
    assert is_failed(kind, "Ok", attributes, "boom") is False
    assert is_failed(kind, "Error", attributes, "") is True


@pytest.mark.parametrize(
    ("kind", "attributes", "failed"),
    [("internal", {}, True), ("server", {}, True), ("server", {"http.status_code": "200"}, False)],
)
def test_an_exception_decides_where_no_code_does(
    kind: str, attributes: dict[str, str], *, failed: bool
) -> None:
    """A recorded exception is a failure, unless the call says that it was answered well."""
    assert is_failed(kind, "Unset", attributes, "IOError: reset") is failed


def test_what_was_not_recorded_is_no_code() -> None:
    """Neither a gRPC code, which is text, nor an HTTP status, which is a number."""
    assert (grpc_code({}), http_status({})) == ("", 0)
    assert (grpc_code({"rpc.status_code": "OK"}), http_status({"http.status_code": "404"})) == ("OK", 404)


SAID = {
    "rpc.response.status_code": ("", "0", "OK", "5", "13", "unavailable", "16", "17", "-32602"),
    "grpc.status_code": ("", "14"),
    "http.response.status_code": ("", "200", "404", "503", "65536", "x"),
    "error.type": ("", "404", "502", "timeout"),
}
THROWN = (None, {}, {"exception.message": "reset"})


def test_the_engine_and_python_agree_on_every_combination(warehouse: Warehouse, store_spans: Store) -> None:
    """For any kind, status, codes, error and exception, stored spans fail as the rule and its twin say."""
    sent = []
    unset = list(product(KINDS, ("unset",), THROWN, *SAID.values()))
    by_hand = [(kind, status, *rest) for kind, _, *rest in unset[::40] for status in ("ok", "error")]
    for kind, status, thrown, *values in unset + by_hand:
        said = {key: value for key, value in zip(SAID, values, strict=True) if value}
        one = span(kind=kind, status=status, attributes=said, trace_id=b"t" * 16)
        if thrown is not None:
            one.events.add(name="exception", attributes=pairs(thrown))
        sent.append(one)
    store_spans(of_service("checkout", sent))
    stored = dict(warehouse.query("SELECT SpanId, IsError FROM otel_traces"))
    assert len(stored) == len(sent)
    for one in sent:
        own = {pair.key: pair.value.string_value for pair in one.attributes}
        kind = next(name for name, number in KINDS.items() if number == one.kind)
        expected = counting_twin.is_error(one.status.code, kind, own, threw=counting_twin.threw(one))
        assert bool(stored[one.span_id.hex()]) is expected, one
        status = {0: "Unset", 1: "Ok", 2: "Error"}[one.status.code]
        exception = "reset" if counting_twin.threw(one) else ""
        assert is_failed(kind, status, own, exception) is expected, one
