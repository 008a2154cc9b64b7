"""What is usual over a range, as a band behind a chart."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.model import Percentiles
from holdfast.telemetry.services.model import RedPoint
from holdfast.telemetry.services.usual_band import UsualBand, UsualStep, ValueRange, band_of, past_of

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
HOUR = TimeRange(NOON - timedelta(hours=1), NOON)
FIVE_MINUTES = timedelta(minutes=5)


def slices(start: datetime, end: datetime, requests: int = 300, errors: int = 0) -> dict[int, RedPoint]:
    """The same requests in every five minutes of a range."""
    count = (end - start) // FIVE_MINUTES
    epochs = [int((start + number * FIVE_MINUTES).timestamp()) for number in range(count)]
    return {epoch: RedPoint(epoch, requests, errors, Percentiles(0.1, 0.2, 0.3)) for epoch in epochs}


def day_before(number: int, requests: int = 300, errors: int = 0) -> dict[int, RedPoint]:
    """The hour and what is around it, some days earlier."""
    at = NOON - timedelta(days=number)
    return slices(at - timedelta(hours=2), at + timedelta(hours=1), requests, errors)


def test_the_same_hour_of_earlier_days_is_the_band() -> None:
    """From two days on; each five minutes of the range have rate, share of errors and p99."""
    assert not band_of(HOUR, day_before(1)).steps
    found = band_of(HOUR, day_before(1) | day_before(2))
    assert len(found.steps) == 12
    assert found.at(int(HOUR.start.timestamp()), 300) == UsualStep(
        ValueRange(1.0, 1.0), ValueRange(0.0, 0.0), ValueRange(0.3, 0.3)
    )


def test_one_outage_among_the_days_does_not_widen_the_band() -> None:
    """The median over the days is taken of each end."""
    days = day_before(1) | day_before(2, requests=30) | day_before(3, requests=330)
    step = band_of(HOUR, days).at(int(HOUR.start.timestamp()), 300)
    assert step is not None
    assert (step.rate_per_second, step.error_ratio) == (ValueRange(1.0, 1.0), ValueRange(0.0, 0.0))


def test_weeks_come_before_days() -> None:
    """A Thursday is compared with Thursdays as soon as there are two."""
    thursdays = day_before(7, requests=600) | day_before(14, requests=600)
    step = band_of(HOUR, thursdays | day_before(1) | day_before(2)).at(int(HOUR.start.timestamp()), 300)
    assert step is not None
    assert step.rate_per_second.low == 2.0


@pytest.mark.parametrize(("minutes", "drawn"), [(40, 0), (45, 1), (70, 6), (100, 12), (180, 12)])
def test_there_is_none_until_forty_minutes_of_history(minutes: float, drawn: int) -> None:
    """A new service has a band from then on, as its figures have what is usual."""
    found = band_of(HOUR, slices(NOON - timedelta(minutes=minutes), NOON))
    assert len(found.steps) == drawn


def test_an_outage_is_not_usual() -> None:
    """Five minutes in which much failed are left out, also where nothing else is known."""
    calm = slices(NOON - timedelta(hours=4), NOON)
    broken = slices(NOON - timedelta(hours=2, minutes=30), NOON - timedelta(hours=1, minutes=30), errors=200)
    step = band_of(HOUR, calm | broken).at(int(HOUR.start.timestamp()), 300)
    assert step is not None
    assert step.error_ratio == ValueRange(0.0, 0.0)
    assert not band_of(HOUR, slices(NOON - timedelta(hours=4), NOON, errors=200)).steps


def test_a_new_service_says_from_when_on_it_has_a_band() -> None:
    """Forty minutes after its first requests; one that has had them says nothing."""
    began = NOON - timedelta(minutes=20)
    found = band_of(HOUR, slices(began, NOON))
    assert found.begins_epoch == int((began + timedelta(minutes=40)).timestamp())
    assert band_of(HOUR, slices(NOON - timedelta(hours=5), NOON)).begins_epoch is None
    assert band_of(HOUR, {}).begins_epoch is None


def test_all_that_a_band_compares_with_is_read() -> None:
    """More than what is read changes nothing."""
    everything = slices(NOON - timedelta(weeks=5), NOON + timedelta(hours=2))
    inside = {
        epoch: point
        for epoch, point in everything.items()
        if any(one.start.timestamp() <= epoch < one.end.timestamp() for one in past_of(HOUR))
    }
    assert len(inside) < len(everything) / 10
    assert band_of(HOUR, inside).steps == band_of(HOUR, everything).steps


@given(low=st.floats(0.01, 5), more=st.floats(0, 5), step=st.sampled_from([10, 30, 60, 300, 600]))
def test_rates_of_shorter_steps_vary_more(low: float, more: float, step: int) -> None:
    """The band of a step contains that of five minutes; longer ones have the same."""
    band = UsualBand({0: UsualStep(ValueRange(low, low + more), ValueRange(0.0, 0.1), None)}, None)
    short, long = band.at(0, step), band.at(0, 300)
    assert short is not None
    assert long is not None
    assert short.rate_per_second.low <= long.rate_per_second.low + 1e-9
    assert short.rate_per_second.high >= long.rate_per_second.high - 1e-9
    assert (short == long) or step < 300
