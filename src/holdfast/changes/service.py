"""Changes to the platform: what was deployed, configured, switched or scaled, where, when and by whom.

They are entries of the journal, so that the timeline of an incident can show them beside its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from holdfast.runtime import journal
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Invalid, Problem
from holdfast.runtime.places import ANYWHERE, Placement
from holdfast.runtime.timerange import TimeRange

FUTURE_MOST = timedelta(minutes=5)
PLATFORM = "platform"


class ChangeKind(StrEnum):
    """What was changed."""

    DEPLOY = "deploy"
    CONFIG = "config"
    FLAG = "flag"
    SCALE = "scale"
    CATALOG = "catalog"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `service` and `version` where it has them; `summary` is a sentence for a timeline.

    `place` is where it was made; what it does not name, it was made in all of.
    """

    id: int
    at: datetime
    kind: ChangeKind
    service: str | None
    version: str | None
    actor: str
    summary: str
    place: Placement = ANYWHERE


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A page of changes, newest first, and the id to continue before, if there are more."""

    items: list[Change]
    next: int | None


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
        data = {key: value for key, value in (("service", service), ("version", version)) if value}
        data |= place.limits
        subject = f"service/{service}" if service else PLATFORM
        entry = journal.Entry(when, f"change.{kind}", actor, subject, summary, data=data)
        with self._database.write() as tx:
            number = journal.append(tx, entry)
        return Change(number, when, kind, service, version, actor, summary, place)

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
            found = journal.entries(
                tx,
                kinds=("change.", "catalog.applied"),
                subject=f"service/{self._called(service)}" if service else None,
                since=over.start,
                until=over.end,
                limited_to=place.limits,
                before_id=before_id,
                limit=limit + 1,
            )
        page = [_change(entry) for entry in found[:limit]]
        return ChangePage(page, page[-1].id if len(found) > limit else None)


def _change(entry: journal.Entry) -> Change:
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
        place=Placement(*(entry.data.get(name) for name in ("environment", "namespace", "region"))),
    )


def _service_of(subject: str) -> str | None:
    noun, _, name = subject.partition("/")
    return name if noun == "service" and name else None
