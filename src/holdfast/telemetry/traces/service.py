"""What people ask of traces."""

from holdfast.runtime.errors import NotFound
from holdfast.telemetry.traces.model import Span
from holdfast.telemetry.traces.store import TraceStore
from holdfast.telemetry.warehouse import Warehouse


class TracesService:
    """Answers questions about traces; lives as long as the process."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._traces = TraceStore(warehouse)

    def trace(self, trace_id: str) -> list[Span]:
        """Return the spans of a trace in order of start.

        Raises:
            NotFound: no span of it is stored.
        """
        spans = self._traces.spans(trace_id.lower())
        if not spans:
            raise NotFound(
                f"no span of trace {trace_id!r} is stored; it may be older than the retention", value=trace_id
            )
        return spans
