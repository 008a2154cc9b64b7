"""The evaluation of one objective at one edge: counts with gaps filled in, coverage, budget, state. Pure.

A `Snapshot` holds counts and presence only. Targets, windows, floors and policies are applied here, when
read, so a changed objective shows at once and for all of its past.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property

from holdfast.catalog.model import NoData, Objective
from holdfast.objectives.alerting.burn import SHOWN_WINDOWS, Tier, tiers_of
from holdfast.objectives.alerting.condition import QUIET_SHARE, Case
from holdfast.objectives.alerting.explain import Explanation
from holdfast.objectives.alerting.sentences import sentence, times, uncapitalised
from holdfast.objectives.budget import (
    Budget,
    BudgetState,
    Pace,
    budget_of,
    seconds_to_exhaustion,
    state_of,
)
from holdfast.objectives.burning import burn_state_of
from holdfast.objectives.coverage import Presence, with_gaps
from holdfast.objectives.model import BurnState, Coverage, ObjectiveStatus, State
from holdfast.runtime.durations import shorthand
from holdfast.telemetry.counting.model import NOTHING, Counts, Sender, WindowSums
from holdfast.telemetry.counting.windows import at, left_edge

PACE_WINDOWS = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3))
"""The present burn is that of the first of these with any traffic."""

SUSPENDED_BY = frozenset({NoData.FREEZE})


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
        own = {w for tier in self.tiers for w in (tier.long, tier.short, tier.short / QUIET_SHARE)}
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
class ObjectiveEvaluation:
    """The evaluation of one objective at one snapshot.

    Raises (from the properties that read counts):
        ValueError: when its stored counters contradict themselves.
    """

    watched: Watched
    snapshot: Snapshot

    @property
    def objective(self) -> Objective:
        """The objective evaluated."""
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
        sender = Sender.of(self.objective.sli.total)
        return self.snapshot.presence.coverage(sender, start=start, end=self.snapshot.edge, since=self.since)

    @cached_property
    def recent_coverage(self) -> Coverage:
        """How much of the last minutes was measured: decides whether alerts are suspended."""
        if self.since is None:
            return Coverage(0, 0)
        sender = Sender.of(self.objective.sli.total)
        return self.snapshot.presence.recent(sender, end=self.snapshot.edge, since=self.since)

    @property
    def is_suspended(self) -> bool:
        """Whether the objective's alerts are suspended because data is missing."""
        if self.objective.no_data not in SUSPENDED_BY:
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
        has_gaps = self.objective.no_data in SUSPENDED_BY and covered < self.objective.coverage_floor
        return share * covered if has_gaps else share

    @cached_property
    def budget_state(self) -> BudgetState:
        """The state of its budget."""
        if not self.budget.is_exhausted:
            return BudgetState.WITHIN
        return state_of(self.whole, self.objective.target, measured=self.measured)

    def counts_by_window(self) -> dict[timedelta, Counts]:
        """Return the counts of every window its tiers need."""
        return {window: self.counts(window) for window in self.watched.windows}

    @property
    def exhausted_in_seconds(self) -> Fraction | None:
        """Seconds until the budget is gone at the present burn; None if it will not be, or is gone."""
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


def case_of(evaluation: ObjectiveEvaluation, *, was_suspended: bool, now: datetime) -> Case:
    """Return what an objective's alerts are decided on. Counts that contradict themselves suspend them."""
    try:
        counts = evaluation.counts_by_window()
    except ValueError:
        counts = {}
    return Case(
        target=evaluation.objective.target,
        window=evaluation.objective.window,
        tiers=evaluation.watched.tiers,
        counts=counts,
        suspended=evaluation.is_suspended or not counts,
        was_suspended=was_suspended,
        edge=evaluation.snapshot.measured_at,
        now=now,
    )


def status_of(evaluation: ObjectiveEvaluation, firing: Sequence[Tier]) -> ObjectiveStatus:
    """Return the status of an objective, given the tiers that fire, worst first."""
    if evaluation.fault is not None or evaluation.since is None or evaluation.is_suspended:
        return ObjectiveStatus(State.NO_DATA, suspended=True)
    burn = burn_state_of(firing)
    if evaluation.budget_state is BudgetState.EXHAUSTED:
        return ObjectiveStatus(State.EXHAUSTED, burn=burn)
    return ObjectiveStatus(_STATE_OF_BURN[burn], burn=burn)


_STATE_OF_BURN = {
    BurnState.QUIET: State.OK,
    BurnState.BURNING_SLOWLY: State.BURNING_SLOWLY,
    BurnState.BURNING: State.BURNING,
}


def reason(evaluation: ObjectiveEvaluation, firing: Sequence[Explanation]) -> str:
    """Say in one sentence why an objective is in its state; `firing` explains its alerts, worst first."""
    worst = firing[0] if firing else None
    if evaluation.fault is not None:
        return f"its counters contradict themselves ({evaluation.fault}), so nothing is concluded from them"
    if evaluation.since is None:
        return _nothing_counted(evaluation.objective)
    if evaluation.is_suspended:
        return _uncovered(evaluation)
    if evaluation.budget_state is BudgetState.EXHAUSTED:
        return _exhausted(evaluation, worst)
    if worst is not None:
        return f"{worst.tier.name} fires: {uncapitalised(sentence(worst))}"
    return _too_early(evaluation) if evaluation.budget_state is BudgetState.TOO_EARLY else _fine(evaluation)


def _nothing_counted(objective: Objective) -> str:
    operations = " or ".join(objective.sli.total.operations) or "any operation"
    sender = Sender.of(objective.sli.total)
    return f"no {objective.events_noun} counted yet: no span of {sender} matched {operations} so far"


def _uncovered(evaluation: ObjectiveEvaluation) -> str:
    recent, floor = evaluation.recent_coverage, evaluation.objective.coverage_floor
    sender = Sender.of(evaluation.objective.sli.total)
    return (
        f"{sender} sent nothing in {recent.missing} of the last {recent.expected} minutes: "
        f"coverage {float(recent.ratio):.0%}, floor {float(floor):.0%}; "
        "alerts are suspended"
    )


def _exhausted(evaluation: ObjectiveEvaluation, worst: Explanation | None) -> str:
    words = f"{_spent(evaluation)} of {float(evaluation.budget.allowed):,.6g} allowed"
    return words + (f", and burning: {times(worst.long_rate)}" if worst else "")


def _too_early(evaluation: ObjectiveEvaluation) -> str:
    budget, objective = evaluation.budget, evaluation.objective
    measured = _about(evaluation.measured * int(objective.window.total_seconds()))
    return (
        f"{_spent(evaluation)} of {float(budget.allowed):,.3g} allowed could be chance: "
        f"{measured} of {shorthand(objective.window)} measured so far"
    )


def _spent(evaluation: ObjectiveEvaluation) -> str:
    noun, bad = evaluation.objective.events_noun, evaluation.budget.spent
    return f"{bad:,} bad {noun.removesuffix('s') if bad == 1 else noun}"


def _about(seconds: Fraction) -> str:
    """Write a duration for a sentence in one unit, rounded down: `12m`, `5h`, `3d`."""
    for unit, size in (("d", 86_400), ("h", 3_600)):
        if seconds >= 2 * size:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds // 60)}m"


def _fine(evaluation: ObjectiveEvaluation) -> str:
    if evaluation.whole == NOTHING:
        return f"no {evaluation.objective.events_noun} in the window: zero traffic, nothing to fail"
    budget = evaluation.budget
    noun = evaluation.objective.events_noun
    return f"{float(budget.remaining):,.6g} of {float(budget.allowed):,.6g} bad {noun} left"
