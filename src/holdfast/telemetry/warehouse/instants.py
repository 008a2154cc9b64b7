"""Instants in SQL: the one place where a column of time is compared with a value. Pure.

Senders' times are stored in nanoseconds (`DateTime64(9)`), those Holdfast derives in seconds (`DateTime`).
The engine accepts either type with either column, and answers wrongly: when it selects parts and granules, it
reads `Timestamp < S` with whole seconds as `Timestamp <= S - 1`, so that rows of that last second are lost,
depending on their place in parts (26.9). Here a value always has the type of its column, chosen by the
column's name; a lint refuses comparisons written elsewhere.
"""

from collections.abc import Mapping
from datetime import datetime

from holdfast.runtime.timerange import EARLIEST, TimeRange

NANOSECONDS_PER_SECOND = 10**9
NANOSECONDS_MOST = 2**63 - 1
"""The last instant that can be stored, in the year 2262."""

NANOSECOND_COLUMNS = frozenset({"Timestamp", "TimeUnix"})
"""Senders' times, `DateTime64(9)`; compared with parameters in nanoseconds since 1970."""

SECOND_COLUMNS = frozenset({"Slice", "slice", "FirstSeen", "LastSeen", "admitted"})
"""Starts of slices and other times of Holdfast, `DateTime`; compared with parameters in seconds."""


def instant(column: str, value: str | int, *, plus_seconds: int = 0) -> str:
    """Return the SQL of an instant to compare a column with: a parameter's name, or a trusted number."""
    if column in NANOSECOND_COLUMNS:
        return f"fromUnixTimestamp64Nano({_number(value, 'Int64', plus_seconds * 10**9)}, 'UTC')"
    if column in SECOND_COLUMNS:
        return f"toDateTime({_number(value, 'UInt32', plus_seconds)}, 'UTC')"
    raise ValueError(f"{column!r} is not a column of time; add it to those of its type")


def _number(value: str | int, kind: str, plus: int) -> str:
    number = f"toInt64({value})" if isinstance(value, int) else f"{{{value}:{kind}}}"
    return f"{number} {'+' if plus > 0 else '-'} {abs(plus)}" if plus else number


def since(column: str, value: str | int, *, plus_seconds: int = 0) -> str:
    """Return the condition for times at or after an instant."""
    return f"{column} >= {instant(column, value, plus_seconds=plus_seconds)}"


def before(column: str, value: str | int, *, plus_seconds: int = 0) -> str:
    """Return the condition for times before an instant."""
    return f"{column} < {instant(column, value, plus_seconds=plus_seconds)}"


def until(column: str, value: str | int, *, plus_seconds: int = 0) -> str:
    """Return the condition for times at or before an instant."""
    return f"{column} <= {instant(column, value, plus_seconds=plus_seconds)}"


def between(column: str, start: str | int, end: str | int) -> str:
    """Return the condition for times from one instant to before another: ranges are half-open."""
    return f"{since(column, start)} AND {before(column, end)}"


def of_last_days(column: str, days: int) -> str:
    """Return the condition for times in the last days by the engine's clock."""
    now = "now64(9)" if column in NANOSECOND_COLUMNS else "now()"
    return f"{column} >= {now} - INTERVAL {days} DAY"


def nanoseconds(at: datetime) -> int:
    """Return an instant as nanoseconds since 1970, exactly."""
    past = at - EARLIEST
    return ((past.days * 86_400 + past.seconds) * 10**6 + past.microseconds) * 1000


def second_of(at: datetime) -> int:
    """Return the second in which an instant lies, in whole seconds since 1970."""
    return nanoseconds(at) // NANOSECONDS_PER_SECOND


def second_from(at: datetime) -> int:
    """Return the first whole second at or after an instant.

    Slices that begin in a half-open range are those from this second of its start to before that of its end.
    """
    return -(-nanoseconds(at) // NANOSECONDS_PER_SECOND)


def slices_within(within: TimeRange) -> Mapping[str, int]:
    """Return the parameters `from` and `to`: bounds in seconds of the slices that begin in a range."""
    return {"from": second_from(within.start), "to": second_from(within.end)}


def nanoseconds_within(within: TimeRange) -> Mapping[str, int]:
    """Return the parameters `from_ns` and `to_ns`: the bounds of a range."""
    return {"from_ns": nanoseconds(within.start), "to_ns": nanoseconds(within.end)}
