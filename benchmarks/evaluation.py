"""Evaluation: budgets and burn rates of 10,000 SLIs over 6 windows, from 28 days of slices.

The engine fills the counter tables as the intake would leave them: 28 days of hours and of minutes, and the
newest hour of 10 s slices. Then every budget and burn rate is read and worked out as the server does it, and
beside it what one would write first: one query per window over the minute rows. Run it as

    python -m benchmarks.evaluation [--slis 10000] [--days 28]
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from benchmarks.report import figure, heading

from holdfast.catalog.model import Catalog, Objective, Sli, SpanSelector, SpanStatus
from holdfast.objectives.alerting.burn import burn_rate
from holdfast.objectives.budget import budget_of
from holdfast.objectives.evaluated import ObjectiveEvaluation, Snapshot
from holdfast.objectives.snapshots import SnapshotCache
from holdfast.objectives.tick import suspects
from holdfast.telemetry.counting.store import WarehouseCounts
from holdfast.telemetry.counting.windows import Grain, epoch, left_edge
from holdfast.telemetry.migrations import migrate
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.layout import Layout

WINDOWS = (*(timedelta(hours=hours) for hours in (1, 6, 24, 72)), timedelta(minutes=5), timedelta(days=28))
SERVICES = 200
REPEATS = 5
SETTLE_SECONDS = 300


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slis", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=28)
    options = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="holdfast-bench-"))
    warehouse = ChdbWarehouse(directory / "warehouse")
    warehouse.open()
    try:
        _measure(warehouse, options.slis, options.days)
    finally:
        warehouse.close()
        shutil.rmtree(directory, ignore_errors=True)


def _measure(warehouse: ChdbWarehouse, slis: int, days: int) -> None:
    heading(f"Evaluation of {slis:,} SLIs x {len(WINDOWS)} windows x {days} days of slices")
    migrate(warehouse, Layout(database="holdfast"))
    edge = datetime.now(UTC).replace(microsecond=0, second=40)
    began = time.perf_counter()
    rows = _fill(warehouse, slis, days, epoch(edge))
    _settle(warehouse)
    figure("rows filled", f"{rows:,}", f"in {time.perf_counter() - began:.0f} s")
    counts = WarehouseCounts(warehouse, lambda: edge)
    reading = _median(lambda: counts.sums(epoch(edge), WINDOWS))
    figure("read all windows of all SLIs", f"{reading:.3f} s")
    whole = _median(lambda: _everything(counts, epoch(edge), slis))
    figure("the same and every budget and burn rate in exact ratios", f"{whole:.3f} s")
    _measure_tick(warehouse, slis, edge)
    naive = _median(lambda: _naive(warehouse, epoch(edge)), repeats=1)
    figure("one query per window over minute rows (alternative)", f"{naive:.3f} s")
    figure("alternative / reading", f"{naive / reading:.1f}x")


def _measure_tick(warehouse: ChdbWarehouse, slis: int, edge: datetime) -> None:
    catalog = Catalog(1, (), tuple(_objective(number) for number in range(1, slis + 1)))
    cache = SnapshotCache(WarehouseCounts(warehouse, lambda: edge))
    first = _median(lambda: cache.refresh(catalog, edge), repeats=1)
    figure("first snapshot: counts, first slices, presence", f"{first:.3f} s")
    later = _median(lambda: _decide(cache, catalog, edge))
    figure("each later tick: snapshot and which tiers may fire", f"{later:.3f} s", "9 windows a tick")


def _decide(cache: SnapshotCache, catalog: Catalog, edge: datetime) -> None:
    snapshot: Snapshot = cache.refresh(catalog, edge)
    watched = cache.watched(catalog)
    found = suspects(watched, snapshot)
    for name in found:
        ObjectiveEvaluation(watched[name], snapshot).counts_by_window()


def _everything(counts: WarehouseCounts, edge: int, slis: int) -> int:
    """Work out the budget of the longest window and the burn over all, of every SLI, in exact ratios."""
    sums, target, known = counts.sums(edge, WINDOWS), Fraction(999, 1000), 0
    for sli in range(1, slis + 1):
        of_sli = [sums.counts(sli, window) for window in WINDOWS]
        known += budget_of(of_sli[-1], target).remaining_ratio is not None
        known += sum(burn_rate(one, target) is not None for one in of_sli)
    assert known == slis * (len(WINDOWS) + 1)
    return known


def _naive(warehouse: ChdbWarehouse, edge: int) -> None:
    sql = (
        "SELECT sli, sum(good) AS good, sum(total) AS total FROM holdfast_slo_1m "
        "WHERE slice >= toDateTime({start:UInt32}, 'UTC') AND slice < toDateTime({end:UInt32}, 'UTC') "
        "GROUP BY sli"
    )
    for window in WINDOWS:
        parameters = {"start": left_edge(edge, window), "end": edge}
        warehouse.columns(sql, parameters, timeout_seconds=300)


def _fill(warehouse: ChdbWarehouse, slis: int, days: int, edge: int) -> int:
    # The finer views would make the coarser rows a second time.
    for width in ("1m", "1h"):
        warehouse.command(f"DROP VIEW IF EXISTS holdfast_slo_{width}_mv")
    spans = {Grain.HOUR: days * 86_400, Grain.MINUTE: days * 86_400, Grain.TEN_SECONDS: 3600}
    rows = 0
    for grain, seconds in spans.items():
        end = grain.ceiling(edge)
        for start in range(end - seconds, end, 86_400):
            rows += _fill_some(warehouse, grain, slis, start, min(start + 86_400, end))
    _fill_presence(warehouse, edge, days)
    return rows


def _fill_some(warehouse: ChdbWarehouse, grain: Grain, slis: int, start: int, end: int) -> int:
    """Fill [start, end) in order of time, as the intake does."""
    rows = slis * (end - start) // grain.value
    warehouse.command(
        f"INSERT INTO {grain.table} (sli, slice, good, total) SELECT 1 + number % {{slis:UInt64}}, "
        "toDateTime({start:UInt32} + intDiv(number, {slis:UInt64}) * {width:UInt32}, 'UTC'), "
        f"all - (cityHash64(number, 1) % 40 = 0), 100 + cityHash64(number) % 50 AS all FROM numbers({rows})",
        {"slis": slis, "start": start, "width": grain.value},
    )
    return rows


def _fill_presence(warehouse: ChdbWarehouse, edge: int, days: int) -> None:
    warehouse.command(
        "INSERT INTO holdfast_presence_1m (service, slice, spans) SELECT "
        "concat('service-', toString(number % {services:UInt64})), "
        "toDateTime({last:UInt32} - intDiv(number, {services:UInt64}) * 60, 'UTC'), 10 "
        f"FROM numbers({SERVICES} * {days} * 1440)",
        {"services": SERVICES, "last": Grain.MINUTE.floor(edge)},
    )


def _settle(warehouse: ChdbWarehouse) -> None:
    """Wait until the engine has merged what was filled: a server's counters come in over a month."""
    deadline = time.perf_counter() + SETTLE_SECONDS
    while time.perf_counter() < deadline and warehouse.query("SELECT count() FROM system.merges")[0][0]:
        time.sleep(1)


def _objective(number: int) -> Objective:
    total = SpanSelector(f"service-{number % SERVICES}", (f"operation-{number}",))
    good = SpanSelector(total.service, total.operations, status=SpanStatus.OK)
    name = f"objective-{number}"
    return Objective(
        name=name,
        display_name=name,
        description="",
        service=total.service,
        team=None,
        tier=None,
        sli=Sli(number, name, name, total, good),
        target=Fraction(999, 1000),
        window=timedelta(days=28),
    )


def _median(work: Callable[[], object], *, repeats: int = REPEATS) -> float:
    """Return the median of the runs, in seconds."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return sorted(times)[len(times) // 2]


if __name__ == "__main__":
    main()
