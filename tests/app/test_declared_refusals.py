"""Every refusal an endpoint gives is in the API's description: it goes by the routes, so a new one is met."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError
from tests.app.conftest import BASE_URL, LOOPBACK, Served

from holdfast.app import compose, fakes
from holdfast.app.http_app import API, document, routes
from holdfast.app.page_files import PageFiles
from holdfast.app.readiness import Readiness
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Unavailable
from holdfast.runtime.settings import Settings

NO_WAREHOUSE = {
    "get_session",
    "get_catalog",
    "get_incident",
    "list_incidents",
    "list_alerts",
    "list_changes",
    "list_views",
    "list_on_call",
    "list_gaps",
    "list_contacts",
    "list_pages",
}
"""Reads of the state database alone."""
NEEDED = {
    "/comparison": "?with=unknown",
    "/map/calls": "?source=unknown",
    "/map/answers": "?target=service/unknown",
}
"""What some reads refuse to do without."""
GO_ON = {"tail_logs", "get_backup", "get_news"}
"""Their answers begin before the warehouse is asked, and go on."""


class Away:
    """Telemetry that cannot be reached, whatever it is asked."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return a call that fails as the warehouse fails when it is away."""

        def fail(*_arguments: object, **_options: object) -> None:
            raise Unavailable("the warehouse is away")

        return fail


def _reads(app: FastAPI) -> Iterator[tuple[str, str, set[str]]]:
    """Yield path, operation and declared statuses of every read of the API."""
    described = document(app)["paths"]
    for method, path, route in routes(app):
        if method == "GET" and path.startswith(API) and route.include_in_schema:
            yield path, str(route.operation_id), set(described[path]["get"]["responses"])


def _address(path: str) -> str:
    named = re.sub(r"\{number\}", "123456", path)
    extra = next((asked for end, asked in NEEDED.items() if path.endswith(end)), "")
    return re.sub(r"\{\w+\}", "unknown", named) + extra


@pytest.fixture
def without_telemetry(settings: Settings, clock: ManualClock) -> Iterator[TestClient]:
    """A server whose warehouse is away and whose state is there."""
    (settings.data / "spool").mkdir(parents=True)
    away: Any = Away()
    with fakes.opened(settings) as engines:
        engines.prepared.set()
        engines = dataclasses.replace(engines, warehouse=away, counts=lambda _watermark: away, spans=away)
        made = compose.services(settings, clock, engines)
        app = compose.app(made, Readiness({}), PageFiles({}), settings, clock)
        yield TestClient(app, base_url=BASE_URL, client=LOOPBACK)


def test_every_read_by_id_declares_and_gives_its_404(served: Served) -> None:
    """Asked for something there is not, each endpoint with a name in its path says so, as it is described."""
    by_id = [read for read in _reads(served.app) if "{" in read[0]]
    assert len(by_id) > 10
    assert [path for path, _, declared in by_id if "404" not in declared] == []
    for path, _, _ in by_id:
        answer = served.client.get(_address(path))
        assert answer.status_code == 404, f"{path}: {answer.text}"
        assert answer.json()["type"] == "urn:holdfast:problem:not-found", path


def test_every_other_operation_with_an_id_declares_its_404(served: Served) -> None:
    """What is done to something that is not there is refused as a read of it is; PUT puts it there."""
    described = document(served.app)["paths"]
    silent = [
        f"{method} {path}"
        for path, operations in described.items()
        for method, operation in operations.items()
        if "{" in path and method != "put" and "404" not in operation["responses"]
    ]
    assert silent == []


def test_every_read_of_the_warehouse_declares_and_gives_its_503(without_telemetry: TestClient) -> None:
    """With the warehouse away each read of it says so, as it is described; the others answer."""
    app: Any = without_telemetry.app
    reads = [read for read in _reads(app) if read[1] not in GO_ON]
    answers = {name: without_telemetry.get(_address(path)).status_code for path, name, _ in reads}
    undeclared = [name for _, name, declared in reads if str(answers[name]) not in declared]
    assert undeclared == []
    refused_earlier = {name for name, status in answers.items() if status == 404}
    assert {name for name, status in answers.items() if status == 503} == (
        set(answers) - NO_WAREHOUSE - refused_earlier
    )
    assert 404 not in {answers[name] for name in answers if name.startswith("list_")}


def test_every_operation_declares_that_the_state_may_be_away(served: Served) -> None:
    """Each operation of the API looks up who is asking, which takes the state database."""
    described = document(served.app)["paths"]
    assert [
        f"{method} {path}"
        for path, operations in described.items()
        for method, operation in operations.items()
        if path.startswith(API) and "503" not in operation["responses"]
    ] == []


def test_every_read_gives_its_503_without_the_state(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the state database away each read says so, in the form that is described."""

    def fail(*_arguments: object) -> None:
        raise OperationalError("", {}, Exception("away"))

    database: Database = served.made.access._database
    monkeypatch.setattr(database.engine, "connect", fail)
    for path, name, _ in _reads(served.app):
        answer = served.client.get(_address(path))
        assert answer.status_code == 503, f"{name}: {answer.text}"
        assert answer.json()["type"] == "urn:holdfast:problem:service-unavailable"
