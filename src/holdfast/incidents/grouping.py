"""Which incident an alert belongs to: it opens one, waits for its cause, joins or is merged. Pure.

The first page opens an incident at once. One that follows within `WAITS_WITHIN` waits at most `WAIT_MOST` for
its cause and joins the open incident that has the same; else it opens its own. A cause found later merges
the newer incident into the older. So there is at most one active incident of a cause, and two faults are two
incidents, even of one objective. When an alert goes on although nothing failed at its cause for some
minutes, what fails elsewhere is another fault: its episode ends, and another begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from holdfast.incidents.evidence import Contributor
from holdfast.incidents.model import Episode, FailingParty, Incident, Placing

WAITS_WITHIN = timedelta(minutes=10)
"""A page waits for its cause if an incident was opened so recently: symptoms of one fault come together."""

WAIT_MOST = timedelta(seconds=20)
"""A page waits at most this long: grouping must not cost more than a glance at the phone."""

SETTLES_AFTER = timedelta(minutes=1)
"""Until then spans that come late may correct a cause; after that it stays, even if more fails."""

LATELY = timedelta(minutes=3)
"""An episode goes on elsewhere if its cause was clean for so long while its alert fires."""


@dataclass(frozen=True, slots=True)
class Successor:
    """Another party than an episode's cause, at which most events of the last minutes failed: `bad` of them.

    `is_whole` says that none failed at the cause any more.
    """

    party: FailingParty
    bad: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """The incident an episode joins, or None if it opens its own or waits; and the reason."""

    reason: Placing
    joins: Incident | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """Newer incidents that are part of an older one, `into`, because all have one cause."""

    into: Incident
    newer: tuple[Incident, ...]
    cause: FailingParty


def on_firing(objective: str, at: datetime, active: Sequence[Incident]) -> Placing:
    """Return whether a page that fires now opens an incident at once, or waits for its cause.

    One of an objective that an active incident has had before always waits: it may be the same fault again.
    """
    if not active:
        return Placing.FIRST
    if any(at - one.opened_at <= WAITS_WITHIN or _has(one, objective) for one in active):
        return Placing.WAITS
    return Placing.LATER


def placed(episode: Episode, cause: FailingParty | None, at: datetime, active: Sequence[Incident]) -> Placed:
    """Return what becomes of an episode that waits, given what is known of its cause at `at`."""
    if not active:
        return Placed(Placing.NONE_OPEN)
    waited = at - episode.fired_at
    # After a clock stepped back it has waited for an unknown time: that counts as too long.
    in_time = timedelta(0) <= waited <= WAIT_MOST
    if cause is not None and in_time:
        if (same := with_cause(cause, active)) is not None:
            return Placed(Placing.SAME_CAUSE, same)
        if all(one.cause is not None for one in active):
            return Placed(Placing.OTHER_CAUSE)
    if in_time and waited < WAIT_MOST:
        return Placed(Placing.WAITS)
    return Placed(Placing.CAUSE_UNKNOWN if cause is None or in_time else Placing.CAUSE_LATE)


def merged(active: Sequence[Incident], cause: FailingParty | None) -> Merge | None:
    """Return the active incidents of a cause as a merge into the oldest, or None if there are not two."""
    same = sorted((one for one in active if cause and one.cause == cause), key=lambda one: one.id)
    if cause is None or len(same) < 2:
        return None
    return Merge(same[0], tuple(same[1:]), cause)


def settled(episode: Episode, found: FailingParty | None, at: datetime) -> FailingParty | None:
    """Return an episode's cause after a reading that found `found`."""
    if found is None:
        return episode.cause
    is_young = at - episode.fired_at <= SETTLES_AFTER
    return found if episode.cause is None or is_young else episode.cause


def with_cause(cause: FailingParty, active: Sequence[Incident]) -> Incident | None:
    """Return the oldest active incident that has a cause, or None."""
    return min((one for one in active if one.cause == cause), key=lambda one: one.id, default=None)


def cause_of(contributors: Sequence[Contributor]) -> FailingParty | None:
    """Return the party that more than half of the bad events failed at, or None.

    Events of which spans may still come count for none: who seems slow may have waited for another.
    """
    bad, known = _by_party(contributors), _by_party(_known(contributors))
    most = max(known, key=lambda one: known[one], default=None)
    return most if most is not None and 2 * known[most] > sum(bad.values()) else None


def successor(cause: FailingParty | None, lately: Sequence[Contributor]) -> Successor | None:
    """Return where an episode burns now, given where the bad events of the last minutes began."""
    party, bad = cause_of(lately), _by_party(_known(lately))
    if cause is None or party is None or party == cause:
        return None
    return Successor(party, bad[party], is_whole=not _by_party(lately).get(cause))


def _known(contributors: Sequence[Contributor]) -> list[Contributor]:
    return [replace(one, bad=one.bad - one.awaited) for one in contributors]


def shifted_to(episode: Episode) -> FailingParty | None:
    """Return the other party that most bad events of an episode fail at by now, while its cause fails too."""
    found = None if episode.is_over else successor(episode.cause, episode.lately)
    return None if found is None else found.party


def _by_party(contributors: Sequence[Contributor]) -> dict[FailingParty, int]:
    bad: dict[FailingParty, int] = {}
    for one in contributors:
        party = FailingParty(one.service, one.environment)
        bad[party] = bad.get(party, 0) + one.bad
    return bad


def _has(incident: Incident, objective: str) -> bool:
    return any(one.objective == objective for one in incident.episodes)
