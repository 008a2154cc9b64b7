"""RED per service and operation: the tables, and the views that fill them as spans are stored."""

from holdfast.telemetry.identity.columns import PLACED, PLACED_COLUMNS
from holdfast.telemetry.names.folding import folded_names, folded_rows, names_view, names_view_changed
from holdfast.telemetry.spans.latency_buckets import BUCKET
from holdfast.telemetry.spans.operation_names import folded
from holdfast.telemetry.spans.peer_names import PEER
from holdfast.telemetry.spans.slices import SLICE
from holdfast.telemetry.warehouse.layout import Layout, table, view, view_changed, widened
from holdfast.telemetry.warehouse.name_caps import OTHER, NameKind


def service_rows(layout: Layout) -> list[str]:
    """Return the statements that add rows per service, made from the stored RED.

    They may be run again after an interruption: the table is then filled again.
    """
    fine, coarse = "holdfast_red_services", "holdfast_red_services_5m"
    return [
        *_services(layout, fine, layout.retention_days),
        *_services(layout, coarse, RED_COARSE_DAYS),
        f"DROP VIEW IF EXISTS {layout.database}.{fine}_mv{layout.on_cluster}",
        *(f"TRUNCATE TABLE {layout.stored(name)}{layout.on_cluster}" for name in (fine, coarse)),
        view(layout, coarse, _coarser_services(layout.stored(fine))),
        f"INSERT INTO {layout.database}.{fine} ({_SERVICES_COLUMNS}) "
        f"{_services_of(f'{layout.database}.holdfast_red')} SETTINGS insert_deduplicate = 0",
        view(layout, fine, _services_of(layout.stored("holdfast_red"))),
    ]


_PLACED = ", ".join(PLACED)
_RED_DIMENSIONS = f"Service, Operation, Kind, Peer, Zone, Version, {_PLACED}"
_SERVICE_DIMENSIONS = f"Service, Kind, {_PLACED}"
_RED_KEY = f"Service, Slice, Operation, Kind, Peer, Zone, Version, {_PLACED}"
_SERVICES_KEY = f"Service, Slice, Kind, {_PLACED}"


RED_COARSE_DAYS = 400


NAMED_MOST = 50
"""Most zones and versions that are listed for one service."""


_RED_SUMS = """
    Slice DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    Requests SimpleAggregateFunction(sum, UInt64), Errors SimpleAggregateFunction(sum, UInt64),
    DurationNanoseconds SimpleAggregateFunction(sum, UInt128),
    Latency SimpleAggregateFunction(sumMap, Tuple(Array(UInt8), Array(UInt64)))"""


def red_tables(layout: Layout, name: str, days: int) -> list[str]:
    """Return the statements for one RED table, kept for `days`."""
    columns = f"""
    Service LowCardinality(String), Operation LowCardinality(String), Kind LowCardinality(String),
    Peer LowCardinality(String), Zone LowCardinality(String), Version LowCardinality(String),{_RED_SUMS},
    {", ".join(PLACED_COLUMNS)}"""
    return _red_table(layout, name, columns, _RED_KEY, days)


def _services(layout: Layout, name: str, days: int) -> list[str]:
    # For a list of services and the chart of one: a few rows per slice, for any number of operations, peers
    # and versions.
    columns = f"""
    Service LowCardinality(String), Kind LowCardinality(String),{_RED_SUMS},
    Zones SimpleAggregateFunction(groupUniqArrayArray({NAMED_MOST}), Array(String)),
    Versions SimpleAggregateFunction(groupUniqArrayArray({NAMED_MOST}), Array(String)),
    Newest SimpleAggregateFunction(max, DateTime('UTC')), {", ".join(PLACED_COLUMNS)}"""
    return _red_table(layout, name, columns, _SERVICES_KEY, days)


def _red_table(layout: Layout, name: str, columns: str, key: str, days: int) -> list[str]:
    rest = (
        f"PARTITION BY toYYYYMM(Slice) ORDER BY ({key}) TTL Slice + toIntervalDay({days}) {layout.settings()}"
    )
    return table(layout, name, columns, engine=layout.engine("AggregatingMergeTree"), rest=rest)


# Internal spans are omitted unless they are roots without a caller, which may be all a process sends.
_RED_WHERE = "WHERE SpanKind != 'Internal' OR ParentSpanId = ''"


_RED_GROUP = f"GROUP BY {_RED_DIMENSIONS}, Slice"


_RED_ADDED_UP = (
    "sum(f.Requests) AS Requests, sum(f.Errors) AS Errors, sum(f.DurationNanoseconds) AS "
    "DurationNanoseconds, sumMap(f.Latency) AS Latency"
)


def coarser_red(layout: Layout) -> str:
    """Return the query that sums RED rows into slices of five minutes."""
    return (
        f"SELECT {_RED_DIMENSIONS}, toStartOfFiveMinutes(f.Slice) AS Slice, {_RED_ADDED_UP} "
        f"FROM {layout.stored('holdfast_red')} AS f {_RED_GROUP}"
    )


_SERVICES_COLUMNS = (
    f"{_SERVICE_DIMENSIONS}, Slice, Requests, Errors, DurationNanoseconds, Latency, Zones, Versions, Newest"
)


def _services_of(red: str) -> str:
    return (
        f"SELECT {_SERVICE_DIMENSIONS}, f.Slice AS Slice, {_RED_ADDED_UP}, "
        f"groupUniqArrayIf({NAMED_MOST})(toString(Zone), Zone != '') AS Zones, "
        f"groupUniqArrayIf({NAMED_MOST})(toString(Version), Version != '') AS Versions, "
        f"max(f.Slice) AS Newest FROM {red} AS f GROUP BY {_SERVICE_DIMENSIONS}, Slice"
    )


def _coarser_services(services: str) -> str:
    return (
        f"SELECT {_SERVICE_DIMENSIONS}, toStartOfFiveMinutes(f.Slice) AS Slice, {_RED_ADDED_UP}, "
        f"groupUniqArrayArray({NAMED_MOST})(f.Zones) AS Zones, "
        f"groupUniqArrayArray({NAMED_MOST})(f.Versions) AS Versions, "
        f"max(f.Newest) AS Newest FROM {services} AS f GROUP BY {_SERVICE_DIMENSIONS}, Slice"
    )


def red_select(spans: str) -> str:
    """Return the query that sums spans to RED rows."""
    # A span may claim centuries, and represent a million spans: in 64 bits the sum of durations would wrap.
    return (
        f"SELECT {_RED_DIMENSIONS}, Slice, sum(weight) AS Requests, sumIf(weight, error) AS Errors, "
        "sum(toUInt128(weight) * Duration) AS DurationNanoseconds, "
        "sumMap([bucket], [weight]) AS Latency FROM ("
        f"SELECT ServiceName AS Service, {folded('SpanName')} AS Operation, SpanKind AS Kind, "
        f"{PEER} AS Peer, Zone, Version, {_PLACED}, {SLICE} AS Slice, Weight AS weight, "
        f"IsError AS error, {BUCKET} AS bucket, Duration FROM {spans} {_RED_WHERE}) {_RED_GROUP}"
    )


_NAMES_OF_RED = {
    NameKind.SERVICE: ("''", "Service"),
    NameKind.OPERATION: ("Service", "Operation"),
    NameKind.PEER: ("Service", "Peer"),
    NameKind.VERSION: ("Service", "Version"),
    NameKind.ZONE: ("''", "Zone"),
    **{NameKind(name.lower()): ("''", name) for name in PLACED},
}


_NUMBERS = {kind: number for number, kind in enumerate(_NAMES_OF_RED)}
_OF_SERVICE = tuple(number for kind, number in _NUMBERS.items() if kind.is_of_service)


def folded_red(layout: Layout) -> str:
    """Return the query that feeds RED: sums per name, with names beyond their caps summed as `other`.

    Names are folded after spans are summed: per row of RED, not per span. Rows that have the same names then
    are added up as the table stores them.
    """
    key, sums = ("Kind", "Slice"), ("Requests", "Errors", "DurationNanoseconds", "Latency")
    spans = red_select(layout.stored("otel_traces"))
    rows = folded_rows(layout, spans, _NAMES_OF_RED, key=key, sums=sums)
    kept = ", ".join((*key, *sums))
    # Of a service beyond the cap no operation, peer or version is tracked; an absent one stays absent.
    is_absent = f"name = '' AND number != {_NUMBERS[NameKind.OPERATION]}"
    is_other = f"number IN {_OF_SERVICE} AND NOT ({is_absent})"
    of_other = f"arrayMap((name, number) -> if({is_other}, '{OTHER}', name), Shown, {[*_NUMBERS.values()]})"
    folded_once = f"SELECT {kept}, if(Shown[1] = '{OTHER}', {of_other}, Shown) AS Names FROM ({rows})"
    columns = ", ".join(f"Names[{n}] AS {name}" for n, (_, name) in enumerate(_NAMES_OF_RED.values(), 1))
    return f"SELECT {columns}, {kept} FROM ({folded_once})"


def red_names(layout: Layout) -> list[str]:
    """Return the statements for the views that record the names of services, operations, peers and so on."""
    # A service that sends only internal spans has no row in RED, but a name. Its rank is computed as in RED,
    # or twice as many names would be recorded.
    service = folded_names(layout, NameKind.SERVICE, "p.service", busy="busy")
    spans = "sum(p.spans) OVER (PARTITION BY p.service) AS busy"
    presence = f"(SELECT p.service, {spans} FROM {layout.stored('holdfast_presence_1m')} AS p) AS p"
    silent = f"(SELECT {service} AS service FROM {presence})"
    return [
        names_view(layout, layout.stored("holdfast_red"), _NAMES_OF_RED, suffix="of_red"),
        names_view(layout, silent, {NameKind.SERVICE: ("''", "service")}, suffix="of_presence"),
    ]


def fold_red(layout: Layout) -> list[str]:
    """Return the statements that make RED fold names; stored rows do not change."""
    view = f"{layout.database}.holdfast_red_mv{layout.on_cluster}"
    return [f"ALTER TABLE {view} MODIFY QUERY {folded_red(layout)}", *red_names(layout)]


def place_columns_of_red(layout: Layout) -> list[str]:
    """Return the statements that add where services run to RED of older versions; its rows have none."""
    return [
        statement
        for name in ("holdfast_red", "holdfast_red_5m")
        for statement in widened(layout, name, PLACED_COLUMNS, key=_RED_KEY)
    ]


def placed_red(layout: Layout) -> list[str]:
    """Return the statements that add where services run to RED and to the rows per service, from now on."""
    fine, coarse = "holdfast_red_services", "holdfast_red_services_5m"
    return [
        *widened(layout, fine, PLACED_COLUMNS, key=_SERVICES_KEY),
        *widened(layout, coarse, PLACED_COLUMNS, key=_SERVICES_KEY),
        view_changed(layout, "holdfast_red", folded_red(layout)),
        view_changed(layout, "holdfast_red_5m", coarser_red(layout)),
        view_changed(layout, fine, _services_of(layout.stored("holdfast_red"))),
        view_changed(layout, coarse, _coarser_services(layout.stored(fine))),
        names_view_changed(layout, layout.stored("holdfast_red"), _NAMES_OF_RED, suffix="of_red"),
    ]


def shorter_red(layout: Layout) -> list[str]:
    """Return the statement that gives RED's view this version's query; stored rows do not change."""
    return [view_changed(layout, "holdfast_red", folded_red(layout))]
