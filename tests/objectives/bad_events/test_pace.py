"""Whether events come faster or slower than usual, which may be why they fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.objectives.cases import an_objective

from holdfast.objectives.bad_events.evidence import BadEvents
from holdfast.objectives.bad_events.pace import unusual
from holdfast.telemetry.counting.source import MemoryCounts
from holdfast.telemetry.counting.windows import at
from holdfast.telemetry.services.usual import Usual
from holdfast.telemetry.traces.by_sli import MemorySpans

NOW = 1_700_000_100
OBJECTIVE = an_objective()
USUAL = Usual(2.0, 0.0, None, "the same hour of the last 2 days")


def counted(*paces: tuple[int, int, int]) -> BadEvents:
    """Return evidence over counts: from so many seconds ago to so many, so many events in ten seconds."""
    counts = MemoryCounts()
    for since, until, events in paces:
        for ago in range(since, until, -10):
            counts.record(1, at(NOW - ago), good=events, service="checkout")
    counts.watermark_at = at(NOW)
    return BadEvents(counts, MemorySpans())


@pytest.mark.parametrize(
    ("usual", "now", "found"),
    [(18, 36, (3.6, 1.8)), (18, 18, None), (18, 20, None), (18, 4, (0.4, 1.8)), (0, 36, None)],
)
def test_traffic_that_doubled_or_is_gone_is_said(
    usual: int, now: int, found: tuple[float, float] | None
) -> None:
    """Against the hour before; a little more is as usual, and without any before nothing is said."""
    events = counted((3600, 300, usual), (300, 0, now))
    pace = events.pace(OBJECTIVE, at(NOW - 600), at(NOW))
    assert (pace and (pace.per_second, pace.usual_per_second)) == found
    assert events.with_pace(OBJECTIVE, at(NOW - 600), at(NOW)).pace == pace


def test_the_same_hour_of_earlier_days_goes_before_the_hour_before() -> None:
    """A sale at noon of every day is usual at noon."""
    day = 86_400
    noons = [(n * day + 1800, n * day - 1800, 36) for n in (1, 2)]
    assert counted(*noons, (3600, 300, 18), (300, 0, 36)).pace(OBJECTIVE, at(NOW - 600), at(NOW)) is None


@given(st.integers(0, 5_000), st.integers(60, 300))
def test_a_pace_is_unusual_only_outside_its_band(events: int, seconds: int) -> None:
    """More than half again or less than half, and never by chance alone."""
    found = unusual(events, seconds, USUAL, at(NOW))
    expected = 2.0 * seconds
    if found is not None:
        assert abs(events - expected) > 5 * expected**0.5
        assert not 0.5 * expected <= events <= 1.5 * expected
    elif events > 1.5 * expected:
        assert events - expected <= 5 * expected**0.5


def test_of_less_than_a_minute_nothing_is_said() -> None:
    """The first seconds of an episode are no pace."""
    assert unusual(1_000, 59, USUAL, at(NOW)) is None
    assert unusual(1_000, 60, None, at(NOW)) is None
