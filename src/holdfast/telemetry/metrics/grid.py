"""The steps of a plot: equal stretches of time, aligned, so that nothing moves when a plot is read again.

Pure.
"""

from dataclasses import dataclass

from holdfast.runtime.errors import Invalid
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.instants import second_from, second_of

POINTS = 240
POINTS_MOST = 2_000
STALE_AFTER_SECONDS = 300
"""How long a value stands without a newer one: five minutes, as in Prometheus (`--query.lookback-delta`)."""


@dataclass(frozen=True, slots=True)
class Grid:
    """`steps` stretches of `step_seconds` each; the first begins at `first_epoch`, a multiple of the step."""

    first_epoch: int
    step_seconds: int
    steps: int

    @classmethod
    def over(cls, within: TimeRange, *, asked: int | None, pace_seconds: float) -> "Grid":
        """Return the steps that cover a range, none narrower than the pace at which senders report.

        A narrower step would be empty for most series most of the time, and a plot of it all gaps.

        Raises:
            Invalid: `asked` would cut the range into more than 2,000 steps.
        """
        at_least = max(10, -int(-pace_seconds // 10) * 10)
        step = max(asked, at_least) if asked else within.step_seconds(points=POINTS, at_least=at_least)
        if within.seconds / step > POINTS_MOST:
            raise Invalid(
                f"step={asked} would cut the range into {within.seconds / step:.0f} steps; "
                f"write at least {within.seconds / POINTS_MOST:.0f} seconds or a shorter range",
                value=str(asked),
                rule=f"at most {POINTS_MOST} steps",
            )
        first = second_of(within.start) // step * step
        return cls(first, step, -(-(second_from(within.end) - first) // step))

    @property
    def times(self) -> list[int]:
        """The beginning of each step, in seconds since 1970."""
        return [self.first_epoch + step * self.step_seconds for step in range(self.steps)]

    @property
    def end_epoch(self) -> int:
        """Where the last step ends."""
        return self.first_epoch + self.steps * self.step_seconds

    def complete(self, until_epoch: float) -> int:
        """Return how many steps end by an instant: what was counted in a later one is not all known yet."""
        return max(0, min(self.steps, int((until_epoch - self.first_epoch) // self.step_seconds)))


def stale_after_seconds(pace_seconds: float) -> float:
    """Return how long a value stands without a newer one, given how often its sender reports."""
    return max(STALE_AFTER_SECONDS, 2 * pace_seconds)
