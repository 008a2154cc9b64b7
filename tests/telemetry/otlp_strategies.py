"""Hypothesis strategies for whole OTLP requests, the strange ones included."""

from typing import Any

from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1 import metrics_pb2 as m
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status
from tests.telemetry.otlp_builders import LogsRequest, MetricsRequest, TraceRequest, value

INT64 = st.integers(min_value=-(2**63), max_value=2**63 - 1)
UINT32 = st.integers(min_value=0, max_value=2**32 - 1)
UINT64 = st.integers(min_value=0, max_value=2**64 - 1)
COUNTS = st.integers(min_value=0, max_value=2**40)
DOUBLES = st.floats(allow_nan=True, allow_infinity=True)
TEXTS = st.text(max_size=8) | st.sampled_from(
    [
        "",
        "it's",
        'a "quote"',
        "back\\slash",
        "tab\tnew\nline",
        "nul\0",
        "ü€😀",
        "\u2028",
        "{x:String}",
        "/a/b",
    ]
)
NANOSECONDS = st.integers(min_value=0, max_value=2**63 - 1)
ANY_TIME = st.sampled_from([0, 1, 2**63 - 1, 2**63, 2**64 - 1]) | UINT64
"""A time nobody checks: of an event, of an exemplar, of the beginning of a counter, of a span's end."""
FEW = {"max_size": 3}

SCALARS: st.SearchStrategy[Any] = TEXTS | INT64 | DOUBLES | st.booleans() | st.binary(max_size=6) | st.none()
NESTED = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
VALUES: st.SearchStrategy[AnyValue] = st.builds(value, NESTED)
PAIRS = st.lists(st.builds(KeyValue, key=TEXTS | st.sampled_from(["same", "k"]), value=VALUES), max_size=4)
RESOURCE_PAIRS = st.builds(
    lambda name, rest: [*name, *rest],
    st.lists(st.builds(KeyValue, key=st.just("service.name"), value=VALUES), max_size=1),
    PAIRS,
)
SCOPES = st.builds(
    InstrumentationScope, name=TEXTS, version=TEXTS, attributes=PAIRS, dropped_attributes_count=UINT32
)
IDS = st.binary(min_size=16, max_size=16)

_events = st.lists(st.builds(Span.Event, time_unix_nano=ANY_TIME, name=TEXTS, attributes=PAIRS), max_size=2)
_links = st.lists(
    st.builds(Span.Link, trace_id=IDS, span_id=st.binary(max_size=8), trace_state=TEXTS, attributes=PAIRS),
    max_size=2,
)
SPANS = st.builds(
    Span,
    trace_id=IDS,
    parent_span_id=st.binary(max_size=8),
    trace_state=TEXTS | st.sampled_from(["ot=th:8", "ot=rv:1;th:fffff,x=y", "ot=th:zz", "th:8"]),
    name=TEXTS,
    kind=st.integers(min_value=0, max_value=7),
    start_time_unix_nano=NANOSECONDS,
    end_time_unix_nano=ANY_TIME,
    attributes=PAIRS,
    events=_events,
    links=_links,
    status=st.none() | st.builds(Status, code=st.integers(min_value=0, max_value=3), message=TEXTS),
)


def _resources(kind: Any, **parts: Any) -> st.SearchStrategy[Any]:
    def attach(one: Any, pairs: list[KeyValue] | None) -> Any:
        if pairs is not None:
            one.resource.attributes.extend(pairs)
        return one

    return st.lists(st.builds(attach, st.builds(kind, **parts), st.none() | RESOURCE_PAIRS), max_size=3)


_scope_spans = st.lists(
    st.builds(ScopeSpans, scope=st.none() | SCOPES, spans=st.lists(SPANS, max_size=4)), max_size=2
)
TRACES = st.builds(TraceRequest, resource_spans=_resources(ResourceSpans, scope_spans=_scope_spans))

RECORDS = st.builds(
    LogRecord,
    time_unix_nano=st.just(0) | NANOSECONDS,
    observed_time_unix_nano=NANOSECONDS,
    severity_number=st.integers(min_value=0, max_value=24) | st.sampled_from([-1, 255, 256, 257, 2**31 - 1]),
    severity_text=TEXTS,
    body=st.none() | VALUES,
    attributes=PAIRS,
    flags=UINT32,
    trace_id=IDS,
    event_name=TEXTS,
)
_scope_logs = st.lists(
    st.builds(
        ScopeLogs, scope=st.none() | SCOPES, log_records=st.lists(RECORDS, max_size=4), schema_url=TEXTS
    ),
    max_size=2,
)
LOGS = st.builds(
    LogsRequest, resource_logs=_resources(ResourceLogs, scope_logs=_scope_logs, schema_url=TEXTS)
)


def _number(kind: Any, **parts: Any) -> st.SearchStrategy[Any]:
    return (
        st.builds(kind, as_double=DOUBLES, **parts)
        | st.builds(kind, as_int=INT64, **parts)
        | st.builds(kind, **parts)
    )


_exemplars = st.lists(
    _number(m.Exemplar, time_unix_nano=ANY_TIME, trace_id=IDS, filtered_attributes=PAIRS), max_size=2
)
_point = {"attributes": PAIRS, "time_unix_nano": NANOSECONDS, "flags": UINT32}
_measured = {"count": UINT64, "sum": DOUBLES, "min": DOUBLES, "max": DOUBLES, "exemplars": _exemplars}
_int32 = st.integers(min_value=-(2**31), max_value=2**31 - 1)
_buckets = st.builds(
    m.ExponentialHistogramDataPoint.Buckets, offset=_int32, bucket_counts=st.lists(UINT64, max_size=4)
)
_points = {
    "gauge": _number(m.NumberDataPoint, exemplars=_exemplars, **_point),
    "histogram": st.builds(
        m.HistogramDataPoint,
        bucket_counts=st.lists(UINT64, max_size=4),
        explicit_bounds=st.lists(st.floats(allow_nan=False), max_size=3),
        **_measured,
        **_point,
    ),
    "exponential_histogram": st.builds(
        m.ExponentialHistogramDataPoint,
        scale=_int32,
        zero_count=UINT64,
        positive=st.none() | _buckets,
        negative=st.none() | _buckets,
        **_measured,
        **_point,
    ),
    "summary": st.builds(
        m.SummaryDataPoint,
        count=UINT64,
        sum=DOUBLES,
        quantile_values=st.lists(
            st.builds(m.SummaryDataPoint.ValueAtQuantile, quantile=st.floats(0, 1), value=DOUBLES), max_size=2
        ),
        **_point,
    ),
}
_temporality = {"aggregation_temporality": st.integers(min_value=0, max_value=2)}
_data = {
    "gauge": st.builds(m.Gauge, data_points=st.lists(_points["gauge"], max_size=3)),
    "sum": st.builds(
        m.Sum, data_points=st.lists(_points["gauge"], max_size=3), is_monotonic=st.booleans(), **_temporality
    ),
    "histogram": st.builds(
        m.Histogram, data_points=st.lists(_points["histogram"], max_size=3), **_temporality
    ),
    "exponential_histogram": st.builds(
        m.ExponentialHistogram,
        data_points=st.lists(_points["exponential_histogram"], max_size=3),
        **_temporality,
    ),
    "summary": st.builds(m.Summary, data_points=st.lists(_points["summary"], max_size=3)),
}
_metrics = st.one_of(
    *(
        st.builds(m.Metric, name=TEXTS, description=TEXTS, unit=TEXTS, **{kind: data})
        for kind, data in _data.items()
    )
)
_scope_metrics = st.lists(
    st.builds(
        m.ScopeMetrics, scope=st.none() | SCOPES, metrics=st.lists(_metrics, max_size=5), schema_url=TEXTS
    ),
    max_size=2,
)
METRICS = st.builds(
    MetricsRequest,
    resource_metrics=_resources(m.ResourceMetrics, scope_metrics=_scope_metrics, schema_url=TEXTS),
)

FLAT: st.SearchStrategy[Any] = (
    SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(TEXTS, SCALARS, max_size=3)
)
PAIRS_OF_ENGINE = st.lists(st.builds(KeyValue, key=TEXTS, value=st.builds(value, FLAT)), max_size=60)
"""Attributes that the engine reads by itself: no list or map inside another."""
