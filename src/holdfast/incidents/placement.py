"""Places the episodes of alerts in incidents: opens, joins, resolves and merges, each in one transaction.

`on_alert` runs inside the transaction that stores the alert. An episode that waits for its cause has two
tasks on the agenda: one looks for the cause, the other ends the waiting in time, even while the first is
busy. Both decide on the rows as they are then, locked, so that an episode is placed once. They recur,
because a recurring task runs on when the clock steps back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from holdfast.catalog.model import Objective, Severity
from holdfast.incidents import entries, grouping, store
from holdfast.incidents.findings import Findings
from holdfast.incidents.grouping import LATELY, WAIT_MOST, Merge, Successor
from holdfast.incidents.model import (
    AlertSignal,
    Episode,
    FailingParty,
    Incident,
    IncidentState,
    Meaning,
    Placing,
    meaning,
    title_of,
)
from holdfast.incidents.paging import Paging
from holdfast.objectives.alerting.decision import AlertTransition
from holdfast.objectives.alerting.events import AlertEvent, AlertReceipt
from holdfast.objectives.service import ObjectivesService
from holdfast.runtime import agenda, journal
from holdfast.runtime.agenda import Handler, Task
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database, Writer
from holdfast.runtime.journal import Entry

EVIDENCE = "incidents.evidence"
CAUSE = "incidents.cause"
DEADLINE = "incidents.deadline"
LOOK_EVERY_SECONDS = 5


class Placer:
    """Decides where alerts belong and stores it; lives as long as the process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        findings: Findings,
        objectives: ObjectivesService,
        paging: Paging,
    ) -> None:
        self._database = database
        self._clock = clock
        self._findings = findings
        self._objectives = objectives
        self._paging = paging

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The agenda's tasks of episodes that wait."""
        return {CAUSE: self._on_cause, DEADLINE: self._on_deadline}

    def on_alert(self, tx: Writer, event: AlertEvent) -> AlertReceipt | None:
        """Take note of an alert's transition, in the transaction that stores it."""
        active = store.active(tx)
        latest = store.latest(tx, event.objective_name)
        means = meaning(_signal(event), latest)
        if means is Meaning.BEGINS and event.objective is not None:
            episode = _episode(event, event.objective, latest)
            return self._begin(tx, event, episode, active)
        if latest is None or means in (Meaning.NOTHING, Meaning.BEGINS):
            return None
        if means is Meaning.ENDS:
            return self._end(tx, event, latest, active)
        if means is Meaning.ALERT_OVER:
            store.change_episode(tx, latest.id, alert_over=True)
        return _receipt(latest.incident_id)

    def merge(self, tx: Writer, cause: FailingParty | None, at: datetime) -> None:
        """Merge the active incidents of a cause into the oldest of them."""
        found = grouping.merged(store.active(tx), cause)
        if found is None:
            return
        for newer in found.newer:
            self._move(tx, newer, found, at)

    def follow(self, tx: Writer, episode: Episode, found: Successor, at: datetime) -> None:
        """Say that an episode burns elsewhere by now; once its cause is clean, end it and begin another."""
        number = episode.incident_id
        if number is None or episode.is_over:
            return
        if found.is_whole:
            self._take_over(tx, episode, number, found, at)
        elif grouping.shifted_to(episode) != found.party:
            journal.append(tx, entries.shifted(episode, number, found, at))

    def _take_over(self, tx: Writer, episode: Episode, number: int, found: Successor, at: datetime) -> None:
        ended_at = max(episode.fired_at, at - LATELY)
        active = store.active(tx)
        mine = next(one for one in active if one.id == number)
        is_last = all(one.is_over or one.id == episode.id for one in mine.episodes)
        # Counted once more, up to its end: what came after it belongs to the next.
        store.change_episode(tx, episode.id, alert_over=True, resolved_at=ended_at, measured_at=None)
        journal.append(tx, entries.taken_over(episode, number, found, at))
        after = _next_episode(episode, found.party, follows_at=ended_at, at=at)
        after = replace(after, id=store.add_episode(tx, after))
        others = [one for one in active if one.id != number or not is_last]
        same = grouping.with_cause(found.party, others)
        reason = Placing.TOOK_OVER if same is None else Placing.SAME_CAUSE
        moved_to = self._carry_out(tx, after, grouping.Placed(reason, same), at)
        if is_last:
            resolve(tx, number, at=at, by=entries.ALERT)
            self._paging.resolved(tx, number, at)
            store.change(tx, number, moved_to=moved_to)
            journal.append(tx, entries.moved_on(episode, number, moved_to, found, at))

    def _begin(
        self, tx: Writer, event: AlertEvent, episode: Episode, active: Sequence[Incident]
    ) -> AlertReceipt | None:
        reason = grouping.on_firing(episode.objective, event.at, active)
        if reason is Placing.WAITS:
            self._wait(tx, store.add_episode(tx, episode), event.at)
            return None
        number = self._open(tx, episode, reason, event.at)
        self._refer(tx, episode, number)
        return AlertReceipt(entries.reference(number), (entries.opened(episode, number, reason, event.at),))

    def _wait(self, tx: Writer, episode_id: int, at: datetime) -> None:
        subject, most = str(episode_id), int(WAIT_MOST.total_seconds())
        agenda.ensure(tx, kind=CAUSE, subject=subject, due_at=at, every_seconds=LOOK_EVERY_SECONDS)
        agenda.ensure(tx, kind=DEADLINE, subject=subject, due_at=at + WAIT_MOST, every_seconds=most)

    def _open(self, tx: Writer, episode: Episode, reason: Placing, at: datetime) -> int:
        incident = Incident(
            title=episode.title,
            severity=Severity.PAGE.value,
            opened_at=at,
            episodes=(replace(episode, placed=reason, joined_at=at),),
        )
        number = store.add(tx, incident)
        plan_evidence(tx, number, at)
        self._paging.opened(tx, number, incident)
        return number

    def _end(
        self, tx: Writer, event: AlertEvent, latest: Episode, active: Sequence[Incident]
    ) -> AlertReceipt:
        """End an episode, and with the last one its incident; one that still waits gets its own first."""
        opened: tuple[Entry, ...] = ()
        number = latest.incident_id
        if number is None:
            number = self._open(tx, latest, Placing.CAUSE_UNKNOWN, event.at)
            self._placed(tx, latest, number)
            opened = (entries.opened(latest, number, Placing.CAUSE_UNKNOWN, event.at),)
        store.change_episode(tx, latest.id, alert_over=True, resolved_at=event.at)
        mine = next((one for one in active if one.id == number), None)
        others = sum(not one.is_over for one in mine.episodes) - 1 if mine is not None else 0
        if others:
            said = entries.objective_resolved(latest, number, others, event.at)
        else:
            resolve(tx, number, at=event.at, by=entries.ALERT)
            self._paging.resolved(tx, number, event.at)
            said = entries.resolved(latest, number, event.at)
        return AlertReceipt(entries.reference(number), (*opened, said))

    def _on_cause(self, task: Task) -> None:
        with self._database.read() as tx:
            episode = store.episode(tx, int(task.subject))
        cause = None
        if episode is not None and episode.incident_id is None:
            cause = self._findings.cause(episode, self._clock.now())
        self._place(int(task.subject), cause)

    def _on_deadline(self, task: Task) -> None:
        self._place(int(task.subject), None)

    def _place(self, episode_id: int, cause: FailingParty | None) -> None:
        """Place an episode that waits, unless it has to wait longer."""
        at = self._clock.now()
        with self._database.write() as tx:
            active, episode = store.active(tx), store.locked(tx, episode_id)
            if episode is None or episode.incident_id is not None:
                _stop_waiting(tx, episode_id)
                return
            decided = grouping.placed(episode, cause, at, active)
            if decided.reason is Placing.WAITS:
                return
            known = replace(episode, cause=cause)
            store.keep_cause(tx, episode_id, cause)
            self._carry_out(tx, known, decided, at)

    def _carry_out(self, tx: Writer, episode: Episode, decided: grouping.Placed, at: datetime) -> int:
        if (into := decided.joins) is not None:
            store.change_episode(tx, episode.id, incident_id=into.id, placed=decided.reason, joined_at=at)
            plan_evidence(tx, into.id, at)
            number, said = into.id, entries.joined(episode, into, at)
        else:
            number = self._open(tx, episode, decided.reason, at)
            said = entries.opened(episode, number, decided.reason, at)
        self._placed(tx, episode, number)
        journal.append(tx, said)
        return number

    def _placed(self, tx: Writer, episode: Episode, number: int) -> None:
        self._refer(tx, episode, number)
        _stop_waiting(tx, episode.id)

    def _refer(self, tx: Writer, episode: Episode, number: int) -> None:
        """Let the objective's alerts that fire refer to the incident it is in now."""
        self._objectives.refer_alerts(
            tx, episode.objective, fired_since=episode.fired_at, refers_to=entries.reference(number)
        )

    def _move(self, tx: Writer, newer: Incident, merge: Merge, at: datetime) -> None:
        into = merge.into
        store.move_episodes(tx, newer.id, into.id, at)
        store.change(
            tx,
            newer.id,
            state=IncidentState.RESOLVED.value,
            resolved_at=at,
            resolved_by=entries.ALERT,
            merged_into=into.id,
        )
        if newer.acknowledged_at is not None and into.acknowledged_at is None:
            taken = {"acknowledged_at": newer.acknowledged_at, "acknowledged_by": newer.acknowledged_by}
            store.change(tx, into.id, state=IncidentState.ACKNOWLEDGED.value, **taken)
        self._paging.merged(tx, newer.id, into.id, at)
        self._objectives.replace_reference(
            tx, refer_to=entries.reference(into.id), instead_of=entries.reference(newer.id)
        )
        journal.append(tx, entries.merged(merge, newer, at))


def plan_evidence(tx: Writer, number: int, due_at: datetime) -> None:
    """Let the evidence of an incident be read, and again while it is active."""
    agenda.schedule(tx, kind=EVIDENCE, subject=str(number), due_at=due_at)


def resolve(tx: Writer, number: int, *, at: datetime, by: str) -> None:
    """Resolve an incident and the episodes of it that are not over."""
    store.change(tx, number, state=IncidentState.RESOLVED.value, resolved_at=at, resolved_by=by)
    store.end_episodes(tx, number, at)
    plan_evidence(tx, number, at)


def _stop_waiting(tx: Writer, episode_id: int) -> None:
    for kind in (CAUSE, DEADLINE):
        agenda.cancel(tx, kind=kind, subject=str(episode_id))


def _signal(event: AlertEvent) -> AlertSignal:
    transition = event.transition
    is_page = transition.tier is not None and transition.tier.severity is Severity.PAGE
    starts = transition.change in (AlertTransition.FIRED, AlertTransition.RELEASED)
    return AlertSignal(fires_page=is_page and starts, page_firing=event.paging is not None, at=event.at)


def _episode(event: AlertEvent, objective: Objective, before: Episode | None) -> Episode:
    return Episode(
        title=title_of(objective),
        objective=objective.name,
        objective_display_name=objective.display_name,
        service=objective.service,
        events=objective.events_noun,
        environment=objective.sli.total.environment,
        namespace=objective.sli.total.namespace,
        tier_key=event.transition.tier_key,
        follows_at=None if before is None else before.resolved_at,
        fired_at=event.at,
    )


def _next_episode(before: Episode, cause: FailingParty, *, follows_at: datetime, at: datetime) -> Episode:
    """Return the episode in which an alert goes on with another cause."""
    return Episode(
        title=before.title,
        objective=before.objective,
        objective_display_name=before.objective_display_name,
        service=before.service,
        events=before.events,
        environment=before.environment,
        namespace=before.namespace,
        tier_key=before.tier_key,
        follows_at=follows_at,
        fired_at=at,
        cause=cause,
    )


def _receipt(number: int | None) -> AlertReceipt | None:
    return None if number is None else AlertReceipt(entries.reference(number))
