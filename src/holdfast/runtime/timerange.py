"""Ranges of time as people write them: `from=now-6h`, `to=2026-11-22T14:30:00Z`. Pure; `now` is given."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from holdfast.runtime.errors import Invalid

LONGEST = timedelta(days=400)
LAST_HOUR = timedelta(hours=1)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2106, 1, 1, tzinfo=UTC)
"""Slices are numbered in unsigned 32-bit seconds, which end early in 2106."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_RELATIVE = re.compile(r"now(?:-(\d{1,9})([smhdw]))?")
_NICE_STEPS_SECONDS = (10, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A half-open range of instants, aware and in UTC; `start` lies before `end`."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """Its length in seconds."""
        return (self.end - self.start).total_seconds()

    def step_seconds(self, *, points: int = 240, at_least: int = 10) -> int:
        """Return the narrowest round step that divides the range into no more than `points`."""
        wanted = max(self.seconds / points, at_least)
        return next((step for step in _NICE_STEPS_SECONDS if step >= wanted), _NICE_STEPS_SECONDS[-1])

    def step_over_slices(self, asked: int | None, *, points: int, slice_seconds: int, most: int) -> int:
        """Return the step asked for, or a round one for `points` steps, widened to whole slices.

        Raises:
            Invalid: no multiple of ten seconds, or more than `most` steps.
        """
        step = asked or self.step_seconds(points=points)
        if step % 10:
            raise Invalid(
                f"step={step} does not divide slices evenly; write a multiple of 10 seconds",
                value=str(step),
                rule="step is a multiple of 10",
            )
        step = -(-step // slice_seconds) * slice_seconds
        if self.seconds / step > most:
            raise Invalid(
                f"step={step} would cut the range into {ceil(self.seconds / step)} points; "
                f"write at least {ceil(self.seconds / most / 10) * 10} seconds or a shorter range",
                value=str(step),
                rule=f"at most {most} points",
            )
        return step


def parse_range(start: str | None, end: str | None, *, now: datetime) -> TimeRange:
    """Return the range a person asked for; without an end it ends now, without a start it lasts an hour.

    Raises:
        Invalid: not an instant, before 1970 or after 2105, the wrong way round, or longer than 400 days.
    """
    until = parse_instant(end, now=now, name="to") if end else now
    since = parse_instant(start, now=now, name="from") if start else _before(until, LAST_HOUR)
    for name, text, instant in (("from", start, since), ("to", end, until)):
        if not EARLIEST <= instant <= LATEST:
            raise Invalid(
                f"{name}={instant.isoformat()} is outside the years that can be stored, 1970 to 2105",
                value=text,
                rule="years 1970 to 2105",
            )
    if since >= until:
        raise Invalid(
            f"the range from {since.isoformat()} to {until.isoformat()} is empty",
            value=start,
            rule="from < to",
        )
    if until - since > LONGEST:
        raise Invalid(f"a range may not be longer than {LONGEST.days} days", value=start, rule="range length")
    return TimeRange(since, until)


def _before(until: datetime, by: timedelta) -> datetime:
    return until - by if until - EARLIEST > by else EARLIEST


def parse_instant(text: str, *, now: datetime, name: str = "at") -> datetime:
    """Return the instant a person wrote: ISO 8601 (UTC unless it says otherwise), `now` or `now-6h`.

    Raises:
        Invalid: neither, or outside the years 1 to 9999; the error names it `name`.
    """
    try:
        match = _RELATIVE.fullmatch(text.strip())
        if match:
            return now - timedelta(seconds=int(match[1] or 0) * _UNITS[match[2] or "s"])
        instant = datetime.fromisoformat(text.strip())
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Invalid(
            f"{name}={text[:100]!r} is not an instant: write 2026-11-22T14:30:00Z, now, or now-6h",
            value=text[:100],
            rule="ISO 8601 or now-N(s|m|h|d|w)",
        ) from None


def iso(at: datetime) -> str:
    """Write an instant as the API does: UTC, to the millisecond if it has any, with a Z."""
    utc = at.astimezone(UTC)
    text = utc.isoformat(timespec="milliseconds" if utc.microsecond >= 1000 else "seconds")
    return text.replace("+00:00", "Z")
