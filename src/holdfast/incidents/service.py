"""Use cases of incidents: opened and ended by alerts; acknowledged, resolved and commented by people.

`on_alert` runs inside the transaction that stores the alert. Slow work (counting since the onset, walking
traces) is left to a task on the agenda, due at once and repeated while the incident is active.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.catalog.model import Objective, Severity
from holdfast.incidents import store
from holdfast.incidents.findings import Findings
from holdfast.incidents.model import (
    NOTE_LONGEST,
    AlertSignal,
    Incident,
    IncidentFilter,
    IncidentState,
    Meaning,
    meaning,
    title_of,
)
from holdfast.objectives.alerting.decision import AlertTransition
from holdfast.objectives.alerting.events import AlertEvent, AlertReceipt
from holdfast.runtime import agenda, journal
from holdfast.runtime.agenda import Handler, Task
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database, Reader, Writer
from holdfast.runtime.errors import Invalid, NotFound
from holdfast.runtime.journal import Entry
from holdfast.runtime.pages import number
from holdfast.telemetry.identity.model import EVERYWHERE, PlaceFilter

EVIDENCE = "incidents.evidence"
REFRESH_EVERY = timedelta(seconds=30)
LATE_SPANS = timedelta(minutes=1)
"""Evidence is read a last time this long after the end, because the last spans come late."""

BEFORE_ONSET = timedelta(minutes=30)
"""Changes this long before the onset belong to the timeline: they are the first suspects."""

ALERT = "alert"
"""The actor that resolved an incident when no person did."""

TIMELINE_MOST = 500
CHANGES_MOST = 50


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One incident with its timeline, newest first, at `now`."""

    incident: Incident
    timeline: tuple[Entry, ...]
    now: datetime


class IncidentsService:
    """Carries incidents from alert to resolution; lives as long as the process."""

    def __init__(self, database: Database, clock: Clock, findings: Findings) -> None:
        self._database = database
        self._clock = clock
        self._findings = findings

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The agenda's tasks of this package."""
        return {EVIDENCE: self._on_evidence}

    def on_alert(self, tx: Writer, event: AlertEvent) -> AlertReceipt | None:
        """Take note of an alert's transition, in the transaction that stores it."""
        latest = store.latest(tx, event.objective_name)
        means = meaning(_signal(event), latest)
        if means is Meaning.OPENS and event.objective is not None:
            return self._open(tx, event, event.objective)
        if latest is None or means in (Meaning.NOTHING, Meaning.OPENS):
            return None
        if means is Meaning.REOPENS:
            return self._reopen(tx, event, latest)
        if means is Meaning.ENDS:
            return self._end(tx, event, latest)
        if means is Meaning.ALERT_OVER:
            store.change(tx, latest.id, alert_over=True)
        return AlertReceipt(_reference(latest.id))

    def incidents(
        self,
        *,
        states: tuple[IncidentState, ...] = (),
        scope: PlaceFilter = EVERYWHERE,
        cursor: str | None = None,
        limit: int = 100,
    ) -> tuple[list[Incident], bool]:
        """Return incidents, newest first, and whether there are more; a cursor is the id of an incident."""
        with self._database.read() as tx:
            found = store.listed(tx, states=states, scope=scope, before_id=number(cursor), limit=limit + 1)
        return found[:limit], len(found) > limit

    def active_count(self) -> int:
        """Return how many incidents are active."""
        with self._database.read() as tx:
            return len(store.listed(tx, states=IncidentFilter.ACTIVE.states, limit=10_000))

    def now(self) -> datetime:
        """Return the instant that open durations end at."""
        return self._clock.now()

    def view(self, incident_id: int) -> IncidentView:
        """Return one incident with its timeline.

        Raises:
            NotFound: there is none with this id.
        """
        with self._database.read() as tx:
            incident = _known(tx, incident_id)
            own = journal.entries(tx, refers_to=_reference(incident_id), limit=TIMELINE_MOST)
            since = incident.began_at - BEFORE_ONSET
            changes = journal.entries(
                tx,
                kinds=("change.",),
                since=since,
                until=incident.resolved_at,
                limited_to=PlaceFilter(incident.environment, incident.namespace).limits,
                limit=CHANGES_MOST,
            )
        entries = {entry.id: entry for entry in (*own, *changes)}
        timeline = sorted(entries.values(), key=lambda entry: (entry.at, entry.id), reverse=True)
        return IncidentView(incident, tuple(timeline), self._clock.now())

    def acknowledge(self, incident_id: int, *, by: str) -> IncidentView:
        """Acknowledge an incident. The first acknowledgement counts; a resolved incident needs none."""
        with self._database.write() as tx:
            incident = _known(tx, incident_id)
            if incident.state is IncidentState.OPEN:
                at = self._clock.now()
                values = {"acknowledged_at": at, "acknowledged_by": by}
                store.change(tx, incident_id, state=IncidentState.ACKNOWLEDGED.value, **values)
                self._record(tx, incident, "incident.acknowledged", by, f"Acknowledged by {by}")
        return self.view(incident_id)

    def resolve(self, incident_id: int, *, by: str, note: str = "") -> IncidentView:
        """Resolve an incident manually. It stays resolved until its alert clears and fires again."""
        words = _checked_note(note) if note.strip() else ""
        with self._database.write() as tx:
            incident = _known(tx, incident_id)
            if words:
                self._record(tx, incident, "incident.note", by, words)
            if not incident.is_over:
                self._resolve(tx, incident, at=self._clock.now(), by=by)
                still = "" if incident.alert_over else "; the alert still fires"
                self._record(tx, incident, "incident.resolved", by, f"Resolved by {by}{still}")
        return self.view(incident_id)

    def note(self, incident_id: int, *, by: str, text: str) -> IncidentView:
        """Add a person's note to the timeline."""
        words = _checked_note(text)
        with self._database.write() as tx:
            self._record(tx, _known(tx, incident_id), "incident.note", by, words)
        return self.view(incident_id)

    def _open(self, tx: Writer, event: AlertEvent, objective: Objective) -> AlertReceipt:
        transition = event.transition
        incident = Incident(
            id=0,
            title=title_of(objective.display_name, transition.short_rate),
            state=IncidentState.OPEN,
            severity=Severity.PAGE.value,
            objective=objective.name,
            objective_display_name=objective.display_name,
            service=objective.service,
            events=objective.events_noun,
            tier_key=transition.tier_key,
            opened_at=event.at,
            environment=objective.sli.total.environment,
            namespace=objective.sli.total.namespace,
        )
        number = store.add(tx, incident)
        self._plan_evidence(tx, number, event.at)
        entry = _entry(event, number, "incident.opened", f"Incident {number} opened: {incident.title}")
        return AlertReceipt(_reference(number), (entry,))

    def _reopen(self, tx: Writer, event: AlertEvent, latest: Incident) -> AlertReceipt:
        nobody = dict.fromkeys(("acknowledged_at", "acknowledged_by", "resolved_at", "resolved_by"))
        store.change(tx, latest.id, state=IncidentState.OPEN.value, alert_over=False, **nobody)
        self._plan_evidence(tx, latest.id, event.at)
        words = f"Incident {latest.id} opened again: the alert fires soon after its end"
        return AlertReceipt(_reference(latest.id), (_entry(event, latest.id, "incident.reopened", words),))

    def _end(self, tx: Writer, event: AlertEvent, latest: Incident) -> AlertReceipt:
        store.change(tx, latest.id, alert_over=True)
        self._resolve(tx, latest, at=event.at, by=ALERT)
        words = f"Incident {latest.id} resolved: no page-tier alert fires any more"
        return AlertReceipt(_reference(latest.id), (_entry(event, latest.id, "incident.resolved", words),))

    def _resolve(self, tx: Writer, incident: Incident, *, at: datetime, by: str) -> None:
        store.change(tx, incident.id, state=IncidentState.RESOLVED.value, resolved_at=at, resolved_by=by)
        self._plan_evidence(tx, incident.id, at)

    def _plan_evidence(self, tx: Writer, number: int, due_at: datetime) -> None:
        agenda.schedule(tx, kind=EVIDENCE, subject=str(number), due_at=due_at)

    def _on_evidence(self, task: Task) -> datetime | None:
        """Read the evidence; again while the incident is active, and once when its last spans have come."""
        with self._database.read() as tx:
            incident = store.find(tx, int(task.subject))
        if incident is None:
            return None
        now = self._clock.now()
        found = self._findings.of(incident, now)
        if found is not None:
            with self._database.write() as tx:
                store.keep_evidence(tx, incident.id, found.evidence, **found.fields)
        if not incident.is_over:
            return now + REFRESH_EVERY
        ended_at = incident.resolved_at or now
        return ended_at + LATE_SPANS if timedelta(0) <= now - ended_at < LATE_SPANS else None

    def _record(self, tx: Writer, incident: Incident, kind: str, by: str, words: str) -> None:
        reference = _reference(incident.id)
        data = {"objective": incident.objective}
        journal.append(tx, Entry(self._clock.now(), kind, by, reference, words, reference, data))


def _signal(event: AlertEvent) -> AlertSignal:
    transition = event.transition
    is_page = transition.tier is not None and transition.tier.severity is Severity.PAGE
    starts = transition.change in (AlertTransition.FIRED, AlertTransition.RELEASED)
    return AlertSignal(fires_page=is_page and starts, page_firing=event.paging is not None, at=event.at)


def _entry(event: AlertEvent, number: int, kind: str, words: str) -> Entry:
    subject, data = f"objective/{event.objective_name}", {"objective": event.objective_name}
    return Entry(event.at, kind, ALERT, subject, words, _reference(number), data)


def _reference(number: int) -> str:
    return f"incident/{number}"


def _known(tx: Reader, incident_id: int) -> Incident:
    found = store.find(tx, incident_id)
    if found is None:
        raise NotFound(
            f"there is no incident {incident_id}; `holdfast incident ls` lists them all",
            value=str(incident_id),
        )
    return found


def _checked_note(text: str) -> str:
    words = text.strip()
    if not words or len(words) > NOTE_LONGEST:
        raise Invalid(
            f"a note has 1 to {NOTE_LONGEST} characters, this one has {len(words)}",
            value=words[:100],
            rule=f"1 to {NOTE_LONGEST} characters",
        )
    return words
