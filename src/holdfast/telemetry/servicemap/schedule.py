"""Which slices are to be joined now, and which are joined again because late halves have come. Pure.

A slice is joined as soon as it counts as complete. Spans that last long come after they end, so what was
joined may change: a slice around which there are more halves than its last join saw is joined again, once as
much time has passed as the slice was old then. So the map is right for most calls within seconds, for all
that come at all in the end, and a trickle of late spans costs a handful of joins for each slice, not one for
each span.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from holdfast.telemetry.servicemap.joining import AFTER_SECONDS, BEFORE_SECONDS

SLICE_SECONDS = 10
COARSE_SECONDS = 300
REJOIN_SECONDS = 50
"""The least time between two joins of a slice."""

SETTLES_SECONDS = 120
"""After this long a slice has been joined twice, with what came within its first minute."""

STRETCH_HALVES = 3_000_000
"""About as many halves are joined by one statement, so that a backlog fits into memory."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The join of one slice that counts: its `revision`, the halves it saw, and when it was made."""

    revision: int
    seen: int
    at_epoch: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Slices side by side that are joined by one statement: from `start` to before `end`, in seconds."""

    start: int
    end: int

    @property
    def slices(self) -> range:
        """The start of each of them."""
        return range(self.start, self.end, SLICE_SECONDS)


def seen_around(slice_start: int, halves: Mapping[int, int]) -> int:
    """Return how many halves there are in all slices a join of this one looks at."""
    return sum(
        halves.get(at, 0)
        for at in range(
            slice_start - BEFORE_SECONDS, slice_start + SLICE_SECONDS + AFTER_SECONDS, SLICE_SECONDS
        )
    )


def due_slices(
    halves: Mapping[int, int], joined: Mapping[int, Joined], *, complete_until: int, now: int, again: bool
) -> list[int]:
    """Return the slices to join now, in order; `halves` counts those stored in each slice.

    Only if `again` is set are there such as were joined before: done every minute, neighbours come together.
    """
    return [
        start
        for start in sorted(halves)
        if start + SLICE_SECONDS <= complete_until
        and _is_due(start, halves, joined.get(start), now if again else 0)
    ]


def _is_due(start: int, halves: Mapping[int, int], joined: Joined | None, now: int) -> bool:
    if joined is None:
        return True
    # Fewer than were seen: some have expired, and joining the rest would lose what is on the map.
    if seen_around(start, halves) <= joined.seen:
        return False
    return now - joined.at_epoch >= max(REJOIN_SECONDS, joined.at_epoch - start)


def stretches(slices: Iterable[int], halves: Mapping[int, int]) -> list[Stretch]:
    """Return neighbouring slices together, but no more of them than one statement should join."""
    found: list[Stretch] = []
    held = 0
    for start in slices:
        size = halves.get(start, 0)
        if found and found[-1].end == start and held + size <= STRETCH_HALVES:
            found[-1] = Stretch(found[-1].start, start + SLICE_SECONDS)
            held += size
        else:
            found.append(Stretch(start, start + SLICE_SECONDS))
            held = size
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
