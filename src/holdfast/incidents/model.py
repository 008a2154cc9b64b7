"""What an incident is, and the decision what an alert means for one. Pure; no I/O, no clock.

An incident has one cause and one or more episodes. An episode is the time in which one objective pages: from
the first page-tier alert that fires to the last that resolves. An objective has at most one active episode.
Which incident an episode belongs to is decided in `grouping`; an incident is resolved when its last episode
is, or by a person.

A person may resolve an incident while an alert still fires. It then stays resolved until that alert clears;
an alert that fires after that counts as new.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from holdfast.catalog.model import UNNAMED, Objective
from holdfast.incidents.evidence import Contributor, Evidence

NOTE_LONGEST = 4000


class IncidentState(StrEnum):
    """The state of an incident: unassigned, acknowledged by somebody, or over."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class IncidentFilter(StrEnum):
    """Which incidents a list shows: those in one state, or the active ones."""

    ACTIVE = "active"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"

    @property
    def states(self) -> tuple[IncidentState, ...]:
        """The states it selects."""
        if self is IncidentFilter.ACTIVE:
            return (IncidentState.OPEN, IncidentState.ACKNOWLEDGED)
        return (IncidentState(self.value),)


class Meaning(StrEnum):
    """What an alert's transition means for its objective's episodes."""

    BEGINS = "begins"
    CONTINUES = "continues"
    ENDS = "ends"
    ALERT_OVER = "alert_over"
    STAYS_RESOLVED = "stays_resolved"
    NOTHING = "nothing"


class Placing(StrEnum):
    """Why an episode is in its incident, or that it waits for its cause to be known."""

    WAITS = "waits"
    FIRST = "first"
    """It opened the incident: no other was open."""

    LATER = "later"
    """It opened the incident: the others had been open for too long to wait for its cause."""

    NONE_OPEN = "none_open"
    """It waited, and opened the incident: the others were resolved meanwhile."""

    OTHER_CAUSE = "other_cause"
    """It opened the incident: no open one had its cause."""

    CAUSE_UNKNOWN = "cause_unknown"
    """It opened the incident: its cause, or that of an open one, was not known in time."""

    CAUSE_LATE = "cause_late"
    """It opened the incident: its cause was known after the time it may wait."""

    TOOK_OVER = "took_over"
    """It opened the incident: its alert went on when its cause before had been clean for minutes."""

    SAME_CAUSE = "same_cause"
    """It joined the incident, which has the same cause."""


@dataclass(frozen=True, slots=True)
class FailingParty:
    """The party most bad events failed at, by its name in the catalog, and its environment; empty is none."""

    party: str
    environment: str = ""

    @property
    def words(self) -> str:
        """Its name for a sentence: `payline in staging`."""
        return f"{self.party} in {self.environment}" if self.environment else self.party


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One objective's part of an incident, from its first page-tier alert to the end of the last.

    `incident_id` is None while it waits for its cause. `merged_from` is the incident it was part of before
    that was merged. `alert_over` is true once no page-tier alert of the objective fires any more.

    `follows_at` is when the objective's episode before it ended: its errors began after that, and those of
    another fault are not counted twice.

    `onset_at` is when the errors began, known shortly after the alert. `bad_events` of `total_events` were
    counted from the onset to the end, or to `measured_at`. `environment` and `namespace` are those the
    objective counted when the alert fired; None is any. `evidence` is stored with the episode, so that it
    outlives the spans it was made from; `contributors` and `lately` are its own, in lists too, which have no
    evidence.
    """

    id: int = 0
    incident_id: int | None = None
    merged_from: int | None = None
    placed: Placing = Placing.WAITS
    title: str
    objective: str
    objective_display_name: str
    service: str
    events: str
    environment: str | None = None
    namespace: str | None = None
    tier_key: str
    follows_at: datetime | None = None
    fired_at: datetime
    joined_at: datetime | None = None
    alert_over: bool = False
    resolved_at: datetime | None = None
    onset_at: datetime | None = None
    bad_events: int = 0
    total_events: int = 0
    measured_at: datetime | None = None
    cause: FailingParty | None = None
    evidence: Evidence | None = None
    contributors: tuple[Contributor, ...] = ()
    lately: tuple[Contributor, ...] = ()

    @property
    def began_at(self) -> datetime:
        """The onset, or the alert while the onset is not known."""
        return self.onset_at or self.fired_at

    @property
    def is_over(self) -> bool:
        """Whether it is resolved."""
        return self.resolved_at is not None

    @property
    def has_waited(self) -> bool:
        """Whether it was placed after its alert fired, when its cause was known or overdue."""
        return self.placed not in (Placing.FIRST, Placing.LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident and its episodes, in the order in which they joined; the first one opened it.

    `merged_into` is the incident that has its episodes now, if any. `moved_to` is the one in which the alert
    of its last episode goes on, because something else fails by now.
    """

    id: int = 0
    title: str
    state: IncidentState = IncidentState.OPEN
    severity: str
    opened_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    merged_into: int | None = None
    moved_to: int | None = None
    episodes: tuple[Episode, ...]

    @property
    def first(self) -> Episode:
        """The episode that opened it."""
        return self.episodes[0]

    @property
    def cause(self) -> FailingParty | None:
        """The cause of its episodes, or None while none is known."""
        return next((one.cause for one in self.episodes if one.cause is not None), None)

    @property
    def onset_at(self) -> datetime | None:
        """When the first errors began, or None while that is not known."""
        return min((one.onset_at for one in self.episodes if one.onset_at is not None), default=None)

    @property
    def began_at(self) -> datetime:
        """The onset, or the opening while the onset is not known."""
        return self.onset_at or self.opened_at

    @property
    def is_over(self) -> bool:
        """Whether it is resolved."""
        return self.state is IncidentState.RESOLVED

    def duration(self, now: datetime) -> timedelta:
        """Return the time from onset to end, or to `now` while it is active."""
        return max(timedelta(0), (self.resolved_at or now) - self.began_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSignal:
    """An alert's transition, as far as it matters to incidents.

    `fires_page`: a page-tier alert starts to fire, or is shown again. `page_firing`: one fires once all
    transitions of this moment are done.
    """

    fires_page: bool
    page_firing: bool
    at: datetime


def meaning(signal: AlertSignal, latest: Episode | None) -> Meaning:
    """Return what a transition means, given the objective's latest episode."""
    if latest is None:
        return Meaning.BEGINS if signal.fires_page else Meaning.NOTHING
    if not latest.is_over:
        return Meaning.CONTINUES if signal.page_firing else Meaning.ENDS
    if not latest.alert_over:
        return Meaning.STAYS_RESOLVED if signal.page_firing else Meaning.ALERT_OVER
    if signal.fires_page:
        return Meaning.BEGINS
    # Other tiers that end at the very moment of the episode's end still belong to it.
    return Meaning.STAYS_RESOLVED if signal.at == latest.resolved_at else Meaning.NOTHING


def title_of(objective: Objective) -> str:
    """Return the effect in a few words that stay true: `Orders failing`, `Orders slow`.

    It has no figure, which would be wrong a minute later, and no time of day: a title is read in every time
    zone, and each view shows the onset beside it in the reader's own. Events without a noun of their own are
    named by the objective: `Search works: budget burning`.
    """
    if objective.events_noun == UNNAMED:
        return f"{objective.display_name}: budget burning"
    counts_time = objective.sli.good.max_duration_nanoseconds is not None
    noun = objective.events_noun[:1].upper() + objective.events_noun[1:]
    return f"{noun} {'slow' if counts_time else 'failing'}"
