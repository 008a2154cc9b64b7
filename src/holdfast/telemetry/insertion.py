"""How one segment is stored: which statements, in which form, and what to do when the form was wrong."""

from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from holdfast.telemetry.inserts import Insert, inserts_for
from holdfast.telemetry.model import Signal
from holdfast.telemetry.segments import Form
from holdfast.telemetry.spool_files import DRAFT
from holdfast.telemetry.spool_records import messages
from holdfast.telemetry.unnesting import holds_deeper, unnested_segment

PATIENCE_SEGMENTS = 50
"""After a segment with nested values, how many are read as nested at once before plain is tried again."""

_LOOK_BYTES = 1024 * 1024
"""Segments up to this size are looked through for deeper values before the engine is asked."""

Attempt = Callable[[Insert, Form, Path], None]
"""Runs one statement in one form on the segment at a path; raises `NestedFound` if the form was too plain."""


class NestedFound(Exception):
    """The engine met values nested deeper than the form it was told to read in; nothing was stored."""


class Insertion:
    """Stores segments statement by statement; lives as long as its warehouse.

    Every form stores the same rows in the same blocks under the same token, so it does not matter to a
    replay which was used before.
    """

    def __init__(self) -> None:
        self._known = dict.fromkeys(Signal, Form.PLAIN)
        self._left = dict.fromkeys(Signal, 0)

    def store(self, signal: Signal, path: Path, attempt: Attempt) -> None:
        """Run `attempt` for every statement the segment at `path` needs."""
        kinds = metric_kinds(path) if signal is Signal.METRICS else ()
        source = _Source(signal, path)
        try:
            for insert in inserts_for(signal, kinds):
                self._store(insert, source, attempt)
        finally:
            source.close()

    def _store(self, insert: Insert, source: "_Source", attempt: Attempt) -> None:
        form = self._first_form(source.signal)
        while True:
            try:
                attempt(insert, form, source.path_in(form))
            except NestedFound:
                form = source.deeper(form)
                self._known[source.signal], self._left[source.signal] = form, PATIENCE_SEGMENTS
            else:
                return

    def _first_form(self, signal: Signal) -> Form:
        if self._left[signal] <= 0:  # two threads may both have counted the last one down
            return Form.PLAIN
        self._left[signal] -= 1
        return self._known[signal]


class _Source:
    """A segment and, once the engine needs it, its copy without deeper values; lives for one `store`."""

    def __init__(self, signal: Signal, path: Path) -> None:
        self.signal = signal
        self._path = path
        # Beside the segment, under a suffix of which a start deletes what a crash left.
        self._copy = path.with_name(f"{path.name}.unnested{DRAFT}")
        self._is_copied = False

    def path_in(self, form: Form) -> Path:
        """Return the file to be read in this form."""
        if form is not Form.DEEP:
            return self._path
        if not self._is_copied:
            self._is_copied = True
            with self._copy.open("wb") as copy:
                copy.writelines(unnested_segment(self.signal, self._path.read_bytes()))
        return self._copy

    def deeper(self, form: Form) -> Form:
        """Return the form to read this segment in after `form` was too plain."""
        if form is Form.PLAIN and self._path.stat().st_size <= _LOOK_BYTES:
            # Looking costs milliseconds, another attempt of the engine that fails a quarter of a second.
            return Form.DEEP if holds_deeper(self.signal, self._path.read_bytes()) else Form.NESTED
        return form.deeper()

    def close(self) -> None:
        """Delete the copy."""
        if self._is_copied:
            with suppress(OSError):  # what is left of it is deleted at the next start
                self._copy.unlink()


def metric_kinds(path: Path) -> Collection[str]:
    """Return the kinds of metrics a segment holds: `gauge`, `sum`, `histogram` and so on."""
    kinds: set[str] = set()
    for message in messages(path.read_bytes()):
        request = ExportMetricsServiceRequest.FromString(message)
        for resource in request.resource_metrics:
            for scope in resource.scope_metrics:
                kinds.update(metric.WhichOneof("data") or "" for metric in scope.metrics)
    return kinds
