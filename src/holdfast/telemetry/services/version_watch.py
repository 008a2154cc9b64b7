"""Detects versions that come and go: one agenda task that judges every complete minute once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from holdfast.changes.model import Arrival, Observation
from holdfast.runtime import agenda
from holdfast.runtime.agenda import Handler, Task
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database, Writer
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.services import version_store as store
from holdfast.telemetry.services.silence import lost_zones
from holdfast.telemetry.services.silences import Silences, none_silent
from holdfast.telemetry.services.version_store import MINUTE_SECONDS, VersionCounts
from holdfast.telemetry.services.versions import (
    WINDOW_MINUTES,
    Going,
    JudgedVersions,
    Known,
    Taking,
    Traffic,
    VersionRequests,
    judge,
)
from holdfast.telemetry.warehouse.protocol import Warehouse

WATCH = "versions.watch"
EVERY_SECONDS = 20
"""Most turns find no new minute and read one row; this is how late the others are."""

FIRST_LOOK_MINUTES = 60
"""The first turn looks back so far: who comes with telemetry in store learns of the last hour's changes."""

SERVICES_A_QUERY = 50
"""The first turn asks about every service: more at once would pass the time a query may take."""

LOOK_BACK_MINUTES = 360
"""After a longer interruption the minutes before are not judged."""

Announce = Callable[[Writer, Observation], object]
"""Stores a version that takes traffic, or no longer does, as a change, in the caller's transaction, once."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """The minutes to judge, from `first` to before `until`; what was judged before ended at `was`."""

    was: int | None
    first: int
    until: int


class VersionWatch:
    """Judges the versions of all services; lives as long as the process.

    Its state is in the database, and moves on in the transaction that stores the changes: a killed process
    continues where it was, and of two servers only one stores a minute.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        database: Database,
        clock: Clock,
        *,
        complete_until: Callable[[], datetime],
        announce: Announce,
        names: ServiceNames = AS_SENT,
        silences: Silences = none_silent,
    ) -> None:
        self._silences = silences
        self._counts = VersionCounts(warehouse, names)
        self._database = database
        self._clock = clock
        self._complete_until = complete_until
        self._announce = announce

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The handlers for the agenda."""
        return {WATCH: self._tick}

    def ensure_tasks(self, tx: Writer) -> None:
        """Put the recurring look at versions on the agenda."""
        agenda.ensure(tx, kind=WATCH, subject="all", due_at=self._clock.now(), every_seconds=EVERY_SECONDS)

    def _tick(self, _task: Task) -> None:
        self.turn()

    def turn(self) -> int:
        """Judge the complete minutes that have not been judged; return the number of changes stored."""
        with self._database.read() as tx:
            due = _due(store.judged_until(tx), store.minute_of(self._complete_until()))
            if due is None:
                return 0
            serving = store.serving(tx)
        present = self._counts.present(due.first, due.until)
        suspects = [one for one, versions in present.items() if _is_suspect(versions, serving.get(one))]
        handled, lost = self._handled(suspects, due), self._lost() if suspects else {}
        with self._database.write() as tx:
            if not store.advance(tx, due.until, was=due.was):
                return 0
            known = store.known(tx, suspects) if suspects else {}
            judged = {
                one: judge(
                    Traffic(handled.get(one, [])),
                    known[one],
                    due.first,
                    due.until,
                    lost=lost.get(one.environment, ()),
                )
                for one in suspects
            }
            return sum(self._store(tx, one, known[one], found) for one, found in judged.items())

    def _handled(self, suspects: list[ServiceId], due: _Turn) -> Mapping[ServiceId, list[VersionRequests]]:
        found: dict[ServiceId, list[VersionRequests]] = {}
        for at in range(0, len(suspects), SERVICES_A_QUERY):
            some = suspects[at : at + SERVICES_A_QUERY]
            found |= self._counts.handled(some, due.first - WINDOW_MINUTES, due.until)
        return found

    def _store(self, tx: Writer, one: ServiceId, known: Known, found: JudgedVersions) -> int:
        changed = {version: now for version, now in found.known.items() if known.get(version) != now}
        if changed:
            store.save(tx, one, changed)
            store.forget_gone(tx, self._clock.now())
        for taking in found.takings:
            self._announce(tx, _observation(one, taking, self._clock.now()))
        for going in found.goings:
            self._announce(tx, _gone(one, going, self._clock.now()))
        return len(found.takings) + len(found.goings)

    def _lost(self) -> Mapping[str, set[str]]:
        """Return the zones in which everything is silent, by environment."""
        found: dict[str, set[str]] = {}
        for one in lost_zones(self._silences()):
            found.setdefault(one.environment, set()).add(one.zone)
        return found


def _due(was: int | None, until: int) -> _Turn | None:
    if was is None:
        return _Turn(None, until - FIRST_LOOK_MINUTES, until)
    if was - until > LOOK_BACK_MINUTES:  # the clock was far ahead once: judged again from here on
        return _Turn(was, until - 1, until)
    return _Turn(was, max(was, until - LOOK_BACK_MINUTES), until) if was < until else None


def _is_suspect(versions: set[str], serving: set[str] | None) -> bool:
    """Return whether anything can change: a version comes, or one of several may be gone."""
    return serving is None or len(serving) > 1 or versions != serving


def _observation(one: ServiceId, taking: Taking, now: datetime) -> Observation:
    return Observation(
        service=one.name,
        version=taking.version,
        environment=one.environment,
        namespace=one.namespace,
        arrival=Arrival.RETURNED if taking.returned else Arrival.NEW,
        since=store.instant_of(taking.since),
        detected_at=now,
        zones=taking.zones,
        regions=taking.regions,
        requests=taking.requests,
        total_requests=taking.total_requests,
        seconds=taking.minutes * MINUTE_SECONDS,
        before=taking.before,
    )


def _gone(one: ServiceId, going: Going, now: datetime) -> Observation:
    return Observation(
        service=one.name,
        version=going.version,
        environment=one.environment,
        namespace=one.namespace,
        arrival=Arrival.GONE,
        since=store.instant_of(going.since),
        detected_at=now,
        zones=going.zones,
        regions=going.regions,
        requests=going.requests,
        total_requests=going.total_requests,
        seconds=going.minutes * MINUTE_SECONDS,
        before=going.serving,
    )
