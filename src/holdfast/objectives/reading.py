"""One objective read at one edge: counts per window with gaps filled in, coverage, budget, standing. Pure.

A `Snapshot` holds counts and presence only. Targets, windows, floors and policies are applied here, when
read, so a changed objective shows at once and for all of its past.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property

from holdfast.catalog.durations import shorthand
from holdfast.catalog.model import NoData, Objective, Severity
from holdfast.objectives.budget import (
    Budget,
    BudgetState,
    Pace,
    budget_of,
    seconds_to_exhaustion,
    state_of,
)
from holdfast.objectives.burn import SHOWN_WINDOWS, Tier, tiers_of
from holdfast.objectives.counts import WindowSums
from holdfast.objectives.coverage import Presence, with_gaps
from holdfast.objectives.evaluate import times
from holdfast.objectives.model import NOTHING, Counts, Coverage, Stance, State
from holdfast.objectives.windows import at, left_edge

PACE_WINDOWS = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3))
"""The present burn is that of the first of these with any traffic."""

HELD_BY = frozenset({NoData.FREEZE})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All counts at one edge: window sums, presence, and each SLI's first slice (seconds since 1970)."""

    edge: int
    sums: WindowSums
    presence: Presence
    first_slices: Mapping[int, int]

    @property
    def measured_at(self) -> datetime:
        """The instant up to which events are counted."""
        return at(self.edge)


@dataclass(frozen=True)
class Watched:
    """An objective with its tiers worked out, once per catalog revision."""

    objective: Objective
    tiers: tuple[Tier, ...]

    @cached_property
    def windows(self) -> frozenset[timedelta]:
        """Every window whose counts are needed."""
        own = {window for tier in self.tiers for window in (tier.long, tier.short)}
        return frozenset({*SHOWN_WINDOWS, self.objective.window, *own})

    @cached_property
    def gates(self) -> tuple[tuple[timedelta, timedelta, float], ...]:
        """Per tier its windows and an error ratio just below the one at which it could fire."""
        allowed = 1 - self.objective.target
        return tuple(
            (tier.long, tier.short, float(tier.threshold * allowed) * (1 - 1e-9))
            for tier in self.tiers
            if tier.left_out is None
        )


def watch(objective: Objective) -> Watched:
    """Work out what watching an objective needs."""
    return Watched(objective, tiers_of(objective))


@dataclass(frozen=True)
class Reading:
    """One objective at one snapshot.

    Raises (from the properties that read counts):
        ValueError: when its stored counters contradict themselves.
    """

    watched: Watched
    snapshot: Snapshot

    @property
    def objective(self) -> Objective:
        """The objective read."""
        return self.watched.objective

    @cached_property
    def fault(self) -> str | None:
        """What is wrong with its counters, or None."""
        try:
            _ = self.budget
        except ValueError as error:
            return str(error)
        return None

    @property
    def since(self) -> int | None:
        """When its first slice starts, or None if nothing was ever counted."""
        return self.snapshot.first_slices.get(self.objective.sli.id)

    @property
    def covered_since(self) -> datetime | None:
        """The start of what is covered of the objective's window: its first slice, or the window's start."""
        if self.since is None:
            return None
        return at(max(self.since, left_edge(self.snapshot.edge, self.objective.window)))

    def coverage(self, window: timedelta) -> Coverage:
        """Return how much of a window was measured."""
        if self.since is None:
            return Coverage(0, 0)
        start = left_edge(self.snapshot.edge, window)
        service = self.objective.sli.total.service
        return self.snapshot.presence.coverage(service, start=start, end=self.snapshot.edge, since=self.since)

    @cached_property
    def recent_coverage(self) -> Coverage:
        """How much of the last minutes was measured: decides whether alerts are held."""
        if self.since is None:
            return Coverage(0, 0)
        service = self.objective.sli.total.service
        return self.snapshot.presence.recent(service, end=self.snapshot.edge, since=self.since)

    @property
    def is_held(self) -> bool:
        """Whether the objective's alerts may not change for lack of data."""
        if self.objective.no_data not in HELD_BY:
            return False
        return self.since is None or self.recent_coverage.ratio < self.objective.coverage_floor

    def counts(self, window: timedelta) -> Counts:
        """Return good and total over a window, gaps filled in as the objective's policy says."""
        counts = self.snapshot.sums.counts(self.objective.sli.id, window)
        if self.objective.no_data not in (NoData.GOOD, NoData.BAD):
            return counts
        return with_gaps(counts, self.coverage(window), self.objective.no_data, per_minute=self._per_minute)

    @cached_property
    def _per_minute(self) -> Fraction:
        whole = self.snapshot.sums.counts(self.objective.sli.id, self.objective.window)
        covered = self.coverage(self.objective.window).covered
        return Fraction(whole.total, covered) if covered else Fraction(0)

    @cached_property
    def whole(self) -> Counts:
        """Good and total over the objective's own window."""
        return self.counts(self.objective.window)

    @cached_property
    def budget(self) -> Budget:
        """The error budget of the objective's window."""
        return budget_of(self.whole, self.objective.target)

    @property
    def measured(self) -> Fraction:
        """The share of the objective's window, as written, for which there is data.

        A gap below the coverage floor counts as not measured, where the objective says a gap is unknown.
        """
        if self.since is None:
            return Fraction(0)
        seconds = int(self.objective.window.total_seconds())
        share = min(Fraction(1), Fraction(self.snapshot.edge - self.since, seconds))
        covered = self.coverage(self.objective.window).ratio
        has_gaps = self.objective.no_data in HELD_BY and covered < self.objective.coverage_floor
        return share * covered if has_gaps else share

    @cached_property
    def budget_state(self) -> BudgetState:
        """What its budget has come to."""
        if not self.budget.is_exhausted:
            return BudgetState.WITHIN
        return state_of(self.whole, self.objective.target, measured=self.measured)

    def counts_by_window(self) -> dict[timedelta, Counts]:
        """Return the counts of every window its tiers need."""
        return {window: self.counts(window) for window in self.watched.windows}

    @property
    def exhausted_in_seconds(self) -> Fraction | None:
        """In how many seconds the budget is gone at the present burn; None if it will not be, or is."""
        if self.since is None:
            return None
        pace = next((pace for pace in self._paces() if pace.counts.total), None)
        if pace is None:
            return None
        measured = timedelta(seconds=self.snapshot.edge - self.since)
        window = self.objective.window
        return seconds_to_exhaustion(
            self.budget, pace, target=self.objective.target, window=window, measured=measured
        )

    def _paces(self) -> Iterable[Pace]:
        assert self.since is not None
        age = timedelta(seconds=max(10, self.snapshot.edge - self.since))
        for window in PACE_WINDOWS:
            yield Pace(counts=self.counts(window), over=min(window, age))


def stance(reading: Reading, firing: Sequence[Tier]) -> Stance:
    """Return how an objective stands, given the tiers that fire, worst first."""
    if reading.fault is not None or reading.since is None or reading.is_held:
        return Stance(State.NO_DATA, held=True)
    if reading.budget_state is BudgetState.EXHAUSTED:
        return Stance(State.EXHAUSTED)
    if not firing:
        return Stance(State.OK)
    is_page = firing[0].severity is Severity.PAGE
    return Stance(State.BURNING if is_page else State.BURNING_SLOWLY)


def reason(reading: Reading, firing: Sequence[Tier]) -> str:
    """Say in one sentence why an objective stands as it does, with the numbers."""
    worst = firing[0] if firing else None
    if reading.fault is not None:
        return f"its counters contradict themselves ({reading.fault}), so nothing is concluded from them"
    if reading.since is None:
        return _nothing_counted(reading.objective)
    if reading.is_held:
        return _uncovered(reading)
    if reading.budget_state is BudgetState.EXHAUSTED:
        return _exhausted(reading, worst)
    if worst is not None:
        return _burning(reading, worst)
    return _too_early(reading) if reading.budget_state is BudgetState.TOO_EARLY else _fine(reading)


def _nothing_counted(objective: Objective) -> str:
    operations = " or ".join(objective.sli.total.operations) or "any operation"
    service = objective.sli.total.service
    return f"no {objective.events_noun} counted yet: no span of {service} matched {operations} so far"


def _uncovered(reading: Reading) -> str:
    ratio, floor = reading.recent_coverage.ratio, reading.objective.coverage_floor
    service = reading.objective.sli.total.service
    return (
        f"{service} sent nothing in {reading.recent_coverage.missing} of the last "
        f"{reading.recent_coverage.expected} minutes: coverage {float(ratio):.0%}, floor {float(floor):.0%}; "
        "alerts neither fire nor resolve"
    )


def _exhausted(reading: Reading, worst: Tier | None) -> str:
    words = f"{_spent(reading)} of {float(reading.budget.allowed):,.6g} allowed"
    return words + (f", and burning: {_at_rate(reading, worst)}" if worst else "")


def _too_early(reading: Reading) -> str:
    budget, objective = reading.budget, reading.objective
    measured = _about(reading.measured * int(objective.window.total_seconds()))
    return (
        f"{_spent(reading)} of {float(budget.allowed):,.3g} allowed could be chance: "
        f"{measured} of {shorthand(objective.window)} measured so far"
    )


def _spent(reading: Reading) -> str:
    noun, bad = reading.objective.events_noun, reading.budget.spent
    return f"{bad:,} bad {noun.removesuffix('s') if bad == 1 else noun}"


def _about(seconds: Fraction) -> str:
    """Write a duration for a sentence in one unit, rounded down: `12m`, `5h`, `3d`."""
    for unit, size in (("d", 86_400), ("h", 3_600)):
        if seconds >= 2 * size:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds // 60)}m"


def _burning(reading: Reading, worst: Tier) -> str:
    return f"{worst.name} fires: {_at_rate(reading, worst)} against {times(worst.threshold)}"


def _at_rate(reading: Reading, tier: Tier) -> str:
    allowed = 1 - reading.objective.target
    ratio = reading.counts(tier.long).error_ratio
    return times(None if ratio is None else ratio / allowed)


def _fine(reading: Reading) -> str:
    if reading.whole == NOTHING:
        return f"no {reading.objective.events_noun} in the window: zero traffic, nothing to fail"
    budget = reading.budget
    noun = reading.objective.events_noun
    return f"{float(budget.remaining):,.6g} of {float(budget.allowed):,.6g} bad {noun} left"
