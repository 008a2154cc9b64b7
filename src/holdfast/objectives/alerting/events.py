"""Alert events: what the evaluation reports to subscribers, inside the transaction that stores it.

A subscriber that fails makes the whole evaluation of that moment fail and be tried again, so that an alert
can never be stored without the incident that belongs to it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from holdfast.catalog.model import Objective
from holdfast.objectives.alerting.burn import Tier
from holdfast.objectives.alerting.decision import AlertTransition, Transition
from holdfast.runtime.database import Writer
from holdfast.runtime.journal import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """One transition, stored: `alert_id` is None for what concerns all alerts (suspended, resumed).

    `paging` is the worst page-severity tier that fires once all transitions of this moment are done, or
    None. `objective` is None when it was removed from the catalog.
    """

    objective_name: str
    objective: Objective | None
    transition: Transition
    alert_id: int | None
    paging: Tier | None
    at: datetime


@dataclass(frozen=True, slots=True)
class AlertReceipt:
    """The record an alert belongs to (`incident/7`), and entries to write after the alert's own."""

    refers_to: str
    entries: tuple[Entry, ...] = ()


Subscriber = Callable[[Writer, AlertEvent], AlertReceipt | None]

KINDS = {
    AlertTransition.FIRED: "alert.fired",
    AlertTransition.INHIBITED: "alert.inhibited",
    AlertTransition.RELEASED: "alert.released",
    AlertTransition.RESOLVED: "alert.resolved",
    AlertTransition.SUSPENDED: "alert.held",
    AlertTransition.RESUMED: "alert.resumed",
}
"""The journal's word for each change."""

ACTOR = "objectives"


def entry_of(event: AlertEvent, refers_to: str | None) -> Entry:
    """Return the journal entry of an event."""
    transition = event.transition
    name = event.objective.display_name if event.objective is not None else event.objective_name
    data = {
        "objective": event.objective_name,
        "alert_id": event.alert_id,
        "cause": transition.cause.value,
        "reason": transition.reason.value if transition.reason else None,
        "tier": transition.tier.name if transition.tier else None,
        "severity": transition.tier.severity.value if transition.tier else None,
        "long_rate": float(transition.long_rate) if transition.long_rate is not None else None,
        "short_rate": float(transition.short_rate) if transition.short_rate is not None else None,
        "threshold": float(transition.tier.threshold) if transition.tier else None,
        "still_firing": transition.still_firing.name if transition.still_firing else None,
    }
    return Entry(
        at=event.at,
        kind=KINDS[transition.change],
        actor=ACTOR,
        subject=f"objective/{event.objective_name}",
        summary=f"{name}: {transition.summary}",
        refers_to=refers_to,
        data=data,
    )
