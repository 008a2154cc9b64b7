"""An alert's condition at one edge: the case to decide, what is remembered, what is past a threshold. Pure.

`decision` decides with these questions and `explain` answers with them, so that the two cannot disagree.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from holdfast.objectives.alerting.burn import Tier, burn_rate, is_exceeded
from holdfast.objectives.alerting.chance import Significance, weigh
from holdfast.telemetry.counting.model import NOTHING, Counts
from holdfast.telemetry.counting.windows import at, epoch, left_edge

QUIET_SHARE = 5
"""A tier resolves after its condition was false for 1/5 of the window it resets on: 5 min -> 1 min."""


class Phase(StrEnum):
    """Where an alert is in its life. `SPENT` and `RESOLVED` both count as over."""

    FIRING = "firing"
    SPENT = "spent"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Alert:
    """What is remembered of one tier: `id` is 0 until stored; `edge` is where the last decision was made.

    `reset_window` is the window whose quiet ends it, `quiet_since` the edge since which it has been quiet,
    `inhibited_by` the key of the worse tier shown instead, `ended_at` when it was resolved.
    """

    tier_key: str
    phase: Phase
    fired_at: datetime
    edge: datetime
    reset_window: timedelta
    quiet_since: datetime | None = None
    inhibited_by: str | None = None
    ended_at: datetime | None = None
    id: int = 0

    @property
    def quiet_for(self) -> timedelta:
        """How long its condition has to be false before it resolves."""
        return self.reset_window / QUIET_SHARE


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that a decision depends on: counts per window (gaps filled in), and whether alerts are suspended.

    `target` and `window` are the objective's.
    """

    target: Fraction
    window: timedelta
    tiers: Sequence[Tier]
    counts: Mapping[timedelta, Counts]
    suspended: bool
    was_suspended: bool
    edge: datetime
    now: datetime

    def count(self, window: timedelta) -> Counts:
        """Return good and total over a window."""
        return self.counts.get(window, NOTHING)

    def rate(self, window: timedelta) -> Fraction | None:
        """Return the burn rate over a window, or None without events."""
        return burn_rate(self.count(window), self.target)

    def exceeds(self, tier: Tier, window: timedelta) -> bool:
        """Whether the burn over a window is past a tier's threshold."""
        return is_exceeded(tier, self.count(window), self.target)

    def is_past(self, tier: Tier) -> bool:
        """Whether the burn over both windows of a tier is past its threshold."""
        return self.exceeds(tier, tier.long) and self.exceeds(tier, tier.short)

    def weigh(self, tier: Tier) -> Significance:
        """Return whether the bad events of a tier's long window are significant."""
        return weigh(self.count(tier.long), threshold=tier.threshold, target=self.target)

    def ignites(self, tier: Tier, over: Alert | None) -> bool:
        """Whether a tier that does not fire has all it takes to fire, after the last alert was over."""
        is_enough = self.is_past(tier) and self.weigh(tier) is Significance.ENOUGH
        return tier.left_out is None and is_enough and self.is_news(tier, over)

    def goes_on(self, tier: Tier, alert: Alert) -> bool:
        """Whether a firing alert's condition is still true."""
        return self.is_past(tier) and self.exceeds(tier, alert.reset_window)

    def is_news(self, tier: Tier, over: Alert | None) -> bool:
        """Whether what a tier burns on came after the last alert of its objective was over.

        Windows remember what that alert was about, and where traffic falls their rate rises without one new
        error. So while the short window reaches back past the end, a shorter one decides (`news_window`).
        """
        if over is None or self._is_after(tier.short, over):
            return True
        window = self.news_window(tier, over)
        if window == _reset_window(tier, over):
            return self.exceeds(tier, window)
        return self._is_after(window, over) and is_burning(tier, self.count(window), self.target)

    def news_window(self, tier: Tier, over: Alert) -> timedelta:
        """Return the window that separates news from memory: the one the alert reset on, once past the end.

        Before that it is the last fifth of it, which then has to be significant by itself.
        """
        reset = _reset_window(tier, over)
        return reset if self._is_after(reset, over) else reset / QUIET_SHARE

    def _is_after(self, window: timedelta, over: Alert) -> bool:
        """Whether a window holds nothing from before an alert's end."""
        return at(left_edge(epoch(self.edge), window)) >= over.edge


def is_burning(tier: Tier, counts: Counts, target: Fraction) -> bool:
    """Whether counts are past a tier's threshold, and significant by themselves."""
    is_enough = weigh(counts, threshold=tier.threshold, target=target) is Significance.ENOUGH
    return is_enough and is_exceeded(tier, counts, target)


def _reset_window(tier: Tier, over: Alert) -> timedelta:
    return min(tier.short, over.reset_window)


def last_over(alerts: Iterable[Alert]) -> Alert | None:
    """Return the alert that was over last, or None while none was."""
    over = (alert for alert in alerts if alert.phase is not Phase.FIRING)
    return max(over, key=lambda alert: alert.edge, default=None)
