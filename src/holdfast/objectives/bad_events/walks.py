"""Bad events walked to their origin, each one once: what a finished trace says does not change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.catalog.model import Objective
from holdfast.telemetry.counting.source import CountSource
from holdfast.telemetry.counting.windows import at, epoch
from holdfast.telemetry.traces.attribution import Attribution, blame
from holdfast.telemetry.traces.by_sli import BadEvent, BadSpan, SpanSource
from holdfast.telemetry.traces.model import extent_nanoseconds, http_status
from holdfast.telemetry.warehouse.instants import NANOSECONDS_PER_SECOND

KEPT_MOST = 20_000
"""Walks kept in memory; beyond them all are forgotten at once."""

FINISHED_SECONDS = 60
"""A trace counts as finished when its bad span ended this long before the newest complete count."""


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One bad event to look at: its trace, where its trouble began, and what was said there.

    `duration_seconds` is that of the bad span, `trace_seconds` that of its trace as far as it is stored. If
    it `may_grow`, spans of its trace may still come, and change the verdict.
    """

    trace_id: str
    at: datetime
    duration_seconds: float
    trace_seconds: float
    verdict: Attribution
    status_code: int | None
    may_grow: bool = False


class Walks:
    """Walks bad events to their origin and keeps what it found; lives as long as the process.

    The sample behind an objective's contributors hardly changes between two readings of the page, and reading
    its hundred traces is most of what an answer costs (docs/performance.md).
    """

    def __init__(self, counts: CountSource, spans: SpanSource) -> None:
        self._counts = counts
        self._spans = spans
        self._kept: dict[tuple[BadSpan, int], Exemplar] = {}

    def of(self, objective: Objective, bad: Sequence[BadSpan]) -> list[Exemplar]:
        """Return what is behind each bad span, in their order; those no longer stored are missing."""
        limit, finished = _slow_from_nanoseconds(objective), self._finished()
        # Other threads may forget everything in between, so each is looked up once.
        known = {one: self._kept.get((one, limit)) for one in bad}
        unread = [one for one, walk in known.items() if walk is None]
        fresh = {event.at: _walked(event, limit, finished) for event in self._read(unread)}
        self._keep({one: walk for one, walk in fresh.items() if not walk.may_grow}, limit)
        return [walk for one in bad if (walk := known[one] or fresh.get(one)) is not None]

    def _finished(self) -> int:
        complete_until = self._counts.watermark()
        return 0 if complete_until is None else epoch(complete_until) - FINISHED_SECONDS

    def _read(self, bad: Sequence[BadSpan]) -> Sequence[BadEvent]:
        return self._spans.events(bad) if bad else ()

    def _keep(self, finished: dict[BadSpan, Exemplar], limit: int) -> None:
        if len(self._kept) + len(finished) > KEPT_MOST:
            self._kept.clear()
        self._kept.update({(one, limit): walk for one, walk in finished.items()})


def _slow_from_nanoseconds(objective: Objective) -> int:
    limit = objective.sli.good.max_duration_nanoseconds
    return 2**64 if limit is None else limit


def _walked(event: BadEvent, slow_from_nanoseconds: int, finished: int) -> Exemplar:
    span = event.span
    return Exemplar(
        trace_id=span.trace_id,
        at=at(0) + timedelta(microseconds=span.start_nanoseconds // 1000),
        duration_seconds=span.duration_nanoseconds / 1e9,
        trace_seconds=extent_nanoseconds(event.trace) / 1e9,
        verdict=blame(span, event.trace, slow_from_nanoseconds=slow_from_nanoseconds),
        status_code=http_status(span),
        may_grow=span.end_nanoseconds // NANOSECONDS_PER_SECOND >= finished,
    )
