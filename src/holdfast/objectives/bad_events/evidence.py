"""Evidence of an objective's bad events: where they began, and examples of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np

from holdfast.catalog.model import Objective
from holdfast.objectives.alerting.burn import Tier
from holdfast.objectives.bad_events.breakdown import Dimension, dimensions
from holdfast.objectives.bad_events.pace import LATELY, UnusualPace, unusual, usual_pace
from holdfast.objectives.bad_events.walks import Exemplar, Walks
from holdfast.objectives.series import MINUTES_KEPT, TEN_SECONDS_KEPT, onset_of
from holdfast.telemetry.counting.model import Counts, Slices
from holdfast.telemetry.counting.source import CountSource
from holdfast.telemetry.counting.windows import Grain, at, epoch
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.services.usual import past_intervals
from holdfast.telemetry.traces.attribution import Attribution, judged, named
from holdfast.telemetry.traces.by_sli import Pick, SpanSource
from holdfast.telemetry.traces.repeats import CallsMade
from holdfast.telemetry.traces.shares import Share, shares

SAMPLE = 100
"""How many bad events are walked to their origin: shares are those of a random sample, to five points."""

BREAKDOWN_SAMPLE = 1_000
"""How many bad and how many good events are broken down: shares of a sample, to three points."""

USUAL_SAMPLE = 30
USUAL_BEFORE = timedelta(minutes=15)
"""How many good events say how often callers make a call, and from how long before the bad ones."""

EXEMPLARS_MOST = 100
_ONSET_SEARCH_LEAST = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Contributors:
    """Where `bad` events began: shares sum to 1, events to `bad`; `sampled` of them were walked.

    `senders` are those services among the origins that sent spans; the others are known from calls to them.
    `first_at` is when the first sampled event of each origin was, by its service and environment. `pace` is
    how fast events came, if that was asked for and is unusual.
    """

    bad: int
    sampled: int
    shares: tuple[Share, ...]
    senders: frozenset[str]
    first_at: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    pace: UnusualPace | None = None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The bad events by their attributes: `sampled_bad` of `bad`, beside `sampled_good` good ones."""

    bad: int
    sampled_bad: int
    sampled_good: int
    dimensions: tuple[Dimension, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """Events per step; `times_epoch` are the starts of the steps in seconds since 1970."""

    step_seconds: int
    times_epoch: tuple[int, ...]
    bad: tuple[int, ...]
    total: tuple[int, ...]


class BadEvents:
    """Finds the causes of an objective's bad events; lives as long as the process."""

    def __init__(self, counts: CountSource, spans: SpanSource, names: ServiceNames = AS_SENT) -> None:
        self._counts = counts
        self._spans = spans
        self._names = names
        self._walks = Walks(counts, spans)

    def contributors(self, objective: Objective, start: datetime, end: datetime) -> Contributors:
        """Return where the bad events of [start, end) began."""
        bad = self._spans.bad_spans(objective.sli, epoch(start), epoch(end), limit=SAMPLE, pick=Pick.ANY)
        walks = self._walks.of(objective, bad)
        sent = self._judged(objective, start, [walk.verdict for walk in walks])
        senders = self._senders(sent, start, end)
        verdicts = _awaited(walks, [named(one, self._names) for one in sent], senders)
        # Spans may be kept for a shorter time than counters; then the sample is all there is to go by.
        counted = self.counts(objective, start, end).bad or len(verdicts)
        return Contributors(
            counted,
            len(verdicts),
            tuple(shares(verdicts, counted)),
            senders,
            _first_at(walks, verdicts),
        )

    def with_pace(self, objective: Objective, start: datetime, end: datetime) -> Contributors:
        """Return where the bad events of [start, end) began, and how fast events came if that is unusual."""
        return replace(self.contributors(objective, start, end), pace=self.pace(objective, start, end))

    def _judged(
        self, objective: Objective, start: datetime, verdicts: Sequence[Attribution]
    ) -> list[Attribution]:
        """Blame callers that make more calls than they made for the good events before `start`."""
        if not any(one.repeaters for one in verdicts):
            return list(verdicts)
        before = (epoch(start - USUAL_BEFORE), epoch(start))
        usual = CallsMade.of(self._spans.good_traces(objective.sli, *before, limit=USUAL_SAMPLE))
        return [judged(one, usual) for one in verdicts]

    def _senders(self, sent: Sequence[Attribution], start: datetime, end: datetime) -> frozenset[str]:
        """Return what those origins are called that sent spans of their own."""
        names = {one.origin.service for one in sent}
        found = self._spans.senders(names, epoch(start), epoch(end)) if names else frozenset()
        return frozenset(self._names.party(one) for one in found)

    def breakdown(
        self, objective: Objective, start: datetime, end: datetime, *, by: Sequence[str]
    ) -> Breakdown:
        """Return what the bad events of [start, end) have in common and the good ones lack."""
        counts = self.counts(objective, start, end)
        bad, good = self._spans.samples(
            objective.sli, epoch(start), epoch(end), limit=BREAKDOWN_SAMPLE, good=counts.good
        )
        counted = counts.bad or len(bad)
        return Breakdown(counted, len(bad), len(good), tuple(dimensions(bad, good, by)))

    def exemplars(
        self, objective: Objective, start: datetime, end: datetime, *, limit: int
    ) -> list[Exemplar]:
        """Return the newest bad events of [start, end), one per trace."""
        limit = min(limit, EXEMPLARS_MOST)
        bad = self._spans.bad_spans(objective.sli, epoch(start), epoch(end), limit=limit, pick=Pick.NEWEST)
        sent = self._walks.of(objective, bad)
        verdicts = self._judged(objective, start, [walk.verdict for walk in sent])
        walked = [
            replace(walk, verdict=named(verdict, self._names))
            for walk, verdict in zip(sent, verdicts, strict=True)
        ]
        return list({walk.trace_id: walk for walk in reversed(walked)}.values())[::-1]

    def onset(self, objective: Objective, tier: Tier, fired_at: datetime) -> datetime | None:
        """Return when the errors that fired `tier` at `fired_at` began, to the slice, or None."""
        search = max(tier.long, _ONSET_SEARCH_LEAST)
        slices = self._slices(objective, fired_at - search, fired_at + timedelta(seconds=10), fired_at)
        allowed = float((1 - objective.target) * tier.threshold / 2)
        found = onset_of(slices, allowed_ratio=allowed)
        return None if found is None else at(found)

    def counts(self, objective: Objective, start: datetime, end: datetime) -> Counts:
        """Return good and total of [start, end), to the finest slice that is kept for its age."""
        slices = self._slices(objective, start, end, end)
        good, total = int(slices.good.sum()), int(slices.total.sum())
        return Counts(min(good, total), total)

    def pace(self, objective: Objective, start: datetime, end: datetime) -> UnusualPace | None:
        """Return how fast events came at the end of [start, end), if that is unusual."""
        now = self._counts.watermark() or end
        since = max(start, end - LATELY)
        total = self.counts(objective, since, end).total
        past = [
            (interval, self._slices(objective, interval.range.start, interval.range.end, now))
            for interval in past_intervals(end)
        ]
        return unusual(total, (end - since).total_seconds(), usual_pace(past), end)

    def steps(self, objective: Objective, start: datetime, end: datetime, *, step_seconds: int) -> Steps:
        """Return bad and total events per step of [start, end), empty steps included."""
        slices = self._slices(objective, start, end, end)
        low = epoch(start) - epoch(start) % step_seconds
        count = max(1, -(-(epoch(end) - low) // step_seconds))
        # A coarser slice than the step may begin before the range; what it holds belongs to the first step.
        where = np.clip((slices.starts - low) // step_seconds, 0, count - 1)
        bad, total = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
        np.add.at(bad, where, slices.total - slices.good)
        np.add.at(total, where, slices.total)
        times = [low + number * step_seconds for number in range(count)]
        return Steps(step_seconds, tuple(times), tuple(bad.tolist()), tuple(total.tolist()))

    def _slices(self, objective: Objective, start: datetime, end: datetime, now: datetime) -> Slices:
        age = (now - start).total_seconds()
        grain = Grain.TEN_SECONDS if age < TEN_SECONDS_KEPT else Grain.MINUTE
        grain = grain if age < MINUTES_KEPT else Grain.HOUR
        return self._counts.slices(objective.sli.id, grain.floor(epoch(start)), epoch(end), grain)


def _awaited(
    walks: Sequence[Exemplar], verdicts: Sequence[Attribution], senders: frozenset[str]
) -> list[Attribution]:
    """Return the verdicts, awaited only where the origin sends spans and the trace is not finished yet."""
    return [
        replace(one, is_awaited=one.is_awaited and walk.may_grow and one.origin.service in senders)
        for walk, one in zip(walks, verdicts, strict=True)
    ]


def _first_at(walks: Sequence[Exemplar], verdicts: Sequence[Attribution]) -> dict[tuple[str, str], datetime]:
    found: dict[tuple[str, str], datetime] = {}
    for walk, verdict in zip(walks, verdicts, strict=True):
        origin = (verdict.origin.service, verdict.origin.environment)
        found[origin] = min(found.get(origin, walk.at), walk.at)
    return found
