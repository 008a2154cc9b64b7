"""Ranges of time as people write them: `from` and `to` as instants, or relative to now (`now-1h`)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Query

from holdfast.runtime.errors import Invalid, Problem

RULE = "an ISO 8601 instant with a zone (2026-03-01T12:00:00Z), or now, now-15m, now-1h, now-7d"
LONGEST = timedelta(days=400)
_RELATIVE = re.compile(r"now(?:-(\d{1,9})(s|m|h|d|w))?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

FromQuery = Annotated[str, Query(alias="from", description=f"Start of the range: {RULE}.")]
ToQuery = Annotated[str, Query(alias="to", description="End of the range, in the same forms.")]


@dataclass(frozen=True, slots=True)
class Range:
    """The instants from `since` on and before `until`."""

    since: datetime
    until: datetime


def parse_range(from_: str, to: str, *, now: datetime) -> Range:
    """Read a range; every problem is reported at once."""
    problems: list[Problem] = []
    since, until = _read("from", from_, now, problems), _read("to", to, now, problems)
    if since is not None and until is not None:
        if since >= until:
            problems.append(_problem("from", from_, "from is before to"))
        elif until - since > LONGEST:
            problems.append(_problem("from", from_, f"at most {LONGEST.days} days between from and to"))
    if problems or since is None or until is None:
        first = problems[0]
        raise Invalid(first.message, value=first.value, rule=first.rule, problems=tuple(problems))
    return Range(since, until)


def parse_instant(text: str, *, now: datetime, name: str = "at") -> datetime:
    """Read one instant; `name` is what it is called in an error."""
    problems: list[Problem] = []
    found = _read(name, text, now, problems)
    if found is None:
        raise Invalid(problems[0].message, value=text, rule=RULE, problems=tuple(problems))
    return found


def iso(at: datetime) -> str:
    """Write an instant as the API does: UTC, to the millisecond if it has any, with a Z."""
    utc = at.astimezone(UTC)
    text = utc.isoformat(timespec="milliseconds" if utc.microsecond >= 1000 else "seconds")
    return text.replace("+00:00", "Z")


def _read(name: str, text: str, now: datetime, problems: list[Problem]) -> datetime | None:
    try:
        found = _relative(text, now) or datetime.fromisoformat(text.strip())
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    problems.append(_problem(name, text, RULE))
    return None


def _relative(text: str, now: datetime) -> datetime | None:
    match = _RELATIVE.fullmatch(text.strip())
    if match is None:
        return None
    amount, unit = match.groups()
    return now - timedelta(**{_UNITS[unit]: int(amount)}) if unit else now


def _problem(name: str, text: str, rule: str) -> Problem:
    shown = text[:100]
    return Problem(name, shown, rule, f"{name} is {shown!r}: {rule}")
