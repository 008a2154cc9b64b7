"""Builders of OTLP metrics, short enough to be read inside a test. Instants are seconds after T0."""

from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
    Summary,
    SummaryDataPoint,
)
from tests.telemetry.otlp_builders import SECOND, T0, MetricsRequest, pairs

DELTA, CUMULATIVE = 1, 2


def nano(seconds: float | None) -> int:
    """The OTLP instant `seconds` after T0; 0, which says unknown, for None."""
    return 0 if seconds is None else round((T0 + seconds) * SECOND)


def point(
    at: float, value: float, *, start: float | None = None, stale: bool = False, **attributes: object
) -> Any:
    """A point of a gauge or sum."""
    return NumberDataPoint(
        start_time_unix_nano=nano(start),
        time_unix_nano=nano(at),
        as_double=value,
        flags=int(stale),
        attributes=pairs(attributes),
    )


def gauge(name: str, points: Sequence[Any], unit: str = "By") -> Metric:
    """A gauge."""
    return Metric(name=name, unit=unit, gauge=Gauge(data_points=points))


def counter(
    name: str,
    points: Sequence[Any],
    *,
    temporality: int = CUMULATIVE,
    monotonic: bool = True,
    unit: str = "{call}",
) -> Metric:
    """A sum that only grows, by default since its sender's start."""
    found = Sum(data_points=points, aggregation_temporality=temporality, is_monotonic=monotonic)  # type: ignore[arg-type]  # the enum's number
    return Metric(name=name, unit=unit, sum=found)


def histogram_point(
    at: float,
    counts: Sequence[int],
    bounds: Sequence[float],
    *,
    total: float = 0.0,
    start: float | None = None,
    extremes: tuple[float, float] | None = None,
    exemplars: Sequence[Any] = (),
    **attributes: object,
) -> Any:
    """A point of an explicit histogram."""
    known = {} if extremes is None else {"min": extremes[0], "max": extremes[1]}
    return HistogramDataPoint(
        start_time_unix_nano=nano(start),
        time_unix_nano=nano(at),
        count=sum(counts),
        sum=total,
        bucket_counts=counts,
        explicit_bounds=bounds,
        exemplars=exemplars,
        attributes=pairs(attributes),
        **known,
    )


def histogram(name: str, points: Sequence[Any], *, temporality: int = CUMULATIVE, unit: str = "s") -> Metric:
    """An explicit histogram."""
    found = Histogram(data_points=points, aggregation_temporality=temporality)  # type: ignore[arg-type]  # the enum's number
    return Metric(name=name, unit=unit, histogram=found)


def exponential_point(
    at: float,
    scale: int,
    positive: Mapping[int, int],
    *,
    zero: int = 0,
    negative: Mapping[int, int] | None = None,
    start: float | None = None,
    total: float = 0.0,
    **attributes: object,
) -> Any:
    """A point of an exponential histogram, its buckets given by index."""
    negative = negative or {}
    found = ExponentialHistogramDataPoint(
        start_time_unix_nano=nano(start),
        time_unix_nano=nano(at),
        scale=scale,
        zero_count=zero,
        count=sum(positive.values()) + sum(negative.values()) + zero,
        sum=total,
        attributes=pairs(attributes),
    )
    for side, counts in ((found.positive, positive), (found.negative, negative)):
        if counts:
            side.offset = min(counts)
            side.bucket_counts.extend(counts.get(i, 0) for i in range(min(counts), max(counts) + 1))
    return found


def exponential(name: str, points: Sequence[Any], *, temporality: int = CUMULATIVE) -> Metric:
    """An exponential histogram in seconds."""
    found = ExponentialHistogram(data_points=points, aggregation_temporality=temporality)  # type: ignore[arg-type]  # the enum's number
    return Metric(name=name, unit="s", exponential_histogram=found)


def summary(name: str, points: Sequence[tuple[float, int, float, Mapping[float, float]]]) -> Metric:
    """A summary in seconds: points are (at, count, sum, quantiles)."""
    made = [
        SummaryDataPoint(
            time_unix_nano=nano(at),
            count=count,
            sum=total,
            quantile_values=[
                SummaryDataPoint.ValueAtQuantile(quantile=share, value=value)
                for share, value in known.items()
            ],
        )
        for at, count, total, known in points
    ]
    return Metric(name=name, unit="s", summary=Summary(data_points=made))


def of_service(service: str, metrics: Sequence[Metric], **resource: object) -> ResourceMetrics:
    """The metrics of one service; attribute names are given with `_` for `.`."""
    attributes = {"service.name": service} | {key.replace("_", "."): value for key, value in resource.items()}
    found = ResourceMetrics(scope_metrics=[ScopeMetrics(metrics=metrics)])
    found.resource.attributes.extend(pairs(attributes))
    return found


def request(*resources: ResourceMetrics) -> MetricsRequest:
    """A request to store metrics."""
    return MetricsRequest(resource_metrics=resources)
