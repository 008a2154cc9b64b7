"""The findings about an episode: its onset, how many events, where they began, and example spans."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from holdfast.catalog.model import Objective, Severity
from holdfast.incidents.evidence import Burn, Contributor, Evidence, Exemplar, Series
from holdfast.incidents.grouping import LATELY, Successor, cause_of, successor
from holdfast.incidents.model import Episode, FailingParty
from holdfast.objectives.alerting.burn import SHOWN_WINDOWS, Tier, burn_rate, tiers_of
from holdfast.objectives.alerting.condition import is_burning
from holdfast.objectives.bad_events.pace import UnusualPace
from holdfast.objectives.bad_events.walks import Exemplar as BadEvent
from holdfast.objectives.evaluated import ObjectiveEvaluation
from holdfast.objectives.service import ObjectivesService
from holdfast.runtime.durations import shorthand
from holdfast.runtime.errors import NotFound, Unavailable
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.counting.model import Counts
from holdfast.telemetry.counting.windows import edge_before
from holdfast.telemetry.traces.shares import Share

log = logging.getLogger(__name__)

EXEMPLARS = 20
SERIES_POINTS = 120
BEGINNING, LONG_BEFORE = timedelta(minutes=2), timedelta(minutes=1)
AROUND = timedelta(minutes=15)
"""The series begins this long before the onset, to show the state before it."""


@dataclass(frozen=True, slots=True)
class EvidenceUpdate:
    """An episode's evidence, the episode's own fields that follow from it, and where it burns now."""

    evidence: Evidence
    fields: Mapping[str, Any]
    successor: Successor | None = None


class Findings:
    """Gathers an episode's evidence from its objective's counts and spans; lives as long as the process."""

    def __init__(self, objectives: ObjectivesService) -> None:
        self._objectives = objectives

    def of(self, episode: Episode, now: datetime) -> EvidenceUpdate | None:
        """Return the evidence at `now`; None when the objective has left the catalog.

        Raises:
            Unavailable: the warehouse did not answer; try again.
        """
        try:
            view = self._objectives.view(episode.objective)
        except NotFound:
            return None
        objective, evidence = view.evaluation.objective, self._objectives.evidence
        onset = self._since_cause(episode, objective, now)
        start, end = _span(episode, onset, now)
        counts = evidence.counts(objective, start, end)
        fields: dict[str, Any] = {
            "bad_events": counts.bad,
            "total_events": counts.total,
            "measured_at": now,
        }
        if onset is not None and onset != episode.onset_at:
            fields["onset_at"] = onset
        contributors, exemplars = self._traced(episode, objective, start, end)
        others = [one for one in contributors if _party(one) != episode.cause]
        lately = self._lately(episode, objective, now) if others and episode.cause is not None else ()
        elsewhere = self._successor(episode, objective, lately, now)
        allowed = view.evaluation.budget.allowed
        found = Evidence(
            measured_at=now,
            burn=tuple(_burn(view.evaluation, window) for window in SHOWN_WINDOWS),
            budget_spent_ratio=float(counts.bad / allowed) if allowed else None,
            series=self._series(objective, start, end),
            contributors=contributors,
            exemplars=exemplars,
            lately=lately if elsewhere is not None else (),
            pace=evidence.pace(objective, start, end) or _known_pace(episode),
        )
        return EvidenceUpdate(found, fields, elsewhere)

    def cause(self, episode: Episode, now: datetime) -> FailingParty | None:
        """Return the party that most bad events failed at by `now`, or None while there is none.

        Raises:
            Unavailable: the warehouse did not answer; try again.
        """
        try:
            objective = self._objectives.objective(episode.objective)
        except NotFound:
            return None
        start, end = _span(episode, episode.onset_at or self._onset(episode, objective), now)
        traced = self._objectives.evidence.contributors(objective, start, end)
        return cause_of([_contributor(share, traced.senders) for share in traced.shares])

    def _since_cause(self, episode: Episode, objective: Objective, now: datetime) -> datetime | None:
        """Return the onset, or when the first bad event of the cause was, if others came long before it.

        An objective may have failed elsewhere before, and without a pause. The first minutes decide.
        """
        onset, cause = episode.onset_at or self._onset(episode, objective), episode.cause
        if onset is None or cause is None or now - episode.fired_at > BEGINNING:
            return onset
        try:
            traced = self._objectives.evidence.contributors(objective, *_span(episode, onset, now))
        except Unavailable:
            return onset
        first = traced.first_at.get((cause.party, cause.environment), onset)
        return onset if first - onset < LONG_BEFORE else min(edge_before(first), episode.fired_at)

    def _onset(self, episode: Episode, objective: Objective) -> datetime | None:
        tier = _tier(episode, objective)
        found = self._objectives.evidence.onset(objective, tier, episode.fired_at) if tier else None
        if found is None:
            return None
        return min(max(found, episode.follows_at or found), episode.fired_at)

    def _lately(self, episode: Episode, objective: Objective, now: datetime) -> tuple[Contributor, ...]:
        """Return where the bad events of the last minutes began; nothing for an episode younger than that."""
        start = now - LATELY
        if episode.is_over or start < episode.fired_at:
            return ()
        try:
            traced = self._objectives.evidence.contributors(objective, start, now)
        except Unavailable as error:
            log.warning("%s: no spans this time: %s", episode.objective, error.detail)
            return ()
        return tuple(_contributor(share, traced.senders) for share in traced.shares)

    def _successor(
        self, episode: Episode, objective: Objective, lately: Sequence[Contributor], now: datetime
    ) -> Successor | None:
        """Return where an episode burns now, if that is elsewhere and enough to fire its alert by itself."""
        found, tier = successor(episode.cause, lately), _tier(episode, objective)
        if found is None or tier is None:
            return None
        total = self._objectives.evidence.counts(objective, now - LATELY, now).total
        alone = Counts(max(0, total - found.bad), max(found.bad, total))
        return found if is_burning(tier, alone, objective.target) else None

    def _series(self, objective: Objective, start: datetime, end: datetime) -> Series:
        first = start - AROUND
        step = TimeRange(first, end).step_seconds(points=SERIES_POINTS)
        steps = self._objectives.evidence.steps(objective, first, end, step_seconds=step)
        return Series(steps.step_seconds, steps.times_epoch, steps.bad, steps.total)

    def _traced(
        self, episode: Episode, objective: Objective, start: datetime, end: datetime
    ) -> tuple[tuple[Contributor, ...], tuple[Exemplar, ...]]:
        """Return contributors and exemplars from spans; earlier ones are kept where spans have expired."""
        known = episode.evidence
        kept = (known.contributors, known.exemplars) if known is not None else ((), ())
        spans = self._objectives.evidence
        try:
            traced = spans.contributors(objective, start, end)
            events = spans.exemplars(objective, start, end, limit=EXEMPLARS)
        except Unavailable as error:
            # Counts matter most and are available; the next refresh looks for spans again.
            log.warning("%s: no spans this time: %s", episode.objective, error.detail)
            return kept
        contributors = tuple(_contributor(share, traced.senders) for share in traced.shares)
        exemplars = tuple(_exemplar(event) for event in events)
        return contributors or kept[0], exemplars or kept[1]


def _tier(episode: Episode, objective: Objective) -> Tier | None:
    tiers = tiers_of(objective)
    return next((one for one in tiers if one.key == episode.tier_key), None) or _page(tiers)


def _known_pace(episode: Episode) -> UnusualPace | None:
    """Return the unusual pace that was read before: the sale is over, the incident not yet."""
    return None if episode.evidence is None else episode.evidence.pace


def _party(one: Contributor) -> FailingParty:
    return FailingParty(one.service, one.environment)


def _contributor(share: Share, senders: frozenset[str]) -> Contributor:
    origin = share.origin
    return Contributor(
        origin.service,
        origin.operation,
        origin.zone,
        origin.version,
        bad=share.bad,
        share=share.share,
        sends_spans=origin.service in senders,
        environment=origin.environment,
        answer=share.answer,
        repeats=share.repeats,
        awaited=share.awaited,
        is_before=share.is_before,
    )


def _exemplar(event: BadEvent) -> Exemplar:
    return Exemplar(
        trace_id=event.trace_id,
        at=event.at,
        duration_seconds=event.duration_seconds,
        path=event.verdict.path,
        service=event.verdict.origin.service,
        operation=event.verdict.origin.operation,
        message=event.verdict.message,
        status_code=event.status_code,
        trace_seconds=event.trace_seconds,
    )


def _span(episode: Episode, onset: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """Return from when to when an episode's events are counted."""
    end = episode.resolved_at or now
    if onset is None:
        return episode.fired_at, end
    return onset, max(end, onset + timedelta(seconds=10))


def _page(tiers: tuple[Tier, ...]) -> Tier | None:
    return next((tier for tier in tiers if tier.severity is Severity.PAGE), None)


def _burn(evaluation: ObjectiveEvaluation, window: timedelta) -> Burn:
    rate = burn_rate(evaluation.counts(window), evaluation.objective.target)
    return Burn(shorthand(window), None if rate is None else float(rate))
