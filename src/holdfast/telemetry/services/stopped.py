"""Which instances of a service stopped while the others go on. Pure.

That is a fact, and no trouble: most stop on purpose. What is no news at all: an instance that another one
replaced, as in a rolling restart or a release; one whose service was scaled; one that was seen for a moment;
and one whose pause may be chance.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

MINUTE_SECONDS = 60
QUIET_SECONDS = 180
"""Shortest silence of an instance: a restart in place takes a minute or two."""

STEADY_MINUTES = 3
"""An instance is missed once it handled requests in this many minutes."""

MISSED_REQUESTS = 20
"""An instance is missed once it would have handled this many requests since: by chance, one in 10^8."""

REPLACED_BEFORE_SECONDS, REPLACED_AFTER_SECONDS = 900, 300
"""A successor begins within a quarter of an hour before an instance ends (a surge) or five minutes after."""

SCALED_BEFORE_SECONDS, SCALED_AFTER_SECONDS = 600, 60
GOES_ON_RATIO = 0.8
"""Traffic went to the others if the service handles this part of what it handled before."""

NAMED_MOST = 3


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a service: the minutes in which it first and last handled requests, and how many.

    `until_epoch` is the end of its last minute; `minutes` are those with requests.
    """

    name: str
    first_epoch: int
    until_epoch: int
    minutes: int
    requests: int


@dataclass(frozen=True, slots=True)
class StoppedInstances:
    """Instances that stopped: how many of all, since when, some of their names, and who has their traffic."""

    count: int
    of: int
    since_epoch: int
    names: tuple[str, ...]
    traffic_goes_on: bool


def stopped(
    ended: Sequence[Instance],
    starts: Collection[int],
    *,
    going_on: int,
    complete_epoch: int,
    scaled: Collection[int] = (),
) -> tuple[Instance, ...]:
    """Return those of the ended instances that nothing explains, the earliest first.

    `starts` are when other instances began, `going_on` how many still handle requests.
    """
    if not going_on:
        return ()
    gone = [one for one in ended if _is_missed(one, complete_epoch) and not _is_scaled(one, scaled)]
    return _not_replaced(sorted(gone, key=lambda one: (one.until_epoch, one.name)), sorted(starts))


def fact_of(
    gone: Sequence[Instance], *, going_on: int, before: float, after: float
) -> StoppedInstances | None:
    """Return the fact about stopped instances; `before` and `after` are the service's requests per minute."""
    if not gone:
        return None
    names = tuple(one.name for one in gone[-NAMED_MOST:])
    goes_on = after >= GOES_ON_RATIO * before
    return StoppedInstances(len(gone), len(gone) + going_on, gone[0].until_epoch, names, goes_on)


def _is_missed(one: Instance, complete_epoch: int) -> bool:
    quiet, active = complete_epoch - one.until_epoch, one.until_epoch - one.first_epoch
    is_steady = one.minutes >= STEADY_MINUTES and active > 0
    return is_steady and quiet >= QUIET_SECONDS and one.requests * quiet >= MISSED_REQUESTS * active


def _is_scaled(one: Instance, scaled: Collection[int]) -> bool:
    first, last = one.until_epoch - SCALED_BEFORE_SECONDS, one.until_epoch + SCALED_AFTER_SECONDS
    return any(first <= at <= last for at in scaled)


def _not_replaced(gone: Sequence[Instance], starts: Sequence[int]) -> tuple[Instance, ...]:
    """Give each instance at most one successor, the earliest that is left for it."""
    left, found = list(starts), []
    for one in gone:
        first, last = one.until_epoch - REPLACED_BEFORE_SECONDS, one.until_epoch + REPLACED_AFTER_SECONDS
        successor = next((at for at in left if first <= at <= last), None)
        if successor is None:
            found.append(one)
        else:
            left.remove(successor)
    return tuple(found)
