"""Wall times as instants, by written rules for the two nights a year when the clock changes. Pure.

A wall time that comes twice has a first and a last instant. One that is skipped is the instant of the change:
the next that exists. A shift starts at the first instant of its wall time and ends at the last of its end, so
that shifts overlap in an hour that comes twice, and never leave a gap.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)


def first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant, in UTC, at which clocks of `zone` show `wall` (without a zone of its own)."""
    return _instant(wall.replace(tzinfo=zone, fold=0), wall, zone)


def last_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the last instant, in UTC, at which clocks of `zone` show `wall`."""
    return _instant(wall.replace(tzinfo=zone, fold=1), wall, zone)


def _instant(aware: datetime, wall: datetime, zone: ZoneInfo) -> datetime:
    found = aware.astimezone(UTC)
    shown = found.astimezone(zone)
    is_shown = shown.replace(tzinfo=None, fold=0) == wall.replace(fold=0)
    return found if is_shown else _change_around(wall, zone)


def _change_around(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of the change that skips `wall`: by the offset after it, `wall` is before it."""
    before, after = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    offset = before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle <= before:
            break
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
