"""Who is to be asked: the people of a target at an instant, and the messages that page one of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.catalog.model import Catalog
from holdfast.oncall import contacts, store
from holdfast.oncall.contacts import Contact, Planned, Urgency
from holdfast.oncall.escalation import Target, TargetKind
from holdfast.oncall.model import SCHEDULES, TEAMS, USERS, User
from holdfast.oncall.schedule import duties
from holdfast.runtime.database import Reader

MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Roster:
    """The catalog in force, read together with the overrides and verified contacts of one transaction."""

    catalog: Catalog
    tx: Reader

    def people(self, target: Target, at: datetime) -> tuple[str, ...] | None:
        """Return the people a target names at an instant, None if the catalog does not know it."""
        if target.kind is TargetKind.USER:
            return None if self.user(target.name) is None else (target.name,)
        if target.kind is TargetKind.TEAM:
            team = next((one for one in self.catalog.of(TEAMS) if one.name == target.name), None)
            return None if team is None else team.members
        return self._on_call(target.name, at)

    def messages(self, person: str, at: datetime, urgency: Urgency) -> tuple[Planned, ...]:
        """Return the messages that page a person from an instant on, none without a verified contact."""
        user = self.user(person)
        if user is None:
            return ()
        return contacts.planned(user.reach, user.zone, urgency, at, self.verified(user))

    def verified(self, user: User) -> set[Contact]:
        """Return the contacts of a user that were verified with the address they have now."""
        known = store.verified(self.tx, user.name)
        return {one for one in user.reach.contacts if (one.channel, one.address) in known}

    def user(self, name: str) -> User | None:
        """Return the user called `name`, None if the catalog has none."""
        return next((one for one in self.catalog.of(USERS) if one.name == name), None)

    def _on_call(self, schedule: str, at: datetime) -> tuple[str, ...] | None:
        found = next((one for one in self.catalog.of(SCHEDULES) if one.name == schedule), None)
        if found is None:
            return None
        made = store.overrides(self.tx, schedule, at, at + MOMENT)
        return duties(found.schedule, at, at + MOMENT, overrides=made)[0].people
