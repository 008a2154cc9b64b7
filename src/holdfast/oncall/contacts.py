"""How people are reached: their contacts, which of them after how long, and quiet hours. Pure.

Only a verified contact is used. High urgency is sent at any hour; low urgency waits until the quiet hours
of its person are over, in the person's own zone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from holdfast.oncall.wallclock import last_instant

DAY = timedelta(days=1)


class Urgency(StrEnum):
    """Whether a page wakes people up, or waits for the morning."""

    HIGH = "high"
    LOW = "low"


class Channel(StrEnum):
    """Through what a message is sent."""

    MAIL = "mail"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach a person: `name` is the person's own word for it, `address` what the channel needs."""

    name: str
    channel: Channel
    address: str


@dataclass(frozen=True, slots=True)
class NotificationRule:
    """Which contacts are used, by their names, how long after the person is paged."""

    after: timedelta
    contacts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Wall times between which low urgency waits; an end that is not after the start is on the next day."""

    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How one person is reached; without rules for an urgency every contact is used at once."""

    contacts: tuple[Contact, ...] = ()
    high: tuple[NotificationRule, ...] = ()
    low: tuple[NotificationRule, ...] = ()
    quiet: QuietHours | None = None


UNREACHED = Reach()
"""Somebody without contacts."""


@dataclass(frozen=True, slots=True, order=True)
class Planned:
    """A message to send through a contact, and when."""

    due_at: datetime
    contact: Contact


def planned(
    reach: Reach, zone: ZoneInfo, urgency: Urgency, at: datetime, verified: Collection[Contact]
) -> tuple[Planned, ...]:
    """Return the messages that page a person from `at` on, the earliest first; each contact once."""
    begins = at if urgency is Urgency.HIGH else after_quiet(reach.quiet, zone, at)
    by_name = {one.name: one for one in reach.contacts if one in verified}
    rules = (reach.high if urgency is Urgency.HIGH else reach.low) or _at_once(reach)
    found: dict[str, Planned] = {}
    for rule in sorted(rules, key=lambda one: one.after):
        for name in rule.contacts:
            if name in by_name:
                found.setdefault(name, Planned(begins + rule.after, by_name[name]))
    return tuple(found.values())


def after_quiet(quiet: QuietHours | None, zone: ZoneInfo, at: datetime) -> datetime:
    """Return `at`, or the end of the quiet hours that it falls into.

    An hour that comes twice is quiet until its last occurrence.
    """
    if quiet is None:
        return at
    wall = at.astimezone(zone).replace(tzinfo=None, fold=0)
    for day in (wall.date() - DAY, wall.date()):
        start = datetime.combine(day, quiet.start)
        end = datetime.combine(day if quiet.start < quiet.end else day + DAY, quiet.end)
        if start <= wall < end:
            return max(at, last_instant(end, zone))
    return at


def _at_once(reach: Reach) -> tuple[NotificationRule, ...]:
    return (NotificationRule(timedelta(0), tuple(one.name for one in reach.contacts)),)
