"""Bad events are led back to where they began, compared with the good ones before them."""

from dataclasses import replace

import pytest
from tests.objectives.cases import an_objective
from tests.telemetry.traces.test_attribution import a_span, queries

from holdfast.objectives.bad_events.evidence import BadEvents
from holdfast.telemetry.counting.source import MemoryCounts
from holdfast.telemetry.counting.windows import at
from holdfast.telemetry.traces.by_sli import MemorySpans
from holdfast.telemetry.traces.model import Span
from holdfast.telemetry.traces.repeats import RepeatedCall

ONSET = 1_700_000_000
GOOD = replace(an_objective().sli.good, max_duration_nanoseconds=150 * 10**6)
OBJECTIVE = replace(an_objective(), sli=replace(an_objective().sli, good=GOOD))


def orders(number: int, *, second: int, ms: int, calls: int, each_ms: int, version: str) -> list[Span]:
    """Return the spans of orders of one version, each with its queries."""
    found: list[Span] = []
    for n in range(number):
        spans = [a_span("a", ms=ms, version=version, status="Ok"), *queries(calls, ms=each_ms)]
        start = (second + n) * 10**9
        moved = (
            replace(one, trace_id=f"{second} {n}", start_nanoseconds=start + one.start_nanoseconds)
            for one in spans
        )
        found += moved
    return found


@pytest.mark.parametrize(
    ("usual", "suspect"), [(1, ("checkout", "2.0.0")), (13, ("postgresql", None)), (6, ("checkout", "2.0.0"))]
)
def test_a_version_that_asks_row_by_row_is_the_suspect(usual: int, suspect: tuple[str, str | None]) -> None:
    """Thirteen quick queries of an order are its version's doing if good orders made far fewer before."""
    spans = orders(9, second=ONSET - 60, ms=100, calls=usual, each_ms=5, version="1.0.0")
    spans += orders(9, second=ONSET, ms=400, calls=13, each_ms=28, version="2.0.0")
    events = BadEvents(MemoryCounts(), MemorySpans(spans))
    (share,) = events.contributors(OBJECTIVE, at(ONSET), at(ONSET + 60)).shares
    assert (share.origin.service, share.origin.version) == suspect
    assert share.repeats == (RepeatedCall("SELECT", 13, usual) if suspect[1] else None)
    assert share.answer == "slow"
    verdicts = [one.verdict for one in events.exemplars(OBJECTIVE, at(ONSET), at(ONSET + 60), limit=5)]
    assert {one.origin.service for one in verdicts} == {suspect[0]}
