"""Use cases of objectives: status, worst first; history; evidence; and the tick that evaluates them.

The agenda runs `tick` every ten seconds. Readers share the counts that the tick took and apply the catalog in
force to them, so a changed target shows in the next answer.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from holdfast.catalog.mixing import Senders, mixed, unknown
from holdfast.catalog.model import Catalog, Objective
from holdfast.changes import store as changes
from holdfast.objectives import store
from holdfast.objectives.alerting.burn import Tier
from holdfast.objectives.alerting.events import Subscriber
from holdfast.objectives.alerting.explain import AlertStatus
from holdfast.objectives.bad_events.evidence import BadEvents, Breakdown, Contributors
from holdfast.objectives.bad_events.walks import Exemplar
from holdfast.objectives.evaluated import ObjectiveEvaluation, Snapshot, Watched, status_of
from holdfast.objectives.model import ObjectiveStatus, State
from holdfast.objectives.places import place_of
from holdfast.objectives.ranking import rank_of, summary_of
from holdfast.objectives.series import POINTS_MOST, Series, series_of
from holdfast.objectives.snapshots import SnapshotCache
from holdfast.objectives.store import AlertRow, StandingRow
from holdfast.objectives.tick import Tick
from holdfast.objectives.views import ObjectivePage, ObjectiveView, with_episode
from holdfast.runtime import agenda, journal
from holdfast.runtime.agenda import Handler, Task
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database, Writer
from holdfast.runtime.errors import HoldfastError, Invalid, NotFound, Unavailable
from holdfast.runtime.pages import number
from holdfast.runtime.remembered import Remembered, key_of
from holdfast.runtime.timerange import TimeRange, parse_range
from holdfast.telemetry.counting.windows import Grain, epoch
from holdfast.telemetry.identity.model import EVERYWHERE, PlaceFilter

TICK = "objectives.evaluate"
TICK_SECONDS = 10
STALE = timedelta(seconds=15)
"""Counts older than this are read again for a reader: the tick is late, or runs in another process."""

SPARKLINE_POINTS = 48
SPARKLINE_STEP_SECONDS = 1800
MARKS_MOST = 100
KEPT_MOST, KEPT_SECONDS = 64, 10
"""How many answers on bad events are kept, and how long: pages ask often, several people look at one."""


@dataclass(frozen=True, slots=True)
class _Standings:
    """Everything readers share between two ticks."""

    snapshot: Snapshot
    catalog: Catalog
    firing: Mapping[str, Mapping[str, AlertRow]]
    stood: Mapping[str, StandingRow]
    statuses: Mapping[str, ObjectiveStatus]
    ranks: Mapping[str, tuple[int, float, str]]


class ObjectivesService:
    """Answers questions about objectives and evaluates them; lives as long as the process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        cache: SnapshotCache,
        evidence: BadEvents,
        *,
        catalog: Callable[[], Catalog],
        senders: Senders = unknown,
        subscribers: Sequence[Subscriber] = (),
        called: Callable[[str], str] = str,
    ) -> None:
        self.evidence = evidence
        self._database = database
        self._clock = clock
        self._cache = cache
        self._catalog = catalog
        self._senders = senders
        self._subscribers = list(subscribers)
        self._called = called
        self._evaluation = Tick(database, cache, clock, self._subscribers)
        self._taken_at: datetime | None = None
        self._known: _Standings | None = None
        self._kept = Remembered(clock, seconds=KEPT_SECONDS, most=KEPT_MOST)

    def on_transition(self, subscriber: Subscriber) -> None:
        """Call `subscriber` for every alert transition, inside the transaction that stores it."""
        self._subscribers.append(subscriber)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The agenda's tasks of this package."""
        return {TICK: self._on_tick}

    def ensure_tasks(self, tx: Writer) -> None:
        """Put the evaluation on the agenda."""
        due_at = self._clock.now()
        agenda.ensure(tx, kind=TICK, subject="all", due_at=due_at, every_seconds=TICK_SECONDS)

    def tick(self) -> None:
        """Evaluate all objectives as of now."""
        self._evaluation.run(self._catalog())
        self._taken_at = self._clock.now()

    def range(self, start: str | None, end: str | None) -> TimeRange:
        """Return the range asked for, by default the last hour."""
        return parse_range(start, end, now=self._clock.now())

    def listing(
        self,
        *,
        service: str | None = None,
        state: State | None = None,
        text: str = "",
        scope: PlaceFilter = EVERYWHERE,
        cursor: str | None = None,
        limit: int = 100,
    ) -> ObjectivePage:
        """Return objectives, worst first: what burns by its bad events of the last hour, the rest by budget.

        One that names no environment is in each of them. Of a `state` are all that are in it, so one that is
        exhausted and burns is in both.
        """
        now, service = self._stand(), self._called(service) if service else service
        chosen = [
            one
            for one in self._watched(now).values()
            if _matches(one.objective, service, text) and scope.meets(place_of(one.objective))
        ]
        summary = summary_of(now.snapshot, now.statuses, chosen)
        if state is not None:
            chosen = [one for one in chosen if now.statuses[one.objective.name].is_in(state)]
        chosen.sort(key=lambda one: now.ranks[one.objective.name])
        start = number(cursor) or 0
        page = chosen[start : start + limit]
        return ObjectivePage(tuple(self._views(now, page)), start, len(chosen), summary)

    def view(self, name: str) -> ObjectiveView:
        """Return one objective.

        Raises:
            NotFound: the catalog has none of this name.
        """
        now = self._stand()
        one = self._find(now, name)
        longest = max((tier.long for tier in one.tiers), default=timedelta(0))
        with self._database.read() as tx:
            ended = store.ended_alerts(tx, one.objective.name, since=now.snapshot.measured_at - longest)
        return replace(self._views(now, [one])[0], ended=tuple(ended))

    def warnings(self, name: str) -> tuple[str, ...]:
        """Return which environments an objective counts as one; nothing while telemetry is unavailable."""
        try:
            return mixed([self.objective(name)], self._senders)
        except Unavailable:
            return ()

    def objective(self, name: str) -> Objective:
        """Return the catalog's objective called `name`.

        Raises:
            NotFound: there is none.
        """
        found = self._catalog().objective(name)
        if found is None:
            raise NotFound(
                f"there is no objective {name!r}; `holdfast objective ls` lists them all", value=name
            )
        return found

    def series(self, name: str, within: TimeRange, *, step_seconds: int | None = None) -> Series:
        """Return an objective over time, up to the newest complete slice."""
        objective, edge = self.objective(name), self._snapshot().edge
        step = _step(within, step_seconds)
        start = epoch(within.start)
        end = max(start + 1, min(epoch(within.end), edge))
        read = self._cache.source.slices
        return series_of(objective, read, start=start, end=end, step=step, edge=edge)

    def marks(self, name: str, within: TimeRange) -> list[journal.Mark]:
        """Return changes, and the objective's alerts and incidents, of a range, oldest first."""
        objective = self.objective(name)
        subject, place = f"objective/{objective.name}", place_of(objective).limits
        since, until, most = within.start, within.end, MARKS_MOST
        own_kinds = ("alert.fired", "incident.opened", "incident.joined")
        with self._database.read() as tx:
            made = changes.entries(
                tx, kinds=("change.",), since=since, until=until, limited_to=place, limit=most
            )
            own = journal.entries(tx, kinds=own_kinds, subject=subject, since=since, until=until, limit=most)
        return sorted((_mark(entry) for entry in (*made, *own)), key=lambda mark: mark.at)

    def contributors(self, name: str, within: TimeRange) -> Contributors:
        """Return where the bad events of a range began."""
        objective = self.objective(name)
        return self._kept.recall(
            f"contributors {self._key(within)} {objective!r}",
            lambda: self.evidence.with_pace(objective, within.start, within.end),
        )

    def _key(self, within: TimeRange) -> str:
        return key_of(within, now=self._clock.now().timestamp())

    def breakdown(self, name: str, within: TimeRange, *, by: Sequence[str]) -> Breakdown:
        """Return what the bad events of a range have in common and the good ones lack."""
        objective = self.objective(name)
        return self._kept.recall(
            f"breakdown {self._key(within)} {tuple(by)!r} {objective!r}",
            lambda: self.evidence.breakdown(objective, within.start, within.end, by=by),
        )

    def exemplars(self, name: str, within: TimeRange, *, limit: int) -> list[Exemplar]:
        """Return the newest bad events of a range."""
        return self.evidence.exemplars(self.objective(name), within.start, within.end, limit=limit)

    def alerts(
        self,
        *,
        firing_only: bool,
        objective: str | None = None,
        scope: PlaceFilter = EVERYWHERE,
        cursor: str | None = None,
        limit: int = 100,
    ) -> tuple[list[AlertRow], bool]:
        """Return alerts, newest first, and whether there are more; a cursor is the id of an alert."""
        before = number(cursor) or None
        with self._database.read() as tx:
            rows = store.alert_rows(
                tx,
                firing_only=firing_only,
                objective=objective,
                scope=scope,
                before_id=before,
                limit=limit + 1,
            )
            suspended, firing = store.suspended(tx), store.firing_rows(tx)
        shown = [with_episode(row, firing.get(row.objective, ())) for row in rows[:limit]]
        found = [_suspended(row) if row.objective in suspended else row for row in shown]
        return found, len(rows) > limit

    def refer_alerts(self, tx: Writer, objective: str, *, fired_since: datetime, refers_to: str) -> None:
        """Note the record (`incident/7`) that an objective's firing alerts and its pages since belong to."""
        store.refer_alerts(tx, objective, fired_since=fired_since, refers_to=refers_to)

    def replace_reference(self, tx: Writer, *, refer_to: str, instead_of: str) -> None:
        """Note the record that takes the place of another: `incident/7` instead of `incident/9`."""
        store.replace_reference(tx, refer_to=refer_to, instead_of=instead_of)

    def firing_count(self) -> int:
        """Return how many alerts fire that no faster tier covers."""
        with self._database.read() as tx:
            return store.firing_count(tx)

    def states_by_service(self) -> dict[str, list[tuple[Objective, ObjectiveStatus]]]:
        """Return the objectives of every service with their status, worst first."""
        now = self._stand()
        found: dict[str, list[tuple[Objective, ObjectiveStatus]]] = {}
        for one in sorted(self._watched(now).values(), key=lambda one: now.ranks[one.objective.name]):
            objective = one.objective
            found.setdefault(objective.service, []).append((objective, now.statuses[objective.name]))
        return found

    def _on_tick(self, _task: Task) -> None:
        self.tick()

    def _snapshot(self) -> Snapshot:
        """Return counts that are fresh and complete for the catalog in force, stale ones if need be."""
        now, catalog, newest = self._clock.now(), self._catalog(), self._cache.newest
        needed = {window for one in self._cache.watched(catalog).values() for window in one.windows}
        fits = newest is not None and needed <= set(newest.sums.windows)
        fresh = self._taken_at is not None and abs(now - self._taken_at) < STALE
        if newest is not None and fits and fresh:
            return newest
        try:
            newest = self._cache.refresh(catalog, now)
        except HoldfastError:
            # The warehouse is unavailable: the last counts, with their time, are better than none.
            if newest is None or not fits:
                raise
        else:
            self._taken_at = now
        return newest

    def _stand(self) -> _Standings:
        catalog, snapshot = self._catalog(), self._snapshot()
        with self._database.read() as tx:
            rows, stood = store.firing_rows(tx), store.standings(tx)
        firing = {name: {row.tier_key: row for row in alerts} for name, alerts in rows.items()}
        known = self._known
        if known is not None and known.snapshot is snapshot and known.catalog is catalog:
            statuses, ranks = dict(known.statuses), dict(known.ranks)
            changed = [name for name in statuses if known.firing.get(name) != firing.get(name)]
        else:
            statuses, ranks = {}, {}
            changed = [objective.name for objective in catalog.objectives]
        watched = self._cache.watched(catalog)
        for name in changed:
            evaluation, tiers = (
                ObjectiveEvaluation(watched[name], snapshot),
                _firing_tiers(watched[name], firing.get(name, {})),
            )
            statuses[name] = status_of(evaluation, tiers)
            ranks[name] = rank_of(evaluation, statuses[name])
        self._known = _Standings(snapshot, catalog, firing, stood, statuses, ranks)
        return self._known

    def _watched(self, now: _Standings) -> Mapping[str, Watched]:
        return self._cache.watched(now.catalog)

    def _find(self, now: _Standings, name: str) -> Watched:
        return self._watched(now)[self.objective(name).name]

    def _views(self, now: _Standings, page: Sequence[Watched]) -> list[ObjectiveView]:
        lines = self._sparklines(now.snapshot, [one.objective.sli.id for one in page])
        names = [one.objective.name for one in page]
        with self._database.read() as tx:
            quiet = store.last_resolved(tx, [name for name in names if not now.firing.get(name)])
        return [
            self._view(now, one, lines.get(one.objective.sli.id, ()), quiet.get(one.objective.name))
            for one in page
        ]

    def _view(
        self, now: _Standings, one: Watched, sparkline: tuple[int, ...], quiet_since: datetime | None
    ) -> ObjectiveView:
        name, evaluation = one.objective.name, ObjectiveEvaluation(one, now.snapshot)
        firing = now.firing.get(name, {})
        return ObjectiveView(
            evaluation=evaluation,
            now=self._clock.now(),
            status=now.statuses[name],
            state_since=_state_since(now, name),
            firing=firing,
            sparkline=sparkline,
            quiet_since=quiet_since,
        )

    def _sparklines(self, snapshot: Snapshot, slis: Iterable[int]) -> dict[int, tuple[int, ...]]:
        wanted = sorted(set(slis))
        if not wanted:
            return {}
        end = -(-snapshot.edge // SPARKLINE_STEP_SECONDS) * SPARKLINE_STEP_SECONDS
        start = end - SPARKLINE_POINTS * SPARKLINE_STEP_SECONDS
        lines = self._cache.source.bad_by_step(wanted, start, end, SPARKLINE_STEP_SECONDS)
        return {sli: tuple(np.asarray(line).tolist()) for sli, line in lines.items()}


def _suspended(row: AlertRow) -> AlertRow:
    """Return an alert of an objective without data; while it fires, its status is suspended."""
    return row if row.status is AlertStatus.RESOLVED else replace(row, status=AlertStatus.SUSPENDED)


def _firing_tiers(one: Watched, firing: Mapping[str, AlertRow]) -> list[Tier]:
    return [tier for tier in one.tiers if tier.key in firing]


def _matches(objective: Objective, service: str | None, text: str) -> bool:
    words = f"{objective.name} {objective.display_name} {objective.service}".lower()
    return (service is None or objective.service == service) and text.lower() in words


def _state_since(now: _Standings, name: str) -> datetime | None:
    row = now.stood.get(name)
    return row.since if row is not None and row.state is now.statuses[name].state else None


def _step(within: TimeRange, asked: int | None) -> int:
    ten = Grain.TEN_SECONDS.value
    step = asked or within.step_seconds()
    if step % ten or within.seconds / step > POINTS_MOST:
        raise Invalid(
            f"a step of {step} s does not fit a range of {within.seconds:.0f} s",
            value=str(step),
            rule=f"a multiple of {ten} s, and at most {POINTS_MOST} steps",
        )
    return step


def _mark(entry: journal.Entry) -> journal.Mark:
    kind = entry.kind.partition(".")[0]
    if kind == "change":
        return changes.mark(entry)
    href = f"/incidents/{entry.refers_to.partition('/')[2]}" if entry.refers_to else None
    return journal.Mark(entry.at, kind, entry.summary, href)
