"""What is found out about an incident: since when, how many events, where they began, which spans show it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from holdfast.catalog.durations import shorthand
from holdfast.catalog.model import Objective, Severity
from holdfast.incidents.model import Incident
from holdfast.objectives.api_views import contributor_list, exemplar_body
from holdfast.objectives.burn import SHOWN_WINDOWS, Tier, burn_rate, tiers_of
from holdfast.objectives.model import Counts
from holdfast.objectives.reading import Reading
from holdfast.objectives.service import ObjectivesService
from holdfast.runtime.errors import NotFound, Unavailable
from holdfast.runtime.timerange import TimeRange

log = logging.getLogger(__name__)

EXEMPLARS = 20
SERIES_POINTS = 120
AROUND = timedelta(minutes=15)
"""The series begins this long before the onset, so that one sees what it was like before."""


@dataclass(frozen=True, slots=True)
class Found:
    """Evidence as it is kept, and the incident's own fields that follow from it."""

    evidence: Mapping[str, Any]
    fields: Mapping[str, Any]


class Findings:
    """Gathers an incident's evidence from its objective's counts and spans; lives as long as the process."""

    def __init__(self, objectives: ObjectivesService) -> None:
        self._objectives = objectives

    def of(self, incident: Incident, now: datetime) -> Found | None:
        """Return what can be said at `now`; None when the objective has left the catalog.

        Raises:
            Unavailable: the warehouse did not answer; try again.
        """
        try:
            view = self._objectives.view(incident.objective)
        except NotFound:
            return None
        objective, evidence = view.reading.objective, self._objectives.evidence
        onset = incident.onset_at or self._onset(incident, objective)
        start, end = onset or incident.opened_at, _after(incident.resolved_at or now, onset)
        counts = evidence.counts(objective, start, end)
        fields: dict[str, Any] = {
            "bad_events": counts.bad,
            "total_events": counts.total,
            "measured_at": now,
        }
        if onset is not None and incident.onset_at is None:
            fields["onset_at"] = onset
        measured = self._measured(view.reading, counts, start, end, now)
        return Found(measured | self._traced(incident, objective, start, end), fields)

    def _onset(self, incident: Incident, objective: Objective) -> datetime | None:
        tiers = tiers_of(objective)
        tier = next((one for one in tiers if one.key == incident.tier_key), None) or _page(tiers)
        found = self._objectives.evidence.onset(objective, tier, incident.opened_at) if tier else None
        return None if found is None else min(found, incident.opened_at)

    def _measured(
        self, reading: Reading, counts: Counts, start: datetime, end: datetime, now: datetime
    ) -> dict[str, Any]:
        allowed, first = reading.budget.allowed, start - AROUND
        step = TimeRange(first, end).step_seconds(points=SERIES_POINTS)
        series = self._objectives.evidence.steps(reading.objective, first, end, step_seconds=step)
        return {
            "measured_at": now.isoformat(),
            "burn": [_burn(reading, window) for window in SHOWN_WINDOWS],
            "budget_spent_ratio": float(counts.bad / allowed) if allowed else None,
            "series": {
                "step_seconds": series.step_seconds,
                "times_epoch": list(series.times_epoch),
                "bad": list(series.bad),
                "total": list(series.total),
            },
        }

    def _traced(
        self, incident: Incident, objective: Objective, start: datetime, end: datetime
    ) -> dict[str, Any]:
        """Return what spans show. What was found before stays where nothing can be found any more."""
        kept = {name: (incident.evidence or {}).get(name, []) for name in ("contributors", "exemplars")}
        evidence = self._objectives.evidence
        try:
            contributors = contributor_list(evidence.contributors(objective, start, end)).items
            exemplars = evidence.exemplars(objective, start, end, limit=EXEMPLARS)
        except Unavailable as error:
            # Counts matter most and are at hand; spans are looked for again at the next refresh.
            log.warning("incident %d: no spans this time: %s", incident.id, error.detail)
            return kept
        found = {
            "contributors": [item.model_dump(mode="json") for item in contributors],
            "exemplars": [exemplar_body(one).model_dump(mode="json") for one in exemplars],
        }
        return {name: found[name] or kept[name] for name in found}


def _after(end: datetime, onset: datetime | None) -> datetime:
    return end if onset is None else max(end, onset + timedelta(seconds=10))


def _page(tiers: tuple[Tier, ...]) -> Tier | None:
    return next((tier for tier in tiers if tier.severity is Severity.PAGE), None)


def _burn(reading: Reading, window: timedelta) -> dict[str, Any]:
    rate = burn_rate(reading.counts(window), reading.objective.target)
    return {"window": shorthand(window), "rate": None if rate is None else float(rate)}
