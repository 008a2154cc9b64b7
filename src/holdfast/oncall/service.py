"""Use cases of on-call: who is on call now and next, who will be, and where nobody is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from holdfast.catalog.model import Catalog
from holdfast.oncall import store
from holdfast.oncall.model import SCHEDULES, TEAMS, USERS, ScheduleDocument
from holdfast.oncall.schedule import Duty, Override, duties
from holdfast.runtime import journal
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database, Writer
from holdfast.runtime.errors import Invalid, NotFound

NEXT_WITHIN = timedelta(days=35)
"""How far ahead the next handoff is looked for: a monthly rotation has one in it."""

OVERRIDE_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call for a schedule at an instant and until when, and who comes `next`.

    `next` is None if the people do not change for weeks, whichever layer decides meanwhile.

    `teams` are those whose schedule it is.
    """

    schedule: ScheduleDocument
    now: Duty
    next: Duty | None
    teams: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """A time in which nobody is on call for a schedule."""

    start: datetime
    end: datetime
    schedule: str


class OncallService:
    """Answers from the catalog in force and the overrides people made; lives as long as the process."""

    def __init__(self, database: Database, clock: Clock, catalog: Callable[[], Catalog]) -> None:
        self._database = database
        self._clock = clock
        self._catalog = catalog

    def on_call(self, at: datetime) -> list[OnCall]:
        """Return who is on call at an instant, by the schedules' names."""
        catalog = self._catalog()
        teams = catalog.of(TEAMS)
        return [
            OnCall(
                one,
                *self._now_and_next(one, at),
                teams=tuple(team.display_name for team in teams if team.schedule == one.name),
            )
            for one in catalog.of(SCHEDULES)
        ]

    def duties(self, name: str, start: datetime, end: datetime) -> list[Duty]:
        """Return who is on call in [start, end), in order and without holes.

        Raises:
            NotFound: there is no schedule of this name.
        """
        return self._duties(self._schedule(name), start, end)

    def gaps(self, start: datetime, end: datetime) -> list[Gap]:
        """Return every time in [start, end) in which nobody is on call, by its start."""
        return sorted(
            Gap(duty.start, duty.end, one.name)
            for one in self._catalog().of(SCHEDULES)
            for duty in self._duties(one, start, end)
            if duty.is_gap
        )

    def overrides(self, name: str, start: datetime, end: datetime) -> list[Override]:
        """Return the overrides of a schedule that touch [start, end), in the order they were made.

        Raises:
            NotFound: there is no schedule of this name.
        """
        with self._database.read() as tx:
            return store.overrides(tx, self._schedule(name).name, start, end)

    def override(self, name: str, wanted: Override, *, by: str) -> Override:
        """Let somebody be on call for a time in place of another, or of everybody.

        Raises:
            NotFound: there is no schedule of this name.
            Invalid: the catalog has no such person, or the time is empty, over or longer than a year.
        """
        schedule, now = self._schedule(name), self._clock.now()
        self._check(wanted, now)
        place = f" instead of {wanted.instead_of}" if wanted.instead_of else ""
        with self._database.write() as tx:
            made = replace(wanted, id=store.add(tx, schedule.name, wanted, by=by, at=now))
            words = f"{wanted.person} is on call for {schedule.display_name}{place}"
            self._note(tx, "oncall.overridden", schedule, by, words)
        return made

    def remove_override(self, name: str, override_id: int, *, by: str) -> None:
        """Remove an override.

        Raises:
            NotFound: there is no schedule of this name, or no such override of it.
        """
        schedule = self._schedule(name)
        with self._database.write() as tx:
            if store.remove(tx, schedule.name, override_id) == 0:
                raise NotFound(f"{name} has no override {override_id}", value=str(override_id))
            self._note(tx, "oncall.override_removed", schedule, by, f"Override {override_id} removed")

    def _check(self, wanted: Override, now: datetime) -> None:
        known = {user.name for user in self._catalog().of(USERS)}
        for person in filter(None, (wanted.person, wanted.instead_of)):
            if person not in known:
                raise Invalid(f"the catalog has no User {person!r}", value=person, rule="a known User")
        if not wanted.start < wanted.end <= wanted.start + OVERRIDE_LONGEST or wanted.end <= now:
            raise Invalid(
                f"an override from {wanted.start.isoformat()} to {wanted.end.isoformat()} is empty, over, "
                f"or longer than {OVERRIDE_LONGEST.days} days",
                value=wanted.end.isoformat(),
                rule="start < end, and end is to come",
            )

    def _note(self, tx: Writer, kind: str, schedule: ScheduleDocument, by: str, words: str) -> None:
        journal.append(tx, journal.Entry(self._clock.now(), kind, by, f"schedule/{schedule.name}", words))

    def _duties(self, document: ScheduleDocument, start: datetime, end: datetime) -> list[Duty]:
        with self._database.read() as tx:
            made = store.overrides(tx, document.name, start, end)
        return duties(document.schedule, start, end, overrides=made)

    def _now_and_next(self, document: ScheduleDocument, at: datetime) -> tuple[Duty, Duty | None]:
        first, *others = self._duties(document, at, at + NEXT_WITHIN)
        following = next((one for one in others if one.people != first.people), None)
        return (first if following is None else replace(first, end=following.start)), following

    def _schedule(self, name: str) -> ScheduleDocument:
        found = next((one for one in self._catalog().of(SCHEDULES) if one.name == name), None)
        if found is None:
            raise NotFound(f"there is no schedule {name!r}; `holdfast oncall who` lists them all", value=name)
        return found
