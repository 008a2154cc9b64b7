"""A world whose spans, lines and points lie on and next to whole seconds, each in a part of its own.

Everything at an instant carries its number, so what a read returned can be compared with plain Python.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from google.protobuf.message import Message
from hypothesis import strategies as st
from opentelemetry.proto.metrics.v1.metrics_pb2 import Exemplar, NumberDataPoint
from tests.telemetry.counted_world import an_sli
from tests.telemetry.logs.log_builders import line, logs, written_by
from tests.telemetry.metrics import points
from tests.telemetry.otlp_builders import SECOND, T0, of_service, segment, span, traces

from holdfast.catalog.model import SpanStatus
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.counting.selectors import Selectors
from holdfast.telemetry.model import Signal
from holdfast.telemetry.servicemap.joiner import Joiner
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.layout import Layout

SECONDS = (0, 9, 10, 300, 7200)
FRACTIONS = (0, 1, 500_000_000, 999_999_999)
INSTANTS = tuple((T0 + second) * SECOND + fraction for second in SECONDS for fraction in FRACTIONS)
"""Nanoseconds since 1970; the number of an instant is its place."""

CHILDREN = tuple(INSTANTS[(number * 7 + 3) % len(INSTANTS)] for number in range(len(INSTANTS)))
"""When the second span of each trace began: often before its root, and in another part."""

SLI = an_sli(1, "front", status=SpanStatus.OK)
METRIC = "level"
LATER = datetime.fromtimestamp(T0, UTC) + timedelta(hours=3)


def trace_id(number: int) -> str:
    """The id of the trace whose root began at the instant of this number."""
    return f"{number + 1:032x}"


@dataclass(frozen=True)
class Range:
    """A range of nanoseconds, and what plain Python says is in it."""

    start: int
    end: int

    @property
    def within(self) -> TimeRange:
        """As the product has it."""
        return TimeRange(_at(self.start), _at(self.end))

    def holds(self, nanoseconds: int) -> bool:
        """Whether an instant is in it."""
        return self.start <= nanoseconds < self.end

    def numbers(self, instants: Sequence[int] = INSTANTS) -> list[int]:
        """The numbers of the instants in it."""
        return [number for number, at in enumerate(instants) if self.holds(at)]

    def begun(self, width: int, instants: Sequence[int] = INSTANTS) -> list[int]:
        """The numbers of the instants whose slice of so many seconds begins in it."""
        return [number for number, at in enumerate(instants) if self.holds(at - at % (width * SECOND))]


def _at(nanoseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanoseconds // 1000)


_BOUNDS = st.builds(
    lambda second, more: (T0 + second) * SECOND + more * 1000,
    st.sampled_from([*SECONDS, 8, 11, 60, 301, 7201, -13 * 3600]),
    st.sampled_from([0, 0, -1, 1, 500_000, 500_001, 999_999]) | st.integers(-1_000_000, 1_000_000),
)
"""On the instants and next to them, as near as a range can say: microseconds. Some lie half a day before."""

RANGES = st.tuples(_BOUNDS, _BOUNDS).filter(lambda two: two[0] != two[1]).map(lambda two: Range(*sorted(two)))
WHOLE = st.tuples(st.sampled_from(range(-2, 320)), st.sampled_from([1, 9, 10, 50, 60, 300, 7300])).map(
    lambda two: Range((T0 + two[0]) * SECOND, (T0 + two[0] + two[1]) * SECOND)
)
"""Ranges of whole seconds, in which objectives ask."""


def fill(warehouse: ChdbWarehouse, directory: Path) -> None:
    """Store the world in a warehouse without rows, whose parts then stay as they were inserted."""
    Selectors(warehouse, Layout()).install([SLI], now=LATER)
    warehouse.command("SYSTEM STOP MERGES")
    tokens = itertools.count(1)
    for number in range(len(INSTANTS)):
        for signal, body in _bodies(number):
            path = segment(directory, body)
            warehouse.insert_segment(signal, path, f"timed-{next(tokens)}")
            path.unlink()
    clock = ManualClock(LATER)
    Joiner(warehouse, clock, complete_until=clock.now).turn()


def _bodies(number: int) -> list[tuple[Signal, Message]]:
    at, later = INSTANTS[number], CHILDREN[number]
    trace, root = (number + 1).to_bytes(16, "big"), (number + 1).to_bytes(8, "big")
    is_bad = "error" if number % 2 else "ok"
    first = span("root", trace_id=trace, span_id=root, status=is_bad)
    second = span("child", trace_id=trace, parent=root, span_id=(number + 1).to_bytes(8, "little"))
    for one, begun in ((first, at), (second, later)):
        one.start_time_unix_nano, one.end_time_unix_nano = begun, begun + number * 1000
    said = line(f"said {number}", trace_id=trace)
    said.time_unix_nano = at
    seen = Exemplar(time_unix_nano=at, as_double=number, trace_id=trace)
    point = NumberDataPoint(time_unix_nano=at, as_double=number, exemplars=[seen])
    point.attributes.extend(points.pairs({"number": number}))
    return [
        (Signal.TRACES, traces(of_service("front", [first], zone="a"))),
        (Signal.TRACES, traces(of_service("back", [second]))),
        (Signal.LOGS, logs(written_by("front", [said]))),
        (
            Signal.METRICS,
            points.request(points.of_service("front", [points.gauge(METRIC, [point])])),
        ),
    ]
