"""What an incident is, and the decision what an alert means for one. Pure; no I/O, no clock.

One objective has at most one active incident. A page-tier alert opens it; other alerts of the objective join
it; it ends when no page-tier alert fires any more, or when a person resolves it. An alert that fires again
within `REJOIN` of the end continues the same incident: it is the same trouble.

A person may resolve an incident while its alert still fires. It then stays resolved until that alert clears;
an alert that fires after that counts as new.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from holdfast.incidents.evidence import Evidence

REJOIN = timedelta(minutes=30)

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
    """What an alert's transition means for its objective's incidents."""

    OPENS = "opens"
    REOPENS = "reopens"
    JOINS = "joins"
    ENDS = "ends"
    ALERT_OVER = "alert_over"
    STAYS_RESOLVED = "stays_resolved"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident. `alert_over` is true once no page-tier alert of its objective fires any more.

    `onset_at` is when the errors began, known shortly after opening. `bad_events` of `total_events` were
    counted from the onset to the end, or to `measured_at`. `environment` and `namespace` are those its
    objective counted when it opened; None is any. `evidence` is stored with the incident, so that it
    outlives the spans it was made from.
    """

    id: int
    title: str
    state: IncidentState
    severity: str
    objective: str
    objective_display_name: str
    service: str
    events: str
    tier_key: str
    opened_at: datetime
    alert_over: bool = False
    onset_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    bad_events: int = 0
    total_events: int = 0
    measured_at: datetime | None = None
    evidence: Evidence | None = None
    environment: str | None = None
    namespace: str | None = None

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


def meaning(signal: AlertSignal, latest: Incident | None) -> Meaning:
    """Return what a transition means, given the objective's latest incident."""
    if latest is None:
        return Meaning.OPENS if signal.fires_page else Meaning.NOTHING
    if not latest.is_over:
        return Meaning.JOINS if signal.page_firing else Meaning.ENDS
    if not latest.alert_over:
        return Meaning.STAYS_RESOLVED if signal.page_firing else Meaning.ALERT_OVER
    if not signal.fires_page:
        # Other tiers that end at the very moment of the incident's end still belong to it.
        return Meaning.STAYS_RESOLVED if signal.at == latest.resolved_at else Meaning.NOTHING
    ended_at = latest.resolved_at or latest.opened_at
    # After a clock stepped back the end may lie in the future: that counts as recent.
    return Meaning.REOPENS if signal.at - ended_at <= REJOIN else Meaning.OPENS


def title_of(display_name: str, rate: Fraction | float | None) -> str:
    """Return one line for a tired person: `Orders succeed burns 31×`.

    It has no time of day: a title is read in every time zone, and each view shows the onset beside it in the
    reader's own.
    """
    return f"{display_name} burns" + ("" if rate is None else f" {_figure(float(rate))}×")


def _figure(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
