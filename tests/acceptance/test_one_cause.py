"""Timelines of incidents with several objectives: what joins, waits or is merged, and when it ends."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.acceptance.mall import PAYLINE, SERVICES, STAGING, STORE, UNKNOWN, Mall
from tests.acceptance.stage import TICK

from holdfast.catalog.model import Sli
from holdfast.incidents.model import FailingParty
from holdfast.incidents.placement import CAUSE, DEADLINE
from holdfast.incidents.service import IncidentsService
from holdfast.runtime.agenda import Task
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.counting.windows import edge_before
from holdfast.telemetry.traces.by_sli import BadSpan, MemorySpans, Pick

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def mall(database: Database, clock: ManualClock, make_api: Callable[..., TestClient], tmp_path: Path) -> Mall:
    """Three healthy services, watched for an hour."""
    return Mall(database, clock, make_api, tmp_path)


def test_one_cause_behind_three_objectives_is_one_incident(mall: Mall) -> None:
    """All fail at payline: one incident, acknowledged once, resolved when the last objective is."""
    mall.fails(*SERVICES, at=PAYLINE)
    mall.run(3 * MINUTE)
    assert mall.states() == [("open", ["cart", "checkout", "search"])]
    first, *others = mall.objectives(1)
    assert (first["reason_code"], first["reason"]) == ("first", "")
    assert {one["reason"] for one in others} == {"joined because both fail at payline"}
    assert all(one["bad_events"] > 40 and one["onset_at"] == first["onset_at"] for one in others)
    assert others[0]["evidence"]["contributors"][0]["service"] == "payline"
    assert "Search works: joined because both fail at payline" in mall.lines(1)
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
    mall.fails("checkout", at=PAYLINE)
    mall.fails("search", at=other)
    mall.run(3 * MINUTE)
    assert mall.states() == [("open", ["checkout"]), ("open", ["search"])]
    (second,) = mall.objectives(2)
    assert second["reason"] == "no open incident has its cause"
    assert (second["cause"]["party"], second["cause"]["environment"]) == (other.party, other.environment)


def test_a_page_waits_twenty_seconds_for_its_cause_and_no_longer(mall: Mall) -> None:
    """Without spans nobody knows where it fails: it has its own incident after that."""
    mall.fails("checkout", at=PAYLINE)
    mall.run(MINUTE)
    mall.fails("search", at=UNKNOWN)
    mall.run(MINUTE)
    first, second = reversed(mall.get("/incidents")["items"])
    (one,) = mall.objectives(second["id"])
    waited = mall.moment(second["opened_at"]) - mall.moment(one["fired_at"])
    assert (waited, one["reason_code"]) == (20 * SECOND, "cause_unknown")
    assert first["merged_into"] is None
    assert mall.get("/objectives/search-works")["incident_id"] == second["id"]


def test_a_cause_found_later_merges_the_newer_incident_into_the_older(mall: Mall) -> None:
    """Both histories stay, the address of the newer leads on, and whoever took it keeps it."""
    mall.fails("checkout", at=PAYLINE)
    mall.run(MINUTE)
    mall.fails("search", at=UNKNOWN)
    mall.run(MINUTE)
    mall.post("/incidents/2/notes", {"text": "search is mine"})
    mall.post("/incidents/2/ack")
    mall.fails("search", at=PAYLINE)
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
    mall.fails("checkout", "cart", "search", at=PAYLINE)
    mall.run(3 * MINUTE)
    del mall.faults["cart"], mall.faults["search"]
    mall.run(15 * MINUTE)
    mall.fails("cart", at=PAYLINE)
    mall.fails("search", at=STORE)
    mall.run(3 * MINUTE)
    assert mall.states() == [("open", ["cart", "checkout", "search", "cart"]), ("open", ["search"])]
    first, _, _, again = mall.objectives(1)
    assert first["resolved_at"] is not None
    assert (again["resolved_at"], again["reason_code"]) == (None, "same_cause")


def test_an_alert_that_goes_on_with_another_cause_goes_on_in_another_incident(mall: Mall) -> None:
    """Payline is fixed as the store breaks: after three clean minutes payline's incident is over."""
    mall.fails("checkout", at=PAYLINE)
    mall.run(10 * MINUTE)
    mall.post("/incidents/1/ack")
    mall.fails("checkout", at=STORE)
    mall.run(2 * MINUTE)
    assert mall.states() == [("acknowledged", ["checkout"])]
    assert mall.get("/incidents/1")["now_failing"]["party"] == "orders-db"
    (listed,) = mall.get("/incidents")["items"]
    assert (listed["cause"]["party"], listed["now_failing"]["words"]) == ("payline", "orders-db")
    mall.run(3 * MINUTE)
    assert mall.states() == [("resolved", ["checkout"]), ("open", ["checkout"])]
    assert mall.get("/incidents/1")["now_failing"] is None
    assert mall.get("/incidents/1")["moved_to"] == 2
    assert "Incident 1 resolved: its alert goes on in incident 2, at orders-db" in mall.lines(1)
    assert mall.lines(2)[0].endswith("fails at orders-db; its alert goes on with another cause")
    mall.run(MINUTE)
    (first,), (second,) = mall.objectives(1), mall.objectives(2)
    assert (second["cause"]["party"], second["reason_code"]) == ("orders-db", "took_over")
    assert mall.moment(second["onset_at"]) >= mall.moment(first["resolved_at"])
    assert 0 <= first["bad_events"] - 40 * (10 * MINUTE // TICK) <= 40 * 3  # evidence is read every 30 s
    firing = mall.get("/alerts", state="firing")["items"]
    assert {one["severity"] for one in firing} == {"page", "ticket"}
    assert {one["incident_id"] for one in firing} == {2}
    mall.faults.clear()
    mall.run(9 * MINUTE)
    assert [state for state, _ in mall.states()] == ["resolved", "resolved"]


def test_an_incident_is_since_the_first_bad_event_of_its_cause(mall: Mall) -> None:
    """A burn too slow to page goes on for ten minutes, nobody knows where; then payline fails and pages."""
    mall.bad_of["checkout"] = 1
    mall.fails("checkout", at=UNKNOWN)
    mall.run(10 * MINUTE)
    assert mall.states() == []
    broke_at = mall.clock.now()
    del mall.bad_of["checkout"]
    mall.fails("checkout", at=PAYLINE)
    mall.run(3 * MINUTE)
    (one,) = mall.objectives(1)
    assert (one["cause"]["party"], mall.moment(one["onset_at"])) == ("payline", edge_before(broke_at))


def test_an_alert_that_goes_on_with_the_cause_of_an_open_incident_joins_it(mall: Mall) -> None:
    """The store has its incident already, from search: there is no third."""
    mall.fails("checkout", at=PAYLINE)
    mall.fails("search", at=STORE)
    mall.run(10 * MINUTE)
    mall.fails("checkout", at=STORE)
    mall.run(5 * MINUTE)
    assert mall.states() == [("resolved", ["checkout"]), ("open", ["search", "checkout"])]


def test_a_second_cause_beside_the_first_is_said_once(mall: Mall) -> None:
    """Most events fail at the store by now, and some still at payline: one incident, and a line in it."""
    mall.fails("checkout", at=PAYLINE)
    mall.run(10 * MINUTE)
    mall.fails("checkout", at=STORE)
    mall.beside["checkout"] = PAYLINE
    mall.run(8 * MINUTE)
    assert mall.states() == [("open", ["checkout"])]
    said = "Checkout works: most bad orders now fail at orders-db; some still fail at payline"
    assert mall.lines(1).count(said) == 1


def test_a_few_bad_events_elsewhere_at_the_end_are_no_other_fault(mall: Mall) -> None:
    """While the alert is about to resolve, two events that fail at the store open nothing."""
    mall.fails("checkout", at=PAYLINE)
    mall.run(10 * MINUTE)
    mall.faults.clear()
    mall.run(MINUTE)
    mall.counts.record(1, mall.clock.now(), good=0, bad=2, service="checkout")
    mall._fail("stray", "checkout", STORE)
    mall.run(9 * MINUTE)
    assert mall.states() == [("resolved", ["checkout"])]


def test_a_page_after_ten_minutes_opens_at_once_and_is_merged_when_its_cause_is_known(mall: Mall) -> None:
    """So late, nobody is kept waiting; the incident is one all the same."""
    mall.fails("checkout", at=PAYLINE)
    mall.run(12 * MINUTE)
    mall.happened()
    mall.fails("search", at=PAYLINE)
    mall.run(2 * MINUTE)
    kinds = [kind for kind in mall.happened() if kind.startswith("incident.")]
    assert kinds == ["incident.opened", "incident.merged"]
    assert mall.states()[0] == ("open", ["checkout", "search"])


def test_a_person_resolves_all_of_an_incident(mall: Mall) -> None:
    """It stays resolved while its alerts fire, and opens none again until each was over."""
    mall.fails(*SERVICES, at=PAYLINE)
    mall.run(3 * MINUTE)
    mall.post("/incidents/1/resolve")
    mall.run(3 * MINUTE)
    assert mall.states() == [("resolved", ["cart", "checkout", "search"])]
    mall.faults.clear()
    mall.run(10 * MINUTE)
    mall.fails("cart", at=PAYLINE)
    mall.run(3 * MINUTE)
    assert mall.states()[1:] == [("open", ["cart"])]


def test_a_crash_at_every_step_places_every_page_once(mall: Mall) -> None:
    """Started again every ten seconds, waiting goes on where it was."""
    mall.fails("checkout", at=PAYLINE)
    for n in range(30):
        if n == 6:
            mall.fails("search", at=UNKNOWN)
        if n == 14:
            mall.fails("cart", "search", at=PAYLINE)
        mall.run(TICK)
        mall.start()
    kinds = mall.happened()
    counts = {kind: kinds.count(f"incident.{kind}") for kind in ("opened", "joined", "merged")}
    assert counts == {"opened": 2, "joined": 1, "merged": 1}
    assert mall.states()[0] == ("open", ["checkout", "search", "cart"])


def test_a_clock_stepping_back_keeps_no_page_waiting(mall: Mall) -> None:
    """A page that waits when the clock steps back by an hour has its incident at the next look."""
    mall.fails("checkout", at=PAYLINE)
    mall.run(MINUTE)
    mall.fails("search", at=UNKNOWN)
    mall.run(3 * TICK)
    assert len(mall.states()) == 1
    assert mall.get("/objectives/search-works")["incident_id"] is None
    assert mall.get("/alerts", state="firing")["items"]
    mall.clock.step_back(60 * MINUTE)
    mall.run(TICK)
    assert mall.states()[1] == ("open", ["search"])


class Unanswering(MemorySpans):
    """Spans of a warehouse that does not answer."""

    def bad_spans(self, sli: Sli, start: int, end: int, *, limit: int, pick: Pick) -> list[BadSpan]:
        """Say so."""
        raise Unavailable("the warehouse did not answer within 8 s")


def test_a_warehouse_that_does_not_answer_keeps_no_page_waiting(mall: Mall) -> None:
    """The cause cannot be read, the wait ends in time all the same."""
    mall.fails("checkout", at=PAYLINE)
    mall.run(MINUTE)
    mall.spans = Unanswering()
    mall.start()
    mall.fails("search", at=PAYLINE)
    mall.run(MINUTE)
    (one,) = mall.objectives(2)
    waited = mall.moment(one["joined_at"]) - mall.moment(one["fired_at"])
    assert (waited, one["reason_code"]) == (20 * SECOND, "cause_unknown")


def test_a_page_whose_objective_is_removed_while_it_waits_has_its_incident(mall: Mall) -> None:
    """A page is never lost: the incident opens, and is over with the alert."""
    mall.fails("checkout", at=PAYLINE)
    mall.run(MINUTE)
    mall.fails("search", at=UNKNOWN)
    mall.run(3 * TICK)
    left = tuple(one for one in mall.catalog.objectives if one.service != "search")
    mall.catalog = replace(mall.catalog, revision=2, objectives=left)
    mall.happened()
    mall.run(TICK)
    assert mall.states() == [("open", ["checkout"]), ("resolved", ["search"])]
    kinds = [kind for kind in mall.happened() if kind.startswith("incident.")]
    assert kinds == ["incident.opened", "incident.resolved"]


@pytest.mark.parametrize("kinds", [(CAUSE, CAUSE), (CAUSE, DEADLINE), (DEADLINE, DEADLINE)])
def test_two_processes_at_once_place_a_page_once(mall: Mall, kinds: tuple[str, str]) -> None:
    """Whichever is first has placed it, and the other finds nothing to do."""
    mall.fails("checkout", at=PAYLINE)
    mall.run(MINUTE)
    mall.fails("search", at=UNKNOWN)
    mall.run(3 * TICK)
    first = mall.incidents
    mall.start()
    mall.clock.advance(20 * SECOND)
    mall.happened()

    def place(kind: str, process: IncidentsService) -> None:
        task = Task(kind, "2", mall.clock.now(), attempt=1, fence=1, payload={})
        process.handlers[kind](task)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(place, kinds, (first, mall.incidents)))
    assert mall.happened() == ["incident.opened"]
    assert mall.states()[1] == ("open", ["search"])
