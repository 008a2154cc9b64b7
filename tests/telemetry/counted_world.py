"""Spans and SLIs for the counting tests: a small vocabulary, so that they meet often."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span
from tests.telemetry.otlp_builders import T0, TraceRequest, of_service, span, traces

from holdfast.catalog.model import Sli, SpanKind, SpanSelector, SpanStatus
from holdfast.telemetry.warehouse.protocol import Warehouse

SERVICES = ("cart", "pay")
OPERATIONS = ("GET /", "POST /pay", "GET /cart/8734", "GET /cart/9", "")
LIMIT_NANOSECONDS = 250_000_000
KEYS = (
    *("area", "http.response.status_code", "http.status_code", "grpc.status_code", "plan"),
    *("rpc.response.status_code", "error.type"),
)
VALUES = ("eu", "us", "200", "404", "500", "503", "0", "5", "14", "")
ENVIRONMENTS = ("production", " Production ", "staging", "DEFAULT", "")
NAMESPACES = ("shop", "Shop", "default", "")
TRACE_STATES = (
    "",
    "ot=th:0",
    "ot=th:c",
    "ot=th:e6666666666668",
    "x=y, ot=rv:1;th:b33333333333",
    "ot=th:fffff",
    "ot=th:ffffffffffffff",
    "ot=th:zz",
    "th:8",
)

_attributes = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=2)
_milliseconds = st.sampled_from([0, 1, 249.999999, 250, 250.000001, 900]) | st.integers(0, 5_000)
_spans: st.SearchStrategy[Span] = st.builds(
    span,
    st.sampled_from(OPERATIONS),
    kind=st.sampled_from(["server", "server", "consumer", "client", "producer", "internal"]),
    at=st.integers(T0, T0 + 7200) | st.sampled_from([T0 + 9.999, T0 + 10, T0 + 3599.999, T0 + 3600]),
    milliseconds=_milliseconds,
    status=st.sampled_from(["unset", "unset", "ok", "error"]),
    attributes=_attributes,
    parent=st.sampled_from([b"", b"p" * 8]),
    trace_state=st.sampled_from(TRACE_STATES),
    span_id=st.binary(min_size=8, max_size=8),
)


_places = st.fixed_dictionaries(
    {},
    optional={
        "environment": st.sampled_from(ENVIRONMENTS),
        "deployment.environment": st.sampled_from(ENVIRONMENTS),
        "namespace": st.sampled_from(NAMESPACES),
    },
)


def _resource(
    name: str, attributes: dict[str, str], place: dict[str, str], spans: Sequence[Span]
) -> ResourceSpans:
    return of_service(name, spans, **attributes, **place)


REQUESTS: st.SearchStrategy[TraceRequest] = st.builds(
    lambda resources: traces(*resources),
    st.lists(
        st.builds(_resource, st.sampled_from(SERVICES), _attributes, _places, st.lists(_spans, max_size=12)),
        min_size=1,
        max_size=3,
    ),
)
_conditions = st.dictionaries(
    st.sampled_from(KEYS),
    st.lists(st.sampled_from(VALUES), min_size=1, max_size=3, unique=True).map(tuple),
    max_size=2,
)


@st.composite
def _slis(draw: Any) -> Sli:
    total = SpanSelector(
        draw(st.sampled_from(SERVICES)),
        draw(st.lists(st.sampled_from(OPERATIONS[:3]), max_size=2).map(tuple)),
        draw(st.none() | st.sampled_from(SpanKind)),
        tuple(sorted(draw(_conditions).items())),
        environment=draw(st.sampled_from([None, None, "production", "staging", ""])),
        namespace=draw(st.sampled_from([None, None, "shop", "Shop", ""])),
    )
    narrower = dict(total.attributes) | {
        key: values for key, values in draw(_conditions).items() if key not in dict(total.attributes)
    }
    good = replace(
        total,
        attributes=tuple(sorted(narrower.items())),
        status=draw(st.none() | st.sampled_from(SpanStatus)),
        max_duration_nanoseconds=draw(st.none() | st.just(LIMIT_NANOSECONDS)),
    )
    return Sli(0, "sli", "SLI", total, good)


SLIS: st.SearchStrategy[list[Sli]] = st.lists(_slis(), min_size=1, max_size=6).map(
    lambda found: [replace(sli, id=number) for number, sli in enumerate(found, start=1)]
)


def an_sli(
    number: int,
    service: str = "cart",
    *,
    name: str = "sli",
    environment: str | None = None,
    namespace: str | None = None,
    **good: Any,
) -> Sli:
    """An SLI over all handled spans of a service, from anywhere; `good` are the conditions of good ones."""
    total = SpanSelector(service, environment=environment, namespace=namespace)
    return Sli(number, name, name, total, replace(total, **(good or {"status": SpanStatus.OK})))


TABLES = (
    "otel_traces",
    "otel_traces_trace_id_ts",
    "holdfast_red",
    "holdfast_red_5m",
    "holdfast_red_services",
    "holdfast_red_services_5m",
    "holdfast_presence_1m",
    "holdfast_slo_10s",
    "holdfast_slo_1m",
    "holdfast_slo_1h",
    "holdfast_backfills",
    "holdfast_map_halves",
)


def forget_everything(warehouse: Warehouse) -> None:
    """Empty every table, for the next example of a property test."""
    for table in TABLES:
        warehouse.command(f"TRUNCATE TABLE {table}")


def stored_counters(warehouse: Warehouse, width: str) -> dict[tuple[int, int], tuple[int, int]]:
    """Good and total by (SLI, start of the slice), as everybody reads them."""
    rows = warehouse.query(
        f"SELECT sli, toUInt32(slice), sum(good), sum(total) FROM holdfast_slo_{width} GROUP BY sli, slice"
    )
    return {(sli, slice_): (good, total) for sli, slice_, good, total in rows}
