"""The minutes in which each instance of a service handled requests: a table for two days, and its view."""

from holdfast.telemetry.identity.instances import INSTANCE
from holdfast.telemetry.warehouse.layout import Layout, table, view

INSTANCES = "holdfast_instances_1m"
KEPT_DAYS = 2
INSTANCES_MOST = 5_000
"""Most instances of one service in a minute of an insert: more are ids of requests and not of machines."""

_ID = "Service, Namespace, Environment"
_KEY = f"Slice, {_ID}, Instance"


def instance_tables(layout: Layout) -> list[str]:
    """Return the statements for the table and the view that fills it as spans are stored."""
    columns = (
        "Slice DateTime('UTC') CODEC(Delta(4), ZSTD(1)), Service LowCardinality(String), "
        "Namespace LowCardinality(String), Environment LowCardinality(String), "
        "Instance String CODEC(ZSTD(1)), Requests UInt64 CODEC(T64, ZSTD(1))"
    )
    rest = f"ORDER BY ({_KEY}) TTL Slice + toIntervalDay({KEPT_DAYS}) {layout.settings()}"
    engine = layout.engine("SummingMergeTree")
    return [
        *table(layout, INSTANCES, columns, engine=engine, rest=rest),
        view(layout, INSTANCES, _select(layout)),
    ]


def _select(layout: Layout) -> str:
    return (
        f"SELECT toStartOfMinute(toDateTime(Timestamp, 'UTC')) AS Slice, ServiceName AS Service, Namespace, "
        f"Environment, {INSTANCE} AS Instance, sum(Weight) AS Requests FROM {layout.stored('otel_traces')} "
        f"WHERE SpanKind IN ('Server', 'Consumer') GROUP BY {_KEY} HAVING Instance != '' "
        f"ORDER BY {_KEY} LIMIT {INSTANCES_MOST} BY Slice, {_ID}"
    )
