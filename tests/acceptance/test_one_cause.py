"""Timelines of incidents with several objectives: what joins, waits or is merged, and when it ends."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.acceptance.stage import PER_TICK, TICK, Stage
from tests.objectives.bad_events.test_attribution import a_call, a_span
from tests.objectives.cases import a_catalog, an_objective

from holdfast.incidents.model import FailingParty
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.counting.windows import epoch

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
SERVICES = ("checkout", "cart", "search")
PAYLINE, STAGING, STORE = (
    FailingParty("payline"),
    FailingParty("payline", "staging"),
    FailingParty("orders-db"),
)
UNKNOWN = FailingParty("")


@dataclass
class Mall(Stage):
    """Three services with an objective each, which fail at whatever party the test says."""

    faults: dict[str, FailingParty] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Start with an hour of healthy traffic of each."""
        super().__post_init__()
        start = self.clock.now() - timedelta(hours=1)
        for n in range(360):
            for sli, service in enumerate(SERVICES[1:], start=2):
                self.counts.record(sli, start + n * TICK, good=PER_TICK, service=service)
        self.catalog = a_catalog(
            *(
                an_objective(f"{name}-works", sli=sli, service=name, display_name=f"{name.title()} works")
                for sli, name in enumerate(SERVICES, start=1)
            )
        )

    def _shop(self) -> None:
        for sli, service in enumerate(SERVICES, start=1):
            cause = self.faults.get(service)
            bad = 40 if cause is not None else 0
            self.counts.record(sli, self.clock.now(), good=PER_TICK - bad, bad=bad, service=service)
            if cause not in (None, UNKNOWN):
                self._fail(service, cause)

    def _fail(self, service: str, cause: FailingParty) -> None:
        at = epoch(self.clock.now()) * 10**9
        own = {"service": service, "status": "Error", "environment": cause.environment}
        spans = [a_span("a", **own), a_call("b", "a", to=cause.party, **own)]
        trace = f"{service}-{at}"
        self.spans.spans += [replace(one, trace_id=trace, start_nanoseconds=at) for one in spans]

    def states(self) -> list[tuple[str, list[str]]]:
        """Return the state of every incident, oldest first, with its objectives."""
        found = reversed(self.get("/incidents")["items"])
        return [(one["state"], [each["service"] for each in one["objectives"]]) for one in found]

    def lines(self, number: int) -> list[str]:
        """Return what the timeline of an incident says, oldest first."""
        return [entry["summary"] for entry in reversed(self.get(f"/incidents/{number}")["timeline"])]

    def objectives(self, number: int) -> list[dict[str, Any]]:
        """Return the objectives of an incident."""
        found: list[dict[str, Any]] = self.get(f"/incidents/{number}")["objectives"]
        return found


@pytest.fixture
def mall(database: Database, clock: ManualClock, make_api: Callable[..., TestClient], tmp_path: Path) -> Mall:
    """Three healthy services, watched for an hour."""
    return Mall(database, clock, make_api, tmp_path)


def _fails(mall: Mall, *services: str, at: FailingParty) -> None:
    mall.faults |= dict.fromkeys(services, at)


def test_one_cause_behind_three_objectives_is_one_incident(mall: Mall) -> None:
    """All fail at payline: one incident, acknowledged once, resolved when the last objective is."""
    _fails(mall, *SERVICES, at=PAYLINE)
    mall.run(3 * MINUTE)
    assert mall.states() == [("open", ["cart", "checkout", "search"])]
    first, *others = mall.objectives(1)
    assert (first["reason_code"], first["reason"]) == ("first", "")
    assert {one["reason"] for one in others} == {"joined because both fail at payline"}
    assert all(one["bad_events"] > 40 and one["onset_at"] == first["onset_at"] for one in others)
    assert others[0]["evidence"]["contributors"][0]["service"] == "payline"
    assert "Search works burns 13×: joined because both fail at payline" in mall.lines(1)
    assert sum(line.startswith("Search works: Over the") for line in mall.lines(1)) >= 2
    alerts = mall.get("/alerts")["items"]
    assert {one["incident_id"] for one in alerts if one["severity"] == "page"} == {1}
    mall.post("/incidents/1/ack")

    del mall.faults["cart"]
    mall.run(8 * MINUTE)
    assert mall.states() == [("acknowledged", ["cart", "checkout", "search"])]
    assert "Cart works resolved; 2 other objectives still burn" in mall.lines(1)
    assert [one["resolved_at"] is None for one in mall.objectives(1)] == [False, True, True]
    mall.faults.clear()
    mall.run(9 * MINUTE)
    assert mall.states() == [("resolved", ["cart", "checkout", "search"])]
    assert mall.happened().count("incident.resolved") == 1


@pytest.mark.parametrize(
    ("other", "reason"),
    [(STORE, "no open incident has its cause"), (STAGING, "no open incident has its cause")],
)
def test_another_party_or_environment_is_another_incident(
    mall: Mall, other: FailingParty, reason: str
) -> None:
    """What fails elsewhere at the same time is another fault."""
    _fails(mall, "checkout", at=PAYLINE)
    _fails(mall, "search", at=other)
    mall.run(3 * MINUTE)
    assert mall.states() == [("open", ["checkout"]), ("open", ["search"])]
    (second,) = mall.objectives(2)
    assert second["reason"] == "no open incident has its cause"
    assert second["cause"] == {"party": other.party, "environment": other.environment}


def test_a_page_waits_twenty_seconds_for_its_cause_and_no_longer(mall: Mall) -> None:
    """Without spans nobody knows where it fails: it has its own incident after that."""
    _fails(mall, "checkout", at=PAYLINE)
    mall.run(MINUTE)
    _fails(mall, "search", at=UNKNOWN)
    mall.run(MINUTE)
    first, second = reversed(mall.get("/incidents")["items"])
    (one,) = mall.objectives(second["id"])
    waited = mall.moment(second["opened_at"]) - mall.moment(one["fired_at"])
    assert (waited, one["reason_code"]) == (20 * SECOND, "cause_unknown")
    assert first["merged_into"] is None
    assert mall.get("/objectives/search-works")["incident_id"] == second["id"]


def test_a_cause_found_later_merges_the_newer_incident_into_the_older(mall: Mall) -> None:
    """Both histories stay, the address of the newer leads on, and whoever took it keeps it."""
    _fails(mall, "checkout", at=PAYLINE)
    mall.run(MINUTE)
    _fails(mall, "search", at=UNKNOWN)
    mall.run(MINUTE)
    mall.post("/incidents/2/notes", {"text": "search is mine"})
    mall.post("/incidents/2/ack")
    _fails(mall, "search", at=PAYLINE)
    mall.run(MINUTE)
    assert mall.states() == [("acknowledged", ["checkout", "search"]), ("resolved", ["search"])]
    newer = mall.get("/incidents/2")
    assert (newer["merged_into"], newer["resolved_by"]) == (1, "alert")
    older = mall.get("/incidents/1")
    assert (older["merged"], older["acknowledged_by"]) == ([2], "local")
    said = {entry["summary"] for entry in older["timeline"]}
    assert {entry["summary"] for entry in newer["timeline"]} <= said
    assert {"search is mine", "Incident 2 merged into incident 1: both fail at payline"} <= said
    assert older["objectives"][1]["reason"] == "merged from incident 2 because both fail at payline"
    assert mall.get("/objectives/search-works")["incident_id"] == 1

    assert mall.post("/incidents/2/notes", {"text": "and here"}, key="late")["id"] == 1
    mall.faults.clear()
    mall.run(10 * MINUTE)
    assert [state for state, _ in mall.states()] == ["resolved", "resolved"]
    assert mall.happened().count("incident.resolved") == 1


def test_an_objective_that_fires_again_is_of_the_same_incident_only_with_the_same_cause(mall: Mall) -> None:
    """A second hump of one fault joins as another line; one of another fault is another incident."""
    _fails(mall, "checkout", "cart", "search", at=PAYLINE)
    mall.run(3 * MINUTE)
    del mall.faults["cart"], mall.faults["search"]
    mall.run(15 * MINUTE)
    _fails(mall, "cart", at=PAYLINE)
    _fails(mall, "search", at=STORE)
    mall.run(3 * MINUTE)
    assert mall.states() == [("open", ["cart", "checkout", "search", "cart"]), ("open", ["search"])]
    first, _, _, again = mall.objectives(1)
    assert first["resolved_at"] is not None
    assert (again["resolved_at"], again["reason_code"]) == (None, "same_cause")


def test_a_page_after_ten_minutes_opens_at_once_and_is_merged_when_its_cause_is_known(mall: Mall) -> None:
    """So late, nobody is kept waiting; the incident is one all the same."""
    _fails(mall, "checkout", at=PAYLINE)
    mall.run(12 * MINUTE)
    mall.happened()
    _fails(mall, "search", at=PAYLINE)
    mall.run(2 * MINUTE)
    kinds = [kind for kind in mall.happened() if kind.startswith("incident.")]
    assert kinds == ["incident.opened", "incident.merged"]
    assert mall.states()[0] == ("open", ["checkout", "search"])


def test_a_person_resolves_all_of_an_incident(mall: Mall) -> None:
    """It stays resolved while its alerts fire, and opens none again until each was over."""
    _fails(mall, *SERVICES, at=PAYLINE)
    mall.run(3 * MINUTE)
    mall.post("/incidents/1/resolve")
    mall.run(3 * MINUTE)
    assert mall.states() == [("resolved", ["cart", "checkout", "search"])]
    mall.faults.clear()
    mall.run(10 * MINUTE)
    _fails(mall, "cart", at=PAYLINE)
    mall.run(3 * MINUTE)
    assert mall.states()[1:] == [("open", ["cart"])]


def test_a_crash_at_every_step_places_every_page_once(mall: Mall) -> None:
    """Started again every ten seconds, waiting goes on where it was."""
    _fails(mall, "checkout", at=PAYLINE)
    for n in range(30):
        if n == 6:
            _fails(mall, "search", at=UNKNOWN)
        if n == 14:
            _fails(mall, "cart", "search", at=PAYLINE)
        mall.run(TICK)
        mall.start()
    kinds = mall.happened()
    counts = {kind: kinds.count(f"incident.{kind}") for kind in ("opened", "joined", "merged")}
    assert counts == {"opened": 2, "joined": 1, "merged": 1}
    assert mall.states()[0] == ("open", ["checkout", "search", "cart"])


def test_a_clock_stepping_back_keeps_no_page_waiting(mall: Mall) -> None:
    """A page that waits when the clock steps back by an hour has its incident at the next look."""
    _fails(mall, "checkout", at=PAYLINE)
    mall.run(MINUTE)
    _fails(mall, "search", at=UNKNOWN)
    mall.run(3 * TICK)
    assert len(mall.states()) == 1
    assert mall.get("/objectives/search-works")["incident_id"] is None
    assert mall.get("/alerts", firing="true")["items"]
    mall.clock.step_back(60 * MINUTE)
    mall.run(TICK)
    assert mall.states()[1] == ("open", ["search"])
