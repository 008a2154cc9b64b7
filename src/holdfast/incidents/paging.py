"""Pages for incidents: one begins with each, carries what is known of it, and ends with it."""

from collections.abc import Callable
from datetime import datetime

from holdfast.catalog.model import Catalog
from holdfast.incidents.entries import reference
from holdfast.incidents.model import Episode, Incident
from holdfast.incidents.suspects import cause_words
from holdfast.objectives.alerting.burn import tiers_of
from holdfast.oncall.contacts import Urgency
from holdfast.oncall.pages.model import PageFacts
from holdfast.oncall.pages.pager import Pager
from holdfast.oncall.routing import Concern
from holdfast.runtime.database import Writer


class Paging:
    """Pages through `pager`, and routes by the catalog in force."""

    def __init__(self, pager: Pager, catalog: Callable[[], Catalog]) -> None:
        self._pager = pager
        self._catalog = catalog

    def opened(self, tx: Writer, number: int, incident: Incident) -> None:
        """Page for an incident that was opened."""
        catalog = self._catalog()
        concern = concern_of(catalog, incident.first.objective, incident.first.tier_key)
        facts = facts_of(catalog, number, incident)
        self._pager.page(tx, reference(number), Urgency.HIGH, facts, concern)

    def learned(self, tx: Writer, incident: Incident) -> None:
        """Hand down what is known of an incident by now."""
        facts = facts_of(self._catalog(), incident.id, incident)
        self._pager.refresh(tx, reference(incident.id), facts)

    def acknowledged(self, tx: Writer, number: int, by: str, at: datetime) -> None:
        """End the escalation of an incident that somebody has."""
        self._pager.answer(tx, reference(number), by=by, at=at)

    def resolved(self, tx: Writer, number: int, at: datetime) -> None:
        """End the pages of an incident that is over."""
        self._pager.resolve(tx, reference(number), at)

    def merged(self, tx: Writer, number: int, into: int, at: datetime) -> None:
        """Let the pages of an incident be for the one it was merged into."""
        self._pager.move(tx, reference(number), reference(into), at)


def concern_of(catalog: Catalog, objective: str, tier_key: str | None = None) -> Concern:
    """Return what somebody is paged for when an objective's alert fires; without a tier, its worst one."""
    found = catalog.objective(objective)
    if found is None:
        return Concern()
    service = catalog.service(found.service)
    tiers = tiers_of(found)
    tier = next((one for one in tiers if tier_key in (None, one.key)), None)
    return Concern(
        service=found.service,
        targets=() if tier is None else tier.targets,
        team=None if service is None else service.team,
    )


def facts_of(catalog: Catalog, number: int, incident: Incident) -> PageFacts:
    """Return what a page says about an incident: how many of what failed, at whom, and where to read on."""
    first = incident.first
    objective = catalog.objective(first.objective)
    return PageFacts(
        title=incident.title,
        since=incident.began_at,
        lines=tuple(line for line in (_counted(first), _suspected(first)) if line),
        complete_until=first.measured_at,
        href=f"/incidents/{number}",
        runbook=None if objective is None else objective.runbook,
    )


def _counted(episode: Episode) -> str:
    if not episode.total_events:
        return f"A page alert of “{episode.objective_display_name}” fires."
    what = "were too slow" if episode.title.endswith("slow") else "failed"
    return f"{episode.bad_events:,} of {episode.total_events:,} {episode.events} {what}."


def _suspected(episode: Episode) -> str:
    if episode.cause is None:
        return ""
    return f"First suspect: {cause_words(episode.cause, episode.contributors)}."
