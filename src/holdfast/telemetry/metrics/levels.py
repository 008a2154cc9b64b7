"""Values per step, computed by the engine from gauges and non-monotonic sums. Pure.
 A value is valid until its series reports the next one, reports that there is none (the flag "no recorded
value"), or it is five minutes old (Prometheus, "Staleness"). So a step without a point shows the last valid
value, and a series that ended leaves a gap instead of a line.
"""


def levels_select(table: str, value: str, where: str, groups: str, *, only_newest: bool) -> str:
    """Return the SELECT of `total`, `number`, `least` and `most` of a group's values in a step.

    Its columns: `g` the group, `k` the step. `value` is the expression of a point's value, NULL if it has
    none. With `only_newest` only the newest value of each series in each step counts.
    """
    at = "(toUnixTimestamp64Nano(toDateTime64(TimeUnix, 9)) - {origin:Int64}) / 1e9"
    points = (
        f"SELECT SeriesId AS s, arraySort(groupArray(({at}, if(bitAnd(Flags, 1) = 0, {value}, NULL)))) "
        f"AS known FROM {table} WHERE {where} GROUP BY s"
    )
    # Neighbours are arrays of their own: an array named inside a lambda is copied for every element.
    # Of several values for one instant the last in order counts, which is the highest.
    once = (
        "arrayFilter((x, y, left) -> left = 1 OR x.1 != y.1, known, "
        "arrayPushBack(arrayPopFront(known), known[1]), arrayReverse(arrayEnumerate(known))) AS q"
    )
    return (
        "SELECT g, k, sum(v) AS total, count() AS number, min(v) AS least, max(v) AS most FROM ("
        "SELECT s, assumeNotNull(e.3) AS v, "
        "arrayJoin(range(greatest(e.1, 0), least(e.2, {steps:Int64} - 1) + 1)) AS k "
        f"FROM (SELECT s, arrayJoin({_STANDING}) AS e FROM (SELECT s, {once} FROM ({points}))) "
        f"WHERE isNotNull(e.3) {'AND e.4' if only_newest else ''}) AS spread "
        f"INNER JOIN ({groups}) AS chosen ON spread.s = chosen.SeriesId GROUP BY g, k"
    )


_IN = "toInt64(floor({at} / {{step:Float64}}))"
_OWN = _IN.format(at="x.1")
_NEXT = f"if(left > 1, {_IN.format(at='y.1')}, {{steps:Int64}})"
_STALE = _IN.format(at="(x.1 + {stale:Float64})")
_LAST = f"greatest({_OWN}, least({_NEXT} - 1, {_STALE}))"
_STANDING = (
    f"arrayMap((x, y, left) -> ({_OWN}, {_LAST}, x.2, {_NEXT} > {_OWN}), q, "
    "arrayPushBack(arrayPopFront(q), q[1]), arrayReverse(arrayEnumerate(q)))"
)
