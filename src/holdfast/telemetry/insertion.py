"""How one segment is stored: which statements, in which form, and what to do when the form was wrong."""

from collections.abc import Callable, Collection
from pathlib import Path

from google.protobuf.internal.decoder import _DecodeVarint  # type: ignore[attr-defined]
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from holdfast.telemetry.inserts import Insert, inserts_for
from holdfast.telemetry.model import Signal
from holdfast.telemetry.segments import Form

PATIENCE_SEGMENTS = 50
"""After a segment with nested values, how many are read as nested at once before plain is tried again."""


class NestedFound(Exception):
    """The engine met a list or a map in a segment it was told to read in plain form; nothing was stored."""


class Insertion:
    """Stores segments statement by statement; lives as long as its warehouse.

    Either form stores the same rows in the same blocks under the same token, so it does not matter to a
    replay which was used before.
    """

    def __init__(self) -> None:
        self._nested_left = dict.fromkeys(Signal, 0)

    def store(self, signal: Signal, path: Path, attempt: Callable[[Insert, Form], None]) -> None:
        """Run `attempt` for every statement the segment at `path` needs."""
        kinds = metric_kinds(path) if signal is Signal.METRICS else ()
        for insert in inserts_for(signal, kinds):
            self._store(signal, insert, attempt)

    def _store(self, signal: Signal, insert: Insert, attempt: Callable[[Insert, Form], None]) -> None:
        if self._nested_left[signal] <= 0:  # two threads may both have counted the last one down
            try:
                attempt(insert, Form.PLAIN)
            except NestedFound:
                self._nested_left[signal] = PATIENCE_SEGMENTS
            else:
                return
        self._nested_left[signal] -= 1
        attempt(insert, Form.NESTED)


def metric_kinds(path: Path) -> Collection[str]:
    """Return the kinds of metrics a segment holds: `gauge`, `sum`, `histogram` and so on."""
    data = path.read_bytes()
    kinds: set[str] = set()
    position = 0
    while position < len(data):
        size, begin = _DecodeVarint(data, position)
        position = begin + size
        request = ExportMetricsServiceRequest.FromString(data[begin:position])
        for resource in request.resource_metrics:
            for scope in resource.scope_metrics:
                kinds.update(metric.WhichOneof("data") or "" for metric in scope.metrics)
    return kinds
