"""What happened in a trace, in a few words: `504 at payline`, `slow at catalog 2.0.0 · 13 × SELECT`. Pure.

The words name the answer of the call that failed and the party where the trouble began, found by the one walk
there is (`attribution.walked`): a hop of the mesh is passed over for its destination.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from holdfast.telemetry.identity.service_names import ServiceNames
from holdfast.telemetry.spans.response_flags import where
from holdfast.telemetry.traces.attribution import UNFIT, carried_to, destinations, walked
from holdfast.telemetry.traces.model import Outcome, Span
from holdfast.telemetry.traces.tree import critical_path, tree_of

SLOW = "slow"
WORDS_MOST = 200
"""Most characters of an operation, an answer or a party: senders choose them."""

PARTS_MOST = 6
"""Most parts of the bar of a trace's time; the smallest are omitted."""


@dataclass(frozen=True, slots=True)
class JudgedBy:
    """What a span was judged by: how long it took, and the durations it was compared with.

    `slow_from_nanoseconds` is above what is usual, None where no usual is known. `objective` names the one it
    violated, if it was judged by one; `allowed_nanoseconds` is what that allows, None if it has no limit.
    """

    took_nanoseconds: int = 0
    slow_from_nanoseconds: int | None = None
    objective: str = ""
    allowed_nanoseconds: int | None = None

    @property
    def is_slow(self) -> bool:
        """Whether it took longer than usual, or than its objective allows."""
        limits = (self.slow_from_nanoseconds, self.allowed_nanoseconds)
        return any(limit is not None and self.took_nanoseconds > limit for limit in limits)


_UNJUDGED = JudgedBy()


@dataclass(frozen=True, slots=True)
class WhatHappened:
    """What happened in a trace: its outcome, and where and how the trouble began.

    `answer` is what the failing call got (`504`, `timeout`, `PaymentDeclined`), `party` who gave it or failed
    to, `span_id` the span that shows it; all are empty for a usual trace. Zone and version are the party's
    where it sent the span, else those of the root. `is_before` says that the mesh ended the call before it
    reached the party.
    """

    outcome: Outcome
    operation: str
    answer: str = ""
    party: str = ""
    span_id: str = ""
    zone: str = ""
    version: str = ""
    repeats: int = 0
    repeated: str = ""
    by: JudgedBy = _UNJUDGED
    is_before: bool = False

    @property
    def words(self) -> str:
        """What happened beside the operation: `504 at payline`, `503 at mesh before catalog, fault injected`.

        Empty for a usual trace.
        """
        if self.outcome is Outcome.USUAL:
            return self.answer
        at = f"{self.party} {self.version}".rstrip() if self.outcome is Outcome.SLOW else self.party
        many = f" · {self.repeats} × {self.repeated}" if self.repeats > 1 else ""
        said, _, why = self.answer.partition(", ")
        because = f", {why}" if why else ""
        return f"{said} at {where(at, is_before=self.is_before)}{because}{many}"

    @property
    def sentence(self) -> str:
        """The operation and what happened: `POST /orders · 504 at payline`."""
        return " · ".join(filter(None, (self.operation, self.words)))


@dataclass(frozen=True, slots=True)
class TimePart:
    """How much of a trace's critical path was spent at one party."""

    party: str
    nanoseconds: int


def what_happened(
    one: Span,
    spans: Sequence[Span],
    outcome: Outcome,
    operation: str,
    names: ServiceNames,
    *,
    by: JudgedBy = _UNJUDGED,
) -> WhatHappened:
    """Return what happened in a trace to one of its spans: its root, or the one that was found.

    `operation` is what the trace is named by. A span that violated an objective and was neither failed nor
    slow lacks what the objective asks for.
    """
    operation = operation[:WORDS_MOST]
    if outcome is Outcome.USUAL:
        said = WhatHappened(outcome, operation, zone=one.zone, version=one.version, by=by)
        return replace(said, answer=UNFIT, span_id=one.span_id) if by.objective else said
    walk = walked(one, spans)
    if outcome is Outcome.SLOW and walk.repeaters:
        walk = walk.repeaters[-1]
    culprit, calls = walk.culprit, walk.calls
    return WhatHappened(
        outcome,
        operation,
        answer=walk.answer if outcome is Outcome.FAILED else SLOW,
        party=names.party(walk.party)[:WORDS_MOST],
        span_id=culprit.span_id,
        zone=culprit.zone or one.zone,
        version="" if walk.peer else culprit.version,
        repeats=len(calls),
        repeated=calls[0].operation.partition(" ")[0][:WORDS_MOST] if calls else "",
        is_before=walk.is_before,
        by=by,
    )


def where_time_went(spans: Sequence[Span], names: ServiceNames) -> tuple[TimePart, ...]:
    """Return the parties on the critical path of a trace with their time, the most first.

    Time in a proxy of the mesh is time at whom it carried the call to.
    """
    tree, parties = tree_of(spans), {**parties_of(spans, names), **carried_to(spans)}
    found: dict[str, int] = {}
    for interval in critical_path(tree):
        party = parties[tree.spans[interval.index].span_id]
        found[party] = found.get(party, 0) + interval.nanoseconds
    ordered = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return tuple(TimePart(*one) for one in ordered[:PARTS_MOST])


def parties_of(spans: Sequence[Span], names: ServiceNames) -> Mapping[str, str]:
    """Return the party at which each span's time was spent: the destination of a call, else its sender."""
    called = destinations(spans)
    return {
        span.span_id: names.party(called[span.span_id]) if span.span_id in called else span.service
        for span in spans
    }
