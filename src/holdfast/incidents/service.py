"""Use cases of incidents: opened and ended by alerts; acknowledged, resolved and commented by people.

What alerts do is in `placement`. Slow work (counting since the onset, walking traces) is left to a task on
the agenda, due at once and repeated while the incident is active.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.changes import store as changes
from holdfast.incidents import grouping, store
from holdfast.incidents.entries import number_in, reference
from holdfast.incidents.findings import EvidenceUpdate, Findings
from holdfast.incidents.model import NOTE_LONGEST, Episode, Incident, IncidentState
from holdfast.incidents.paging import Paging
from holdfast.incidents.placement import EVIDENCE, LOOK_EVERY_SECONDS, Placer, resolve
from holdfast.incidents.suspects import ONSET_ROUNDING, Version
from holdfast.objectives.alerting.events import AlertEvent, AlertReceipt
from holdfast.objectives.service import ObjectivesService
from holdfast.oncall.pages.pager import PageAnswered
from holdfast.runtime import journal
from holdfast.runtime.agenda import Handler, Task
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database, Reader, Writer
from holdfast.runtime.errors import Invalid, NotFound
from holdfast.runtime.journal import Entry
from holdfast.runtime.pages import number
from holdfast.telemetry.identity.model import EVERYWHERE, PlaceFilter

REFRESH_EVERY = timedelta(seconds=30)
LATE_SPANS = timedelta(minutes=1)
"""Evidence is read a last time this long after the end, because the last spans come late."""

BEFORE_ONSET = timedelta(minutes=30)
"""Changes this long before the onset belong to the timeline: they are the first suspects."""

INSTANT = timedelta(microseconds=1)
TIMELINE_MOST = 500
CHANGES_MOST = 50


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One incident with its timeline, newest first, at `now`; `merged` are those that are part of it."""

    incident: Incident
    timeline: tuple[Entry, ...]
    now: datetime
    merged: tuple[int, ...] = ()

    @property
    def deploys(self) -> Mapping[Version, datetime]:
        """When each version in the timeline was deployed, the last time up to the onset."""
        until = self.incident.began_at + ONSET_ROUNDING
        found = (entry for entry in reversed(self.timeline) if entry.kind == "change.deploy")
        return {
            (entry.data["service"], entry.data["version"]): entry.at
            for entry in found
            if {"service", "version"} <= entry.data.keys() and entry.at <= until
        }


class IncidentsService:
    """Carries incidents from alert to resolution; lives as long as the process."""

    def __init__(
        self, database: Database, clock: Clock, objectives: ObjectivesService, paging: Paging
    ) -> None:
        self._database = database
        self._clock = clock
        self._paging = paging
        self._findings = Findings(objectives)
        self._placement = Placer(database, clock, self._findings, objectives, paging)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The agenda's tasks of this package."""
        return {EVIDENCE: self._on_evidence, **self._placement.handlers}

    def on_alert(self, tx: Writer, event: AlertEvent) -> AlertReceipt | None:
        """Take note of an alert's transition, in the transaction that stores it."""
        return self._placement.on_alert(tx, event)

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
            return store.active_count(tx)

    def now(self) -> datetime:
        """Return the instant that open durations end at."""
        return self._clock.now()

    def view(self, incident_id: int) -> IncidentView:
        """Return one incident with its timeline, and that of those merged into it.

        Raises:
            NotFound: there is none with this id.
        """
        with self._database.read() as tx:
            incident = _known(store.find(tx, incident_id), incident_id)
            merged = store.merged_into(tx, incident_id)
            entries = {entry.id: entry for entry in _timeline(tx, incident, merged)}
        timeline = sorted(entries.values(), key=lambda entry: (entry.at, entry.id), reverse=True)
        return IncidentView(incident, tuple(timeline), self._clock.now(), tuple(merged))

    def acknowledge(self, incident_id: int, *, by: str) -> IncidentView:
        """Acknowledge an incident. The first acknowledgement counts; a resolved incident needs none."""
        with self._database.write() as tx:
            incident = _current(tx, incident_id)
            self._acknowledge(tx, incident, by)
            self._paging.acknowledged(tx, incident.id, by, self._clock.now())
        return self.view(incident.id)

    def lock_for_page(self, tx: Writer, reference: str) -> None:
        """Lock the incident that a page is for before the page, as alerts do."""
        if (number := number_in(reference)) is not None:
            store.find_locked(tx, number)

    def on_page_answered(self, tx: Writer, answered: PageAnswered) -> None:
        """Acknowledge the incident whose page somebody acknowledged, in the same transaction."""
        if (number := number_in(answered.reference)) is not None:
            self._acknowledge(tx, _current(tx, number), answered.by)

    def _acknowledge(self, tx: Writer, incident: Incident, by: str) -> None:
        if incident.state is IncidentState.OPEN:
            values = {"acknowledged_at": self._clock.now(), "acknowledged_by": by}
            store.change(tx, incident.id, state=IncidentState.ACKNOWLEDGED.value, **values)
            self._record(tx, incident, "incident.acknowledged", by, f"Acknowledged by {by}")

    def resolve(self, incident_id: int, *, by: str, note: str = "") -> IncidentView:
        """Resolve an incident manually. It stays resolved until its alerts clear and fire again."""
        words = _checked_note(note) if note.strip() else ""
        with self._database.write() as tx:
            incident = _current(tx, incident_id)
            if words:
                self._record(tx, incident, "incident.note", by, words)
            if not incident.is_over:
                still = "; the alert still fires" if any(not one.is_over for one in incident.episodes) else ""
                resolve(tx, incident.id, at=self._clock.now(), by=by)
                self._paging.resolved(tx, incident.id, self._clock.now())
                self._record(tx, incident, "incident.resolved", by, f"Resolved by {by}{still}")
        return self.view(incident.id)

    def note(self, incident_id: int, *, by: str, text: str) -> IncidentView:
        """Add a person's note to the timeline."""
        words = _checked_note(text)
        with self._database.write() as tx:
            incident = _current(tx, incident_id)
            self._record(tx, incident, "incident.note", by, words)
        return self.view(incident.id)

    def _on_evidence(self, task: Task) -> datetime | None:
        """Read the evidence; again while the incident is active, and once when its last spans have come."""
        with self._database.read() as tx:
            incident = store.find(tx, int(task.subject))
        if incident is None or incident.merged_into is not None:
            return None
        now = self._clock.now()
        for episode in incident.episodes:
            if _is_wanted(episode) and (found := self._findings.of(episode, now)) is not None:
                self._keep(episode.id, found, now)
        return _next_reading(incident, now)

    def _keep(self, episode_id: int, found: EvidenceUpdate, now: datetime) -> None:
        """Store evidence and the cause it shows, and merge incidents that turn out to have one cause."""
        with self._database.write() as tx:
            store.active(tx)  # locked before the episode, as everywhere
            episode = store.locked(tx, episode_id)
            if episode is None:
                return
            cause = grouping.settled(episode, grouping.cause_of(found.evidence.contributors), now)
            store.keep_evidence(tx, episode_id, found.evidence, **found.fields)
            store.keep_cause(tx, episode_id, cause)
            if found.successor is not None:
                self._placement.follow(tx, episode, found.successor, now)
            self._placement.merge(tx, cause, now)
            self._hand_down(tx, episode.incident_id)

    def _hand_down(self, tx: Writer, incident_id: int | None) -> None:
        """Let the pages of an incident say what is known by now."""
        incident = None if incident_id is None else store.find(tx, incident_id)
        if incident is not None and incident.merged_into is None and not incident.is_over:
            self._paging.learned(tx, incident)

    def _record(self, tx: Writer, incident: Incident, kind: str, by: str, words: str) -> None:
        of, data = reference(incident.id), {"objective": incident.first.objective}
        journal.append(tx, Entry(self._clock.now(), kind, by, of, words, of, data))


def _is_wanted(episode: Episode) -> bool:
    """Whether there may be more to read of an episode: it is active, or its last spans may come late."""
    ended_at, read_at = episode.resolved_at, episode.measured_at
    return ended_at is None or read_at is None or read_at < ended_at + LATE_SPANS


def _next_reading(incident: Incident, now: datetime) -> datetime | None:
    if incident.is_over:
        ended_at = incident.resolved_at or now
        return ended_at + LATE_SPANS if timedelta(0) <= now - ended_at < LATE_SPANS else None
    if incident.cause is None and now - incident.opened_at < REFRESH_EVERY:
        # Alerts that follow wait for it.
        return now + timedelta(seconds=LOOK_EVERY_SECONDS)
    return now + REFRESH_EVERY


def _timeline(tx: Reader, incident: Incident, merged: Sequence[int]) -> list[Entry]:
    """Return what happened in an incident, before its alerts joined it, and to the platform before it."""
    found: list[Entry] = []
    for one in (incident.id, *merged):
        found += journal.entries(tx, refers_to=reference(one), limit=TIMELINE_MOST)
    for episode in incident.episodes:
        if episode.has_waited and episode.joined_at is not None:
            found += _while_it_waited(tx, episode, episode.joined_at)
    return found + changes.entries(
        tx,
        kinds=("change.",),
        since=incident.began_at - BEFORE_ONSET,
        until=incident.resolved_at,
        limited_to=PlaceFilter(incident.first.environment, incident.first.namespace).limits,
        limit=CHANGES_MOST,
    )


def _while_it_waited(tx: Reader, episode: Episode, joined_at: datetime) -> list[Entry]:
    """Return what its alert did before it belonged to an incident; the entries refer to none."""
    since = min(episode.fired_at, joined_at)
    until = min(joined_at, episode.fired_at + grouping.WAIT_MOST) + INSTANT
    subject = f"objective/{episode.objective}"
    found = journal.entries(
        tx, kinds=("alert.",), subject=subject, since=since, until=until, limit=TIMELINE_MOST
    )
    return [entry for entry in found if entry.refers_to is None]


def _known(found: Incident | None, incident_id: int) -> Incident:
    if found is None:
        raise NotFound(
            f"there is no incident {incident_id}; `holdfast incident ls` lists them all",
            value=str(incident_id),
        )
    return found


def _current(tx: Writer, incident_id: int) -> Incident:
    """Return an incident, or the one it was merged into, locked: it may be merged at this moment."""
    found = _known(store.find_locked(tx, incident_id), incident_id)
    into = found.merged_into
    return found if into is None else _known(store.find_locked(tx, into), into)


def _checked_note(text: str) -> str:
    words = text.strip()
    if not words or len(words) > NOTE_LONGEST:
        raise Invalid(
            f"a note has 1 to {NOTE_LONGEST} characters, this one has {len(words)}",
            value=words[:100],
            rule=f"1 to {NOTE_LONGEST} characters",
        )
    return words
