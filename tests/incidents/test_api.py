"""Incidents over HTTP: shapes, refusals, and writes that are carried out once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.acceptance.stage import Stage
from tests.incidents.test_model import NOW, an_incident

from holdfast.incidents import store
from holdfast.incidents.evidence import Contributor, Evidence, Series
from holdfast.incidents.model import FailingParty
from holdfast.runtime.access import Access, Role
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database


@pytest.fixture
def stage(
    sqlite_database: Database, clock: ManualClock, make_api: Callable[..., TestClient], tmp_path: Path
) -> Stage:
    """A shop with one open incident."""
    stage = Stage(sqlite_database, clock, make_api, tmp_path)
    with sqlite_database.write() as tx:
        store.add(tx, an_incident())
    return stage


def test_a_list_and_one_incident_have_the_agreed_fields(stage: Stage) -> None:
    """The page and scripts rely on these names."""
    (listed,) = stage.get("/incidents")["items"]
    assert set(listed) == {
        *("id", "title", "state", "severity", "objective", "objective_display_name", "service", "events"),
        *("environment", "namespace"),
        *("opened_at", "onset_at", "acknowledged_at", "acknowledged_by", "resolved_at", "resolved_by"),
        *(
            "bad_events",
            "total_events",
            "duration_seconds",
            "merged_into",
            "moved_to",
            "cause",
            "now_failing",
            "objectives",
        ),
    }
    detail = stage.get(f"/incidents/{listed['id']}")
    assert set(detail) == {*listed, "timeline", "evidence", "merged"}
    assert set(detail["evidence"]) == {
        *("measured_at", "burn", "budget_spent_ratio", "contributors", "exemplars", "series")
    }


def test_a_list_says_the_cause(stage: Stage, sqlite_database: Database) -> None:
    """The title stays as stored; the cause stands beside it, before and after the end."""
    evidence = Evidence(
        measured_at=NOW,
        burn=(),
        budget_spent_ratio=None,
        series=Series(10, (), (), ()),
        contributors=(Contributor("payline", "POST", None, None, 9, 1.0, sends_spans=False, answer="504"),),
        exemplars=(),
    )
    with sqlite_database.write() as tx:
        number = store.add(tx, an_incident(objective="charges"))
        found = store.find(tx, number)
        assert found is not None
        store.keep_evidence(tx, found.first.id, evidence)
        store.keep_cause(tx, found.first.id, FailingParty("payline"))
    stage.post(f"/incidents/{number}/resolve", {})
    listed = stage.get("/incidents")["items"][0]
    assert listed["cause"] == {"party": "payline", "environment": "", "words": "payline · 504"}
    assert (listed["state"], listed["objectives"][0]["suspects"]) == ("resolved", [])
    detail = stage.get(f"/incidents/{number}")
    assert detail["cause"] == listed["cause"]
    assert [one["name"] for one in detail["objectives"][0]["suspects"]] == ["payline"]


def test_incidents_are_listed_for_their_environment(stage: Stage, sqlite_database: Database) -> None:
    """One whose objective named no environment is in each list, the others are in their own."""
    with sqlite_database.write() as tx:
        for name, of in (("a", "production"), ("b", "")):
            store.add(tx, an_incident(objective=name, environment=of, namespace="shop"))

    def found(**limits: str) -> list[str | None]:
        return [one["environment"] for one in stage.get("/incidents", **limits)["items"]]

    assert found() == ["", "production", None]
    assert found(environment="Production") == ["production", None]
    assert found(environment="default", namespace="shop") == ["", None]
    assert found(namespace="other") == [None]


def test_a_second_acknowledgement_changes_nothing(stage: Stage) -> None:
    """Two people press the button: the first has it, and the second sees who."""
    first = stage.post("/incidents/1/ack", key="a")
    second = stage.post("/incidents/1/ack", key="b")
    assert second["acknowledged_at"] == first["acknowledged_at"]
    assert stage.happened() == ["incident.acknowledged"]


def test_a_repeated_request_is_carried_out_once(stage: Stage) -> None:
    """The same note under the same key is one note."""
    for _ in range(3):
        stage.post("/incidents/1/notes", {"text": "looking"}, key="same")
    assert stage.happened() == ["incident.note"]


def test_resolving_what_is_resolved_keeps_the_first_end_and_the_note(stage: Stage) -> None:
    """Who resolves a moment after somebody else loses nothing they wrote."""
    first = stage.post("/incidents/1/resolve", key="a")
    second = stage.post("/incidents/1/resolve", {"note": "it was the provider"}, key="b")
    assert second["resolved_at"] == first["resolved_at"]
    assert stage.happened() == ["incident.resolved", "incident.note"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("get", "/incidents/999", None, 404),
        ("get", "/incidents/0", None, 400),
        ("get", "/incidents/x", None, 400),
        ("get", "/incidents?state=gone", None, 400),
        ("get", "/incidents?cursor=abc", None, 400),
        ("get", "/incidents?limit=0", None, 400),
        ("post", "/incidents/999/ack", {}, 404),
        ("post", "/incidents/1/notes", {"text": ""}, 422),
        ("post", "/incidents/1/notes", {"text": "   "}, 400),
        ("post", "/incidents/1/notes", {"text": "x" * 4001}, 422),
        ("post", "/incidents/1/notes", {"text": "x", "by": "me"}, 422),
        ("post", "/incidents/1/resolve", {"note": 7}, 422),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    stage: Stage, method: str, path: str, body: dict[str, object] | None, status: int
) -> None:
    """Every wrong request gets a problem document, never a 500, and changes nothing."""
    headers = {"Idempotency-Key": "k"} if method == "post" else {}
    given = {"json": body} if method == "post" else {}
    answer = stage.api.request(method, f"/api/v1{path}", headers=headers, **given)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert stage.happened() == []


def test_a_viewer_reads_and_a_responder_writes(stage: Stage, clock: ManualClock) -> None:
    """Acknowledging needs the responder's role, and the journal names who did it."""
    access = Access(stage.database, clock)
    secrets = {
        role: access.create_token(name=f"a {role}", role=role, actor="test").secret
        for role in (Role.VIEWER, Role.RESPONDER)
    }
    stage.happened()

    def acknowledge(role: Role) -> int:
        headers = {"Authorization": f"Bearer {secrets[role]}", "Idempotency-Key": role.value}
        return stage.api.post("/api/v1/incidents/1/ack", json={}, headers=headers).status_code

    assert acknowledge(Role.VIEWER) == 403
    assert acknowledge(Role.RESPONDER) == 200
    assert stage.happened() == ["incident.acknowledged"]


def test_pages_follow_each_other(stage: Stage) -> None:
    """Cursors lead through all incidents, newest first, each once."""
    with stage.database.write() as tx:
        for n in range(4):
            store.add(tx, an_incident(objective=f"other-{n}"))
    seen, cursor = [], None
    while True:
        page = stage.get("/incidents", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [5, 4, 3, 2, 1]
