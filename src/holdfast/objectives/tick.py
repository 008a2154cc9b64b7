"""The evaluation of every objective every ten seconds: read counts, decide, store, publish.

Decisions are made twice: once on what was read without locking anything, to see whether anything changes at
all (mostly nothing does), and again inside the one transaction that stores alerts, standings and journal and
calls the subscribers. So a second process evaluating at the same time finds nothing left to do.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from holdfast.catalog.model import Catalog, NoData, Severity
from holdfast.objectives import store
from holdfast.objectives.alerting.burn import Tier
from holdfast.objectives.alerting.condition import Alert, Phase
from holdfast.objectives.alerting.decision import AlertTransition, Judgement, Transition, judge, removed
from holdfast.objectives.alerting.events import AlertEvent, Subscriber, entry_of
from holdfast.objectives.evaluated import ObjectiveEvaluation, Snapshot, Watched, case_of, status_of
from holdfast.objectives.model import State
from holdfast.objectives.snapshots import SnapshotCache
from holdfast.objectives.store import StandingRow
from holdfast.runtime import journal
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database, Reader, Writer
from holdfast.telemetry.counting.windows import at, left_edge

log = logging.getLogger(__name__)

Before = Mapping[str, Sequence[Alert]]


@dataclass(frozen=True, slots=True)
class _Decided:
    """The outcome of one evaluation: judgements of the objectives that change, and all standings."""

    judged: Mapping[str, tuple[Sequence[Alert], Judgement]]
    standings: Mapping[str, StandingRow]
    gone: frozenset[str]

    @property
    def is_nothing(self) -> bool:
        return not (self.judged or self.standings or self.gone)


class Tick:
    """Evaluates all objectives; lives as long as the process. `subscribers` are called in order."""

    def __init__(
        self, database: Database, cache: SnapshotCache, clock: Clock, subscribers: Sequence[Subscriber]
    ) -> None:
        self._database = database
        self._cache = cache
        self._clock = clock
        self._subscribers = subscribers

    def run(self, catalog: Catalog) -> tuple[Transition, ...]:
        """Evaluate every objective as of now and return what changed."""
        now = self._clock.now()
        snapshot = self._cache.refresh(catalog, now)
        watched = self._cache.watched(catalog)
        with self._database.read() as tx:
            if self._decide(tx, watched, snapshot, now).is_nothing:
                return ()
        with self._database.write() as tx:
            decided = self._decide(tx, watched, snapshot, now)
            transitions = self._store(tx, watched, decided, now)
            store.write_standings(tx, decided.standings, decided.gone)
        return tuple(transitions)

    def _decide(
        self, tx: Reader, watched: Mapping[str, Watched], snapshot: Snapshot, now: datetime
    ) -> _Decided:
        before, stood = store.live_alerts(tx, since=_remembered(watched, snapshot)), store.standings(tx)
        near = suspects(watched, snapshot)
        judged: dict[str, tuple[Sequence[Alert], Judgement]] = {}
        changed: dict[str, StandingRow] = {}
        for name, one in watched.items():
            evaluation, known, row = ObjectiveEvaluation(one, snapshot), before.get(name, []), stood.get(name)
            firing: Sequence[Tier] = ()
            if known or name in near:
                judgement = _judge(evaluation, known, row, now)
                firing = _tiers(one, judgement.firing)
                if judgement.transitions or judgement.alerts != tuple(_latest(known)):
                    judged[name] = (known, judgement)
            if (after := _stands(evaluation, firing, row, now)) != row:
                changed[name] = after
        for name in before.keys() - watched.keys():
            if ends := removed(before[name]):
                judged[name] = (before[name], Judgement((), ends))
        return _Decided(judged, changed, frozenset(stood.keys() - watched.keys()))

    def _store(
        self, tx: Writer, watched: Mapping[str, Watched], decided: _Decided, now: datetime
    ) -> list[Transition]:
        transitions: list[Transition] = []
        for name, (known, judgement) in decided.judged.items():
            ids = _store_alerts(tx, watched.get(name), known, judgement, now)
            self._notify(tx, watched.get(name), name, judgement, ids, now)
            transitions.extend(judgement.transitions)
        return transitions

    def _notify(
        self,
        tx: Writer,
        one: Watched | None,
        name: str,
        judgement: Judgement,
        ids: Mapping[str, int],
        now: datetime,
    ) -> None:
        pages = (tier for tier in _tiers(one, judgement.firing) if one and tier.severity is Severity.PAGE)
        paging = next(pages, None)
        for transition in judgement.transitions:
            if (
                transition.change in (AlertTransition.SUSPENDED, AlertTransition.RESUMED)
                and not judgement.firing
            ):
                continue  # nothing fires, so nothing is suspended: the standing says it
            event = AlertEvent(
                objective_name=name,
                objective=one.objective if one else None,
                transition=transition,
                alert_id=ids.get(transition.tier_key),
                paging=paging,
                at=now,
            )
            self._publish(tx, event)

    def _publish(self, tx: Writer, event: AlertEvent) -> None:
        log.info("%s %s", event.objective_name, event.transition.summary)
        receipts = [receipt for call in self._subscribers if (receipt := call(tx, event)) is not None]
        refers_to = receipts[0].refers_to if receipts else None
        if refers_to is not None and event.alert_id is not None:
            store.set_reference(tx, event.alert_id, refers_to)
        journal.append(tx, entry_of(event, refers_to))
        for receipt in receipts:
            for entry in receipt.entries:
                journal.append(tx, entry)


def _judge(
    evaluation: ObjectiveEvaluation, known: Sequence[Alert], row: StandingRow | None, now: datetime
) -> Judgement:
    return judge(case_of(evaluation, was_suspended=row is not None and row.suspended, now=now), known)


def _stands(
    evaluation: ObjectiveEvaluation, firing: Sequence[Tier], row: StandingRow | None, now: datetime
) -> StandingRow:
    found = status_of(evaluation, firing)
    if row is not None and row.state is found.state:
        return StandingRow(row.state, found.suspended, row.since)
    return StandingRow(found.state, found.suspended, _since(found.state, evaluation, now))


def _since(state: State, evaluation: ObjectiveEvaluation, now: datetime) -> datetime:
    """Return since when an objective is in a new state: for missing data, the first missing minute."""
    missing = evaluation.recent_coverage.missing
    if state is State.NO_DATA and evaluation.since is not None and missing:
        return min(now, evaluation.snapshot.measured_at - timedelta(minutes=missing))
    return now


def _remembered(watched: Mapping[str, Watched], snapshot: Snapshot) -> datetime:
    """Return since when the end of an alert matters: as far as a short window reaches back."""
    windows = (tier.short for one in watched.values() for tier in one.tiers)
    return at(left_edge(snapshot.edge, max(windows, default=timedelta(0))))


def suspects(watched: Mapping[str, Watched], snapshot: Snapshot) -> set[str]:
    """Return the objectives of which a tier might be past its threshold; most are far from it.

    Ratios are compared as floats with a margin, a thousand times faster than exact ones; every suspect is
    then judged exactly. Objectives that fill gaps are always judged, because their counts differ from these.
    """
    sums = snapshot.sums
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(sums.total > 0, (sums.total - sums.good) / np.maximum(sums.total, 1), -1.0)
    table, column = ratios.tolist(), {window: n for n, window in enumerate(sums.windows)}
    row_of = {sli: n for n, sli in enumerate(sums.slis.tolist())}
    found = set()
    for name, one in watched.items():
        row = row_of.get(one.objective.sli.id)
        fills_gaps = one.objective.no_data in (NoData.GOOD, NoData.BAD)
        if fills_gaps or (row is not None and _is_near(table[row], column, one)):
            found.add(name)
    return found


def _is_near(ratios: Sequence[float], column: Mapping[timedelta, int], one: Watched) -> bool:
    return any(
        ratios[column[long]] >= limit and ratios[column[short]] >= limit for long, short, limit in one.gates
    )


def _store_alerts(
    tx: Writer, one: Watched | None, known: Sequence[Alert], judgement: Judgement, now: datetime
) -> dict[str, int]:
    """Store the alerts of one objective and return the ids of all that are concerned, by tier key."""
    before = {alert.tier_key: alert for alert in known}
    changes = {transition.tier_key: transition for transition in judgement.transitions}
    after = {alert.tier_key: alert for alert in judgement.alerts}
    ids = {key: alert.id for key, alert in before.items()}
    for key, alert in before.items():
        if key in after and after[key].id == alert.id:
            continue
        if alert.phase is Phase.FIRING:
            store.update_alert(tx, alert, resolved_at=now, transition=changes.get(key))
        elif alert.phase is Phase.SPENT:
            store.update_alert(tx, replace(alert, phase=Phase.RESOLVED))
    for key, alert in after.items():
        if alert.id == 0 and one is not None:
            tier = next(tier for tier in one.tiers if tier.key == key)
            ids[key] = store.insert_alert(tx, one.objective, tier, alert, changes[key])
        elif alert != before.get(key):
            ended = now if before[key].phase is Phase.FIRING and alert.phase is not Phase.FIRING else None
            store.update_alert(tx, alert, resolved_at=ended, transition=changes.get(key))
    return ids


def _latest(known: Sequence[Alert]) -> Iterable[Alert]:
    return {alert.tier_key: alert for alert in known}.values()


def _tiers(one: Watched | None, alerts: Iterable[Alert]) -> list[Tier]:
    """Return the tiers of these alerts, worst first."""
    keys = {alert.tier_key for alert in alerts}
    return [tier for tier in one.tiers if tier.key in keys] if one is not None else []
