"""Zones, wall times and hours of the week, as documents have them."""

import re
from collections.abc import Iterator
from datetime import time
from zoneinfo import ZoneInfo, available_timezones

from holdfast.catalog import shapes
from holdfast.catalog.fields import Fields
from holdfast.catalog.problems import Rule, did_you_mean
from holdfast.oncall.rotation import Hours

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")

ZONE = shapes.text("An IANA time zone, such as Europe/Berlin.")
HOURS = shapes.listed(
    shapes.mapping(
        {
            "days": shapes.one_or_more(shapes.choice(WEEKDAYS), "Every day by default."),
            "from": shapes.text("A wall time, such as 09:00."),
            "to": shapes.text("A wall time; one that is not later is on the next day."),
        },
        required=("from", "to"),
    ),
    "The hours of the week it works in; always by default.",
)


def zone(spec: Fields, *, required: bool = False) -> ZoneInfo | None:
    """Read the IANA time zone in `timeZone`."""
    name = spec.text("timeZone", required=required)
    if name is None:
        return None
    if name not in available_timezones():
        message = f"this is no IANA time zone; {did_you_mean(name, available_timezones())}"
        spec.error(Rule.UNKNOWN_VALUE, "timeZone", message)
        return None
    return ZoneInfo(name)


def hours(spec: Fields) -> Iterator[Hours]:
    """Read the hours of the week in `hours`."""
    for section in spec.sections("hours") or ():
        days = section.texts("days")
        unknown = [one for one in days if one not in WEEKDAYS]
        if unknown:
            message = f"write days as {', '.join(WEEKDAYS)}, not {unknown[0]}"
            section.error(Rule.UNKNOWN_VALUE, "days", message)
        start, end = clock(section, "from"), clock(section, "to")
        section.done()
        if not unknown and start is not None and end is not None:
            yield Hours(frozenset(WEEKDAYS.index(one) for one in days) or frozenset(range(7)), start, end)


def clock(section: Fields, key: str) -> time | None:
    """Read a wall time; 24:00 is the midnight at the end of the day."""
    text = section.text(key, required=True)
    if text is None:
        return None
    if not _CLOCK.fullmatch(text):
        section.error(Rule.WRONG_FORMAT, key, "write a wall time in quotes, such as '09:00' or '24:00'")
        return None
    return time(0) if text == "24:00" else time.fromisoformat(text)
