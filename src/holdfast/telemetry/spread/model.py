"""Whether a service's failures have a place: one zone, version or instance, or none. Pure.

Every part is compared with all others together by Fisher's exact test, on both sides. As many parts are
tested at once, the level is divided by their number (Bonferroni): with none at fault, one is named in at most
one of a hundred answers, however many there are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from holdfast.runtime import figures
from holdfast.telemetry.model import Percentiles
from holdfast.telemetry.spread.chance import Drawn, at_least, at_most

LEVEL = 0.01
"""The chance, over all parts and both sides, that one stands out where all fail alike."""
TIMES_LEAST = 2.0
"""With many requests a difference of a tenth is certain and means nothing: it must be this many times."""
NAMED_MOST = 3
"""Most parts that a sentence names; the rows show the others."""

UNLIKE_SECONDS = 30
"""Parts are compared over the same time: one that sent for so much less has fewer requests and failures."""

PACES = 5
"""Five times its usual pause is no chance: of 150 pauses one is as long."""

_NOT_MEASURED = Percentiles(None, None, None)


class By(StrEnum):
    """What a service's requests are divided by."""

    ZONE = "zone"
    VERSION = "version"
    INSTANCE = "instance"


class SpreadReason(StrEnum):
    """What the failures of the parts show."""

    STANDS_OUT = "stands_out"
    SPARED = "spared"
    EVEN = "even"
    TOO_FEW = "too_few"
    NO_FAILURES = "no_failures"
    ONE_VALUE = "one_value"
    UNNAMED = "unnamed"
    NO_REQUESTS = "no_requests"


HAS_PLACE = (SpreadReason.STANDS_OUT, SpreadReason.SPARED)
"""The reasons that name parts: the failures have a place."""


@dataclass(frozen=True, slots=True)
class SentInterval:
    """When a part sent within a range: the start of its first slice and the end of its last, in seconds."""

    first_epoch: int
    until_epoch: int


@dataclass(frozen=True, slots=True)
class SpreadPart:
    """The requests of one zone, version or instance; `value` is empty if their spans name none.

    `attribute` is the one that names an instance. `seen` is when it sent, where that is known.
    """

    value: str
    requests: int
    errors: int
    latency: Percentiles = _NOT_MEASURED
    attribute: str = ""
    seen: SentInterval | None = None

    @property
    def ratio(self) -> float:
        """The share that failed; 0 without requests."""
        return self.errors / self.requests if self.requests else 0.0

    def begins_late(self, whole: SentInterval) -> bool:
        """Return whether it began noticeably later than the first of all parts."""
        return self.seen is not None and self.seen.first_epoch - whole.first_epoch >= self._noticeable

    def ends_early(self, whole: SentInterval) -> bool:
        """Return whether it ended noticeably earlier than the last of all parts."""
        return self.seen is not None and whole.until_epoch - self.seen.until_epoch >= self._noticeable

    @property
    def _noticeable(self) -> float:
        """The seconds without requests that are more than its pace."""
        if self.seen is None or not self.requests:
            return UNLIKE_SECONDS
        active = self.seen.until_epoch - self.seen.first_epoch
        return max(UNLIKE_SECONDS, PACES * active / self.requests)


def common(parts: Iterable[SpreadPart]) -> SentInterval | None:
    """Return the time in which all parts sent, if that is noticeably shorter than the whole; else None."""
    known = [one for one in parts if one.requests]
    seen = [one.seen for one in known if one.seen]
    if len(seen) < 2 or not any(
        one.begins_late(whole_of(seen)) or one.ends_early(whole_of(seen)) for one in known
    ):
        return None
    found = SentInterval(max(one.first_epoch for one in seen), min(one.until_epoch for one in seen))
    return found if found.first_epoch < found.until_epoch else None


def whole_of(seen: Sequence[SentInterval]) -> SentInterval:
    """Return the time from the first to the last of several."""
    return SentInterval(min(one.first_epoch for one in seen), max(one.until_epoch for one in seen))


@dataclass(frozen=True, slots=True)
class SpreadJudgement:
    """A judgement of one division: the reason, the parts it is about, and a sentence."""

    by: By
    reason: SpreadReason
    values: tuple[str, ...]
    sentence: str


def judge(by: By, parts: Iterable[SpreadPart]) -> SpreadJudgement:
    """Return whether a part fails significantly more often than all others, or less."""
    known = [one for one in parts if one.requests]
    requests, errors = sum(one.requests for one in known), sum(one.errors for one in known)
    if not requests:
        return SpreadJudgement(by, SpreadReason.NO_REQUESTS, (), "No requests in this range.")
    if len(known) == 1:
        return _of_one(by, known[0])
    if not errors:
        return SpreadJudgement(by, SpreadReason.NO_FAILURES, (), f"None of {requests:,} requests failed.")
    if not _are_comparable(known, requests, errors):
        sentence = f"{errors:,} of {requests:,} requests failed: too few to compare {by}s."
        return SpreadJudgement(by, SpreadReason.TOO_FEW, (), sentence)
    return _compared(by, known, requests, errors)


def over_common(
    by: By, whole: Iterable[SpreadPart], common: Iterable[SpreadPart], seconds: float
) -> SpreadJudgement:
    """Judge parts that did not all send all the time, over the `seconds` in which they did.

    What failed at other times says nothing of one part against another.
    """
    every, judged = list(whole), judge(by, common)
    when = f"in the {figures.duration(seconds)} in which all {by}s sent"
    if judged.reason in (SpreadReason.STANDS_OUT, SpreadReason.SPARED, SpreadReason.EVEN):
        return replace(judged, sentence=f"{judged.sentence.removesuffix('.')}, {when}.")
    requests, errors = sum(one.requests for one in every), sum(one.errors for one in every)
    if not errors:
        return judge(by, every)
    few = "none" if judged.reason is SpreadReason.NO_FAILURES else "too few to compare"
    sentence = f"{errors:,} of {requests:,} requests failed, {few} of them {when}."
    return SpreadJudgement(by, SpreadReason.TOO_FEW, (), sentence)


def summary(
    judgements: Sequence[SpreadJudgement], own_trouble: str = "", *, calls_others: bool = True
) -> str:
    """Return one sentence for all divisions: which parts stand out, or that none does and where to look.

    The first is the division that is shown. `own_trouble` says which resource of the service itself is full
    or grows: that comes first, and what is behind the service second. Behind one that calls nobody is none.
    """
    found = [
        one.sentence for one in judgements if one.reason in (SpreadReason.STANDS_OUT, SpreadReason.SPARED)
    ]
    if found:
        return " ".join(found)
    even = [one.by.value for one in judgements if one.reason is SpreadReason.EVEN]
    if not even:
        return judgements[0].sentence
    none = f"o {_either(even)} stands out"
    if own_trouble:
        return f"{own_trouble} By failures n{none}."
    return f"N{none}: look downstream." if calls_others else f"N{none}, and it calls nobody: look into it."


def are_even(judgements: Iterable[SpreadJudgement]) -> bool:
    """Return whether the failures have no place in any division."""
    reasons = {one.reason for one in judgements}
    return SpreadReason.EVEN in reasons and not reasons.intersection(HAS_PLACE)


def _of_one(by: By, one: SpreadPart) -> SpreadJudgement:
    if not one.value:
        return SpreadJudgement(by, SpreadReason.UNNAMED, (), f"The spans name no {by}.")
    sentence = f"All {one.requests:,} requests are of {one.value}: there is nothing to compare."
    return SpreadJudgement(by, SpreadReason.ONE_VALUE, (one.value,), sentence)


def _level(parts: int) -> float:
    """Return the level of each test; there are two for every part."""
    return LEVEL / (2 * parts)


def _are_comparable(parts: Sequence[SpreadPart], requests: int, errors: int) -> bool:
    """Whether failures that were all of one part would be significant, for any part."""
    every = (Drawn(min(errors, one.requests), one.requests, errors, requests) for one in parts)
    return any(at_least(drawn) <= _level(len(parts)) for drawn in every)


def _compared(by: By, parts: Sequence[SpreadPart], requests: int, errors: int) -> SpreadJudgement:
    level = _level(len(parts))
    drawn = {one: Drawn(one.errors, one.requests, errors, requests) for one in parts}
    more = [one for one, each in drawn.items() if _is_times(one, each) and at_least(each) <= level]
    if more:
        worst = sorted(more, key=lambda one: (-one.ratio, one.value))
        sentence = _begun(_stands_out(by, worst, drawn[worst[0]]))
        return SpreadJudgement(by, SpreadReason.STANDS_OUT, _values(worst), sentence)
    less = [one for one, each in drawn.items() if _is_spared(one, each) and at_most(each) <= level]
    if less:
        best = sorted(less, key=lambda one: (one.ratio, one.value))
        sentence = _begun(_spared(by, best, drawn[best[0]]))
        return SpreadJudgement(by, SpreadReason.SPARED, _values(best), sentence)
    lowest, highest = (pick(one.ratio for one in parts) for pick in (min, max))
    sentence = f"No {by} stands out ({_between(lowest, highest)} fail)."
    return SpreadJudgement(by, SpreadReason.EVEN, (), sentence)


def _elsewhere(drawn: Drawn) -> float:
    return drawn.others.failed / drawn.others.requests


def _is_times(one: SpreadPart, drawn: Drawn) -> bool:
    return one.ratio >= TIMES_LEAST * _elsewhere(drawn)


def _is_spared(one: SpreadPart, drawn: Drawn) -> bool:
    return _elsewhere(drawn) >= TIMES_LEAST * one.ratio


def _stands_out(by: By, worst: Sequence[SpreadPart], drawn: Drawn) -> str:
    if len(worst) > 1:
        return f"{_listed(by, worst)} fail more often than the others."
    (one,) = worst
    others = _elsewhere(drawn)
    if not others:
        return (
            f"Only {_named(by, one)} fails: {one.errors:,} of {one.requests:,} requests, "
            f"none of {drawn.others.requests:,} elsewhere."
        )
    return f"{_named(by, one)} fails {_times(one.ratio / others)} times as often as the others."


def _spared(by: By, best: Sequence[SpreadPart], drawn: Drawn) -> str:
    if len(best) > 1:
        return f"{_listed(by, best)} fail less often than the others."
    (one,) = best
    return (
        f"{_named(by, one)} is spared: {one.errors:,} of {one.requests:,} requests fail there, "
        f"{_percent(_elsewhere(drawn))} elsewhere."
    )


def _values(parts: Iterable[SpreadPart]) -> tuple[str, ...]:
    return tuple(one.value for one in parts)


def _named(by: By, one: SpreadPart) -> str:
    if not one.value:
        return f"what names no {by}"
    return f"version {one.value}" if by is By.VERSION else one.value


def _begun(sentence: str) -> str:
    """Begin a sentence with a capital, but not a sender's own word."""
    is_ours = sentence.startswith(("version ", "what "))
    return sentence[0].upper() + sentence[1:] if is_ours else sentence


def _listed(by: By, parts: Sequence[SpreadPart]) -> str:
    names = [_named(by, one) for one in parts[:NAMED_MOST]]
    if len(parts) > NAMED_MOST:
        names = [*names[:-1], f"{len(parts) - NAMED_MOST + 1} more"]
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _either(names: Sequence[str]) -> str:
    return " or ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}".removesuffix(".0")


def _between(lowest: float, highest: float) -> str:
    first, last = _percent(lowest), _percent(highest)
    return first if first == last else f"{first} to {last}"


def _percent(ratio: float) -> str:
    """Write a share in whole percent; of rare failures two digits."""
    if not ratio or ratio >= 0.01:
        return f"{ratio * 100:.0f}%"
    return f"{ratio * 100:.2g}%"
