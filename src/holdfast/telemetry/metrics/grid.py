"""The steps of a plot: equal intervals, aligned, so that a reloaded plot does not shift.

Pure.
"""

from dataclasses import dataclass
from math import ceil

from holdfast.runtime.errors import Invalid
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.warehouse.instants import second_from, second_of

POINTS = 240
POINTS_MOST = 2_000
STALE_AFTER_SECONDS = 300
"""The staleness window of a value: five minutes, as in Prometheus (`--query.lookback-delta`)."""
SILENT_AFTER_SECONDS = 30
"""A batch of a collector, retried once, arrives within this time of a point's own time."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid of `steps` intervals of `step_seconds`, from `first_epoch`, a multiple of the step."""

    first_epoch: int
    step_seconds: int
    steps: int

    @classmethod
    def over(cls, within: TimeRange, *, asked: int | None, pace_seconds: float) -> "Grid":
        """Return the steps that cover a range, none narrower than the pace at which senders report.

        With a narrower step most steps of most series would be empty, and a plot mostly gaps.

        Raises:
            Invalid: `asked` would cut the range into more than 2,000 steps.
        """
        at_least = max(10, -int(-pace_seconds // 10) * 10)
        step = max(asked, at_least) if asked else within.step_seconds(points=POINTS, at_least=at_least)
        if within.seconds / step > POINTS_MOST:
            raise Invalid(
                f"step={asked} would cut the range into {ceil(within.seconds / step)} steps; "
                f"write at least {ceil(within.seconds / POINTS_MOST)} seconds or a shorter range",
                value=str(asked),
                rule=f"at most {POINTS_MOST} steps",
            )
        first = second_of(within.start) // step * step
        return cls(first, step, -(-(second_from(within.end) - first) // step))

    @property
    def times(self) -> list[int]:
        """The start of each step, in seconds since 1970."""
        return [self.first_epoch + step * self.step_seconds for step in range(self.steps)]

    @property
    def end_epoch(self) -> int:
        """The end of the last step."""
        return self.first_epoch + self.steps * self.step_seconds

    def complete(self, until_epoch: float) -> int:
        """Return the number of steps that end by an instant: counts of later ones are not complete yet."""
        return max(0, min(self.steps, int((until_epoch - self.first_epoch) // self.step_seconds)))


def stale_after_seconds(pace_seconds: float) -> float:
    """Return the staleness window of a value, given its sender's reporting interval."""
    return max(STALE_AFTER_SECONDS, 2 * pace_seconds)


def silent_after_seconds(pace_seconds: float) -> float:
    """Return how long after its newest point a stream has stopped counting: it missed two reports.

    Unlike a value, which is valid until it is stale, a count changes only if another point comes.
    """
    return max(SILENT_AFTER_SECONDS, 2 * pace_seconds)
