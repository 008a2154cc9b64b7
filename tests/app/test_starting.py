"""While the tables of a warehouse are being made, whoever asks is told to come back, in our words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from tests.app.conftest import BASE_URL, LOOPBACK

from holdfast.app import compose, engines, http_app
from holdfast.app.page_files import PageFiles
from holdfast.app.readiness import Readiness
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.settings import Settings

# Words of the engine, of its Python side and of its tables.
ENGINE_WORDS = re.compile(
    r"warehouse answered|Unknown|UNKNOWN|DB::|otel_|holdfast_|is not open|chdb", re.ASCII
)
SKIPPED = ("/readyz", "/api/v1/backup", "/api/v1/logs/tail", "/api/v1/news")
VALUES = {"trace_id": "0" * 32, "span_id": "0" * 16, "incident_id": "1", "alert_id": "1"}
ASKED = {"from": "2026-03-01T11:00:00Z", "to": "2026-03-01T12:00:00Z", "metric": "x", "key": "x"}
"""The parameters that some endpoint needs."""


@dataclass
class Starting:
    """A server whose page already answers, and whose warehouse has no tables yet."""

    client: TestClient
    opened: engines.Engines
    paths: dict[str, set[str]]


@pytest.fixture
def starting(settings: Settings, clock: ManualClock) -> Iterator[Starting]:
    """A server that has got as far as opening its page."""
    (settings.data / "spool").mkdir(parents=True)
    with engines.opened(settings) as opened:
        made = compose.services(settings, clock, opened)
        app = compose.app(made, Readiness({}), PageFiles({}), settings, clock)
        described = http_app.document(app)["paths"]
        paths = {
            path: {one["name"] for one in described[path]["get"].get("parameters", ())}
            for method, path, _ in http_app.routes(app)
            if method == "GET" and path not in SKIPPED and path in described
        }
        yield Starting(TestClient(app, base_url=BASE_URL, client=LOOPBACK), opened, paths)


def _asked(path: str, names: set[str]) -> str:
    filled = re.sub(r"\{(\w+)(:path)?\}", lambda found: VALUES.get(found[1], "x"), path)
    return f"{filled}?{urlencode({name: value for name, value in ASKED.items() if name in names})}"


def test_no_route_repeats_the_engine_while_it_starts(starting: Starting) -> None:
    """Every 503 of every route is a problem that says the server is starting, and when to try again."""
    answers = {path: starting.client.get(_asked(path, names)) for path, names in starting.paths.items()}
    not_yet = {path: answer for path, answer in answers.items() if answer.status_code == 503}
    assert len(not_yet) >= 5
    for path, answer in not_yet.items():
        assert answer.headers["content-type"] == "application/problem+json", path
        assert not ENGINE_WORDS.search(answer.text), f"{path}: {answer.text}"
        assert "the server is starting" in answer.json()["detail"], f"{path}: {answer.text}"
        assert answer.headers["retry-after"] == "5", path
    assert not [path for path, answer in answers.items() if answer.status_code == 500]


def test_once_prepared_nothing_is_starting(starting: Starting) -> None:
    """When the tables are made the same routes answer."""
    starting.opened.prepare()
    for path, names in starting.paths.items():
        assert "is starting" not in starting.client.get(_asked(path, names)).text, path
