"""Stores one segment: the statements, their input format, and the fallback if the format was too plain."""

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from holdfast.telemetry.intake.otlp.unnesting import holds_deeper, unnested_segment
from holdfast.telemetry.intake.spool.records import messages
from holdfast.telemetry.intake.spool.segment_files import DRAFT
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.loading.otlp_format import InputFormat, NestedFound
from holdfast.telemetry.warehouse.loading.rows import SMALL_BYTES, requests_in, written_rows
from holdfast.telemetry.warehouse.loading.statements import Insert, inserts_for

PATIENCE_SEGMENTS = 50
"""After a segment with nested values, how many segments are read as nested before plain is tried again."""

_LOOK_BYTES = 1024 * 1024
"""Segments up to this size are searched for deeper values before the engine reads them."""

Attempt = Callable[[Insert, InputFormat, Path], None]
"""Runs one statement in one format on the segment at a path; raises `NestedFound` if it was too plain."""


class Insertion:
    """Stores segments statement by statement; lives as long as its warehouse.

    Every format stores the same rows in the same blocks under the same token, so a replay may use another
    one. With `unfolds_small`, small segments are passed to the engine as rows.
    """

    def __init__(self, *, unfolds_small: bool = False) -> None:
        self._unfolds_small = unfolds_small
        self._known = dict.fromkeys(Signal, InputFormat.PLAIN)
        self._left = dict.fromkeys(Signal, 0)

    def store(self, signal: Signal, path: Path, attempt: Attempt) -> None:
        """Run `attempt` for every statement the segment at `path` needs."""
        source = _Source(signal, path)
        requests = source.requests() if self._unfolds_small else None
        try:
            for insert in inserts_for(signal, _kinds(signal, path, requests)):
                rows = None if requests is None else source.rows(requests, insert.kind)
                if rows is None:
                    self._store(insert, source, attempt)
                else:
                    attempt(insert, InputFormat.ROWS, rows)
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

    def _first_form(self, signal: Signal) -> InputFormat:
        if self._left[signal] <= 0:  # two threads may both have counted down the last one
            return InputFormat.PLAIN
        self._left[signal] -= 1
        return self._known[signal]


class _Source:
    """A segment and, once needed, copies of it in other formats; lives for one `store`."""

    def __init__(self, signal: Signal, path: Path) -> None:
        self.signal = signal
        self._path = path
        # Beside the segment, under a suffix whose leftovers are deleted at a start.
        self._copy = path.with_name(f"{path.name}.unnested{DRAFT}")
        self._is_copied = False
        self._rows = path.with_name(f"{path.name}.rows{DRAFT}")
        self._are_written = False

    def path_in(self, form: InputFormat) -> Path:
        """Return the file to be read in this format."""
        if form is not InputFormat.DEEP:
            return self._path
        if not self._is_copied:
            self._is_copied = True
            with self._copy.open("wb") as copy:
                copy.writelines(unnested_segment(self.signal, self._path.read_bytes()))
        return self._copy

    def deeper(self, form: InputFormat) -> InputFormat:
        """Return the format for this segment after `form` was too plain."""
        if form is InputFormat.PLAIN and self._path.stat().st_size <= _LOOK_BYTES:
            # The search takes milliseconds, another failing attempt of the engine a quarter of a second.
            return (
                InputFormat.DEEP if holds_deeper(self.signal, self._path.read_bytes()) else InputFormat.NESTED
            )
        return form.deeper()

    def requests(self) -> list[Any] | None:
        """Return the parsed requests of a small segment; None if the engine should read it."""
        try:
            if self._path.stat().st_size > SMALL_BYTES:
                return None
            return requests_in(self.signal, self._path.read_bytes())
        except (DecodeError, OSError):  # the engine reports what is wrong
            return None

    def rows(self, requests: Iterable[Any], kind: str) -> Path | None:
        """Return a file with the rows of these requests; None if the engine should unfold them."""
        written = written_rows(self.signal, requests, kind)
        if written is None:
            return None
        self._are_written = True
        self._rows.write_bytes(written)
        return self._rows

    def close(self) -> None:
        """Delete the copies."""
        for copy in [self._copy] * self._is_copied + [self._rows] * self._are_written:
            with suppress(OSError):  # a leftover is deleted at the next start
                copy.unlink()


def _kinds(signal: Signal, path: Path, requests: Iterable[Any] | None) -> Collection[str]:
    if signal is not Signal.METRICS:
        return ()
    return metric_kinds(path) if requests is None else kinds_in(requests)


def metric_kinds(path: Path) -> Collection[str]:
    """Return the kinds of metrics a segment holds: `gauge`, `sum`, `histogram` and so on."""
    return kinds_in(map(ExportMetricsServiceRequest.FromString, messages(path.read_bytes())))


def kinds_in(requests: Iterable[Any]) -> Collection[str]:
    """Return the kinds of metrics that requests hold."""
    kinds: set[str] = set()
    for request in requests:
        for resource in request.resource_metrics:
            for scope in resource.scope_metrics:
                kinds.update(metric.WhichOneof("data") or "" for metric in scope.metrics)
    return kinds
