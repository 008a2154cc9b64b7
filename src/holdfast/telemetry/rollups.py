"""What Holdfast derives from spans as they are inserted: RED, presence and the exact SLO counters.

Every roll-up is a materialized view on `otel_traces`, so the numbers are made where the spans are and in the
same insert; a replayed segment is deduplicated in the views as in the table. Coarser counters are fed by the
finer ones. All slices are UTC and aligned.
"""

from holdfast.telemetry.name_caps import OTHER, NameKind
from holdfast.telemetry.name_folding import folded_names, names_view
from holdfast.telemetry.operations import folded
from holdfast.telemetry.schema import Layout, table

COUNTER_SLICES = {"10s": 2, "1m": 45, "1h": 400}
"""Slice widths of the SLO counters and the days each is kept."""

BUCKETS_PER_OCTAVE = 8
"""Latency sketch: log-linear buckets, eight per doubling from 1 µs, so a percentile is within 4.5%."""

_FULL = 2**56

WEIGHT_MOST = 2**20
"""The most spans a sampled one may stand for: one in a million, more than any sampler in use.

A sender may claim up to 2^56, and one such span would be the whole month of an objective, or overflow its
counters. A claim beyond the bound is not believed at all and counts once, as one that cannot be read does:
at the bound it would still spend a budget with a single bad span.
"""

# Members of a tracestate may have blanks around them (W3C Trace Context, 3.3.1.1).
_THRESHOLD_HEX = "extract(TraceState, '(?:^|,)[ \\t]*ot=(?:[^,]*;)?th:([0-9a-f]{1,14})(?:[;, \\t]|$)')"
_CLAIMED = f"({_FULL} - reinterpretAsUInt64(reverse(unhex(rightPad({_THRESHOLD_HEX}, 14, '0')))))"
_KEPT = f"if({_CLAIMED} < {_FULL // WEIGHT_MOST}, {_FULL}, {_CLAIMED})"
_DITHER = "reinterpretAsUInt32(reverse(unhex(substring(SpanId, 9, 8)))) / 4294967296."

# A sampled span stands for 2^56/(2^56 - threshold) spans (OpenTelemetry, consistent probability sampling).
# Fractions are settled per span by its random id, so counts stay whole numbers, replays agree, and the
# expected count is exact.
WEIGHT = (
    "if(position(TraceState, 'th:') = 0, toUInt64(1), "
    f"toUInt64(intDiv({_FULL}, {_KEPT}) + ({_DITHER} < modulo({_FULL}, {_KEPT}) / {_KEPT})))"
)

PEER = (
    "multiIf(SpanKind NOT IN ('Client', 'Producer'), '', SpanAttributes['service.peer.name'] != '', "
    "SpanAttributes['service.peer.name'], SpanAttributes['peer.service'] != '', "
    "SpanAttributes['peer.service'], "
    "SpanAttributes['server.address'])"
)

_SLICE = "toStartOfInterval(toDateTime(Timestamp, 'UTC'), INTERVAL 10 SECOND)"

BUCKET = f"toUInt8(least(255, floor(log2(greatest(Duration, 1000) / 1000.) * {BUCKETS_PER_OCTAVE})))"


def rollup_tables(layout: Layout) -> list[str]:
    """Return the statements that create roll-up tables, the selectors' dictionary, and the views."""
    return [
        *_red(layout, "holdfast_red", layout.retention_days),
        *_red(layout, "holdfast_red_5m", RED_COARSE_DAYS),
        *_presence(layout),
        *_selectors(layout),
        *_backfills(layout),
        *(s for width in COUNTER_SLICES for s in _counters(layout, width)),
        *_views(layout),
    ]


def service_rows(layout: Layout) -> list[str]:
    """Return the statements that add rows per service, made from what RED holds already.

    They may be run again after being cut off: what they had filled by then is filled anew.
    """
    fine, coarse = "holdfast_red_services", "holdfast_red_services_5m"
    return [
        *_services(layout, fine, layout.retention_days),
        *_services(layout, coarse, RED_COARSE_DAYS),
        f"DROP VIEW IF EXISTS {layout.database}.{fine}_mv{layout.on_cluster}",
        *(f"TRUNCATE TABLE {layout.stored(name)}{layout.on_cluster}" for name in (fine, coarse)),
        _view(layout, coarse, _coarser_services(layout.stored(fine))),
        f"INSERT INTO {layout.database}.{fine} ({_SERVICES_COLUMNS}) "
        f"{_services_of(f'{layout.database}.holdfast_red')} SETTINGS insert_deduplicate = 0",
        _view(layout, fine, _services_of(layout.stored("holdfast_red"))),
    ]


_RED_DIMENSIONS = "Service, Operation, Kind, Peer, Zone, Version"
RED_COARSE_DAYS = 400
NAMED_MOST = 50
"""How many zones and versions of one service are told."""


_RED_SUMS = """
    Slice DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    Requests SimpleAggregateFunction(sum, UInt64), Errors SimpleAggregateFunction(sum, UInt64),
    DurationNanoseconds SimpleAggregateFunction(sum, UInt128),
    Latency SimpleAggregateFunction(sumMap, Tuple(Array(UInt8), Array(UInt64)))"""


def _red(layout: Layout, name: str, days: int) -> list[str]:
    columns = f"""
    Service LowCardinality(String), Operation LowCardinality(String), Kind LowCardinality(String),
    Peer LowCardinality(String), Zone LowCardinality(String), Version LowCardinality(String),{_RED_SUMS}"""
    return _red_table(layout, name, columns, "Service, Slice, Operation, Kind, Peer, Zone, Version", days)


def _services(layout: Layout, name: str, days: int) -> list[str]:
    # What a list of services and the chart of one need: a handful of rows a slice, however many operations,
    # peers and versions there are.
    columns = f"""
    Service LowCardinality(String), Kind LowCardinality(String),{_RED_SUMS},
    Zones SimpleAggregateFunction(groupUniqArrayArray({NAMED_MOST}), Array(String)),
    Versions SimpleAggregateFunction(groupUniqArrayArray({NAMED_MOST}), Array(String)),
    Newest SimpleAggregateFunction(max, DateTime('UTC'))"""
    return _red_table(layout, name, columns, "Service, Slice, Kind", days)


def _red_table(layout: Layout, name: str, columns: str, key: str, days: int) -> list[str]:
    rest = (
        f"PARTITION BY toYYYYMM(Slice) ORDER BY ({key}) TTL Slice + toIntervalDay({days}) {layout.settings()}"
    )
    return table(layout, name, columns, engine=layout.engine("AggregatingMergeTree"), rest=rest)


def _presence(layout: Layout) -> list[str]:
    columns = "service LowCardinality(String), slice DateTime('UTC') CODEC(Delta(4), ZSTD(1)), spans UInt64"
    rest = f"ORDER BY (service, slice) TTL slice + toIntervalDay(45) {layout.settings()}"
    return table(layout, "holdfast_presence_1m", columns, engine=layout.engine("SummingMergeTree"), rest=rest)


SELECTOR_COLUMNS = (
    "service String, operation String, kind String, plain Array(UInt64), conditional Array(UInt64)"
)
CONDITION_COLUMNS = (
    "sli UInt64, status UInt8, max_duration UInt64, total_keys Array(String), total_values "
    "Array(Array(String)), "
    "good_keys Array(String), good_values Array(Array(String))"
)


def _selectors(layout: Layout) -> list[str]:
    # Two small dictionaries instead of one wide one: most spans are settled by a single look-up of ids, and
    # SLIs with conditions on attributes, which are dear to check, are kept apart from the plain ones.
    return [
        _control(layout, "holdfast_selectors_in_force", "revision UInt64", "revision"),
        *_dictionary(
            layout, "holdfast_selectors", SELECTOR_COLUMNS, "service, operation, kind", "COMPLEX_KEY_HASHED"
        ),
        *_dictionary(layout, "holdfast_conditions", CONDITION_COLUMNS, "sli", "HASHED"),
    ]


def _backfills(layout: Layout) -> list[str]:
    return [_control(layout, "holdfast_backfills", "sli UInt64, finished DateTime('UTC')", "sli")]


def _control(layout: Layout, name: str, columns: str, key: str) -> str:
    engine = layout.engine("MergeTree", everywhere=True)
    return (
        f"CREATE TABLE IF NOT EXISTS {layout.database}.{name}{layout.on_cluster} ({columns}) "
        f"ENGINE = {engine} ORDER BY ({key})"
    )


def _dictionary(layout: Layout, name: str, columns: str, key: str, kind: str) -> list[str]:
    # Rows of a revision count once the revision is put in force, which is one insert of one row: whatever
    # else is cut off by a crash, the engine has one complete set of selectors.
    names = ", ".join(column.split()[0] for column in columns.split(", "))
    query = (
        f"SELECT {names} FROM {layout.database}.{name} WHERE revision = "
        f"(SELECT max(revision) FROM {layout.database}.holdfast_selectors_in_force)"
    )
    return [
        _control(layout, name, f"revision UInt64, {columns}", f"revision, {key}"),
        f"CREATE DICTIONARY IF NOT EXISTS {layout.database}.{name}_dictionary{layout.on_cluster} "
        f"({columns}) PRIMARY KEY {key} SOURCE(CLICKHOUSE(QUERY '{query}')) LAYOUT({kind}()) LIFETIME(0)",
    ]


def _counters(layout: Layout, width: str) -> list[str]:
    columns = (
        "sli UInt64, slice DateTime('UTC') CODEC(Delta(4), ZSTD(1)), "
        "good UInt64 CODEC(T64, ZSTD(1)), total UInt64 CODEC(T64, ZSTD(1))"
    )
    # Time first: an evaluation reads a few stretches of time for all SLIs at once, and finds only those rows.
    rest = (
        f"PARTITION BY toYYYYMM(slice) ORDER BY (slice, sli) "
        f"TTL slice + toIntervalDay({COUNTER_SLICES[width]}) {layout.settings()}"
    )
    engine = layout.engine("SummingMergeTree")
    return table(layout, f"holdfast_slo_{width}", columns, engine=engine, rest=rest, shard_by="sli")


def _views(layout: Layout) -> list[str]:
    spans = layout.stored("otel_traces")
    return [
        _view(layout, "holdfast_red", red_select(spans)),
        _view(layout, "holdfast_red_5m", _coarser_red(layout)),
        _view(
            layout,
            "holdfast_presence_1m",
            "SELECT ServiceName AS service, toStartOfMinute(toDateTime(Timestamp, 'UTC')) AS slice, "
            f"count() AS spans FROM {spans} GROUP BY service, slice",
        ),
        _view(layout, "holdfast_slo_10s", plain_counter_select(spans, layout)),
        _view(
            layout, "holdfast_slo_10s", conditional_counter_select(spans, layout), suffix="_conditional_mv"
        ),
        *(_coarser(layout, finer, width) for finer, width in (("10s", "1m"), ("1m", "1h"))),
    ]


def _view(layout: Layout, name: str, select: str, *, suffix: str = "_mv") -> str:
    return (
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS {layout.database}.{name}{suffix}{layout.on_cluster} "
        f"TO {layout.stored(name)} AS {select}"
    )


def _coarser(layout: Layout, finer: str, width: str) -> str:
    floor = {"1m": "toStartOfMinute", "1h": "toStartOfHour"}[width]
    return _view(
        layout,
        f"holdfast_slo_{width}",
        f"SELECT sli, {floor}(f.slice) AS slice, sum(f.good) AS good, sum(f.total) AS total "
        f"FROM {layout.stored(f'holdfast_slo_{finer}')} AS f GROUP BY sli, slice",
    )


# Internal spans are left out unless they are all a process has: a root without a caller.
_RED_WHERE = "WHERE SpanKind != 'Internal' OR ParentSpanId = ''"
_RED_GROUP = f"GROUP BY {_RED_DIMENSIONS}, Slice"


_RED_ADDED_UP = (
    "sum(f.Requests) AS Requests, sum(f.Errors) AS Errors, sum(f.DurationNanoseconds) AS "
    "DurationNanoseconds, sumMap(f.Latency) AS Latency"
)


def _coarser_red(layout: Layout) -> str:
    return (
        f"SELECT {_RED_DIMENSIONS}, toStartOfFiveMinutes(f.Slice) AS Slice, {_RED_ADDED_UP} "
        f"FROM {layout.stored('holdfast_red')} AS f {_RED_GROUP}"
    )


_SERVICES_COLUMNS = (
    "Service, Kind, Slice, Requests, Errors, DurationNanoseconds, Latency, Zones, Versions, Newest"
)


def _services_of(red: str) -> str:
    return (
        f"SELECT Service, Kind, f.Slice AS Slice, {_RED_ADDED_UP}, "
        f"groupUniqArrayIf({NAMED_MOST})(toString(Zone), Zone != '') AS Zones, "
        f"groupUniqArrayIf({NAMED_MOST})(toString(Version), Version != '') AS Versions, "
        f"max(f.Slice) AS Newest FROM {red} AS f GROUP BY Service, Kind, Slice"
    )


def _coarser_services(services: str) -> str:
    return (
        f"SELECT Service, Kind, toStartOfFiveMinutes(f.Slice) AS Slice, {_RED_ADDED_UP}, "
        f"groupUniqArrayArray({NAMED_MOST})(f.Zones) AS Zones, "
        f"groupUniqArrayArray({NAMED_MOST})(f.Versions) AS Versions, "
        f"max(f.Newest) AS Newest FROM {services} AS f GROUP BY Service, Kind, Slice"
    )


def red_select(spans: str) -> str:
    """Return the query that sums spans up to RED rows."""
    # A span may say it took centuries, and stand for a million: in 64 bits the sum of durations would wrap.
    return (
        f"SELECT {_RED_DIMENSIONS}, Slice, sum(weight) AS Requests, sumIf(weight, error) AS Errors, "
        "sum(toUInt128(weight) * Duration) AS DurationNanoseconds, "
        "sumMap([bucket], [weight]) AS Latency FROM ("
        f"SELECT ServiceName AS Service, {folded('SpanName')} AS Operation, SpanKind AS Kind, "
        f"{PEER} AS Peer, Zone, Version, {_SLICE} AS Slice, {WEIGHT} AS weight, "
        f"IsError AS error, {BUCKET} AS bucket, Duration FROM {spans} {_RED_WHERE}) {_RED_GROUP}"
    )


def folded_red(layout: Layout) -> str:
    """Return the query that feeds RED: sums per name, with names beyond their caps added up as `other`.

    Names are folded after spans are summed up: per row of RED, not per span.
    """
    of_sender = {
        "Operation": (NameKind.OPERATION, f"'{OTHER}'"),
        "Peer": (NameKind.PEER, f"if(Peer = '', '', '{OTHER}')"),
        "Version": (NameKind.VERSION, f"if(Version = '', '', '{OTHER}')"),
    }
    service = folded_names(layout, NameKind.SERVICE, "Service", busy="OfService")
    zone = folded_names(layout, NameKind.ZONE, "Zone", busy="OfZone")
    others = ", ".join(
        f"if(Sender = '{OTHER}', {other}, "
        f"{folded_names(layout, kind, column, scope='Sender', busy=f'Of{column}')}) AS Shown{column}"
        for column, (kind, other) in of_sender.items()
    )
    busy = ", ".join(f"sum(Requests) OVER (PARTITION BY {name}) AS Of{name}" for name in ("Service", "Zone"))
    busy_of_sender = ", ".join(
        f"sum(Requests) OVER (PARTITION BY Sender, {name}) AS Of{name}" for name in of_sender
    )
    rows = f"SELECT *, {busy} FROM ({red_select(layout.stored('otel_traces'))})"
    by_sender = f"SELECT *, {service} AS Sender, {zone} AS ShownZone FROM ({rows})"
    return (
        "SELECT f.Sender AS Service, f.ShownOperation AS Operation, f.Kind AS Kind, f.ShownPeer AS Peer, "
        f"f.ShownZone AS Zone, f.ShownVersion AS Version, f.Slice AS Slice, {_RED_ADDED_UP} "
        f"FROM (SELECT *, {others} FROM (SELECT *, {busy_of_sender} FROM ({by_sender}))) AS f {_RED_GROUP}"
    )


def red_names(layout: Layout) -> list[str]:
    """Return the statements for the views that note the names of services and of what they do."""
    of_red = {
        NameKind.SERVICE: ("''", "Service"),
        NameKind.OPERATION: ("Service", "Operation"),
        NameKind.PEER: ("Service", "Peer"),
        NameKind.VERSION: ("Service", "Version"),
        NameKind.ZONE: ("''", "Zone"),
    }
    # A service that works inside itself only is in no row of RED, and has a name all the same. Ranks are as
    # those of RED, or twice as many names would be noted.
    service = folded_names(layout, NameKind.SERVICE, "p.service", busy="busy")
    spans = "sum(p.spans) OVER (PARTITION BY p.service) AS busy"
    presence = f"(SELECT p.service, {spans} FROM {layout.stored('holdfast_presence_1m')} AS p) AS p"
    silent = f"(SELECT {service} AS service FROM {presence})"
    return [
        names_view(layout, layout.stored("holdfast_red"), of_red, suffix="of_red"),
        names_view(layout, silent, {NameKind.SERVICE: ("''", "service")}, suffix="of_presence"),
    ]


def fold_red(layout: Layout) -> list[str]:
    """Return the statements that have RED fold names; what is stored already stays as it is."""
    view = f"{layout.database}.holdfast_red_mv{layout.on_cluster}"
    return [f"ALTER TABLE {view} MODIFY QUERY {folded_red(layout)}", *red_names(layout)]


_IS_GOOD = "((c.1 = 0 OR (c.1 = 2) = error) AND Duration <= c.2)"
_ATTRIBUTE = "if(mapContains(SpanAttributes, k), SpanAttributes[k], ResourceAttributes[k])"


def _matching(layout: Layout, column: str) -> str:
    """Return the expression for the ids of the SLIs a span counts for, as far as its name tells."""
    dictionary = f"'{layout.database}.holdfast_selectors_dictionary', '{column}'"
    key = "(toString(ServiceName), toString(SpanName), toString(SpanKind))"
    any_operation = "(toString(ServiceName), '', toString(SpanKind))"
    return (
        f"arrayConcat(if(SpanName = '', [], dictGet({dictionary}, {key})), dictGet({dictionary}, "
        f"{any_operation}))"
    )


def plain_counter_select(spans: str, layout: Layout, *, where: str = "1") -> str:
    """Return the query counting good and total per SLI and slice, for SLIs without attribute conditions.

    The same text serves the view and the backfill of a new SLI.
    """
    condition = (
        f"dictGet('{layout.database}.holdfast_conditions_dictionary', ('status', 'max_duration'), sli) AS c"
    )
    return (
        f"SELECT sli, slice, sum(weight * (({condition}).1 = 0 OR (c.1 = 2) = error) * (Duration <= "
        f"c.2)) AS good, "
        "sum(weight) AS total FROM (SELECT slice, weight, error, Duration, arrayJoin(ids) AS sli FROM "
        f"(SELECT {_SLICE} AS slice, {WEIGHT} AS weight, IsError AS error, Duration, "
        f"{_matching(layout, 'plain')} AS ids FROM {spans} WHERE {where})) GROUP BY sli, slice"
    )


def conditional_counter_select(spans: str, layout: Layout, *, where: str = "1") -> str:
    """Return the query counting good and total per SLI and slice, for SLIs with attribute conditions."""
    fields = "('status', 'max_duration', 'total_keys', 'total_values', 'good_keys', 'good_values')"
    condition = f"dictGet('{layout.database}.holdfast_conditions_dictionary', {fields}, sli) AS c"
    return (
        f"SELECT sli, slice, sum(weight * {_IS_GOOD} * arrayAll((k, v) -> has(v, {_ATTRIBUTE}), c.5, "
        f"c.6)) AS good, "
        f"sum(weight) AS total FROM (SELECT *, {condition} FROM (SELECT {_SLICE} AS slice, {WEIGHT} "
        f"AS weight, "
        f"IsError AS error, Duration, SpanAttributes, ResourceAttributes, arrayJoin(ids) AS sli FROM "
        # Attributes are copied for the few spans that need them only, hence the filter before the join.
        f"(SELECT *, IsError, {_matching(layout, 'conditional')} AS ids FROM {spans} WHERE notEmpty(ids) AND "
        f"{where}))) "
        f"WHERE arrayAll((k, v) -> has(v, {_ATTRIBUTE}), c.3, c.4) GROUP BY sli, slice"
    )
