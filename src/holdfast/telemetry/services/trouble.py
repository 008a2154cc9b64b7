"""What is wrong with a service now: what it handled in five minutes, against what is usual. Pure.

A share of errors counts as failing where its lower bound of confidence (Wilson, 1927, as in NIST's handbook
7.2.4.1) is above what is usual: a few failures of a few requests are no outage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from holdfast.runtime import figures
from holdfast.telemetry.services.usual import ENOUGH_FOR_P99, Usual, slow_from

NOW_SECONDS = 300
FAILING_RATIO, FAILING_TIMES = 0.01, 3
"""A service fails above this share of errors, and above this multiple of its usual share."""

FAILING_ERRORS = 5
"""Fewer failures are seen on the objectives, but do not make a service fail."""

SILENT_EXPECTED = 20
"""A service is silent if it handles nothing where this many requests are usual: chance is one in 10^8."""

QUIET_TIMES, BUSY_TIMES = 0.5, 2.0
_Z = 2.5758
"""The normal quantile of 99% confidence, two-sided."""


class TroubleKind(StrEnum):
    """Why a service is in trouble, or what else is unusual, worst first."""

    FAILING = "failing"
    SILENT = "silent"
    BURNING = "burning"
    SLOW = "slow"
    ZONE_SILENT = "zone_silent"
    IDLE = "idle"
    QUIETER = "quieter"
    BUSIER = "busier"
    USUAL = "usual"


NEED_ATTENTION = frozenset(
    {
        TroubleKind.FAILING,
        TroubleKind.SILENT,
        TroubleKind.BURNING,
        TroubleKind.SLOW,
        TroubleKind.ZONE_SILENT,
    }
)
"""The kinds of trouble a reader has to look at; the others are only named."""


@dataclass(frozen=True, slots=True)
class Now:
    """What a service handled in the last five minutes."""

    requests: int
    errors: int
    p99_seconds: float | None
    seconds: float = NOW_SECONDS


@dataclass(frozen=True, slots=True)
class ServiceTrouble:
    """What is unusual about a service, in one sentence."""

    kind: TroubleKind
    sentence: str


def judge(now: Now, usual: Usual | None, *, burns: bool = False) -> ServiceTrouble:
    """Return the worst that is wrong with a service now; `burns` is whether one of its objectives does."""
    expected = usual.rate_per_second * now.seconds if usual else 0.0
    if is_failing(now, usual):
        return ServiceTrouble(TroubleKind.FAILING, _failing(now, usual) + _busier(now, usual, expected))
    if usual and not now.requests and expected >= SILENT_EXPECTED:
        return ServiceTrouble(TroubleKind.SILENT, f"no requests, usual {figures.rate(usual.rate_per_second)}")
    if burns:
        return ServiceTrouble(TroubleKind.BURNING, "an objective burns")
    if usual and is_slow(now, usual):
        slowest = figures.latency(now.p99_seconds)
        return ServiceTrouble(TroubleKind.SLOW, f"p99 {slowest}, usual {figures.latency(usual.p99_seconds)}")
    return _level(now, usual, expected)


def _busier(now: Now, usual: Usual | None, expected: float) -> str:
    """Return that a service that fails has more to do than usual, which may be why; empty if it has not."""
    if usual is None or _level(now, usual, expected).kind is not TroubleKind.BUSIER:
        return ""
    return f"; {figures.rate(now.requests / now.seconds)}, {figures.rate(usual.rate_per_second)} usual"


def with_silence(trouble: ServiceTrouble, *, is_silent: bool) -> ServiceTrouble:
    """Return what is wrong with a service; one that sends nothing is silent, however few its calls are."""
    if not is_silent or trouble.kind in (TroubleKind.FAILING, TroubleKind.SILENT):
        return trouble
    return ServiceTrouble(TroubleKind.SILENT, "sends nothing")


def with_zones(trouble: ServiceTrouble, zones: Sequence[str]) -> ServiceTrouble:
    """Return what is wrong with a service; a silent zone of it needs a look while others carry its calls."""
    if not zones or trouble.kind in NEED_ATTENTION or trouble.kind is TroubleKind.IDLE:
        return trouble
    words = f"{' and '.join(zones)} silent"
    is_usual = trouble.kind is TroubleKind.USUAL
    return ServiceTrouble(TroubleKind.ZONE_SILENT, words if is_usual else f"{words}; {trouble.sentence}")


def _level(now: Now, usual: Usual | None, expected: float) -> ServiceTrouble:
    """Return whether a service that is well does less or more than is usual."""
    if usual is None:
        return ServiceTrouble(TroubleKind.USUAL, "no usual yet" if now.requests else "no requests")
    rate, chance = figures.rate(usual.rate_per_second), 5 * sqrt(expected)
    if now.requests < min(expected * QUIET_TIMES, expected - chance):
        return ServiceTrouble(TroubleKind.QUIETER, f"quieter, usual {rate}")
    if now.requests > max(expected * BUSY_TIMES, expected + chance):
        return ServiceTrouble(TroubleKind.BUSIER, f"busier, usual {rate}")
    return ServiceTrouble(TroubleKind.USUAL, "as usual")


def is_failing(now: Now, usual: Usual | None) -> bool:
    """Return whether significantly more fails than is usual."""
    if now.errors < FAILING_ERRORS:
        return False
    most = max(FAILING_RATIO, FAILING_TIMES * usual.error_ratio if usual else 0.0)
    return lower_bound(now.errors, now.requests) > most


def _failing(now: Now, usual: Usual | None) -> str:
    words = f"{figures.count(now.errors)} of {figures.count(now.requests)} requests fail"
    if usual is None or usual.error_ratio < FAILING_RATIO:
        return words
    return f"{words}, usual {figures.percent(usual.error_ratio)}"


def is_slow(now: Now, usual: Usual | None) -> bool:
    """Return whether p99 is far above what is usual; not where either is not known, or of few requests."""
    if usual is None or now.requests < ENOUGH_FOR_P99:
        return False
    if now.p99_seconds is None or usual.p99_seconds is None:
        return False
    return now.p99_seconds > slow_from(usual.p99_seconds)


def lower_bound(part: int, whole: int) -> float:
    """Return the lower bound of a share at 99% confidence: Wilson's score interval, without correction."""
    share, square = part / whole, _Z**2
    middle = share + square / (2 * whole)
    spread = _Z * sqrt(share * (1 - share) / whole + square / (4 * whole**2))
    return max(0.0, (middle - spread) / (1 + square / whole))
