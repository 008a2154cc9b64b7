"""Changes to the platform: what was deployed, configured, switched or scaled, where, when and by whom.

They are entries of the journal, so that the timeline of an incident can show them beside its own.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from holdfast.changes import store
from holdfast.changes.model import DETECTOR, Arrival, Change, ChangeKind, ChangePage, Observation, is_about
from holdfast.runtime import journal
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database, Writer
from holdfast.runtime.errors import Invalid, Problem
from holdfast.runtime.places import ANYWHERE, Placement
from holdfast.runtime.timerange import TimeRange

FUTURE_MOST = timedelta(minutes=5)


class Changes:
    """Records and lists changes; lives as long as the process.

    `called` returns what a service is called, of all names that telemetry has for it.
    """

    def __init__(self, database: Database, clock: Clock, called: Callable[[str], str] = str) -> None:
        self._database = database
        self._clock = clock
        self._called = called

    def record(
        self,
        *,
        kind: ChangeKind,
        summary: str,
        actor: str,
        service: str | None = None,
        version: str | None = None,
        place: Placement = ANYWHERE,
        at: datetime | None = None,
    ) -> Change:
        """Store a change that happened now, or `at` an earlier instant."""
        now, service = self._clock.now(), self._called(service) if service else service
        when = at or now
        if when > now + FUTURE_MOST:
            raise Invalid(
                f"a change at {when.isoformat()} has not happened yet",
                value=when.isoformat(),
                rule="a change is recorded when it happens or after",
                problems=(Problem("at", when.isoformat(), "not in the future", "at is in the future"),),
            )
        change = Change(0, when, kind, service, version, actor, summary, place)
        with self._database.write() as tx:
            return _stored(tx, change)

    def observe(self, tx: Writer, seen: Observation) -> int | None:
        """Store a version that was seen to take traffic, or to be gone, in the caller's transaction.

        It becomes a deploy of its own unless one was reported; one that is gone is no deploy, and a change of
        its own. Return the id of the change that shows it, or None if it is stored already.
        """
        store.keep_apart(tx)
        stored = store.add(tx, seen)
        if stored is None:
            return None
        known = None if seen.arrival is Arrival.GONE else store.reported(tx, seen)
        number = known.id if known is not None else journal.append(tx, _entry(_detected(seen)))
        store.shown_as(tx, stored, number)
        return number

    def list(
        self,
        over: TimeRange,
        *,
        service: str | None = None,
        place: Placement = ANYWHERE,
        before_id: int | None = None,
        limit: int = 100,
    ) -> ChangePage:
        """Return changes in a range, newest first, including changes of the catalog.

        A change that names no environment is in every one.
        """
        with self._database.read() as tx:
            found = store.entries(
                tx,
                kinds=("change.", "catalog.applied"),
                subject=f"service/{self._called(service)}" if service else None,
                since=over.start,
                until=over.end,
                limited_to=place.limits,
                before_id=before_id,
                limit=limit + 1,
            )
            seen = store.observed(tx, [entry.id for entry in found[:limit]])
        page = [_change(entry, seen.get(entry.id, ())) for entry in found[:limit]]
        return ChangePage(page, page[-1].id if len(found) > limit else None)


def _stored(tx: Writer, change: Change) -> Change:
    if change.kind is not ChangeKind.DEPLOY or change.version is None:
        return replace(change, id=journal.append(tx, _entry(change)))
    store.keep_apart(tx)
    number = journal.append(tx, _entry(change))
    return replace(change, id=number, observed=_supersede(tx, replace(change, id=number)))


def _supersede(tx: Writer, change: Change) -> tuple[Observation, ...]:
    """Make a reported deploy show what was detected before it was reported, once in each place."""
    taken: dict[tuple[str, str], Observation] = {}
    found = store.detected(tx, change.service or "", change.version or "", change.at)
    for row, seen in sorted(found, key=lambda one: (abs(one[1].since - change.at), one[0])):
        where = (seen.environment, seen.namespace)
        if where not in taken and is_about(change.place, seen):
            store.supersede(tx, row, change.id)
            taken[where] = seen
    return tuple(sorted(taken.values(), key=lambda one: one.since))


def _detected(seen: Observation) -> Change:
    place, summary = seen.place, seen.summary
    kind = ChangeKind.OTHER if seen.arrival is Arrival.GONE else ChangeKind.DEPLOY
    return Change(0, seen.since, kind, seen.service, seen.version, DETECTOR, summary, place)


def _entry(change: Change) -> journal.Entry:
    named = (("service", change.service), ("version", change.version))
    data = {key: value for key, value in named if value} | change.place.limits
    subject = f"service/{change.service}" if change.service else store.PLATFORM
    return journal.Entry(change.at, f"change.{change.kind}", change.actor, subject, change.summary, data=data)


def _change(entry: journal.Entry, seen: tuple[Observation, ...]) -> Change:
    noun, _, kind = entry.kind.partition(".")
    known = ChangeKind(kind) if noun == "change" and kind in set(ChangeKind) else ChangeKind.OTHER
    return Change(
        id=entry.id,
        at=entry.at,
        kind=ChangeKind.CATALOG if noun == "catalog" else known,
        service=entry.data.get("service") or _service_of(entry.subject),
        version=entry.data.get("version"),
        actor=entry.actor,
        summary=entry.summary,
        place=store.placement(entry),
        observed=seen,
    )


def _service_of(subject: str) -> str | None:
    noun, _, name = subject.partition("/")
    return name if noun == "service" and name else None
