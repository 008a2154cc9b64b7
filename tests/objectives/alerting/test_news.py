"""What fires after an end is news: drawn lives of slices of ten seconds, every window summed from them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.objectives.alerting.alert_cases import START, TICK, TICKET, WINDOWS, a_case

from holdfast.objectives.alerting.condition import Alert, Case, Phase, last_over
from holdfast.objectives.alerting.decision import judge
from holdfast.telemetry.counting.model import Counts
from holdfast.telemetry.counting.windows import epoch, left_edge

SLICE = 10
Slice = tuple[int, int]
"""Bad and total events of ten seconds."""

STRETCHES = st.tuples(
    st.sampled_from([2, 6, 20, 30, 60]),
    st.sampled_from([0, 2, 40, 600, 5000]),
    st.sampled_from([0, 0, 0.02, 0.18, 1]),
)
"""A stretch of slices: how many, events in each, and the share of them that is bad."""

FALLING_TRAFFIC = [(60, 600, 1), (20, 5000, 0), (2, 5000, 0.18), (60, 10, 0)]
"""An outage ends in a rush of good events, a few bad at its end; then hardly any come, and none is bad."""


def _lived(slices: Sequence[Slice]) -> list[tuple[Case, tuple[Alert, ...], tuple[Alert, ...]]]:
    """Judge at the end of every slice; return each case with the alerts before and after."""
    sums = np.concatenate([[(0, 0)], np.cumsum(np.array(slices).reshape(-1, 2), axis=0)])
    alerts: tuple[Alert, ...] = ()
    steps = []
    for number in range(1, len(slices) + 1):
        case = a_case(_counts(sums, number), edge=START + number * TICK)
        before, alerts = alerts, judge(case, alerts).alerts
        steps.append((case, before, alerts))
    return steps


def _counts(sums: np.ndarray, end: int) -> dict[timedelta, Counts]:
    start, edge = epoch(START), epoch(START) + end * SLICE
    lefts = {window: max(0, (left_edge(edge, window) - start) // SLICE) for window in WINDOWS}
    found = {window: sums[end] - sums[left] for window, left in lefts.items()}
    return {window: Counts(int(total - bad), int(total)) for window, (bad, total) in found.items()}


def _firing(alerts: Sequence[Alert]) -> set[tuple[str, datetime]]:
    return {(one.tier_key, one.fired_at) for one in alerts if one.phase is Phase.FIRING}


def _bad(slices: Sequence[Slice], start: datetime, end: datetime) -> int:
    return sum(bad for bad, _ in slices[(start - START) // TICK : (end - START) // TICK])


def _stretch(count: int, total: int, share: float) -> list[Slice]:
    return [(int(total * share), total)] * count


@settings(max_examples=60, deadline=None)
@example(FALLING_TRAFFIC)
@given(st.lists(STRETCHES, min_size=2, max_size=9))
def test_nothing_fires_after_an_end_without_bad_events_since(stretches: list[tuple[int, int, float]]) -> None:
    """However traffic rises and falls, an alert that fires had two bad events after the last one was over."""
    slices = [one for stretch in stretches for one in _stretch(*stretch)]
    firings = [step for step in _lived(slices) if _firing(step[2]) - _firing(step[1])]
    since = [(last_over(before), case.edge) for case, before, _ in firings]
    assert all(over is None or _bad(slices, over.edge, edge) >= 2 for over, edge in since)


def test_falling_traffic_fires_nothing() -> None:
    """As the rush leaves the last five minutes their rate passes the threshold, and nobody is woken."""
    steps = _lived([one for stretch in FALLING_TRAFFIC for one in _stretch(*stretch)])
    pages = [{key for key, _ in _firing(after)} - {TICKET} for _, _, after in steps]
    ended = next(at for at, (before, after) in enumerate(pairwise(pages)) if before and not after)
    assert any(case.is_past(case.tiers[0]) for case, _, _ in steps[ended + 1 :])
    assert not any(pages[ended + 1 :])


def test_an_outage_that_returns_fires_within_seventy_seconds() -> None:
    """Two minutes after the end everything fails once more: a minute of it is enough, for every page tier."""
    slices = _stretch(60, 100, 1) + _stretch(60, 100, 0) + _stretch(30, 100, 1)
    returned = START + 120 * TICK
    steps = _lived(slices)
    assert not _firing(steps[119][2])
    fires = next(case.edge for case, _, after in steps[120:] if _firing(after))
    assert fires <= returned + 7 * TICK
