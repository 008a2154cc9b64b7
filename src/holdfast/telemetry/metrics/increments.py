"""Counts per step, computed by the engine from sums and histograms of either temporality.
Pure.
 Rules, by the OpenTelemetry metrics data model ("Sums", "Resets and gaps", "Overlap") and, where a sender
gives no start, by Prometheus' (`rate`, "counter resets"):

- A *delta* point counts events between its start and its time, or without a start since the point before.
- A *cumulative* point counts since its start. The increase between two points of the same start is their
  difference. Points of different starts are independent: two senders that share a name do not disturb each
  other.
- A start within the range read is where counting began, so the first point counts its whole value. An earlier
  start or none says nothing: that point is only the base of the next.
- A point at its own start is the base of the points that share this start: collectors that do not know when
  a counter began write one ("Cumulative streams: handling unknown start time").
- A value below the one before, with the same start, is an unannounced reset: the whole value is counted.
- Starts that change with nearly every point, or equal each point's own time, are not starts and are ignored.
- Of several points of one instant only the one with the highest value counts; points are sorted first, so
  their order of arrival does not matter.
- The count between two instants is spread evenly over the time between them, so that each step gets its part,
  and the steps add up to the whole: senders do not report on the edges of steps.

Prometheus extrapolates to the edges of its window instead; a count of 3 then reads as 3.75.
"""

# By three numbers: comparing whole points with their buckets takes as long as everything else together.
_IN_ORDER = "x -> (x.1, x.2, x.4[1])"
_NOTHING = "CAST([], 'Array(UInt64)'), CAST([], 'Array(Float64)')"


def points_select(
    table: str,
    amounts: str,
    where: str,
    *,
    is_delta: bool,
    buckets: str = _NOTHING,
    bounds: str = "CAST([], 'Array(Float64)')",
) -> str:
    """Return the SELECT of each series' points in order, as arrays of (start, time, from, amounts, …).

    `amounts` is an expression for an array of counted numbers, the first of which decreases only by a reset.
    `buckets` gives codes and counts of exponential buckets, `bounds` those of explicit ones, which points
    must share to be compared.
    """
    start = "toUnixTimestamp64Nano(toDateTime64(StartTimeUnix, 9))"
    time = "toUnixTimestamp64Nano(toDateTime64(TimeUnix, 9))"
    at = f"({time} - {{origin:Int64}}) / 1e9"
    since = f"if({start} > 0 AND {start} < {time}, ({start} - {{origin:Int64}}) / 1e9, {at})"
    key = "toInt64(0)" if is_delta else f"if({start} <= {time}, {start}, toInt64(0))"
    return (
        f"SELECT SeriesId AS s, {bounds} AS bounds, "
        f"arraySort({_IN_ORDER}, groupArray(({key}, {at}, {since}, {amounts}, "
        f"{buckets}))) AS ordered FROM {table} WHERE {where} AND bitAnd(Flags, 1) = 0 GROUP BY s, bounds"
    )


def increments_select(points: str, groups: str, *, is_delta: bool) -> str:
    """Return the SELECT of the counts per group and step, over `points` as `points_select` gives them.

    Its columns: `g` the group, `k` the step, `bounds`, `amounts`, and `codes` with `counts` of buckets.
    `groups` is a SELECT of `SeriesId` and `g`.
    """
    trusted = (
        "if((length(ordered) >= 4 AND arrayUniq(arrayMap(x -> x.1, ordered)) * 2 > length(ordered)) "
        "OR NOT arrayExists(x -> x.3 < x.2, ordered), "
        f"arraySort({_IN_ORDER}, arrayMap(x -> (toInt64(0), x.2, x.2, x.4, x.5, x.6), ordered)), ordered)"
    )
    # Neighbours are arrays of their own: an array named inside a lambda is copied for every element.
    once = (
        "arrayFilter((x, y, left) -> left = 1 OR x.1 != y.1 OR x.2 != y.2, known, "
        "arrayPushBack(arrayPopFront(known), known[1]), arrayReverse(arrayEnumerate(known)))"
    )
    taken = "p" if is_delta else "arrayFilter(e -> e.1 < e.2, p)"
    return (
        "SELECT g, k, bounds, sumForEach(arrayMap(amount -> amount * part, e.3)) AS amounts, "
        "sumMap(e.4, arrayMap(amount -> amount * part, e.5)) AS b, b.1 AS codes, b.2 AS counts FROM ("
        f"SELECT s, bounds, e, k, {_PART} AS part FROM (SELECT s, bounds, e, arrayJoin({_STEPS}) AS k FROM ("
        f"SELECT s, bounds, arrayJoin({taken}) AS e FROM (SELECT s, bounds, "
        f"{_delta() if is_delta else _cumulative()} AS p FROM (SELECT s, bounds, {once} AS points FROM ("
        f"SELECT s, bounds, {'ordered' if is_delta else trusted} AS known FROM ({points})))))) "
        f") AS spread INNER JOIN ({groups}) AS chosen ON spread.s = chosen.SeriesId GROUP BY g, k, bounds"
    )


_LAST = "toInt64(ceil(e.2 / {step:Float64})) - 1"
_FIRST = f"if(e.1 < e.2, toInt64(floor(e.1 / {{step:Float64}})), {_LAST})"
_STEPS = f"range(greatest({_FIRST}, 0), least({_LAST}, {{steps:Int64}} - 1) + 1)"
_SHARED = "least(e.2, (k + 1) * {step:Float64}) - greatest(e.1, k * {step:Float64})"
_PART = f"if(e.1 < e.2, ({_SHARED}) / (e.2 - e.1), 1)"


_EACH_WITH_BEFORE = "points, arrayPushFront(arrayPopBack(points), points[1]), arrayEnumerate(points)"


def _delta() -> str:
    since = "if(x.3 < x.2, x.3, if(i > 1, y.2, x.2))"
    return f"arrayMap((x, y, i) -> ({since}, x.2, x.4, x.5, x.6), {_EACH_WITH_BEFORE})"


def _cumulative() -> str:
    first = "(i = 1 OR x.1 != y.1)"
    since = f"if({first}, if(x.3 >= {{readfrom:Float64}}, x.3, x.2), y.2)"
    # Counted from zero: a first point, or one below the point before it.
    restarts = f"({first} OR x.4[1] < y.4[1])"
    amounts = f"if({restarts}, x.4, arrayMap((now, before) -> now - before, x.4, y.4))"
    codes = f"if({restarts}, x.5, arrayConcat(x.5, y.5))"
    counts = f"if({restarts}, x.6, arrayConcat(x.6, arrayMap(before -> -before, y.6)))"
    return f"arrayMap((x, y, i) -> ({since}, x.2, {amounts}, {codes}, {counts}), {_EACH_WITH_BEFORE})"
