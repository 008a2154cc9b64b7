"""Reads what samplers left on recent spans, and which services measure all their requests."""

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.metrics.tables import SERIES_TABLE
from holdfast.telemetry.sampling.marks import MARKS
from holdfast.telemetry.sampling.model import MEASURES, Marked
from holdfast.telemetry.warehouse.instants import before, between, nanoseconds, second_from, second_of, since
from holdfast.telemetry.warehouse.protocol import Warehouse

MARKED_MOST = 200
"""Most services that are returned with attributes of samplers, those with most spans first."""

_ID = "ServiceName, Namespace, Environment"


class SamplingStore:
    """Reads spans and the table of series."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def marked(self, within: TimeRange, name: str | None) -> list[tuple[ServiceId, Marked]]:
        """Return services whose spans have a sampler's attribute and no weight; of one name, or of any."""
        only = "AND ServiceName = {name:String}" if name is not None else ""
        rows = self._warehouse.query(
            f"SELECT {_ID}, key, count() AS spans FROM (SELECT {_ID}, "
            "arrayFirst(k -> has(mapKeys(SpanAttributes), k), {marks:Array(String)}) AS key "
            f"FROM otel_traces WHERE {between('Timestamp', 'since', 'until')} {only} "
            "AND hasAny(mapKeys(SpanAttributes), {marks:Array(String)}) "
            f"AND position(TraceState, 'th:') = 0) GROUP BY {_ID}, key "
            f"ORDER BY spans DESC, {_ID}, key LIMIT {MARKED_MOST}",
            {
                "name": name or "",
                "marks": list(MARKS),
                "since": nanoseconds(within.start),
                "until": nanoseconds(within.end),
            },
        )
        return [(ServiceId(*of), Marked(key, spans)) for *of, key, spans in rows]

    def measuring(self, within: TimeRange) -> dict[str, set[ServiceId]]:
        """Return the services that send each of the metrics of all requests."""
        rows = self._warehouse.query(
            f"SELECT DISTINCT MetricName, {_ID} FROM {SERIES_TABLE} WHERE MetricName IN "
            "{metrics:Array(String)} AND Day >= toDate({from:UInt32}, 'UTC') "
            f"AND {since('LastSeen', 'from')} AND {before('FirstSeen', 'to')}",
            {
                "metrics": [one.metric for one in MEASURES],
                "from": second_of(within.start),
                "to": second_from(within.end),
            },
        )
        found: dict[str, set[ServiceId]] = {}
        for metric, *of in rows:
            found.setdefault(metric, set()).add(ServiceId(*of))
        return found
