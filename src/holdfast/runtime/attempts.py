"""Wrong credentials, counted by address: recorded within bounds, slowed down, and nobody locked out.

An address without a successful sign-in for a day has a few tries; every further wrong one makes it wait
longer, up to a minute, and its credentials are not checked meanwhile. An address that people or programs use
with a right credential never waits: behind one proxy or office router one person's wrong token must not keep
the others out, and 192 random bits cannot be guessed. When wrong ones come from many addresses at once, each
address has one try. A caller who has not failed is never refused.

Memory is bounded by the number of addresses remembered, the journal by powers of ten and entries an hour.
"""

import ipaddress
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeVar

from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Throttled
from holdfast.runtime.interval_counter import IntervalCounter

Kept = TypeVar("Kept")

TRIES = 5
TRIES_UNDER_ATTACK = 1
WAIT_MOST_SECONDS = 60
FORGOTTEN_SECONDS = 900.0
"""How long an address keeps its count after its last wrong credential."""
KNOWN_SECONDS = 86_400.0
TOTAL_MOST = 300
"""Wrong credentials a minute, from all addresses together, that count as an attack."""
TOTAL_SECONDS = 60.0
NOTED_MOST = 100
NOTED_SECONDS = 3600.0
REMEMBERED_MOST = 1000
"""Addresses remembered of either kind; the least recently seen is forgotten first."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One more wrong credential: how many came from its address, and whether to record it.

    `is_last_noted` is true if no further one is recorded for some time.
    """

    count: int
    is_noted: bool
    is_last_noted: bool


@dataclass(slots=True)
class _Failed:
    count: int
    at: float
    waits_until: float


class Attempts:
    """Counts wrong credentials; lives as long as the process, used by all threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failed: OrderedDict[str, _Failed] = OrderedDict()
        self._known: OrderedDict[str, float] = OrderedDict()
        self._total = IntervalCounter(clock, TOTAL_SECONDS)
        self._noted = IntervalCounter(clock, NOTED_SECONDS)

    def admit(self, address: str) -> None:
        """Allow the check of a credential from `address`, or raise `Throttled` with the seconds to wait."""
        place, now = _place(address), self._clock.monotonic_seconds()
        with self._lock:
            failed = self._failed.get(place)
            if failed is None or now >= failed.waits_until or self._is_known(place, now):
                return
            wait = int(failed.waits_until - now) + 1
            count = failed.count
        raise Throttled(
            f"{count} wrong credentials came from {address}; try again in {wait} s",
            value=address,
            rule=f"{TRIES} wrong credentials, then a wait of up to {WAIT_MOST_SECONDS} s each",
            retry_after_seconds=wait,
        )

    def failed(self, address: str) -> Failure:
        """Count a wrong credential from `address`."""
        place, now = _place(address), self._clock.monotonic_seconds()
        with self._lock:
            found = self._failed.pop(place, None)
            count = 1 if found is None or now - found.at > FORGOTTEN_SECONDS else found.count + 1
            tries = TRIES if self._total.add() <= TOTAL_MOST else TRIES_UNDER_ATTACK
            _remember(self._failed, place, _Failed(count, now, now + _wait_seconds(count, tries)))
            is_noted = _is_power_of_ten(count) and self._noted.count < NOTED_MOST
            return Failure(count, is_noted, is_noted and self._noted.add() == NOTED_MOST)

    def succeeded(self, address: str) -> None:
        """Note that a right credential came from `address`."""
        place, now = _place(address), self._clock.monotonic_seconds()
        with self._lock:
            self._known.pop(place, None)
            _remember(self._known, place, now)

    def _is_known(self, place: str, now: float) -> bool:
        at = self._known.get(place)
        return at is not None and now - at <= KNOWN_SECONDS


def _wait_seconds(count: int, tries: int) -> int:
    beyond = count - tries
    return 0 if beyond < 0 else min(WAIT_MOST_SECONDS, 2 ** min(beyond, 10))


def _is_power_of_ten(count: int) -> bool:
    return str(count).strip("0") == "1"


def _remember(kept: "OrderedDict[str, Kept]", place: str, value: Kept) -> None:
    kept[place] = value
    if len(kept) > REMEMBERED_MOST:
        kept.popitem(last=False)


def _place(address: str) -> str:
    # A caller with IPv6 can use every address of a network.
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network(f"{address.partition('%')[0]}/64", strict=False))
    except ValueError:
        return address
