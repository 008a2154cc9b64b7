"""Counts of good and total events, per window and per slice. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from holdfast.catalog.model import SpanSelector
from holdfast.telemetry.counting.windows import Grain
from holdfast.telemetry.identity.model import EVERYWHERE, PlaceFilter, ServiceId


@dataclass(frozen=True, slots=True)
class Counts:
    """Good events out of all events of one SLI over some time.

    Raises:
        ValueError: if there are more good events than events, or a negative number: such counters contradict
            themselves and are not usable.
    """

    good: int
    total: int

    def __post_init__(self) -> None:
        """Refuse counts that contradict themselves."""
        if not 0 <= self.good <= self.total:
            raise ValueError(f"{self.good} good of {self.total} events")

    @property
    def bad(self) -> int:
        """Events that violated the objective."""
        return self.total - self.good

    @property
    def error_ratio(self) -> Fraction | None:
        """Bad events per event, or None without events."""
        return Fraction(self.bad, self.total) if self.total else None

    def __add__(self, other: "Counts") -> "Counts":
        """Return the sum of both."""
        return Counts(self.good + other.good, self.total + other.total)


NOTHING = Counts(0, 0)


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose spans an SLI counts: a service's, of one environment or namespace or of all of them.

    `also` are other names that telemetry has for the service.
    """

    service: str
    within: PlaceFilter = EVERYWHERE
    also: tuple[str, ...] = ()

    @classmethod
    def of(cls, selector: SpanSelector) -> "Sender":
        """Return the sender of the spans that a selector selects from."""
        within = PlaceFilter(selector.environment, selector.namespace)
        return cls(selector.service, within, selector.also)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the service in telemetry."""
        return (self.service, *self.also)

    def covers(self, one: ServiceId) -> bool:
        """Return whether a service is one of these."""
        return one.name in self.names and self.within.covers(one)

    def __str__(self) -> str:
        """Write it for a sentence: `checkout in production`."""
        return f"{self.service}{self.within.words}"


Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WindowSums:
    """Good and total events of every SLI over every window ending at `edge` (seconds since 1970).

    `good[i, j]` belongs to the SLI `slis[i]` (ascending) and the window `windows[j]`.
    """

    edge: int
    windows: tuple[timedelta, ...]
    slis: Numbers
    good: Numbers
    total: Numbers

    def row(self, sli: int) -> int | None:
        """Return the SLI's row, or None if nothing was counted in any window."""
        found = int(np.searchsorted(self.slis, sli))
        return found if found < len(self.slis) and self.slis[found] == sli else None

    def counts(self, sli: int, window: timedelta) -> Counts:
        """Return one SLI's counts over one window.

        Raises:
            ValueError: when the stored counters contradict themselves.
        """
        row = self.row(sli)
        if row is None:
            return NOTHING
        column = self.windows.index(window)
        return Counts(int(self.good[row, column]), int(self.total[row, column]))


@dataclass(frozen=True, slots=True)
class Slices:
    """One SLI's non-empty slices of one width, oldest first; `starts` in seconds since 1970."""

    grain: Grain
    starts: Numbers
    good: Numbers
    total: Numbers
