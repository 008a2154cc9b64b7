"""Durations as people write them: `28d` for windows (OpenSLO's shorthand), `800ms` for spans.

Exact. A parameter in seconds may have a unit after the number.
"""

import re
from datetime import timedelta
from fractions import Fraction

_SHORTHAND_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_SPAN_NANOSECONDS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3_600 * 10**9}
_SHORTHAND = re.compile(r"([0-9]{1,9})([smhdwMQY])")
_SECONDS = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)(ns|us|ms|s|m|h|d|w)?")
_SPAN = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)(ns|us|ms|s|m|h)")


class CalendarUnit(ValueError):
    """The unit (M, Q or Y) has no fixed length, so it cannot measure a rolling window."""


def parse_shorthand(text: str) -> timedelta:
    """Read `10s`, `30m`, `6h`, `28d`, `4w`.

    Raises:
        CalendarUnit: for `M`, `Q` and `Y`, whose length depends on the calendar.
        ValueError: for anything else.
    """
    match = _SHORTHAND.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is not a duration such as 10s, 30m, 6h, 28d or 4w')
    count, unit = match.groups()
    if unit not in _SHORTHAND_SECONDS:
        raise CalendarUnit(f'"{text}" has no fixed length')
    return timedelta(seconds=int(count) * _SHORTHAND_SECONDS[unit])


def parse_span_nanoseconds(text: str) -> int:
    """Read `250us`, `800ms`, `1.5s`, `2m` as whole nanoseconds.

    Raises:
        ValueError: when it is none of these, or finer than a nanosecond.
    """
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is not a duration such as 800ms, 1.5s or 2m')
    number, unit = match.groups()
    nanoseconds = Fraction(number) * _SPAN_NANOSECONDS[unit]
    if nanoseconds.denominator != 1:
        raise ValueError(f'"{text}" is finer than a nanosecond')
    return int(nanoseconds)


def parse_seconds(text: str) -> Fraction:
    """Read `10s`, `5m`, `1.5h`, `800ms`, or a plain number of seconds.

    Raises:
        ValueError: when it is none of these.
    """
    match = _SECONDS.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'"{text[:100]}" is not a number of seconds, nor a duration such as 10s, 5m or 1h')
    number, unit = match.groups()
    long = {"d": 86_400, "w": 604_800}.get(unit)
    nanoseconds = long * 10**9 if long else _SPAN_NANOSECONDS[unit or "s"]
    return Fraction(number) * nanoseconds / 10**9


def in_seconds(value: object) -> object:
    """Return a query parameter in seconds; a value that is not text is returned as it is.

    Raises:
        ValueError: the text is no duration.
    """
    if not isinstance(value, str):
        return value
    seconds = parse_seconds(value)
    return int(seconds) if seconds.denominator == 1 else float(seconds)


def shorthand(duration: timedelta) -> str:
    """Write a duration in the largest unit that divides it: `28d`, `90m`, `50s`."""
    seconds = round(duration.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
