"""Sound bodies to be changed: strange but acceptable requests of every signal, the same in every process."""

from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from hypothesis import HealthCheck, Phase, given, settings
from tests.telemetry import otlp_strategies
from tests.telemetry.intake.fuzz import wire

from holdfast.telemetry.intake.otlp.rules import REQUESTS, AdmissionLimits
from holdfast.telemetry.model import Signal

NOW = 1_772_366_400 * 10**9
"""2026-03-01 12:00 UTC in nanoseconds."""
WINDOW = AdmissionLimits(1, 2**62, NOW, attributes=1000)
SMALLEST_BYTES, LARGEST_BYTES = 40, 1500
"""Large enough to hold something, small enough to be changed and read quickly."""
_STRATEGIES = {
    Signal.TRACES: otlp_strategies.TRACES,
    Signal.METRICS: otlp_strategies.METRICS,
    Signal.LOGS: otlp_strategies.LOGS,
}


@dataclass(frozen=True)
class Seeds:
    """Sound bodies by signal, and what is changed of them: their trees of fields, and the same in JSON."""

    bodies: dict[Signal, list[bytes]]

    @cached_property
    def trees(self) -> dict[Signal, list[wire.Message]]:
        """The bodies as trees of fields."""
        return {
            signal: [wire.read(body, REQUESTS[signal].DESCRIPTOR) for body in bodies]
            for signal, bodies in self.bodies.items()
        }

    @cached_property
    def documents(self) -> dict[Signal, list[Any]]:
        """The bodies as OTLP/JSON: ids in hexadecimal, enums as integers."""
        return {
            signal: [_document(REQUESTS[signal].FromString(body)) for body in bodies]
            for signal, bodies in self.bodies.items()
        }


def drawn(count: int) -> Seeds:
    """Return so many bodies of each signal, of every field that OTLP has, always the same."""
    return Seeds({signal: _drawn(signal, count) for signal in Signal})


def _drawn(signal: Signal, most: int) -> list[bytes]:
    found: list[bytes] = []

    @settings(
        max_examples=3 * most,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_STRATEGIES[signal])
    def draw(request: Any) -> None:
        _make_acceptable(signal, request)
        if len(found) < most and SMALLEST_BYTES < request.ByteSize() < LARGEST_BYTES:
            found.append(request.SerializeToString(deterministic=True))

    draw()
    return found


def _document(request: Message) -> Any:
    document = json_format.MessageToDict(request, use_integers_for_enums=True)
    waiting = [document]
    while waiting:
        one = waiting.pop()
        for key in ("traceId", "spanId", "parentSpanId") if isinstance(one, dict) else ():
            one.pop(key, None)
            if key != "parentSpanId":
                one[key] = "5b8efff798038103d269b633813fc60c"[: 32 if key == "traceId" else 16]
        if isinstance(one, dict | list):
            waiting += one.values() if isinstance(one, dict) else one
    return document


def _make_acceptable(signal: Signal, request: Any) -> None:
    numbers = count(1)
    groups = {
        Signal.TRACES: "resource_spans",
        Signal.METRICS: "resource_metrics",
        Signal.LOGS: "resource_logs",
    }
    for group in getattr(request, groups[signal]):
        for scope in getattr(group, groups[signal].replace("resource", "scope")):
            if signal is Signal.TRACES:
                for span in scope.spans:
                    span.trace_id = next(numbers).to_bytes(16, "big")
                    span.span_id = next(numbers).to_bytes(8, "big")
                    span.start_time_unix_nano = NOW
            elif signal is Signal.LOGS:
                for record in scope.log_records:
                    record.span_id = next(numbers).to_bytes(8, "big")
                    record.time_unix_nano = NOW
            else:
                for metric in scope.metrics:
                    for point in getattr(metric, metric.WhichOneof("data") or "gauge").data_points:
                        point.start_time_unix_nano = next(numbers)
                        point.time_unix_nano = NOW
