"""The guard against alerts on a handful of events."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from holdfast.objectives.alerting.chance import Significance, tail, weigh
from holdfast.telemetry.counting.model import Counts


@given(st.integers(0, 60), st.integers(1, 60), st.fractions(Fraction(1, 1000), Fraction(999, 1000)))
def test_tail_equals_the_exact_sum(bad: int, total: int, ratio: Fraction) -> None:
    """The tail agrees with the binomial sum in exact fractions."""
    exact = sum(
        comb(total, k) * ratio**k * (1 - ratio) ** (total - k) for k in range(min(bad, total + 1), total + 1)
    )
    assert tail(bad, total, float(ratio)) == pytest.approx(float(exact), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("bad", "total", "evidence"),
    [
        (1, 10, Significance.TOO_FEW),
        (1, 1, Significance.TOO_FEW),
        (2, 10, Significance.ENOUGH),
        (2, 1000, Significance.COULD_BE_CHANCE),
        (14, 1000, Significance.ENOUGH),
    ],
)
def test_ten_requests_an_hour_need_two_failures(bad: int, total: int, evidence: Significance) -> None:
    """At 99.9% one failure of ten never pages, two do, and two of a thousand are what is promised."""
    found = weigh(Counts(total - bad, total), threshold=Fraction(336, 25), target=Fraction(999, 1000))
    assert found is evidence


@given(
    total=st.integers(2_000, 5_000_000),
    target=st.sampled_from([Fraction(99, 100), Fraction(999, 1000), Fraction(9999, 10_000)]),
)
def test_the_guard_never_delays_a_page_with_real_traffic(total: int, target: Fraction) -> None:
    """Where the threshold itself means four bad events or more, reaching it is evidence enough."""
    threshold = Fraction(336, 25)
    bad = -(-threshold * (1 - target) * total // 1)
    assume(bad >= 4)
    assert weigh(Counts(total - int(bad), total), threshold=threshold, target=target) is Significance.ENOUGH


@given(st.integers(2, 400), st.integers(0, 400))
def test_more_bad_events_are_never_weaker_evidence(total: int, bad: int) -> None:
    """Evidence that is enough stays enough when one more event of the same number was bad."""
    bad = min(bad, total - 1)
    threshold, target = Fraction(28, 5), Fraction(95, 100)
    found = [weigh(Counts(total - n, total), threshold=threshold, target=target) for n in (bad, bad + 1)]
    assert not (found[0] is Significance.ENOUGH and found[1] is not Significance.ENOUGH)
