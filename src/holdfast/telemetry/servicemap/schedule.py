"""The slices to be joined now, and those to be joined again because late sides have arrived. Pure.

A slice is joined as soon as it counts as complete. Long spans arrive after they end, so a slice may change:
if there are more sides around it than at its last join, it is joined again, once the time since that join is
as long as the slice's age was then. So most calls are on the map within seconds and all others eventually,
and a trickle of late spans costs a few joins for each slice, not one for each span.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from holdfast.telemetry.servicemap.joining import AFTER_SECONDS, BEFORE_SECONDS

SLICE_SECONDS = 10
COARSE_SECONDS = 300
REJOIN_SECONDS = 50
"""The least time between two joins of a slice."""

SETTLES_SECONDS = 120
"""At this age a slice has been joined twice, with all sides that arrived within its first minute."""

INTERVAL_SIDES = 3_000_000
"""Most sides joined by one statement, so that a backlog fits into memory."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The join of one slice in force: its `revision`, the sides it saw, and when it was made."""

    revision: int
    seen: int
    at_epoch: int


@dataclass(frozen=True, slots=True)
class Interval:
    """Adjacent slices that one statement joins: from `start` to before `end`, in seconds."""

    start: int
    end: int

    @property
    def slices(self) -> range:
        """The starts of its slices."""
        return range(self.start, self.end, SLICE_SECONDS)


def seen_around(slice_start: int, sides: Mapping[int, int]) -> int:
    """Return the number of sides in all slices that a join of this one reads."""
    return sum(
        sides.get(at, 0)
        for at in range(
            slice_start - BEFORE_SECONDS, slice_start + SLICE_SECONDS + AFTER_SECONDS, SLICE_SECONDS
        )
    )


def due_slices(
    sides: Mapping[int, int], joined: Mapping[int, Joined], *, complete_until: int, now: int, again: bool
) -> list[int]:
    """Return the slices to join now, in order; `sides` counts those stored in each slice.

    Slices joined before are included only if `again` is set: once a minute, so that neighbours are joined
    together.
    """
    return [
        start
        for start in sorted(sides)
        if start + SLICE_SECONDS <= complete_until
        and _is_due(start, sides, joined.get(start), now if again else 0)
    ]


def _is_due(start: int, sides: Mapping[int, int], joined: Joined | None, now: int) -> bool:
    if joined is None:
        return True
    # Fewer than were seen: some have expired, and joining the rest would remove calls from the map.
    if seen_around(start, sides) <= joined.seen:
        return False
    return now - joined.at_epoch >= max(REJOIN_SECONDS, joined.at_epoch - start)


def intervals(slices: Iterable[int], sides: Mapping[int, int]) -> list[Interval]:
    """Group adjacent slices into intervals, each no larger than one statement should join."""
    found: list[Interval] = []
    joined_sides = 0
    for start in slices:
        size = sides.get(start, 0)
        if found and found[-1].end == start and joined_sides + size <= INTERVAL_SIDES:
            found[-1] = Interval(found[-1].start, start + SLICE_SECONDS)
            joined_sides += size
        else:
            found.append(Interval(start, start + SLICE_SECONDS))
            joined_sides = size
    return found


def due_blocks(
    fine: Mapping[int, Joined], coarse: Mapping[int, Joined], *, complete_until: int, now: int
) -> dict[int, int]:
    """Return the five-minute blocks to add up from their slices, with the newest revision each will hold."""
    newest: dict[int, int] = {}
    for start, joined in fine.items():
        block = start // COARSE_SECONDS * COARSE_SECONDS
        newest[block] = max(newest.get(block, 0), joined.revision)
    return {
        block: revision
        for block, revision in sorted(newest.items())
        if block + COARSE_SECONDS + SLICE_SECONDS <= complete_until
        and _is_stale(coarse.get(block), revision, now)
    }


def _is_stale(block: Joined | None, revision: int, now: int) -> bool:
    return block is None or (block.seen < revision and now - block.at_epoch >= REJOIN_SECONDS)
