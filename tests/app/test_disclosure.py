"""What somebody unknown gets to read: states, and no path, version, address or sentence of an engine."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError
from tests.app.conftest import BASE_URL

from holdfast import __version__
from holdfast.app.http_app import routes
from holdfast.app.readiness import PartState, ReadinessPart
from holdfast.runtime.access import Role
from holdfast.runtime.problems import UNNAMED

INSIDE = 'connection to server at "10.9.8.7", user "holdfast" failed, file /srv/state.db'
STRANGER = {"x-forwarded-for": "198.51.100.7"}
"""Makes of a caller on this machine one from elsewhere."""


def _bearer(served, role: Role) -> dict[str, str]:
    issued = served.made.access.create_token(name=f"a-{role}", role=role, actor="local")
    return {"Authorization": f"Bearer {issued.secret}"}


@pytest.fixture
def detailed(served):
    """A server with a part whose detail names a path."""
    served.readiness._probes = {"state": lambda: ReadinessPart("state", PartState.DOWN, INSIDE)}
    return served


def test_readiness_is_detailed_for_viewers_only(detailed) -> None:
    """Anybody may know which part is down; why it is, with its paths, is for those who may view."""
    headers = {role: _bearer(detailed, role) for role in (Role.VIEWER, Role.INGEST)}
    wrong = {"Authorization": "Bearer wrong"}
    told = {}
    callers = {"viewer": headers[Role.VIEWER], "ingest": headers[Role.INGEST], "wrong": wrong, "": {}}
    for who, given in callers.items():
        answer = detailed.client.get("/readyz", headers=given)
        assert answer.status_code == 200
        assert answer.json()["status"] == "degraded"
        (part,) = answer.json()["parts"]
        assert (part["name"], part["state"]) == ("state", "down")
        told[who] = part["detail"]
    assert told == {"viewer": INSIDE, "ingest": "", "wrong": "", "": ""}


def test_readiness_is_detailed_for_this_machines_people_while_there_is_no_token(detailed) -> None:
    """On this machine, while no token exists, everybody may view; a caller through a proxy may not."""
    assert detailed.client.get("/readyz").json()["parts"][0]["detail"] == INSIDE
    assert detailed.client.get("/readyz", headers=STRANGER).json()["parts"][0]["detail"] == ""


def test_a_probe_is_answered_while_the_state_database_is_away(served, monkeypatch) -> None:
    """Who asks cannot be looked up then, and the state is said all the same."""
    _take_away(served, monkeypatch)
    answer = served.client.get("/readyz", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 200
    assert answer.json()["parts"] == [{"name": "state", "state": "down", "detail": ""}]


def test_no_route_tells_a_stranger_what_is_inside(served, settings, monkeypatch) -> None:
    """Every route, sound and with the state database away, names no path, version or address to one."""
    secrets = [str(settings.data), __version__, "10.9.8.7", "/srv", "sqlite", "Traceback", "python"]
    stranger = TestClient(served.app, base_url=BASE_URL, client=("127.0.0.1", 1), headers=STRANGER)
    wrong = []
    for is_away in (False, True):
        if is_away:
            _take_away(served, monkeypatch)
        for method, path, _ in [*routes(served.app), ("GET", "/", None), ("GET", "/x.txt", None)]:
            answer = stranger.request(method, re.sub(r"\{[^}]*\}", "1", path), json={"token": "x"})
            said = answer.text + str(answer.headers)
            wrong += [(is_away, method, path, one) for one in secrets if one.lower() in said.lower()]
    assert wrong == []


def test_the_description_of_the_api_is_for_viewers(served) -> None:
    """The description names the version and every endpoint: a stranger does not get it."""
    viewer = _bearer(served, Role.VIEWER)
    assert served.client.get("/api/v1/openapi.json").status_code == 401
    assert served.client.get("/api/v1/openapi.json", headers=viewer).json()["info"]["version"] == __version__


def test_an_engines_sentence_is_for_the_identified(served, monkeypatch) -> None:
    """A stranger reads that a part is away, somebody identified reads which and why."""
    viewer = _bearer(served, Role.VIEWER)
    assert served.client.get("/api/v1/changes", headers=viewer).status_code == 200
    _take_away(served, monkeypatch)
    known = served.client.get("/api/v1/changes", headers=viewer)
    unknown = served.client.get("/api/v1/changes", headers={"Authorization": "Bearer other"})
    assert (known.status_code, unknown.status_code) == (503, 503)
    assert INSIDE in known.json()["detail"]
    assert unknown.json()["detail"] == UNNAMED


def _take_away(served, monkeypatch) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception(INSIDE))

    monkeypatch.setattr(served.made.access._database.engine, "connect", fail)
