"""The warehouse's counts agree with adding up every 10 s slice by hand."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import opened_copy

from holdfast.objectives.alerting.burn import SHOWN_WINDOWS
from holdfast.telemetry.counting.model import NOTHING, Sender
from holdfast.telemetry.counting.source import MemoryCounts
from holdfast.telemetry.counting.store import WarehouseCounts
from holdfast.telemetry.counting.windows import Grain, epoch
from holdfast.telemetry.identity.model import PlaceFilter, ServiceId
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.layout import Layout

EDGE = datetime(2026, 3, 1, 12, 34, 50, tzinfo=UTC)
PLACES = (
    ServiceId("service-3", environment="staging"),
    ServiceId("api"),
    ServiceId("api", "shop"),
    ServiceId("api", "shop", "staging"),
)
WINDOWS = (*SHOWN_WINDOWS, timedelta(days=7), timedelta(days=28))


@pytest.fixture(scope="module")
def warehouse(
    tmp_path_factory: pytest.TempPathFactory, layout: Layout, migrated_directory: Path
) -> Iterator[ChdbWarehouse]:
    """An embedded warehouse with Holdfast's tables, which keep their rows: the history here stands still."""
    directory = tmp_path_factory.mktemp("counts") / "warehouse"
    with opened_copy(migrated_directory, directory, layout) as opened:
        yield opened


@pytest.fixture(scope="module")
def both(warehouse: ChdbWarehouse) -> tuple[MemoryCounts, WarehouseCounts]:
    """The same random history of four SLIs in memory and in the warehouse."""
    chance, memory = random.Random(7), MemoryCounts()
    rows = []
    for sli in (3, 4, 9, 2**40):
        for _ in range(400):
            seconds = int(30 * 86_400 * chance.random() ** 6)
            when = EDGE - timedelta(seconds=seconds - 30)
            good, bad = chance.randrange(50), chance.randrange(5)
            memory.record(sli, when, good=good, bad=bad, service=f"service-{sli}")
            start = Grain.TEN_SECONDS.floor(epoch(when))
            rows.append((sli, start, good, good + bad))
    _insert(warehouse, rows)
    for one in PLACES:
        for _ in range(200):
            memory.see(one, EDGE - timedelta(minutes=chance.randrange(5 * 1440)))
    for one in (*(ServiceId(f"service-{sli}") for sli in (3, 4, 9, 2**40)), *PLACES):
        here = Sender(one.name, PlaceFilter(one.environment, one.namespace))
        ((_, minutes),) = memory.presence([here], 0, 2**32 - 1).items()
        _insert_presence(warehouse, one, [int(minute) for minute in minutes])
    return memory, WarehouseCounts(warehouse, lambda: EDGE)


def _insert(warehouse: ChdbWarehouse, rows: list[tuple[int, int, int, int]]) -> None:
    names = ("sli", "slice", "good", "total")
    arrays = {name: [row[n] for row in rows] for n, name in enumerate(names)}
    warehouse.command(
        "INSERT INTO holdfast_slo_10s (sli, slice, good, total) "
        "SELECT r.1, toDateTime(r.2, 'UTC'), r.3, r.4 FROM (SELECT arrayJoin(arrayZip({sli:Array(UInt64)}, "
        "{slice:Array(UInt32)}, {good:Array(UInt64)}, {total:Array(UInt64)})) AS r)",
        arrays,
    )


def _insert_presence(warehouse: ChdbWarehouse, one: ServiceId, minutes: list[int]) -> None:
    warehouse.command(
        "INSERT INTO holdfast_presence_1m (service, slice, spans, environment, namespace) SELECT "
        "{name:String}, toDateTime(arrayJoin({minutes:Array(UInt32)}), 'UTC'), 1, {of:String}, {in:String}",
        {"name": one.name, "of": one.environment, "in": one.namespace, "minutes": minutes},
    )


@pytest.mark.parametrize("back_seconds", [0, 10, 50, 2090, 2100, 3 * 3600 + 40, 20 * 86_400])
def test_window_sums_agree_with_every_slice_added_up(
    both: tuple[MemoryCounts, WarehouseCounts], back_seconds: int
) -> None:
    """Segments of hours, minutes and 10 s slices give the same integers as the raw slices, at any edge."""
    slow, fast = both
    edge = epoch(EDGE) - back_seconds
    expected, found = slow.sums(edge, WINDOWS), fast.sums(edge, WINDOWS)
    for sli in expected.slis.tolist():
        for window in WINDOWS:
            assert found.counts(sli, window) == expected.counts(sli, window)


def test_an_sli_without_counts_has_nothing(both: tuple[MemoryCounts, WarehouseCounts]) -> None:
    """An id that was never counted reads as no events, not as an error."""
    for source in both:
        assert source.sums(epoch(EDGE), WINDOWS).counts(77, WINDOWS[0]) == NOTHING


def test_slices_and_steps_agree(both: tuple[MemoryCounts, WarehouseCounts]) -> None:
    """Series and sparklines are the same from both sources."""
    slow, fast = both
    end = Grain.HOUR.floor(epoch(EDGE))
    start = end - 86_400
    for grain in (Grain.MINUTE, Grain.HOUR):
        one, other = slow.slices(9, start, end, grain), fast.slices(9, start, end, grain)
        for name in ("starts", "good", "total"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    steps = [source.bad_by_step([3, 4, 77], start, end, 1800) for source in both]
    for sli in (3, 4, 77):
        np.testing.assert_array_equal(steps[0][sli], steps[1][sli])


def test_presence_and_first_slices_agree(both: tuple[MemoryCounts, WarehouseCounts]) -> None:
    """Both sources return the same presence; first slices agree to the hour, recent ones exactly."""
    slow, fast = both
    start, end = epoch(EDGE) - 5 * 86_400, epoch(EDGE)
    asked = [Sender(name) for name in ("service-3", "service-9", "silent")]
    one, other = slow.presence(asked, start, end), fast.presence(asked, start, end)
    assert set(one) == set(other) == set(asked[:2])
    for name, minutes in one.items():
        np.testing.assert_array_equal(np.unique(other[name]), minutes)
    exact, coarse = slow.first_slices([3, 9, 77]), fast.first_slices([3, 9, 77])
    assert set(exact) == set(coarse) == {3, 9}
    assert all(coarse[sli] == Grain.HOUR.floor(exact[sli]) or coarse[sli] == exact[sli] for sli in exact)


def test_presence_is_that_of_the_environment_and_namespace(
    both: tuple[MemoryCounts, WarehouseCounts],
) -> None:
    """Minutes in which only another environment or namespace sent are not among those of a sender."""
    slow, fast = both
    start, end = epoch(EDGE) - 5 * 86_400, epoch(EDGE)
    scopes = [
        PlaceFilter(of, within) for of in (None, "", "staging", "gone") for within in (None, "", "shop")
    ]
    asked = [Sender(name, scope) for name in ("service-3", "api") for scope in scopes]
    one, other = slow.presence(asked, start, end), fast.presence(asked, start, end)
    assert set(one) == set(other)
    assert Sender("api", PlaceFilter("gone")) not in one
    for sender, minutes in one.items():
        np.testing.assert_array_equal(np.unique(other[sender]), minutes)
    api = [one[Sender("api", PlaceFilter(of))] for of in (None, "", "staging")]
    assert len(api[0]) > max(len(api[1]), len(api[2])) > 0


def test_an_empty_warehouse_reads_as_nothing(tmp_path: Path) -> None:
    """Before any telemetry every question has an empty answer."""
    source = MemoryCounts()
    assert source.watermark() is None
    assert source.sums(epoch(EDGE), WINDOWS).counts(1, WINDOWS[0]) == NOTHING
    assert source.first_slices([1]) == {}
