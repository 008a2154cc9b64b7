"""The names tracked individually, as the engine knows them, and the SQL that folds all others.

    spans ─view─> RED, metric series ─view─> holdfast_names ─(reload, by `NameReconciler`)─> two dictionaries
             └── names not in the dictionaries, beyond the remaining capacity, become `other` ──┘

A name that is seen for the first time is tracked at once while there is capacity: a release shows as soon as
it sends. Between two reloads of the dictionaries each insert sees the same capacity, so that a flood may
exceed a cap once by the names of a few seconds, and not again. Of the new names of an insert the busiest fit,
then those of the lowest hash: a repeated insert folds the same names, and no spelling is preferred.
"""

from collections.abc import Mapping, Sequence

from holdfast.telemetry.warehouse.instants import of_last_days
from holdfast.telemetry.warehouse.layout import Layout, view_changed
from holdfast.telemetry.warehouse.name_caps import LENGTH_MOST, OTHER, NameCaps, NameKind

NAMES = "holdfast_names"
_ROOMS = "holdfast_name_rooms"
_ROOM_COLUMNS = "kind String, scope String, room UInt32"
ANY_SERVICE = "*"
"""The scope with the capacity of a service that has no known name yet."""


def known(layout: Layout, kind: NameKind, scope: str, name: str) -> str:
    """Return the expression for whether a name, an expression itself, is tracked."""
    return f"dictHas('{layout.database}.{NAMES}_dictionary', {_key(kind, scope, name)})"


def folded_names(layout: Layout, kind: NameKind, name: str, *, scope: str = "''", busy: str = "0") -> str:
    """Return the expression for a name or `other`, over rows already summed per name.

    If new names do not all fit, those with the largest `busy`, an expression too, are tracked.
    """
    is_known = f"({name} = '' OR {known(layout, kind, scope, name)})"
    partition = f"{is_known}" if scope == "''" else f"toString({scope}), {is_known}"
    rank = f"dense_rank() OVER (PARTITION BY {partition} ORDER BY {busy} DESC, cityHash64({name}))"
    fits = f"({rank} <= {_room(layout, kind, scope)} AND length({name}) <= {LENGTH_MOST})"
    return f"if({is_known} OR {fits}, toString({name}), '{OTHER}')"


def folded_rows(
    layout: Layout,
    rows: str,
    names: Mapping[NameKind, tuple[str, str]],
    *,
    key: Sequence[str],
    sums: Sequence[str],
) -> str:
    """Return the query over `rows` for `key`, `sums` and `Shown`: the names of each row, or `other` for one.

    A row is distinguished by its `key` and its names. Kinds have the order of `names`, which holds the
    expressions of scope and name of each; new names with the largest first sum are tracked first. Each row
    becomes one per name and is put together again: the engine analyses the query with every insert, and a
    rank per kind took three times as long.
    """
    scopes, values = (f"[{', '.join(column)}]::Array(String)" for column in zip(*names.values(), strict=True))
    kinds = [str(kind) for kind in names]
    named = f"arrayJoin(arrayZip({list(range(len(names)))}, {kinds}, {scopes}, {values})) AS n"
    kept = ", ".join((*key, *sums))
    row = f"sipHash128({', '.join((*key, *(name for _, name in names.values())))}) AS row"
    each = f"SELECT {kept}, row, {named}, (n.2, n.3, n.4) AS one FROM (SELECT *, {row} FROM ({rows}))"
    known = f"(n.4 = '' OR dictHas('{layout.database}.{NAMES}_dictionary', one)) AS known"
    much = f"sum({sums[0]}) OVER (PARTITION BY one) AS much"
    summed = f"SELECT *, {much}, {known}, {_room_of(layout)} FROM ({each})"
    rank = "dense_rank() OVER (PARTITION BY n.2, n.3, known ORDER BY much DESC, cityHash64(n.4)) AS rank"
    fits = f"known OR (rank <= room AND length(n.4) <= {LENGTH_MOST})"
    shown = f"arraySort(groupArray((n.1, if({fits}, n.4, '{OTHER}')))).2 AS Shown"
    once = ", ".join(f"any({column}) AS {column}" for column in (*key, *sums))
    return f"SELECT {once}, {shown} FROM (SELECT *, {rank} FROM ({summed})) GROUP BY row"


def _room_of(layout: Layout) -> str:
    dictionary = f"'{layout.database}.{_ROOMS}_dictionary', 'room'"
    caps = [layout.caps.of(kind).each for kind in NameKind]
    each = f"toUInt32(transform(n.2, {[str(kind) for kind in NameKind]}, {caps}, 0))"
    of_any = f"dictGetOrDefault({dictionary}, (n.2, '{ANY_SERVICE}'), {each})"
    return f"dictGetOrDefault({dictionary}, (n.2, n.3), {of_any}) AS room"


def _key(kind: NameKind, scope: str, name: str) -> str:
    return f"('{kind}', toString({scope}), toString({name}))"


def _room(layout: Layout, kind: NameKind, scope: str) -> str:
    dictionary = f"'{layout.database}.{_ROOMS}_dictionary', 'room'"
    of_any = (
        f"dictGetOrDefault({dictionary}, ('{kind}', '{ANY_SERVICE}'), toUInt32({layout.caps.of(kind).each}))"
    )
    if scope == "''":
        return of_any
    return f"dictGetOrDefault({dictionary}, ('{kind}', toString({scope})), {of_any})"


def name_tables(layout: Layout) -> list[str]:
    """Return the statements that create the table of names and its dictionaries."""
    columns = (
        "kind LowCardinality(String), scope String, name String, "
        "named SimpleAggregateFunction(max, UInt8), admitted SimpleAggregateFunction(min, DateTime('UTC'))"
    )
    engine = layout.engine("AggregatingMergeTree", everywhere=True)
    source = f"{layout.database}.{NAMES}"
    known_names = f"SELECT kind, scope, name, max(named) AS named FROM {source} GROUP BY kind, scope, name"
    return [
        f"CREATE TABLE IF NOT EXISTS {source}{layout.on_cluster} ({columns}) "
        f"ENGINE = {engine} ORDER BY (kind, scope, name)",
        _dictionary(layout, NAMES, "kind String, scope String, name String, named UInt8", 3, known_names),
        _dictionary(layout, _ROOMS, _ROOM_COLUMNS, 2, _rooms(source, layout.caps)),
    ]


def _dictionary(layout: Layout, name: str, columns: str, keys: int, query: str) -> str:
    key = ", ".join(column.split()[0] for column in columns.split(", ")[:keys])
    quoted = query.replace("\\", "\\\\").replace("'", "\\'")
    return (
        f"CREATE DICTIONARY IF NOT EXISTS {layout.database}.{name}_dictionary{layout.on_cluster} ({columns}) "
        f"PRIMARY KEY {key} SOURCE(CLICKHOUSE(QUERY '{quoted}')) LAYOUT(COMPLEX_KEY_HASHED()) LIFETIME(0)"
    )


def _rooms(names: str, caps: NameCaps) -> str:
    kinds = [str(kind) for kind in NameKind]
    each = f"transform(kind, {kinds}, {[caps.of(kind).each for kind in NameKind]}, 0)"
    total = f"transform(kind, {kinds}, {[caps.of(kind).total for kind in NameKind]}, 0)"
    counts = f"SELECT kind, scope, toInt64(uniqExact(name)) AS n FROM {names} GROUP BY kind, scope"
    of_kind = f"SELECT kind, sum(n) AS n FROM ({counts}) GROUP BY kind"
    # The second part is the capacity of a service not known yet, and of kinds not counted per service.
    return (
        f"SELECT kind, scope, toUInt32(greatest(0, least({each} - c.n, {total} - k.n))) AS room "
        f"FROM ({counts}) AS c INNER JOIN ({of_kind}) AS k USING kind WHERE scope != '' "
        f"UNION ALL SELECT kind, '{ANY_SERVICE}' AS scope, "
        f"toUInt32(greatest(0, least({each}, {total} - n))) AS room FROM ({of_kind})"
    ).replace("\\'", "'")


TAKEN_OVER_DAYS = 7
"""Days of roll-ups whose names are tracked from the start, those with most requests first."""


def names_taken_over(layout: Layout) -> list[str]:
    """Return the statements that record the names in roll-ups from before there were caps."""
    cap, red = layout.caps, f"{layout.database}.holdfast_red_5m"
    recent = of_last_days("Slice", TAKEN_OVER_DAYS)
    of_services = {"operation": "Operation", "peer": "Peer", "version": "Version"}
    services = f"(SELECT name FROM {layout.database}.{NAMES} WHERE kind = 'service')"
    presence, series = (f"{layout.database}.holdfast_{name}" for name in ("presence_1m", "metric_series"))
    return [
        _taken_over(
            layout,
            f"SELECT 'service', '', toString(service), count() AS much FROM {presence} "
            f"WHERE {of_last_days('slice', 1)} GROUP BY service ORDER BY much DESC "
            f"LIMIT {cap.service.total}",
        ),
        *(
            _taken_over(
                layout,
                f"SELECT '{kind}', toString(Service), toString({column}), sum(Requests) AS much FROM {red} "
                f"WHERE {recent} AND {column} != '' AND Service IN {services} GROUP BY Service, {column} "
                f"ORDER BY much DESC LIMIT {cap.of(NameKind(kind)).each} BY Service "
                f"LIMIT {cap.of(NameKind(kind)).total}",
            )
            for kind, column in of_services.items()
        ),
        _taken_over(
            layout,
            f"SELECT 'zone', '', toString(Zone), sum(Requests) AS much FROM {red} "
            f"WHERE {recent} AND Zone != '' GROUP BY Zone ORDER BY much DESC LIMIT {cap.zone.total}",
        ),
        _taken_over(
            layout,
            f"SELECT 'metric', '', toString(MetricName), max(LastSeen) AS much FROM {series} "
            f"WHERE Day >= today() - 1 GROUP BY MetricName ORDER BY much DESC LIMIT {cap.metric.total}",
        ),
    ]


def _taken_over(layout: Layout, select: str) -> str:
    return (
        f"INSERT INTO {layout.database}.{NAMES} (kind, scope, name, named, admitted) "
        f"SELECT t.1, t.2, t.3, 0, now('UTC') FROM (SELECT tuple(*) AS t FROM ({select})) "
        "SETTINGS insert_deduplicate = 0"
    )


def reloads(layout: Layout) -> tuple[str, ...]:
    """Return the statements that make the engine reload the table of names."""
    return tuple(
        f"SYSTEM RELOAD DICTIONARY{layout.on_cluster} {layout.database}.{name}_dictionary"
        for name in (NAMES, _ROOMS)
    )


def names_view(layout: Layout, source: str, kinds: Mapping[NameKind, tuple[str, str]], *, suffix: str) -> str:
    """Return the statement for the view that records new names in the rows of `source`.

    `kinds` holds the expressions of scope and name of each kind.
    """
    return (
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS {layout.database}.{NAMES}_{suffix}{layout.on_cluster} "
        f"TO {layout.database}.{NAMES} AS {_new_names(layout, source, kinds)}"
    )


def names_view_changed(
    layout: Layout, source: str, kinds: Mapping[NameKind, tuple[str, str]], *, suffix: str
) -> str:
    """Return the statement that makes an older view record names of these kinds."""
    return view_changed(layout, NAMES, _new_names(layout, source, kinds), suffix=f"_{suffix}")


def _new_names(layout: Layout, source: str, kinds: Mapping[NameKind, tuple[str, str]]) -> str:
    found = ", ".join(
        f"('{kind}', toString({scope}), toString({name}))" for kind, (scope, name) in kinds.items()
    )
    dictionary = f"'{layout.database}.{NAMES}_dictionary'"
    return (
        "SELECT DISTINCT one.1 AS kind, one.2 AS scope, one.3 AS name, "
        "toUInt8(0) AS named, now('UTC') AS admitted FROM (SELECT arrayJoin("
        f"[{found}]) AS one FROM {source}) "
        f"WHERE one.3 NOT IN ('', '{OTHER}') AND one.2 != '{OTHER}' AND NOT dictHas({dictionary}, one)"
    )


def rooms_again(layout: Layout) -> list[str]:
    """Return the statement that makes the capacities known of kinds that an older version did not have."""
    rooms = _dictionary(layout, _ROOMS, _ROOM_COLUMNS, 2, _rooms(f"{layout.database}.{NAMES}", layout.caps))
    return [rooms.replace("CREATE DICTIONARY IF NOT EXISTS", "CREATE OR REPLACE DICTIONARY", 1)]
