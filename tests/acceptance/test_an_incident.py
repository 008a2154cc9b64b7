"""Timelines of incidents: seed, act, let time pass, expect - and expect nothing else."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from tests.acceptance.stage import Stage
from tests.objectives.cases import a_catalog, an_objective

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)

ESCALATION = [
    # The hour before is all there is, so every window fills at the same speed and the tiers pass in order.
    "alert.fired",
    "alert.fired",
    "alert.inhibited",
    "alert.fired",
    "incident.opened",
    "alert.inhibited",
    "alert.fired",
    "alert.inhibited",
]


def test_an_outage_from_break_to_fix(stage: Stage) -> None:
    """Payment breaks: one page, one incident that says what, since when, how much and where; then it ends."""
    stage.run(10 * MINUTE)
    assert stage.happened() == []

    broke_at = stage.clock.now()
    stage.bad = 40
    stage.run(2 * MINUTE)
    assert stage.happened() == ESCALATION
    (listed,) = stage.get("/incidents", state="open")["items"]
    assert listed["title"] == "Orders failing"

    incident = stage.get(f"/incidents/{listed['id']}")
    assert incident["onset_at"] == broke_at.isoformat().replace("+00:00", "Z")
    assert incident["events"] == "orders"
    stage.run(30 * SECOND)
    incident = stage.get(f"/incidents/{listed['id']}")
    lost_seconds = (stage.clock.now() - broke_at).total_seconds()
    assert abs(incident["bad_events"] - lost_seconds / 10 * 40) <= 40 * 3
    (contributor,) = incident["evidence"]["contributors"]
    assert (contributor["service"], contributor["operation"]) == ("payment", "POST /charges")
    assert (contributor["zone"], contributor["version"], contributor["share"]) == ("zone-b", "2.31", 1.0)
    assert contributor["sends_spans"]
    assert incident["evidence"]["exemplars"][0]["path"] == "checkout → payment"
    assert incident["evidence"]["budget_spent_ratio"] > 1
    assert sum(incident["evidence"]["series"]["bad"]) == incident["bad_events"]

    objective = stage.get("/objectives/orders-succeed")
    assert objective["incident_id"] == incident["id"]
    assert [tier["state"] for tier in objective["tiers"]] == ["firing"] + ["inhibited"] * 3
    assert stage.happened() == []

    acknowledged = stage.post(f"/incidents/{incident['id']}/ack")
    assert (acknowledged["state"], acknowledged["acknowledged_by"]) == ("acknowledged", "local")
    stage.post(f"/incidents/{incident['id']}/notes", {"text": "provider is slow, failing over"})
    assert stage.happened() == ["incident.acknowledged", "incident.note"]

    stage.bad = 0
    stage.run(8 * MINUTE)
    ended = stage.get(f"/incidents/{incident['id']}")
    assert (ended["state"], ended["resolved_by"]) == ("resolved", "alert")
    assert sorted(stage.happened()) == ["alert.resolved"] * 4 + ["incident.resolved"]
    assert stage.get("/alerts")["items"] == []
    assert 8 * 60 < ended["duration_seconds"] < 11 * 60

    stage.run(40 * MINUTE)
    assert stage.happened() == []
    assert len(stage.get("/incidents")["items"]) == 1
    kept = stage.get(f"/incidents/{incident['id']}")
    assert kept["bad_events"] == sum(kept["evidence"]["series"]["bad"]) == 15 * 40
    timeline = [entry["kind"] for entry in kept["timeline"]]
    assert timeline[0] in ("alert.resolved", "incident.resolved")
    assert {"incident.opened", "incident.note", "incident.acknowledged", "alert.fired"} <= set(timeline)


def test_what_fires_again_after_the_end_is_another_incident(stage: Stage) -> None:
    """A second burst, however soon after the end, may be another fault: it has an incident of its own."""
    stage.bad = 40
    stage.run(3 * MINUTE)
    stage.bad = 0
    stage.run(15 * MINUTE)
    (first,) = stage.get("/incidents")["items"]
    assert first["state"] == "resolved"

    stage.bad = 40
    stage.run(3 * MINUTE)
    second, kept = stage.get("/incidents")["items"]
    assert (second["state"], kept["state"]) == ("open", "resolved")
    assert kept["resolved_at"] == first["resolved_at"]
    assert stage.happened().count("incident.opened") == 2
    assert stage.get("/objectives/orders-succeed")["incident_id"] == second["id"]


def test_resolved_by_hand_stays_resolved_until_it_was_over(stage: Stage) -> None:
    """A person's word stands while the alert goes on firing; after it was over, what fires counts again."""
    stage.bad = 40
    stage.run(3 * MINUTE)
    (incident,) = stage.get("/incidents")["items"]
    resolved = stage.post(f"/incidents/{incident['id']}/resolve", {"note": "known, moving on"})
    assert (resolved["state"], resolved["resolved_by"]) == ("resolved", "local")
    stage.run(10 * MINUTE)
    assert [one["state"] for one in stage.get("/incidents")["items"]] == ["resolved"]

    stage.bad = 0
    stage.run(10 * MINUTE)
    stage.bad = 40
    stage.run(3 * MINUTE)
    again, before = stage.get("/incidents")["items"]
    assert (again["state"], before["id"], before["state"]) == ("open", incident["id"], "resolved")


def test_silence_holds_the_incident_open(stage: Stage) -> None:
    """When telemetry stops in the middle, the incident neither ends nor doubles; data ends it."""
    stage.bad = 40
    stage.run(3 * MINUTE)
    stage.happened()
    stage.is_silent = True
    stage.run(20 * MINUTE)
    assert stage.happened() == ["alert.held"]
    objective = stage.get("/objectives/orders-succeed")
    assert (objective["state"], objective["held"]) == ("no_data", True)
    assert "checkout sent nothing" in objective["reason"]
    (incident,) = stage.get("/incidents")["items"]
    assert incident["state"] == "open"

    stage.is_silent, stage.bad = False, 0
    stage.run(10 * MINUTE)
    (incident,) = stage.get("/incidents")["items"]
    assert incident["state"] == "resolved"
    held = [entry["kind"] for entry in stage.get(f"/incidents/{incident['id']}")["timeline"]]
    assert "alert.held" in held
    assert "alert.resumed" in held


def test_a_crash_in_the_middle_loses_and_doubles_nothing(stage: Stage) -> None:
    """Killed and started again at every minute of an outage, there is still one incident, with its end."""
    stage.bad = 40
    for _ in range(4):
        stage.run(MINUTE)
        stage.start()
    stage.bad = 0
    for _ in range(9):
        stage.run(MINUTE)
        stage.start()
    (incident,) = stage.get("/incidents")["items"]
    assert incident["state"] == "resolved"
    kinds = stage.happened()
    assert (kinds.count("incident.opened"), kinds.count("incident.resolved")) == (1, 1)


def test_a_clock_stepping_back_changes_nothing(stage: Stage) -> None:
    """Half an hour lived twice neither ends the incident nor opens another."""
    stage.bad = 40
    stage.run(3 * MINUTE)
    stage.happened()
    stage.clock.step_back(30 * MINUTE)
    stage.run(5 * MINUTE)
    assert stage.happened() == []
    assert [one["state"] for one in stage.get("/incidents")["items"]] == ["open"]


def test_a_changed_target_shows_at_once(stage: Stage) -> None:
    """A target changed by one digit changes budget and burn in the very next answer, for all of the past."""
    stage.bad = 1
    stage.run(MINUTE)
    before = stage.get("/objectives/orders-succeed")
    stage.catalog = a_catalog(replace(an_objective(), target=Fraction(998, 1000)), revision=2)
    after = stage.get("/objectives/orders-succeed")
    assert (after["target"], after["bad"], after["total"]) == (0.998, before["bad"], before["total"])
    assert after["budget"]["allowed"] == 2 * before["budget"]["allowed"]
    assert after["burn"][2]["rate"] == before["burn"][2]["rate"] / 2
