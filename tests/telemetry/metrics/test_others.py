"""Metrics of others: OpenTelemetry's own example, and points an exporter has stored before."""

from datetime import UTC, datetime

import pytest
from google.protobuf import json_format
from tests.telemetry.metrics.conftest import PlotMetric
from tests.telemetry.otlp_builders import T0, MetricsRequest, segment

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.metrics.service import Ask, MetricsService
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.protocol import Warehouse

EXAMPLE_EPOCH = 1_544_712_660
RESOURCE = {"attributes": [{"key": "service.name", "value": {"stringValue": "my.service"}}]}
TIMES = {
    "startTimeUnixNano": f"{EXAMPLE_EPOCH}300000000",
    "timeUnixNano": f"{EXAMPLE_EPOCH}300000000",
}
METRICS = [
    {
        "name": "my.counter",
        "unit": "1",
        "sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": [{"asDouble": 5, **TIMES}]},
    },
    {"name": "my.gauge", "unit": "1", "gauge": {"dataPoints": [{"asDouble": 10, **TIMES}]}},
    {
        "name": "my.histogram",
        "unit": "1",
        "histogram": {
            "aggregationTemporality": 1,
            "dataPoints": [
                {
                    "count": "2",
                    "sum": 2,
                    "bucketCounts": ["1", "1"],
                    "explicitBounds": [1],
                    "min": 0,
                    "max": 2,
                    **TIMES,
                }
            ],
        },
    },
    {
        "name": "my.exponential.histogram",
        "unit": "1",
        "exponentialHistogram": {
            "aggregationTemporality": 1,
            "dataPoints": [
                {
                    "count": "3",
                    "sum": 10,
                    "scale": 0,
                    "zeroCount": "1",
                    "positive": {"offset": 1, "bucketCounts": ["0", "2"]},
                    "min": 0,
                    "max": 5,
                    **TIMES,
                }
            ],
        },
    },
]


@pytest.mark.parametrize(
    ("metric", "function", "value"),
    [
        ("my.counter", "increase", 5),
        ("my.gauge", "last", 10),
        ("my.histogram", "max", 2),
        ("my.histogram", "p50", 1),
        ("my.exponential.histogram", "p50", 4 * 2**0.25),
        ("my.exponential.histogram", "avg", 10 / 3),
    ],
)
def test_opentelemetrys_example_is_plotted(
    warehouse: Warehouse, metrics: MetricsService, tmp_path, metric: str, function: str, value: float
) -> None:
    """Each metric of opentelemetry-proto's examples, with starts equal to their times, has its value."""
    body = {"resourceMetrics": [{"resource": RESOURCE, "scopeMetrics": [{"metrics": METRICS}]}]}
    request = json_format.ParseDict(body, MetricsRequest())
    warehouse.insert_segment(Signal.METRICS, segment(tmp_path, request), "example")
    start, end = (datetime.fromtimestamp(EXAMPLE_EPOCH + at, UTC) for at in (-600, 600))
    (line,) = metrics.plot(metric, TimeRange(start, end), Ask(function)).lines
    assert line.latest == pytest.approx(value)


def test_points_an_exporter_stores_are_plotted(warehouse: Warehouse, plot: PlotMetric) -> None:
    """A series is one series for any sender and any order of its attributes."""
    for at, attributes in ((0, "map('a', '1', 'b', '2')"), (60, "map('b', '2', 'a', '1')")):
        warehouse.command(
            "INSERT INTO otel_metrics_sum (ServiceName, MetricName, MetricUnit, Attributes, StartTimeUnix, "
            f"TimeUnix, Value, AggregationTemporality, IsMonotonic) SELECT 'cart', 'calls', '1', "
            f"{attributes}, toDateTime({T0 - 900}), toDateTime({T0 + at}), {at * 3}, 2, true"
        )
    drawn = plot("calls", function="increase", by=("a",))
    assert [(line.labels, line.series, line.overall) for line in drawn.lines] == [({"a": "1"}, 1, 180)]
    (line,) = plot("calls", function="last", by=("b",)).lines
    assert (line.labels, line.values[:2]) == ({"b": "2"}, (0, 180))
