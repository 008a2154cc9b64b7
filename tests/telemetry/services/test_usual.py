"""What is usual, against a slow twin that counts single requests."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.services import usual_twin
from tests.telemetry.services.usual_twin import Request

from holdfast.telemetry.services.past_slices import PastSlices, moment_key
from holdfast.telemetry.services.usual import PastInterval, Sample, past_intervals, slow_from, usual_of

NOON = int(datetime(2026, 3, 12, 12, 3, 20, tzinfo=UTC).timestamp())
MOMENT = datetime.fromtimestamp(NOON, UTC)
KINDS = {"week": "weeks", "day": "days", "before": "before the last", "just before": "but for ten minutes"}
STARTS = [start for _, bounds, _ in usual_twin.hours(NOON) for start, _ in bounds]


@st.composite
def _requests(draw: st.DrawFn) -> list[Request]:
    """Requests in some of the hours, evenly over a part of each."""
    found: list[Request] = []
    for start in draw(st.sets(st.sampled_from(STARTS))):
        number, width = draw(st.sampled_from([1, 19, 20, 99, 100, 240])), draw(st.integers(1, 4_000))
        seconds, each = draw(st.floats(0.001, 2)), draw(st.sampled_from([1, 5, 19, 20, 21, 1000]))
        found += [
            Request(start - 60 + n * width // number, seconds * (1 + n / number), n % each == 0)
            for n in range(number)
        ]
    return found


def _samples(requests: list[Request]) -> Iterable[tuple[PastInterval, Sample]]:
    """The requests of each interval, summed as the roll-up sums them."""
    for interval in past_intervals(MOMENT):
        start, end = (int(at.timestamp()) for at in (interval.range.start, interval.range.end))
        inside = [one for one in requests if start <= one.at < end]
        durations = sorted(one.seconds for one in inside)
        p99 = durations[-(-99 * len(durations) // 100) - 1] if durations else None
        slices = {one.at // 300 for one in inside}
        yield interval, Sample(len(inside), sum(one.failed for one in inside), p99, 300 * len(slices))


@given(requests=_requests())
def test_usual_is_what_the_twin_counts(requests: list[Request]) -> None:
    """For any history the rate, the share of failures, the p99 and the kind of hours are the twin's."""
    found, expected = usual_of(_samples(requests)), usual_twin.usual(requests, NOON)
    if expected is None:
        assert found is None
        return
    assert found is not None
    rate, errors, p99, kind = expected
    assert (found.rate_per_second, found.error_ratio) == pytest.approx((rate, errors))
    assert found.p99_seconds == (None if p99 is None else pytest.approx(p99))
    assert found.of.endswith(KINDS[kind])


@pytest.mark.parametrize(("errors", "is_known"), [(5, True), (6, False)])
def test_an_outage_is_not_usual(errors: int, is_known: bool) -> None:  # noqa: FBT001
    """Of the only hour there is, one in twenty may have failed."""
    before = next(one for one in past_intervals(MOMENT) if one.kind == "before")
    assert (usual_of([(before, Sample(100, errors, 0.2, 3600))]) is not None) is is_known


def test_slow_is_a_multiple_and_a_time_somebody_notices() -> None:
    """Of short requests 50 ms more are slow, of long ones 2.5 times as much."""
    assert slow_from(0.01) == pytest.approx(0.06)
    assert slow_from(1.0) == 2.5
    assert slow_from(0.05 / 1.5) == pytest.approx(0.05 / 1.5 * 2.5)


def test_moments_of_one_slice_are_compared_with_the_same_intervals() -> None:
    """What is remembered for one moment holds for all with its key, and for no other."""
    later = MOMENT + timedelta(seconds=60)
    assert moment_key(later) == moment_key(MOMENT)
    assert PastSlices.at(later) == PastSlices.at(MOMENT)
    assert PastSlices.at(MOMENT + timedelta(minutes=5)) != PastSlices.at(MOMENT)


def test_bounds_are_seconds_that_can_be_stored() -> None:
    """A span that claims to be of 1970 or of 2262 has intervals too."""
    for year in (1970, 2262):
        for value in PastSlices.at(datetime(year, 1, 2, tzinfo=UTC)).parameters.values():
            assert isinstance(value, int)
            assert 0 <= value < 2**32
