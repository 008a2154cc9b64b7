"""Use cases of on-call: who is on call now and next, who will be, and where nobody is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.catalog.model import Catalog
from holdfast.oncall.model import SCHEDULES, TEAMS, ScheduleDocument
from holdfast.oncall.schedule import Duty, duties
from holdfast.runtime.errors import NotFound

NEXT_WITHIN = timedelta(days=35)
"""How far ahead the next handoff is looked for: a monthly rotation has one in it."""


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call for a schedule at an instant, and who comes `next`, None if nobody changes for weeks.

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
    """Answers from the catalog in force; lives as long as the process."""

    def __init__(self, catalog: Callable[[], Catalog]) -> None:
        self._catalog = catalog

    def on_call(self, at: datetime) -> list[OnCall]:
        """Return who is on call at an instant, by the schedules' names."""
        catalog = self._catalog()
        teams = catalog.of(TEAMS)
        return [
            OnCall(
                one,
                *_now_and_next(one, at),
                teams=tuple(team.display_name for team in teams if team.schedule == one.name),
            )
            for one in catalog.of(SCHEDULES)
        ]

    def duties(self, name: str, start: datetime, end: datetime) -> list[Duty]:
        """Return who is on call in [start, end), in order and without holes.

        Raises:
            NotFound: there is no schedule of this name.
        """
        return duties(self._schedule(name).schedule, start, end)

    def gaps(self, start: datetime, end: datetime) -> list[Gap]:
        """Return every time in [start, end) in which nobody is on call, by its start."""
        return sorted(
            Gap(duty.start, duty.end, one.name)
            for one in self._catalog().of(SCHEDULES)
            for duty in duties(one.schedule, start, end)
            if duty.is_gap
        )

    def _schedule(self, name: str) -> ScheduleDocument:
        found = next((one for one in self._catalog().of(SCHEDULES) if one.name == name), None)
        if found is None:
            raise NotFound(f"there is no schedule {name!r}; `holdfast oncall who` lists them all", value=name)
        return found


def _now_and_next(document: ScheduleDocument, at: datetime) -> tuple[Duty, Duty | None]:
    found = duties(document.schedule, at, at + NEXT_WITHIN)
    return found[0], found[1] if len(found) > 1 else None
