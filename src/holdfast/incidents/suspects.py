"""Who is suspected of an incident, and its cause in words. Pure.

A suspect is a version of a party that bad events failed at, or the whole party where it has no version.
Parties come in the order of their shares. Of one party's versions the one deployed shortly before the
onset is first: it is what changed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from holdfast.incidents.evidence import Contributor
from holdfast.incidents.model import FailingParty
from holdfast.telemetry.spans.response_flags import where
from holdfast.telemetry.traces.answers import in_words, is_refusal
from holdfast.telemetry.traces.repeats import RepeatedCall

CONCENTRATED = Fraction(4, 5)
"""A zone or a version is named where at least this part of the bad events was in it."""

SHORTLY_BEFORE = timedelta(minutes=30)
ONSET_ROUNDING = timedelta(minutes=1)
"""A deploy is known to the minute: it may seem to follow the errors that it brought."""

SAYS_NOTHING = ("", "slow", "failed")
"""Answers that a title has said already."""

Version = tuple[str, str]
"""A service and a version of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A party, or a version of it, at which `bad` events failed: `share` of those followed, as a ratio.

    `zone` is set where most of them were in one, `deployed_at` where the version took traffic shortly before
    the onset. `answer` and `repeats` are those of most of the events. `is_before` says that the mesh ended
    most of the calls before they reached the party.
    """

    party: str
    environment: str
    version: str | None
    zone: str | None
    operations: tuple[str, ...]
    bad: int
    share: float
    sends_spans: bool
    answer: str
    repeats: RepeatedCall | None
    deployed_at: datetime | None = None
    is_before: bool = False

    @property
    def said(self) -> str:
        """Return what most events got there, as evidence: `refuses calls: 429 Too Many Requests`."""
        return in_words(self.answer)

    @property
    def name(self) -> str:
        """Return what it is called: `payment 2.3.1 in zone-b`, `mesh before catalog`."""
        version = f" {self.version}" if self.version else ""
        at = where(self.party, is_before=self.is_before)
        return f"{at}{version}{f' in {self.zone}' if self.zone else ''}"


def suspects_of(
    contributors: Sequence[Contributor], deploys: Mapping[Version, datetime], onset: datetime
) -> list[Suspect]:
    """Return who is suspected, the first suspect first; `deploys` are the deploys around the onset."""
    parties = Counter[FailingParty]()
    versions: dict[tuple[FailingParty, str | None], list[Contributor]] = {}
    for one in contributors:
        party = FailingParty(one.service, one.environment)
        parties[party] += one.bad
        versions.setdefault((party, one.version), []).append(one)
    found = [_suspect(mine, deploys, onset) for mine in versions.values()]
    return sorted(found, key=lambda one: _rank(one, parties))


def cause_words(cause: FailingParty, contributors: Sequence[Contributor]) -> str:
    """Return a cause for a line beside a title: `payline · 504`, `payline refuses calls: 429`."""
    mine = [one for one in contributors if FailingParty(one.service, one.environment) == cause]
    if not mine:
        return cause.words
    whole = _together(mine, version=_concentrated(mine, lambda one: one.version))
    repeats = whole.repeats
    many = f"{repeats.calls} × {repeats.operation.partition(' ')[0]}" if repeats else ""
    if not many and is_refusal(whole.answer):
        return f"{whole.name} refuses calls: {whole.answer}"
    said = many or ("" if whole.answer in SAYS_NOTHING else whole.answer)
    return f"{whole.name} · {said}" if said else whole.name


def _rank(one: Suspect, parties: Mapping[FailingParty, int]) -> tuple[object, ...]:
    of_party = parties[FailingParty(one.party, one.environment)]
    return (-of_party, one.party, one.environment, one.deployed_at is None, -one.bad, one.version or "")


def _suspect(mine: Sequence[Contributor], deploys: Mapping[Version, datetime], onset: datetime) -> Suspect:
    version = mine[0].version
    deployed = deploys.get((mine[0].service, version or ""))
    is_recent = deployed is not None and onset - SHORTLY_BEFORE <= deployed <= onset + ONSET_ROUNDING
    return _together(mine, version=version, deployed_at=deployed if is_recent else None)


def _together(
    mine: Sequence[Contributor], *, version: str | None, deployed_at: datetime | None = None
) -> Suspect:
    most = max(mine, key=lambda one: one.bad)
    return Suspect(
        party=most.service,
        environment=most.environment,
        version=version,
        zone=_concentrated(mine, lambda one: one.zone),
        operations=tuple(dict.fromkeys(one.operation for one in sorted(mine, key=lambda one: -one.bad))),
        bad=sum(one.bad for one in mine),
        share=sum(one.share for one in mine),
        sends_spans=most.sends_spans,
        answer=_most((one.answer, one.bad) for one in mine),
        repeats=most.repeats,
        is_before=2 * sum(one.bad for one in mine if one.is_before) > sum(one.bad for one in mine),
        deployed_at=deployed_at,
    )


def _concentrated(mine: Sequence[Contributor], of: Callable[[Contributor], str | None]) -> str | None:
    """Return the value that most of these bad events share, or None."""
    counted = Counter[str | None]()
    for one in mine:
        counted[of(one)] += one.bad
    value, bad = counted.most_common(1)[0]
    return value if bad >= CONCENTRATED * counted.total() else None


def _most(said: Iterable[tuple[str, int]]) -> str:
    counted = Counter[str]()
    for answer, bad in said:
        counted[answer] += bad
    return counted.most_common(1)[0][0]
