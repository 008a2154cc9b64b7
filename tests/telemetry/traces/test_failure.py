"""What is said of a failed span: the best of what its sender wrote down."""

from collections.abc import Callable

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent
from tests.telemetry.counted_world import an_sli
from tests.telemetry.otlp_builders import T0, of_service, pairs, span
from tests.telemetry.traces.test_attribution import a_span

from holdfast.catalog.model import SpanStatus
from holdfast.telemetry.traces.by_sli import Pick, WarehouseSpans
from holdfast.telemetry.traces.failure import GRPC_CODES, WORDS_MOST, failure
from holdfast.telemetry.traces.store import TraceStore
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

Store = Callable[..., None]
HTTP, GRPC = {"http.response.status_code": "503"}, {"rpc.grpc.status_code": "14"}
TIMEOUT = {"exception.type": "java.net.SocketTimeoutException", "exception.message": "Read timed out"}
THROWN = "java.net.SocketTimeoutException: Read timed out"


@pytest.mark.parametrize(
    ("message", "exception", "attributes", "said"),
    [
        ("card refused", THROWN, GRPC | HTTP, "card refused"),
        (" ", THROWN, GRPC | HTTP, THROWN),
        ("", "", TIMEOUT | GRPC | HTTP, THROWN),
        ("", "", {"error.type": "timeout"} | GRPC | HTTP, "timeout"),
        ("", "", {"error.type": "_OTHER"} | GRPC | HTTP, "gRPC 14 UNAVAILABLE"),
        ("", "", {"error.type": "UNAVAILABLE"} | GRPC, "gRPC 14 UNAVAILABLE"),
        ("", "", {"error.type": "UNAVAILABLE"}, "UNAVAILABLE"),
        ("", "", {"rpc.response.status_code": "DEADLINE_EXCEEDED"}, "gRPC 4 DEADLINE_EXCEEDED"),
        ("", "", {"grpc.status_code": "99"}, "gRPC 99"),
        ("", "", {"rpc.grpc.status_code": "0"} | HTTP, "HTTP 503"),
        ("", "", HTTP | {"response_flags": "UH"}, "HTTP 503, no healthy host"),
        ("", "", {"error.type": "500"}, "HTTP 500"),
        ("", "", {"http.response.status_code": "200"}, "failed"),
        ("ReadTimeout: ", "", {}, "ReadTimeout"),
        ("", "", {}, "failed"),
    ],
)
def test_a_failure_is_said_in_the_best_words_there_are(
    message: str, exception: str, attributes: dict[str, str], said: str
) -> None:
    """Description, exception, named error, gRPC code with its name, HTTP status; else that it failed."""
    one = a_span("a", status="Error", message=message, exception=exception, attributes=attributes)
    assert failure(one) == said


def test_a_span_that_did_not_fail_says_nothing() -> None:
    """An exception that was handled is no failure, nor is a server's 404."""
    assert failure(a_span("a", exception=THROWN, attributes={"http.response.status_code": "404"})) == ""
    assert failure(a_span("a", status="Ok", attributes=HTTP)) == ""


def test_the_codes_of_grpc_are_named_by_number() -> None:
    """Seventeen codes, 0 to 16, by the names gRPC gives them."""
    assert (len(GRPC_CODES), GRPC_CODES[0], GRPC_CODES[7], GRPC_CODES[16]) == (
        17,
        "OK",
        "PERMISSION_DENIED",
        "UNAUTHENTICATED",
    )


def _thrown(*exceptions: dict[str, str]) -> Sent:
    one = span("POST /charges", status="error")
    for number, attributes in enumerate(exceptions):
        one.events.add(name="log", time_unix_nano=T0 * 10**9, attributes=pairs({"exception.message": "no"}))
        one.events.add(name="exception", time_unix_nano=T0 * 10**9 + number, attributes=pairs(attributes))
    return one


def test_the_exception_is_read_from_the_last_such_event(warehouse: ChdbWarehouse, store_spans: Store) -> None:
    """One trace and bad events both bring it along; a stack trace or a long text is not copied whole."""
    last, long = _thrown({"exception.message": "first"}, TIMEOUT), _thrown({"exception.type": "x" * 9_000})
    store_spans(of_service("cart", [last, long]))
    assert [one.exception for one in TraceStore(warehouse).spans(last.trace_id.hex())] == [THROWN]
    details, _ = TraceStore(warehouse).details(last.trace_id.hex())
    assert [(one.span.exception, len(one.events)) for one in details] == [(THROWN, 4)]
    sli = an_sli(1, status=SpanStatus.OK)
    spans = WarehouseSpans(warehouse)
    bad = spans.events(spans.bad_spans(sli, T0, T0 + 10, limit=10, pick=Pick.NEWEST))
    assert {failure(event.span) for event in bad} == {THROWN, "x" * WORDS_MOST}
