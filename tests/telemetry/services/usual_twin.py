"""What is usual, computed from single requests in the slow and obvious way."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

HOUR, DAY, MINUTE = 3_600, 86_400, 60


@dataclass(frozen=True)
class Request:
    """One request: when it began in seconds since 1970, how long it took, and whether it failed."""

    at: int
    seconds: float
    failed: bool


def hours(moment: int) -> list[tuple[str, list[tuple[int, int]], int]]:
    """The kinds of hours in the order of preference, each with its bounds and how many are needed."""
    at = moment - moment % 300
    around = lambda back: (at - back - HOUR // 2, at - back + HOUR // 2)  # noqa: E731
    return [
        ("week", [around(n * 7 * DAY) for n in (1, 2, 3, 4)], 2),
        ("day", [around(n * DAY) for n in (1, 2, 3, 4, 5, 6)], 2),
        ("before", [(at - 3 * HOUR, at - HOUR)], 1),
        ("just before", [(at - HOUR, at - 10 * MINUTE)], 1),
    ]


def usual(requests: Sequence[Request], moment: int) -> tuple[float, float, float | None, str] | None:
    """The rate, the share that failed, the p99, and the kind of hours; None if there are none."""
    for kind, bounds, needed in hours(moment):
        parts = [[one for one in requests if start <= one.at < end] for start, end in bounds]
        counted = [part for part in parts if _counts(part, kind)]
        if len(counted) < needed:
            continue
        slowest = [_p99(part) for part in counted if len(part) >= 100]
        return (
            median(len(part) / _active(part) for part in counted),
            median(sum(one.failed for one in part) / len(part) for part in counted),
            median(slowest) if slowest else None,
            kind,
        )
    return None


def _counts(part: list[Request], kind: str) -> bool:
    is_calm = 20 * sum(one.failed for one in part) <= len(part)
    return len(part) >= 20 and is_calm and (kind != "just before" or _active(part) >= 1800)


def _active(part: list[Request]) -> int:
    return 300 * len({one.at // 300 for one in part})


def _p99(part: list[Request]) -> float:
    durations = sorted(one.seconds for one in part)
    return next(one for n, one in enumerate(durations, 1) if n * 100 >= 99 * len(durations))
