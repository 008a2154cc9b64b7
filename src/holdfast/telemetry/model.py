"""The types shared by all of telemetry: signals, and the values read from roll-ups. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Signal(StrEnum):
    """The three kinds of telemetry that OTLP carries."""

    TRACES = "traces"
    METRICS = "metrics"
    LOGS = "logs"


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Latency percentiles in seconds; None where nothing was measured."""

    p50_seconds: float | None
    p90_seconds: float | None
    p99_seconds: float | None
