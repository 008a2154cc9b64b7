"""The default alerts, and why an alert takes no part: advice and evaluation say the same."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import START
from tests.objectives.cases import an_objective

from holdfast.catalog.alerts import DEFAULT_ALERTS, LeftOut, left_out
from holdfast.catalog.model import Comparison
from holdfast.catalog.openslo.lints import default_tier_advice
from holdfast.objectives.alerting.condition import Case
from holdfast.objectives.alerting.explain import AlertStatus, explain
from holdfast.objectives.alerting.sentences import sentence, uncapitalised
from holdfast.objectives.evaluated import watch

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_the_default_alerts_are_the_workbooks() -> None:
    """Two pages and two tickets, each with a short window of a twelfth of the long one."""
    assert [alert.name for alert in DEFAULT_ALERTS] == [
        "page 2% 1h/5m",
        "page 5% 6h/30m",
        "ticket 10% 1d/2h",
        "ticket 10% 3d/6h",
    ]
    assert all(alert.short * 12 == alert.long for alert in DEFAULT_ALERTS)


@pytest.mark.parametrize(
    ("threshold", "long", "comparison", "expected"),
    [
        (Fraction(10), HOUR, Comparison.AT_LEAST, None),
        (Fraction(10), HOUR, Comparison.ABOVE, LeftOut.NEVER_FIRES),
        (Fraction(11), HOUR, Comparison.AT_LEAST, LeftOut.NEVER_FIRES),
        (Fraction(9, 10), HOUR, Comparison.AT_LEAST, None),
        (Fraction(8, 10), HOUR, Comparison.AT_LEAST, LeftOut.FIRES_WHILE_MET),
        (Fraction(1), 29 * DAY, Comparison.AT_LEAST, LeftOut.LONGER_THAN_WINDOW),
    ],
)
def test_an_alert_is_left_out_at_each_bound(
    threshold: Fraction, long: timedelta, comparison: Comparison, expected: LeftOut | None
) -> None:
    """At 90% over 28 days burn never passes 10; under 0.9 an alert would fire while the promise is kept."""
    bounds = {"target": Fraction(9, 10), "window": 28 * DAY, "long": long}
    assert left_out(threshold, comparison=comparison, **bounds) is expected  # type: ignore[arg-type]


@given(
    target=st.fractions(Fraction(1, 2), Fraction(9_999, 10_000), max_denominator=10_000),
    hours=st.integers(1, 400 * 24),
)
def test_the_lint_tells_exactly_the_tiers_that_take_no_part(target: Fraction, hours: int) -> None:
    """What `catalog lint` calls inactive is what `objective show` will call so, in the same words."""
    objective = an_objective(target=target, window=hours * HOUR)
    told = [message for _, message in default_tier_advice(target, objective.window)]
    case = Case(
        target=target,
        window=objective.window,
        tiers=watch(objective).tiers,
        counts={},
        suspended=False,
        was_suspended=False,
        edge=START,
        now=START,
    )
    inactive = (one for one in explain(case, ()) if one.status is AlertStatus.INACTIVE)
    assert sorted(told) == sorted(
        f'"{one.tier.name}" is inactive: {uncapitalised(sentence(one))}' for one in inactive
    )
