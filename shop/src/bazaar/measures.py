"""Measures of a host and its processes, in OpenTelemetry's words, and how Linux writes them. Pure.

Where OpenTelemetry has no name yet (pressure, throttling, retransmissions) ours follow its pattern.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric, NumberDataPoint

from bazaar import NAME


class Kind(StrEnum):
    """What a measure's value means."""

    GAUGE = "the value now"
    COUNT = "a sum that only grows"
    LEVEL = "a sum that goes up and down"


@dataclass(frozen=True, slots=True)
class Measure:
    """One value."""

    name: str
    unit: str
    value: float
    kind: Kind = Kind.GAUGE
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """The measures of one resource: its attributes, the start of its sums, and the values."""

    resource: dict[str, str | int]
    since_seconds: float
    measures: tuple[Measure, ...]


def pressure(resource: str, text: str) -> list[Measure]:
    """PSI: how long some, or all, had to wait for the resource. `text` is /proc/pressure/RESOURCE."""
    found = []
    for line in text.splitlines():
        share, *pairs = line.split()
        values = dict(pair.split("=") for pair in pairs)
        attributes = {"system.linux.pressure.resource": resource, "system.linux.pressure.share": share}
        stalled = int(values["total"]) / 1e6
        found.append(Measure("system.linux.pressure.stall.time", "s", stalled, Kind.COUNT, attributes))
        share_now = float(values["avg10"]) / 100
        found.append(Measure("system.linux.pressure.utilization", "1", share_now, Kind.GAUGE, attributes))
    return found


def tcp(text: str) -> list[Measure]:
    """Segments sent, and sent again. `text` is /proc/net/snmp."""
    names, values = (line.split()[1:] for line in text.splitlines() if line.startswith("Tcp:"))
    counts = dict(zip(names, map(int, values), strict=True))
    return [
        Measure("system.network.tcp.segments", "{segment}", counts["OutSegs"], Kind.COUNT),
        Measure("system.network.tcp.retransmissions", "{segment}", counts["RetransSegs"], Kind.COUNT),
    ]


def throttling(text: str) -> list[Measure]:
    """How often and how long a cgroup was throttled. `text` is cpu.stat, of either version of cgroups."""
    counts = {name: int(value) for name, value in (line.split() for line in text.splitlines())}
    if "nr_throttled" not in counts:
        return []
    seconds = counts.get("throttled_usec", 0) / 1e6 + counts.get("throttled_time", 0) / 1e9
    return [
        Measure("container.cpu.throttling.periods", "{period}", counts["nr_throttled"], Kind.COUNT),
        Measure("container.cpu.throttling.time", "s", seconds, Kind.COUNT),
    ]


def request_of(all_measured: Iterable[Measured], now_seconds: float) -> ExportMetricsServiceRequest:
    """Return all measures as one OTLP request."""
    request = ExportMetricsServiceRequest()
    for measured in all_measured:
        there = request.resource_metrics.add()
        there.resource.attributes.extend(_pairs(measured.resource))
        scope = there.scope_metrics.add()
        scope.scope.name = f"{NAME}.host"
        metrics: dict[str, Metric] = {}
        for measure in measured.measures:
            if measure.name not in metrics:
                metrics[measure.name] = scope.metrics.add(name=measure.name, unit=measure.unit)
            _point(metrics[measure.name], measure, measured.since_seconds, now_seconds)
    return request


def _point(metric: Metric, measure: Measure, since_seconds: float, now_seconds: float) -> None:
    point = NumberDataPoint(
        time_unix_nano=int(now_seconds * 1e9),
        as_double=measure.value,
        attributes=_pairs(measure.attributes),
    )
    if measure.kind is Kind.GAUGE:
        metric.gauge.data_points.append(point)
        return
    point.start_time_unix_nano = int(since_seconds * 1e9)
    metric.sum.aggregation_temporality = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
    metric.sum.is_monotonic = measure.kind is Kind.COUNT
    metric.sum.data_points.append(point)


def _pairs(attributes: dict[str, str] | dict[str, str | int]) -> list[KeyValue]:
    found = []
    for key, value in attributes.items():
        pair = KeyValue(key=key)
        if isinstance(value, int):
            pair.value.int_value = value
        else:
            pair.value.string_value = value
        found.append(pair)
    return found
