"""How much there was in each step, worked out by the engine from gauges and sums that go up and down. Pure.
 A value stands until its series reports the next one, says that there is none any more (the flag "no recorded
value"), or is five minutes old (Prometheus, "Staleness"). So a step without a point shows the value that
stood, and a series that ended leaves a gap instead of a line.
"""


def levels_select(table: str, value: str, where: str, groups: str, *, only_newest: bool) -> str:
    """Return the SELECT of `total`, `number`, `least` and `most` of a group's values in a step.

    Its columns: `g` the group, `k` the step. `value` is the expression of a point's value, NULL if it has
    none. With `only_newest` only the newest value of each series in each step is taken.
    """
    at = "(toUnixTimestamp64Nano(toDateTime64(TimeUnix, 9)) - {origin:Int64}) / 1e9"
    points = (
        f"SELECT SeriesId AS s, arraySort(groupArray(({at}, if(bitAnd(Flags, 1) = 0, {value}, NULL)))) AS "
        "known "
        f"FROM {table} WHERE {where} GROUP BY s"
    )
    # Of several values for one instant the last in order counts, which is the highest.
    once = (
        "arrayFilter((x, i) -> i = length(known) OR x.1 != known[i + 1].1, known, arrayEnumerate(known)) AS q"
    )
    return (
        "SELECT g, k, sum(v) AS total, count() AS number, min(v) AS least, max(v) AS most FROM ("
        "SELECT s, assumeNotNull(e.3) AS v, arrayJoin(range(greatest(e.1, 0), least(e.2, {steps:Int64} - "
        "1) + 1)) "
        f"AS k FROM (SELECT s, arrayJoin({_STANDING}) AS e FROM (SELECT s, {once} FROM ({points}))) "
        f"WHERE isNotNull(e.3) {'AND e.4' if only_newest else ''}) AS spread "
        f"INNER JOIN ({groups}) AS chosen ON spread.s = chosen.SeriesId GROUP BY g, k"
    )


_IN = "toInt64(floor({at} / {{step:Float64}}))"
_OWN = _IN.format(at="x.1")
_NEXT = f"if(i < length(q), {_IN.format(at='q[i + 1].1')}, {{steps:Int64}})"
_STALE = _IN.format(at="(x.1 + {stale:Float64})")
_STANDING = (
    f"arrayMap((x, i) -> ({_OWN}, greatest({_OWN}, least({_NEXT} - 1, {_STALE})), x.2, {_NEXT} > {_OWN}), q, "
    "arrayEnumerate(q))"
)
