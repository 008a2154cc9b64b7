"""What an incident is, and the decision what an alert means for one. Pure; no I/O, no clock.

One objective has at most one incident going on. A page-tier alert opens it; whatever else fires for the
objective joins it; it ends when no page-tier alert fires any more, or when a person says so. An alert that
fires again within `REJOIN` of the end continues the same incident: it is the same trouble.

A person may resolve an incident while its alert still fires. It then stays resolved, whatever that alert
does, until the alert has been over once; what fires after that counts as new.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any

REJOIN = timedelta(minutes=30)

NOTE_LONGEST = 4000


class IncidentState(StrEnum):
    """Where an incident is: nobody has it, somebody has it, it is over."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Choice(StrEnum):
    """Which incidents a list shows: those in one state, or those that go on."""

    ACTIVE = "active"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"

    @property
    def states(self) -> tuple[IncidentState, ...]:
        """The states it stands for."""
        if self is Choice.ACTIVE:
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
    """One incident. `alert_over` says that no page-tier alert of its objective fires any more.

    `onset_at` is when the errors began, known shortly after opening. `bad_events` of `total_events` were
    counted from the onset to the end, or to `measured_at`. `evidence` is kept with the incident, so that it
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
    evidence: Mapping[str, Any] | None = None

    @property
    def began_at(self) -> datetime:
        """The onset, or the opening while the onset is not known."""
        return self.onset_at or self.opened_at

    @property
    def is_over(self) -> bool:
        """Whether it is resolved."""
        return self.state is IncidentState.RESOLVED

    def duration(self, now: datetime) -> timedelta:
        """Return how long it lasted, from onset to end, or has lasted until `now`."""
        return max(timedelta(0), (self.resolved_at or now) - self.began_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """An alert's transition as far as incidents care.

    `fires_page`: a page-tier alert starts to fire, or is shown again. `page_firing`: one fires once all
    transitions of this moment are done.
    """

    fires_page: bool
    page_firing: bool
    at: datetime


def meaning(signal: Signal, latest: Incident | None) -> Meaning:
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
    # After a clock stepped back the end may lie ahead: that is as recent as can be.
    return Meaning.REOPENS if signal.at - ended_at <= REJOIN else Meaning.OPENS


def title_of(display_name: str, rate: Fraction | float | None) -> str:
    """Return one line for a tired person: `Orders succeed burns 31×`.

    It holds no time of day: a title is read in every zone, while each place that shows it shows beside it
    when the trouble began, in its reader's own.
    """
    return f"{display_name} burns" + ("" if rate is None else f" {_figure(float(rate))}×")


def _figure(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
