"""Schedules: who is on call when, from layers of rotations and overrides, and where nobody is. Pure.

Layers stand in order of priority: at any moment the first layer that has somebody decides. An override
takes the place of a person, or of everybody, for a time; it wins over all layers. Where shifts of one layer
overlap, as in the hour that comes twice, both people are on call.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, pairwise

from holdfast.oncall.rotation import Away, Rotation, Shift, is_never_away, shifts


@dataclass(frozen=True, slots=True)
class Override:
    """`person` is on call in [start, end) instead of `instead_of`, or of everybody where that is None."""

    start: datetime
    end: datetime
    person: str
    instead_of: str | None = None
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Layers of rotations, the first of which has priority, and rotations whose people only follow."""

    name: str
    layers: tuple[tuple[Rotation, ...], ...]
    shadows: tuple[Rotation, ...] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on call in [start, end), each person once, in the order of the rotations; nobody is a gap.

    `layer` is the one that decided, None for overrides alone and for gaps.
    """

    start: datetime
    end: datetime
    people: tuple[str, ...]
    layer: int | None = None

    @property
    def is_gap(self) -> bool:
        """Whether nobody is on call."""
        return not self.people


def duties(
    schedule: Schedule,
    start: datetime,
    end: datetime,
    *,
    overrides: Sequence[Override] = (),
    away: Away = is_never_away,
) -> list[Duty]:
    """Return who is on call in [start, end), in order and without holes; equal neighbours are one."""
    layers = [
        list(chain.from_iterable(shifts(one, start, end, away) for one in layer)) for layer in schedule.layers
    ]
    moments = _moments(layers, overrides, start, end)
    sweeps = [_Sweep(sorted(layer, key=lambda one: one.start)) for layer in layers]
    found: list[Duty] = []
    for begins, ends in pairwise(moments):
        people, layer = _on_call([sweep.to(begins) for sweep in sweeps], overrides, begins)
        before = found[-1] if found else None
        if before is not None and (before.people, before.layer) == (people, layer):
            found[-1] = Duty(before.start, ends, people, layer)
        else:
            found.append(Duty(begins, ends, people, layer))
    return found


def _moments(
    layers: Sequence[Iterable[Shift]], overrides: Iterable[Override], start: datetime, end: datetime
) -> list[datetime]:
    """Return the instants at which anything may change, with both ends."""
    each: Iterator[Shift | Override] = chain(chain.from_iterable(layers), overrides)
    inside = {at for one in each for at in (one.start, one.end) if start < at < end}
    return sorted({start, end, *inside}) if start < end else []


class _Sweep:
    """Walks through shifts in the order of their starts, and knows those at the moment."""

    def __init__(self, shifts: Sequence[Shift]) -> None:
        self._coming, self._next = shifts, 0
        self._now: list[Shift] = []

    def to(self, at: datetime) -> list[Shift]:
        """Return the shifts of an instant; instants do not go back."""
        while self._next < len(self._coming) and self._coming[self._next].start <= at:
            self._now.append(self._coming[self._next])
            self._next += 1
        self._now = [one for one in self._now if one.end > at]
        return self._now


def _on_call(
    layers: Sequence[Sequence[Shift]], overrides: Iterable[Override], at: datetime
) -> tuple[tuple[str, ...], int | None]:
    """Decide who is on call, given the shifts of each layer at an instant."""
    deciding = next((number for number, layer in enumerate(layers) if layer), None)
    people = [] if deciding is None else [one.person for one in layers[deciding]]
    # The newest override is applied last: it takes the place of what the earlier ones left.
    for one in (each for each in overrides if each.start <= at < each.end):
        people = [one.person] if one.instead_of is None else _replaced(people, one)
        deciding = None if one.instead_of is None else deciding
    return tuple(dict.fromkeys(people)), deciding


def _replaced(people: Iterable[str], override: Override) -> list[str]:
    return [override.person if one == override.instead_of else one for one in people]
