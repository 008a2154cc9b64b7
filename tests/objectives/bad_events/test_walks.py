"""Bad events are walked once each, and what was kept answers as a fresh walk would."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.objectives.cases import an_objective
from tests.telemetry.traces.test_attribution import a_call, a_payment, a_span

from holdfast.objectives.bad_events import walks
from holdfast.objectives.bad_events.walks import FINISHED_SECONDS, Walks
from holdfast.telemetry.counting.source import MemoryCounts
from holdfast.telemetry.counting.windows import at
from holdfast.telemetry.traces.by_sli import BadEvent, BadSpan, MemorySpans, Pick
from holdfast.telemetry.traces.model import Span

NOW = 1_700_000_000
OBJECTIVE = an_objective()


class CountedSpans(MemorySpans):
    """Spans in memory that note whose traces were read."""

    def __init__(self, spans: Sequence[Span] = ()) -> None:
        super().__init__(spans)
        self.read: list[str] = []

    def events(self, bad: Sequence[BadSpan]) -> list[BadEvent]:
        """Note the traces and return them."""
        self.read += [one.trace_id for one in bad]
        return super().events(bad)

    def bad(self) -> list[BadSpan]:
        """Return every bad span of the objective."""
        return self.bad_spans(OBJECTIVE.sli, 0, 2 * NOW, limit=1000, pick=Pick.NEWEST)


def a_failed_order(name: str, *, ago: int) -> list[Span]:
    """Return the spans of an order that failed at the payment provider, `ago` seconds before NOW."""
    spans = (
        a_span("a", status="Error"),
        a_call("b", "a", status="Error"),
        a_payment("c", "b", status="Error"),
    )
    start = (NOW - ago) * 10**9
    return [replace(span, trace_id=name, start_nanoseconds=start) for span in spans]


def complete(seconds: int = NOW) -> MemoryCounts:
    """Return counts that are complete until `seconds`."""
    counts = MemoryCounts()
    counts.watermark_at = at(seconds)
    return counts


@pytest.mark.parametrize(
    ("ago", "reads"),
    [(FINISHED_SECONDS + 1, 1), (FINISHED_SECONDS, 2), (0, 2)],
)
def test_a_trace_is_read_once_when_it_is_finished(ago: int, reads: int) -> None:
    """A trace that may still gain spans is read each time, one a minute older only once."""
    spans = CountedSpans(a_failed_order("t", ago=ago))
    kept = Walks(complete(), spans)
    first, second = (kept.of(OBJECTIVE, spans.bad()) for _ in range(2))
    assert first == second
    assert [walk.verdict.origin.service for walk in first] == ["payment"]
    assert spans.read == ["t"] * reads


def test_nothing_is_kept_before_counts_are_known() -> None:
    """Without a watermark nobody can say which traces are finished."""
    spans = CountedSpans(a_failed_order("t", ago=1000))
    kept = Walks(MemoryCounts(), spans)
    for _ in range(2):
        kept.of(OBJECTIVE, spans.bad())
    assert spans.read == ["t", "t"]


def test_a_span_that_is_gone_is_missing() -> None:
    """A bad span deleted between the two reads is left out of the answer."""
    spans = CountedSpans(a_failed_order("t", ago=1000))
    gone = BadSpan("gone", "a", NOW, "server")
    assert [walk.trace_id for walk in Walks(complete(), spans).of(OBJECTIVE, [gone, *spans.bad()])] == ["t"]


def test_an_event_knows_how_long_its_trace_took() -> None:
    """What lists of traces show is the whole trace, of which the bad span may be a part."""
    bad, *below = a_failed_order("t", ago=1000)
    above = replace(bad, span_id="z", kind="client", start_nanoseconds=bad.start_nanoseconds - 10**9)
    spans = CountedSpans([bad, *below, above])
    (walk,) = Walks(complete(), spans).of(OBJECTIVE, spans.bad())
    assert walk.duration_seconds == bad.duration_nanoseconds / 1e9
    assert walk.trace_seconds == walk.duration_seconds + 1


def test_objectives_with_another_limit_are_walked_apart() -> None:
    """What one objective calls slow another does not: their walks are never mixed."""
    spans = CountedSpans([replace(a_failed_order("t", ago=1000)[0], status="Ok", duration_nanoseconds=10**9)])
    kept = Walks(complete(), spans)
    bad = [BadSpan("t", "a", NOW - 1000, "server")]
    good = replace(OBJECTIVE.sli.good, max_duration_nanoseconds=10**8)
    fast = replace(OBJECTIVE, sli=replace(OBJECTIVE.sli, good=good))
    said = [kept.of(one, bad)[0].verdict.message for one in (fast, OBJECTIVE, fast, OBJECTIVE)]
    assert said == ["slow", "outside the objective's conditions"] * 2


@given(st.lists(st.sets(st.integers(0, 12)), max_size=8))
def test_what_is_kept_answers_as_a_fresh_walk_does(asked: list[set[int]]) -> None:
    """Whatever is asked, in any order, the answer is that of walks that keep nothing, within the cap."""
    spans = CountedSpans([span for n in range(13) for span in a_failed_order(f"t{n}", ago=50 + n)])
    all_bad = spans.bad()
    kept = Walks(complete(), spans)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walks, "KEPT_MOST", 5)
        for numbers in asked:
            bad = [one for one in all_bad if int(one.trace_id[1:]) in numbers]
            assert kept.of(OBJECTIVE, bad) == Walks(complete(), spans).of(OBJECTIVE, bad)
            assert len(kept._kept) <= max(5, len(bad))


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the cap everything is forgotten and only the newest answer is kept."""
    monkeypatch.setattr(walks, "KEPT_MOST", 3)
    spans = CountedSpans([span for n in range(4) for span in a_failed_order(f"t{n}", ago=100)])
    kept = Walks(complete(), spans)
    one, *rest = spans.bad()
    for bad in ([one], rest, [one]):
        kept.of(OBJECTIVE, bad)
    assert spans.read.count(one.trace_id) == 2
