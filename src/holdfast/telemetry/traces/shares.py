"""How many bad events began at each origin, and what most of them got there. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

from holdfast.telemetry.traces.attribution import Attribution, ErrorOrigin
from holdfast.telemetry.traces.repeats import RepeatedCall


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the bad events began at `origin`, and what most of them got there.

    `repeats` is the call that it makes too often, if it does. Of `awaited` of the events its own spans may
    still come, and say that the trouble began further down. `is_before` says that the mesh ended most of the
    calls before they reached it.
    """

    origin: ErrorOrigin
    bad: int
    share: float
    answer: str = ""
    repeats: RepeatedCall | None = None
    awaited: int = 0
    is_before: bool = False


def shares(verdicts: Sequence[Attribution], bad: int) -> list[Share]:
    """Spread `bad` events over the origins of a sample of them, most first; numbers add up to `bad`.

    Parts are rounded by largest remainder, so that whole events are named.
    """
    counted = Counter(verdict.origin for verdict in verdicts)
    sample = sum(counted.values())
    if not sample:
        return []
    exact = {origin: count * bad for origin, count in counted.items()}
    whole = {origin: product // sample for origin, product in exact.items()}
    left = bad - sum(whole.values())
    for origin in sorted(exact, key=lambda one: (-(exact[one] % sample), _words(one)))[:left]:
        whole[origin] += 1
    ordered = sorted(counted, key=lambda one: (-counted[one], _words(one)))
    before = Counter(verdict.origin for verdict in verdicts if verdict.is_before)
    awaited = Counter(verdict.origin for verdict in verdicts if verdict.is_awaited)
    return [
        Share(
            origin,
            whole[origin],
            counted[origin] / sample,
            *_said(origin, verdicts),
            awaited=whole[origin] * awaited[origin] // counted[origin],
            is_before=2 * before[origin] > counted[origin],
        )
        for origin in ordered
    ]


def _said(origin: ErrorOrigin, verdicts: Sequence[Attribution]) -> tuple[str, RepeatedCall | None]:
    """Return what most events of an origin got, and the call that it makes too often in most of them."""
    mine = [one for one in verdicts if one.origin == origin]
    return Counter(one.answer for one in mine).most_common(1)[0][0], _median([one.repeats for one in mine])


def _median(mine: Sequence[RepeatedCall | None]) -> RepeatedCall | None:
    made = [one for one in mine if one is not None]
    if 2 * len(made) <= len(mine):
        return None
    operation, usual = Counter((one.operation, one.usual) for one in made).most_common(1)[0][0]
    return RepeatedCall(
        operation, median_low([one.calls for one in made if one.operation == operation]), usual
    )


def _words(origin: ErrorOrigin) -> tuple[str, str, str, str, str]:
    return (origin.service, origin.operation, origin.zone or "", origin.version or "", origin.environment)
