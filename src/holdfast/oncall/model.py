"""People and teams. Pure."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from holdfast.catalog.model import NOWHERE, KindOf, SourceLocation
from holdfast.oncall.contacts import UNREACHED, Reach
from holdfast.oncall.escalation import EscalationPolicy
from holdfast.oncall.rotation import Rotation
from holdfast.oncall.schedule import Schedule

UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who can be on call; times are shown to them in `zone`, `reach` is how they are paged."""

    name: str
    display_name: str
    email: str | None = None
    zone: ZoneInfo = UTC_ZONE
    language: str = "en"
    reach: Reach = UNREACHED
    origin: SourceLocation = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """People who own services; `schedule` says who of them is on call."""

    name: str
    display_name: str
    members: tuple[str, ...] = ()
    schedule: str | None = None
    origin: SourceLocation = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDocument:
    """A schedule as the catalog has it: its name for people, and who is asked about it."""

    schedule: Schedule
    display_name: str
    description: str = ""
    origin: SourceLocation = field(default=NOWHERE, compare=False)

    @property
    def name(self) -> str:
        """The schedule's name."""
        return self.schedule.name


USERS: KindOf[User] = KindOf("User")
TEAMS: KindOf[Team] = KindOf("Team")
ROTATIONS: KindOf[Rotation] = KindOf("Rotation")
SCHEDULES: KindOf[ScheduleDocument] = KindOf("Schedule")
POLICIES: KindOf[EscalationPolicy] = KindOf("EscalationPolicy")
