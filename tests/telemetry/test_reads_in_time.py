"""Every read over a range of time returns what lies in it: no more and no less, however parts lie."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from tests.telemetry.otlp_builders import SECOND, T0
from tests.telemetry.timed_world import (
    CHILDREN,
    INSTANTS,
    LATER,
    METRIC,
    RANGES,
    SLI,
    WHOLE,
    Range,
    fill,
    trace_id,
)

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.counting.model import Sender
from holdfast.telemetry.counting.store import WarehouseCounts
from holdfast.telemetry.counting.windows import Grain
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.logs.model import LogFilter
from holdfast.telemetry.logs.service import LogsService
from holdfast.telemetry.logs.tail import Tail, TailLimits
from holdfast.telemetry.logs.text import parse
from holdfast.telemetry.metrics.service import Ask, MetricsService
from holdfast.telemetry.metrics.store import Listed
from holdfast.telemetry.servicemap.model import Filters
from holdfast.telemetry.servicemap.store import JoinStore, MapStore
from holdfast.telemetry.services.store import RedStore
from holdfast.telemetry.spans.slices import grain_seconds
from holdfast.telemetry.traces.by_sli import Pick, WarehouseSpans
from holdfast.telemetry.traces.conditions import conditions
from holdfast.telemetry.traces.model import Order, Scope, Search
from holdfast.telemetry.traces.service import TracesService
from holdfast.telemetry.traces.store import TraceStore, began_in
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.protocol import Warehouse

EVERY = settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
FIRST_SECOND = Range(T0 * SECOND, (T0 + 1) * SECOND)
NUMBERS = range(len(INSTANTS))
PAGES = range(20)
BOTH = INSTANTS + CHILDREN


@pytest.fixture(scope="module")
def warehouse(opened_warehouse: ChdbWarehouse, tmp_path_factory: pytest.TempPathFactory) -> ChdbWarehouse:
    """The world, stored once."""
    fill(opened_warehouse, tmp_path_factory.mktemp("timed"))
    return opened_warehouse


def asked(within: Range, scope: Scope = Scope.ANY) -> Search:
    """A search of everything in a range."""
    return Search(within.within, scope)


def test_every_trace_opens_with_all_its_spans(warehouse: Warehouse) -> None:
    """A trace is read by its id with every span, in whichever part and second each lies."""
    for number in NUMBERS:
        spans = TraceStore(warehouse).spans(trace_id(number))
        assert [one.start_nanoseconds for one in spans] == sorted((INSTANTS[number], CHILDREN[number]))


@pytest.mark.parametrize("named", [1, 2, len(INSTANTS)])
def test_traces_are_listed_from_their_spans_whole(warehouse: Warehouse, named: int) -> None:
    """Single seconds or a range of them: either way all spans of the traces named are read."""
    store = TraceStore(warehouse)
    bounds = store.bounds([trace_id(number) for number in range(named)])
    found = store.summaries_of_spans(bounds)
    assert {one: summary.spans for one, summary in found.items()} == dict.fromkeys(bounds, 2)
    assert ("first_ns" in began_in(bounds)[1]) == (named == len(INSTANTS)), "both ways are taken"


@EVERY
@given(one=RANGES)
@example(one=FIRST_SECOND)
def test_a_search_for_spans_finds_those_in_its_range(warehouse: Warehouse, one: Range) -> None:
    """Found, sampled and counted are the spans that begin in the range, in any order."""
    store, window = TraceStore(warehouse), (one.start, one.end)
    expected = sorted(at for at in BOTH if one.holds(at))
    for order in Order:
        found = store.found(asked(one), order, window, None, 1000)
        assert sorted(each.start_nanoseconds for each in found) == expected
    assert store.scatter(asked(one), window, 1000).spans == len(expected)


@EVERY
@given(one=RANGES)
@example(one=FIRST_SECOND)
def test_pages_of_a_search_show_each_trace_once(warehouse: Warehouse, one: Range) -> None:
    """Page by page, each trace with a span in the range comes exactly once."""
    service = TracesService(warehouse, ManualClock(LATER), broke=lambda _: conditions(asked(one)))
    expected = sorted({trace_id(n) for instants in (INSTANTS, CHILDREN) for n in one.numbers(instants)})
    for order in Order:
        shown, cursor = [], None
        for _ in PAGES:
            page = service.search(asked(one), order, cursor=cursor, limit=20).page
            shown += [hit.found.trace_id for hit in page.hits]
            if (cursor := page.next) is None:
                break
        assert cursor is None
        assert sorted(shown) == expected


@EVERY
@given(one=RANGES)
def test_lines_of_a_trace_are_those_around_its_spans(warehouse: Warehouse, one: Range) -> None:
    """Lines are read from a minute before the first span to a minute after the last."""
    minute = 60 * SECOND
    for number in NUMBERS[:4]:
        bounds = (one.start + minute, one.end - minute)
        found = TraceStore(warehouse).logs(trace_id(number), *bounds, before=0, limit=10)
        assert [each.at_nanoseconds for each in found] == [at for at in [INSTANTS[number]] if one.holds(at)]


@EVERY
@given(one=WHOLE)
@example(one=FIRST_SECOND)
def test_bad_and_good_events_are_those_of_the_range(warehouse: Warehouse, one: Range) -> None:
    """Bad events come with their whole trace; good and bad samples hold what began in the range."""
    spans, start, end = WarehouseSpans(warehouse), one.start // SECOND, one.end // SECOND
    bad = [number for number in one.numbers() if number % 2]
    for pick in Pick:
        found = spans.events(spans.bad_spans(SLI, start, end, limit=100, pick=pick))
        assert sorted(each.span.start_nanoseconds for each in found) == [INSTANTS[number] for number in bad]
        assert all(len(each.trace) == 2 for each in found)
    for is_good, sample in enumerate(spans.samples(SLI, start, end, limit=100, good=100)):
        expected = [trace_id(number) for number in one.numbers() if (number % 2 == 0) is bool(is_good)]
        assert sorted(each.trace_id for each in sample) == sorted(expected)


@EVERY
@given(one=RANGES)
@example(one=FIRST_SECOND)
def test_lines_found_and_counted_are_those_of_the_range(warehouse: Warehouse, one: Range) -> None:
    """Lines, their pages, their counts by words, and their patterns hold to the range exactly."""
    service, wanted = LogsService(warehouse, ManualClock(LATER)), LogFilter(one.within)
    expected = [f"said {number}" for number in one.numbers()]
    shown, cursor = [], None
    for _ in PAGES:
        page = service.search(wanted, cursor=cursor, limit=20)
        shown += [each.body for each in page.lines]
        following = page.after(len(page.lines))
        if following is None:
            break
        cursor = str(following)
    assert shown == list(reversed(expected))
    worded = LogFilter(one.within, parse("said"))
    assert service.histogram(worded).total == len(expected)
    assert sum(lines for _, lines in service.facet(worded, "service", 5).values) == len(expected)
    assert sum(each.lines for each in service.patterns(wanted).items) == len(expected)


@EVERY
@given(one=RANGES)
def test_counted_lines_are_those_of_the_slices_touched(warehouse: Warehouse, one: Range) -> None:
    """Without words, slices that the range touches count whole."""
    grain = grain_seconds(one.within) * SECOND
    touched = Range(one.start - one.start % grain, one.end).begun(grain // SECOND)
    histogram = LogsService(warehouse, ManualClock(LATER)).histogram(LogFilter(one.within))
    assert histogram.total == len(touched)


@EVERY
@given(one=RANGES)
def test_a_live_tail_shows_the_lines_of_its_time(warehouse: Warehouse, one: Range) -> None:
    """A look at the tail goes back to where it began and ahead by the lateness, and no further."""
    late = 10 * 3600.0
    service = LogsService(warehouse, ManualClock(LATER))
    clock = ManualClock(one.within.end - timedelta(seconds=late))
    limits = TailLimits(lateness_seconds=late)
    tail = Tail(service._store, clock, limits, LogFilter(one.within), one.within.start)
    looked = Range(max(one.start, one.end - 20 * 3600 * SECOND), one.end)
    assert [each.body for each in tail.look().lines] == [f"said {number}" for number in looked.numbers()]
    assert tail.look().lines == ()


@EVERY
@given(one=RANGES)
@example(one=FIRST_SECOND)
def test_metrics_are_listed_where_they_have_points(warehouse: Warehouse, one: Range) -> None:
    """Series are listed by the seconds of their points, in the seconds the range touches."""
    service = MetricsService(warehouse, ManualClock(LATER))
    touched = Range(one.start // SECOND * SECOND, one.end).begun(1)
    found, _ = service.metrics(one.within, Listed(), cursor=None, limit=10)
    series = [stream.series for metric in found for stream in metric.streams]
    assert series == ([len(touched)] if touched else [])


@EVERY
@given(one=RANGES)
@example(one=FIRST_SECOND)
def test_a_plot_draws_what_stood_and_was_measured(warehouse: Warehouse, one: Range) -> None:
    """Each step shows the greatest value that stood in it, and exemplars are those measured in the range."""
    touched = Range(one.start // SECOND * SECOND, one.end).begun(1)
    assume(touched)
    plot = MetricsService(warehouse, ManualClock(LATER)).plot(METRIC, one.within, Ask(function="max"))
    step, first = plot.grid.step_seconds * SECOND, plot.grid.first_epoch * SECOND
    place = {number: (INSTANTS[number] - first) // step for number in touched}
    until = {number: (INSTANTS[number] + 300 * SECOND - first) // step for number in touched}
    expected = [
        max((n for n in touched if place[n] <= k <= until[n]), default=None) for k in range(plot.grid.steps)
    ]
    assert [line.values for line in plot.lines] == [tuple(expected)]
    greatest = {INSTANTS[number] // step: number for number in one.numbers()}
    assert sorted(each.value for each in plot.exemplars) == sorted(greatest.values())


@EVERY
@given(one=RANGES)
@example(one=FIRST_SECOND)
def test_red_counts_the_slices_that_begin_in_the_range(warehouse: Warehouse, one: Range) -> None:
    """Services, their operations, series and sparklines agree with each other and with counting by hand."""
    store, within = RedStore(warehouse), one.within
    width = grain_seconds(within)
    front, back = ServiceId("front"), ServiceId("back")
    sides = {front: one.begun(width), back: one.begun(width, CHILDREN)}
    expected = {name: len(numbers) for name, numbers in sides.items() if numbers}
    assert {each.id: each.red.requests for each in store.services(within, list(sides))} == expected
    assert store.places(within).zones == (("a",) if sides[front] else ())
    for name in sides:
        operations = store.operations(name, within)
        series = store.series(name, within, width, operation=None, kinds=("Server",))
        assert sum(each.requests for each in operations) == expected.get(name, 0)
        assert sum(each.requests for each in series) == expected.get(name, 0)
    lines = store.lines(within, 12, list(sides))
    first, last = _whole_steps(within, 12)
    shown = {
        name: sum(first <= of // SECOND < last for of in instants)
        for name, instants in ((front, INSTANTS), (back, CHILDREN))
    }
    assert {name: sum(line.requests) for name, line in lines.items()} == {
        name: number for name, number in shown.items() if number
    }
    minutes = {front: one.begun(60), back: one.begun(60, CHILDREN)}
    newest = {n: max(_minute(i) for i in which) for n, which in _instants(minutes).items()}
    assert store.present(within, ids=list(sides)) == newest


def _whole_steps(within: TimeRange, points: int) -> tuple[int, int]:
    """The bounds, in seconds, of at most so many steps of whole five minutes that have ended."""
    start, end = (int(at.timestamp()) // 300 * 300 for at in (within.start, within.end))
    width = max(300, -(-(end - start) // (points * 300)) * 300)
    return start, start + (end - start) // width * width


def _minute(nanoseconds: int) -> int:
    return nanoseconds // SECOND // 60 * 60


def _instants(minutes: dict[ServiceId, list[int]]) -> dict[ServiceId, list[int]]:
    of = {"front": INSTANTS, "back": CHILDREN}
    return {one: [of[one.name][number] for number in numbers] for one, numbers in minutes.items() if numbers}


@EVERY
@given(one=RANGES)
@example(one=FIRST_SECOND)
def test_the_map_shows_the_calls_of_its_slices(warehouse: Warehouse, one: Range) -> None:
    """Calls on the map's edges are the spans whose ten seconds begin in the range."""
    found: Counter[str] = Counter()
    for edge in MapStore(warehouse).edges(one.within, Filters()):
        found[edge.callee.name] += edge.calls
    assert found == {
        name: len(numbers)
        for name, numbers in (("front", one.begun(10)), ("back", one.begun(10, CHILDREN)))
        if numbers
    }
    newest = max((BOTH[number] // SECOND // 10 * 10 for number in one.begun(10, BOTH)), default=None)
    assert MapStore(warehouse).newest_slice(one.within) == newest


@EVERY
@given(one=WHOLE)
def test_the_joiner_sees_the_sides_in_its_slices(warehouse: Warehouse, one: Range) -> None:
    """Sides and joins are those of the slices that begin in the range."""
    store, bounds = JoinStore(warehouse), (one.start // SECOND, one.end // SECOND)
    slices = Counter(BOTH[number] // SECOND // 10 * 10 for number in one.begun(10, BOTH))
    assert store.sides(*bounds) == slices
    assert set(store.joined(10, *bounds)) == set(slices)


@EVERY
@given(one=WHOLE)
def test_counters_are_those_of_the_slices_in_the_range(warehouse: Warehouse, one: Range) -> None:
    """Slices of every width, presence, bad events by step and window sums agree with counting by hand."""
    counts = WarehouseCounts(warehouse, lambda: LATER)
    start, end = one.start // SECOND, one.end // SECOND
    for grain in Grain:
        found = counts.slices(SLI.id, start, end, grain)
        begun = one.begun(grain.value)
        assert found.total.sum() == len(begun)
        assert found.good.sum() == len([number for number in begun if number % 2 == 0])
    present = counts.presence([Sender("front")], start, end)
    minutes = sorted({_minute(INSTANTS[number]) for number in one.begun(60)})
    assert sorted(set(present.get(Sender("front"), ()))) == minutes
    length = (end - start) // 60 * 60
    if length:
        whole = Range(start * SECOND, (start + length) * SECOND)
        bad = counts.bad_by_step([SLI.id], start, start + length, 60)[SLI.id]
        assert bad.sum() == len([number for number in whole.begun(60) if number % 2])


@EVERY
@given(one=WHOLE)
def test_window_sums_are_those_of_the_slices_before_the_edge(warehouse: Warehouse, one: Range) -> None:
    """A window ending at an edge of ten seconds holds the slices that begin in it."""
    edge = one.end // SECOND // 10 * 10
    lengths = (timedelta(seconds=60), timedelta(minutes=5), timedelta(hours=1), timedelta(days=7))
    sums = WarehouseCounts(warehouse, lambda: LATER).sums(edge, lengths)
    windows = [Range((edge - int(each.total_seconds())) * SECOND, edge * SECOND) for each in lengths]
    total = sums.total[list(sums.slis).index(SLI.id)] if SLI.id in sums.slis else [0] * len(lengths)
    assert list(total) == [len(each.begun(10)) for each in windows]
    assert all(less <= more for less, more in pairwise(total))
