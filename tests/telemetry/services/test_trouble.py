"""What is wrong with a service now, against what is usual."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.services.trouble import (
    NEED_ATTENTION,
    Now,
    ServiceTrouble,
    TroubleKind,
    judge,
    lower_bound,
    with_zones,
)
from holdfast.telemetry.services.usual import (
    ENOUGH_REQUESTS,
    PastInterval,
    Sample,
    Usual,
    past_intervals,
    usual_of,
)

USUAL = Usual(1.0, 0.001, 0.2, "the same hour of the last 4 weeks")
FRAIL = Usual(1.0, 0.02, 0.2, "the same hour of the last 4 weeks")
NOON = datetime(2026, 3, 12, 12, 3, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "usual", "reason", "sentence"),
    [
        (Now(300, 0, 0.2), USUAL, TroubleKind.USUAL, "as usual"),
        (Now(141, 84, 1.7), USUAL, TroubleKind.FAILING, "84 of 141 requests fail"),
        (Now(141, 84, 1.7), FRAIL, TroubleKind.FAILING, "84 of 141 requests fail, usual 2.00%"),
        (Now(141, 84, 1.7), None, TroubleKind.FAILING, "84 of 141 requests fail"),
        (Now(900, 450, 0.2), USUAL, TroubleKind.FAILING, "450 of 900 requests fail; 3.0/s, 1.0/s usual"),
        (Now(8, 4, 0.2), None, TroubleKind.USUAL, "no usual yet"),
        (Now(8, 5, 0.2), None, TroubleKind.FAILING, "5 of 8 requests fail"),
        (Now(0, 0, None), USUAL, TroubleKind.SILENT, "no requests, usual 1.0/s"),
        (Now(0, 0, None), None, TroubleKind.USUAL, "no requests"),
        (Now(300, 0, 0.51), USUAL, TroubleKind.SLOW, "p99 510 ms, usual 200 ms"),
        (Now(300, 0, 0.50), USUAL, TroubleKind.USUAL, "as usual"),
        (Now(99, 0, 0.51), USUAL, TroubleKind.QUIETER, "quieter, usual 1.0/s"),
        (Now(601, 0, 0.2), USUAL, TroubleKind.BUSIER, "busier, usual 1.0/s"),
        (Now(600, 0, 0.2), USUAL, TroubleKind.USUAL, "as usual"),
    ],
)
def test_the_worst_is_said(now: Now, usual: Usual | None, reason: TroubleKind, sentence: str) -> None:
    """Failing comes before silent, silent before slow; a few failures of a few requests are chance."""
    found = judge(now, usual)
    assert (found.kind, found.sentence) == (reason, sentence)


def test_what_nobody_waits_for_is_not_slow() -> None:
    """Above 2.5 times the usual p99 a service is slow only if it takes 50 ms longer."""
    fast = Usual(1.0, 0.0, 0.01, "")
    assert judge(Now(300, 0, 0.06), fast).kind is TroubleKind.USUAL
    assert judge(Now(300, 0, 0.061), fast).kind is TroubleKind.SLOW


def test_the_minutes_before_are_usual_from_half_an_hour_on() -> None:
    """A platform that has just started is compared with nothing yet."""
    (before,) = of_kind("just before")
    assert usual_of([(before, Sample(1000, 0, 0.1, 1500))]) is None
    assert usual_of([(before, Sample(1000, 0, 0.1, 1800))]) is not None


def test_an_objective_that_burns_hurts() -> None:
    """It is named where nothing worse is, and hides neither failures nor silence."""
    assert judge(Now(300, 0, 0.2), USUAL, burns=True).kind is TroubleKind.BURNING
    assert judge(Now(300, 200, 0.2), USUAL, burns=True).kind is TroubleKind.FAILING
    assert judge(Now(0, 0, None), USUAL, burns=True).kind is TroubleKind.SILENT
    assert {reason for reason in TroubleKind if reason in NEED_ATTENTION} == set(list(TroubleKind)[:5])


def test_silence_needs_twenty_usual_requests() -> None:
    """Nothing in five minutes is silence where 20 requests are usual, and not where it are 19."""
    at_20, at_19 = (Usual(number / 300, 0.0, 0.1, "") for number in (20, 19))
    assert judge(Now(0, 0, None), at_20).kind is TroubleKind.SILENT
    assert judge(Now(0, 0, None), at_19).kind is not TroubleKind.SILENT


@given(whole=st.integers(1, 10_000), data=st.data())
def test_the_lower_bound_is_below_the_share(whole: int, data: st.DataObject) -> None:
    """It lies within 0 and the share; and it solves the score equation it comes from."""
    part = data.draw(st.integers(0, whole))
    low, share = lower_bound(part, whole), part / whole
    assert 0 <= low <= share + 1e-12
    # Wilson: the bound is the true share from which the observed one is z standard errors away.
    assert math.isclose((share - low) ** 2, 2.5758**2 * low * (1 - low) / whole, rel_tol=1e-6, abs_tol=1e-9)


def test_intervals_are_whole_slices_of_the_past() -> None:
    """Each ends before the last ten minutes, and an hour of another day is the same hour."""
    for one in past_intervals(NOON):
        assert one.range.end <= NOON - timedelta(minutes=10)
        assert one.range.start.minute % 5 == one.range.end.minute % 5 == one.range.start.second == 0
        if one.kind in ("week", "day"):
            middle = one.range.start + timedelta(minutes=30)
            assert (middle.hour, middle.minute) == (12, 0)


def test_a_past_outage_is_not_usual() -> None:
    """Of four weeks the median is taken, without the one in which everything failed."""
    weeks = [one for one in past_intervals(NOON) if one.kind == "week"]
    bad = Sample(3600, 3600, 9.0, 3600)
    found = usual_of([(week, bad if n == 0 else sample(3600, p99=0.1)) for n, week in enumerate(weeks)])
    assert found == Usual(1.0, 0.0, 0.1, "the same hour of the last 3 weeks")


def test_the_best_history_there_is_counts() -> None:
    """Two weeks come before days, days before hours; a interval with fewer than 20 requests is none."""
    week, day, before = (of_kind(kind) for kind in ("week", "day", "before"))
    everything = [*week[:2], *day[:2], *before]
    assert words(usual_of([(one, sample(100)) for one in everything])) == "the same hour of the last 2 weeks"
    assert words(usual_of([(one, sample(100)) for one in [week[0], *day[:3], *before]])) == (
        "the same hour of the last 3 days"
    )
    assert words(usual_of([(one, sample(100)) for one in [week[0], day[0], *before]])) == (
        "the two hours before the last"
    )
    assert usual_of([(before[0], sample(ENOUGH_REQUESTS - 1))]) is None
    assert usual_of([(before[0], sample(ENOUGH_REQUESTS))]) is not None


def of_kind(kind: str) -> list[PastInterval]:
    """The intervals of one kind."""
    return [one for one in past_intervals(NOON) if one.kind == kind]


def sample(requests: int, *, p99: float = 0.1) -> Sample:
    """An hour without errors."""
    return Sample(requests, 0, p99, 3600)


def words(usual: Usual | None) -> str:
    """What it is of."""
    assert usual is not None
    return usual.of


def test_a_range_of_the_past_is_compared_with_its_own_past() -> None:
    """Intervals lie before the moment looked at, not before today."""
    lately = TimeRange(NOON - timedelta(hours=3), NOON)
    assert max(one.range.end for one in past_intervals(lately.start)) < lately.start


@pytest.mark.parametrize(
    ("kind", "sentence", "said"),
    [
        (TroubleKind.USUAL, "as usual", "b silent"),
        (TroubleKind.BUSIER, "busier, usual 2.0/s", "b silent; busier, usual 2.0/s"),
        (TroubleKind.SLOW, "p99 2 s, usual 1 s", "p99 2 s, usual 1 s"),
        (TroubleKind.IDLE, "idle: checkout fails before it", "idle: checkout fails before it"),
    ],
)
def test_a_service_with_a_silent_zone_is_not_as_usual(kind: TroubleKind, sentence: str, said: str) -> None:
    """Others carry its calls, and it needs a look; what is worse, or explains the silence, comes first."""
    trouble = ServiceTrouble(kind, sentence)
    assert with_zones(trouble, ["b"]).sentence == said
    assert with_zones(trouble, []) == trouble
