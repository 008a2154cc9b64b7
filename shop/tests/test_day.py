"""The day curve."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bazaar.day import Day

days = st.builds(
    Day,
    journeys_per_second=st.floats(0.1, 200),
    swing=st.floats(0, 0.99),
    length_seconds=st.floats(1, 100_000),
)


@given(days, st.floats(0, 1_000_000))
def test_the_rate_stays_within_the_swing(day: Day, seconds: float) -> None:
    """At no hour are there more or fewer journeys than the swing allows."""
    low, high = (day.journeys_per_second * (1 + sign * day.swing) for sign in (-1, 1))
    assert low * 0.999 <= day.rate_at(seconds) <= high * 1.001


@given(days, st.floats(0, 1_000_000))
def test_there_is_always_somebody(day: Day, seconds: float) -> None:
    """Even the quietest hour has a shopper, so an objective never runs dry for want of traffic."""
    assert day.shoppers_at(seconds, pace_seconds=10.0) >= 1


@given(days, st.floats(0, 1_000_000))
def test_no_hour_is_busier_than_the_busiest(day: Day, seconds: float) -> None:
    """What is agreed with the payment provider for the busiest hour is enough for every hour."""
    assert day.rate_at(seconds) <= day.busiest * 1.001


def test_the_default_keeps_forty_orders_a_minute() -> None:
    """At its quietest the default day has enough journeys for 40 orders a minute, seven in ten buying."""
    assert Day().rate_at(0) * 60 * 0.7 >= 40


@pytest.mark.parametrize(
    "wrong", [{"journeys_per_second": 0}, {"journeys_per_second": 201}, {"swing": 1}, {"length_seconds": 0}]
)
def test_an_impossible_day_is_refused(wrong: dict[str, float]) -> None:
    """Rates and lengths that make no day are refused; the rate is bounded."""
    with pytest.raises(ValueError, match="must be"):
        Day(**wrong)
