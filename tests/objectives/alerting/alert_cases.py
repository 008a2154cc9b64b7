"""Cases of the alert state machine: three tiers, burns per window, what is remembered, histories."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import strategies as st

from holdfast.catalog.alerts import LeftOut
from holdfast.catalog.model import Comparison, Severity
from holdfast.objectives.alerting.burn import Tier
from holdfast.objectives.alerting.condition import QUIET_SHARE, Alert, Case, Phase
from holdfast.objectives.alerting.decision import Judgement, judge
from holdfast.telemetry.counting.model import Counts

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TICK = timedelta(seconds=10)
TARGET = Fraction(99, 100)
PAGE, SLOW_PAGE, TICKET = "page-1h-5m", "page-6h-30m", "ticket-3d-6h"


def alert_tiers(comparison: Comparison = Comparison.AT_LEAST, out: LeftOut | None = None) -> tuple[Tier, ...]:
    """Return two page tiers and a ticket, worst first; `out` makes the first of them inactive."""
    page, ticket = Severity.PAGE, Severity.TICKET
    share = Fraction(1, 50)
    return (
        Tier(PAGE, "page 1", page, share, HOUR, 5 * MINUTE, Fraction(10), comparison, out),
        Tier(SLOW_PAGE, "page 2", page, share, 6 * HOUR, 30 * MINUTE, Fraction(5), comparison),
        Tier(TICKET, "ticket", ticket, share, 3 * DAY, 6 * HOUR, Fraction(1), comparison),
    )


def counted_at(burn: Fraction | int | None, total: int = 1000) -> Counts:
    """Return counts whose burn under the target is `burn`; None stands for no events."""
    return Counts(0, 0) if burn is None else Counts(total - int(burn * total / 100), total)


def a_case(
    counts: Mapping[timedelta, Counts] | None = None,
    *,
    tiers: tuple[Tier, ...] | None = None,
    edge: datetime = START,
    suspended: bool = False,
    was_suspended: bool = False,
) -> Case:
    """Return a case at `edge`, evaluated three seconds later."""
    return Case(
        target=TARGET,
        window=28 * DAY,
        tiers=alert_tiers() if tiers is None else tiers,
        counts=counts or {},
        suspended=suspended,
        was_suspended=was_suspended,
        edge=edge,
        now=edge + timedelta(seconds=3),
    )


def burns(**by_window: Fraction | int | None) -> dict[timedelta, Counts]:
    """Return counts by window, at burns given as `h1=40, m5=0`; windows not named burn at nothing.

    The last minute burns as the last five minutes do.
    """
    windows = {"m1": MINUTE, "m5": 5 * MINUTE, "m30": 30 * MINUTE, "h1": HOUR, "h6": 6 * HOUR, "d3": 3 * DAY}
    given = {"m1": by_window.get("m5", 0), **by_window}
    return {window: counted_at(given.get(name, 0)) for name, window in windows.items()}


def an_alert(
    phase: Phase = Phase.FIRING, key: str = PAGE, *, ago: timedelta = MINUTE, **given: object
) -> Alert:
    """Return an alert that fired an hour before the start, last decided `ago` before it."""
    values: dict[str, object] = {"reset_window": 5 * MINUTE, **given}
    return Alert(key, phase, START - HOUR, START - ago, **values)  # type: ignore[arg-type]


WINDOWS = tuple({w for tier in alert_tiers() for w in (tier.long, tier.short, tier.short / QUIET_SHARE)})
LEVELS = (None, 0, Fraction(1, 2), 1, 4, 5, 9, 10, 11, 40, 100)
COUNTED = st.builds(counted_at, st.sampled_from(LEVELS), st.sampled_from([100, 200, 10_000]))


@st.composite
def histories(draw: st.DrawFn) -> list[Case]:
    """Draw the cases of one objective over time; now and then no data, a stopped clock or one set back."""
    comparison = draw(st.sampled_from(Comparison))
    out = draw(st.sampled_from([None, None, None, LeftOut.NEVER_FIRES]))
    edge, suspended, cases = START, False, []
    for _ in range(draw(st.integers(1, 12))):
        edge += draw(st.sampled_from([TICK, TICK, MINUTE, MINUTE, HOUR, timedelta(0), -MINUTE]))
        was_suspended, suspended = suspended, draw(st.integers(0, 7)) == 0
        counts = {window: draw(COUNTED) for window in WINDOWS}
        tiers = alert_tiers(comparison, out)
        cases.append(a_case(counts, tiers=tiers, edge=edge, suspended=suspended, was_suspended=was_suspended))
    return cases


Step = tuple[Case, tuple[Alert, ...], Judgement]


def lived(cases: Iterable[Case]) -> list[Step]:
    """Let the state machine live through the cases."""
    alerts: tuple[Alert, ...] = ()
    steps = []
    for case in cases:
        decided = judge(case, alerts)
        steps.append((case, alerts, decided))
        alerts = decided.alerts
    return steps


def firing(alerts: Iterable[Alert]) -> dict[str, datetime]:
    """Return when each alert that fires did so, by tier."""
    return {alert.tier_key: alert.fired_at for alert in alerts if alert.phase is Phase.FIRING}
