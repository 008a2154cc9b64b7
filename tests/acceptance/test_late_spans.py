"""Timelines in which a callee's spans come long after its caller gave up: half a trace has no cause."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.acceptance.mall import STORE, Mall
from tests.telemetry.traces.test_attribution import MILLISECOND, a_call, a_span

from holdfast.incidents.model import FailingParty
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.counting.windows import epoch
from holdfast.telemetry.traces.model import Span

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
PRICING = FailingParty("pricing")


@dataclass
class SlowMall(Mall):
    """A mall whose services give up on pricing after 4 s; pricing's spans come when it has its answer."""

    takes: timedelta = 40 * SECOND
    slow_itself: set[str] = field(default_factory=set)
    """Of whose calls pricing is slow itself, and asks the database when its caller has gone."""
    coming: list[tuple[datetime, Span]] = field(default_factory=list)

    def _shop(self) -> None:
        super()._shop()
        now = self.clock.now()
        self.spans.spans += [span for due, span in self.coming if due <= now]
        self.coming = [(due, span) for due, span in self.coming if due > now]

    def _fail(self, trace: str, service: str, cause: FailingParty) -> None:
        if cause != PRICING:
            super()._fail(trace, service, cause)
            return
        at, took = epoch(self.clock.now()) * 10**9, int(self.takes.total_seconds()) * 1_000
        given_up = {"service": service, "status": "Error", "attributes": {"http.response.status_code": "504"}}
        spans = [a_span("a", ms=4_001, **given_up), a_call("b", "a", to="pricing", ms=4_000, **given_up)]
        pricing = {"service": "pricing", "operation": "GET /prices"}
        late = [a_span("c", "b", ms=took, **pricing)]
        began = 5_000 if service in self.slow_itself else 0
        asked = {"service": "pricing", "start_nanoseconds": began * MILLISECOND}
        late.append(a_call("d", "c", to="orders-db", ms=took - began, **asked))
        begun = [
            replace(one, trace_id=f"{trace}-{at}", start_nanoseconds=at + one.start_nanoseconds)
            for one in (*spans, *late)
        ]
        self.spans.spans += begun[:2]
        self.coming += [(self.clock.now() + self.takes, one) for one in begun[2:]]


@pytest.fixture
def mall(
    database: Database, clock: ManualClock, make_api: Callable[..., TestClient], tmp_path: Path
) -> SlowMall:
    """Three healthy services, watched for an hour, and pricing, which is known to send spans."""
    made = SlowMall(database, clock, make_api, tmp_path)
    beat = a_span("beat", service="pricing", start_nanoseconds=epoch(clock.now()) * 10**9)
    made.spans.spans += [
        replace(beat, trace_id=f"beat-{n}", start_nanoseconds=beat.start_nanoseconds + n * 10**10)
        for n in range(120)
    ]
    return made


def causes(mall: Mall) -> list[str]:
    """Return the causes of all incidents, oldest first; empty where none is known."""
    found = reversed(mall.get("/incidents")["items"])
    parties = [[one["cause"] for one in each["objectives"] if one["cause"]] for each in found]
    return [of_one[0]["party"] if of_one else "" for of_one in parties]


@pytest.mark.parametrize("seconds", [17, 40, 55])
def test_the_cause_is_that_of_whole_traces_however_late_they_are(mall: SlowMall, seconds: int) -> None:
    """Pricing waits for the database: while only the callers' spans are in, no cause is known."""
    mall.takes = seconds * SECOND
    mall.fails("checkout", at=PRICING)
    seen = set()
    for _ in range(30):
        mall.run(10 * SECOND)
        seen |= set(causes(mall))
    assert seen == {"", "orders-db"}
    assert mall.states() == [("open", ["checkout"])]
    assert not any("now fail at" in line for line in mall.lines(1))


def test_work_after_the_caller_gave_up_is_no_cause(mall: SlowMall) -> None:
    """Pricing asked the database when its caller had gone: pricing is what was slow."""
    mall.slow_itself = {"checkout"}
    mall.fails("checkout", at=PRICING)
    mall.run(5 * MINUTE)
    assert causes(mall) == ["pricing"]
    (first, *_) = mall.objectives(1)[0]["evidence"]["contributors"]
    assert (first["operation"], first["version"], first["answer"]) == ("GET /prices", "1.0", "504")


def test_half_a_trace_pulls_no_other_incident_in(mall: SlowMall) -> None:
    """Both give up on pricing, which is slow for search and waits for the database for checkout."""
    mall.slow_itself = {"search"}
    mall.fails("checkout", "search", at=PRICING)
    mall.run(5 * MINUTE)
    assert causes(mall) == ["orders-db", "pricing"]
    assert mall.states() == [("open", ["checkout"]), ("open", ["search"])]


def test_a_callee_that_never_sends_its_spans_is_the_cause_after_a_minute(mall: SlowMall) -> None:
    """What hangs for good says nothing: a minute later its callers' word is all there will be."""
    mall.takes = 24 * 60 * MINUTE
    mall.fails("checkout", at=PRICING)
    mall.run(4 * MINUTE)
    assert causes(mall) == ["pricing"]


def test_objectives_that_fail_at_one_late_callee_are_one_incident(mall: SlowMall) -> None:
    """Each opens its own after twenty seconds; once the traces are whole, they are merged."""
    mall.fails("checkout", "search", at=PRICING)
    mall.run(5 * MINUTE)
    assert mall.states()[0] == ("open", ["checkout", "search"])
    mall.fails("cart", at=STORE)
    mall.run(3 * MINUTE)
    assert mall.states()[0] == ("open", ["checkout", "search", "cart"])
