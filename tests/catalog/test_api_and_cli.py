"""The catalog over HTTP and on the command line; what they print is kept in golden files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from tests.catalog.openslo_kinds import KINDS
from tests.commands import in_zone
from tests.goldens import same_as_golden
from typer.testing import CliRunner

from holdfast.catalog import cli
from holdfast.catalog.api import router
from holdfast.catalog.service import CatalogService
from holdfast.runtime.client import Client
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Invalid

Edit = Callable[..., str]
KEY = {"Idempotency-Key": "one"}


def body(*texts: str) -> dict[str, Any]:
    """Return texts as the API takes them."""
    return {"documents": [{"file": f"{at}.yaml", "text": text} for at, text in enumerate(texts, 1)]}


@pytest.fixture
def service(sqlite_database: Database, clock: ManualClock) -> CatalogService:
    """A started service without a directory."""
    service = CatalogService(sqlite_database, clock, KINDS)
    service.start()
    return service


@pytest.fixture
def api(
    service: CatalogService, sqlite_database: Database, make_api: Callable[..., TestClient]
) -> TestClient:
    """The catalog's endpoints, served."""
    return make_api(sqlite_database, router(service))


def test_an_empty_server_shows_an_empty_catalog(api: TestClient) -> None:
    """Before the first revision everything is there, and empty."""
    assert api.get("/api/v1/catalog").json() == {
        "revision": 0, "applied_at": None, "applied_by": None, "services": [], "objectives": [],
        "problems": [], "source_directory": None,
    }  # fmt: skip


def test_plan_apply_show(api: TestClient, sound: str) -> None:
    """A plan changes nothing, an apply does, and the catalog then shows it."""
    planned = api.post("/api/v1/catalog/plan", json=body(sound)).json()
    assert (planned["valid"], planned["revision"], planned["problems"]) == (True, 0, [])
    assert planned["added"] == [
        {"kind": "Service", "name": "checkout"},
        {"kind": "SLO", "name": "orders-succeed"},
    ]
    assert api.get("/api/v1/catalog").json()["revision"] == 0
    applied = api.post("/api/v1/catalog/apply", json=body(sound), headers=KEY).json()
    assert (applied["applied"], applied["revision"]) == (True, 1)
    shown = api.get("/api/v1/catalog").json()
    assert shown["applied_by"] == "local"
    assert shown["applied_at"] == "2026-03-01T12:00:00Z"
    assert shown["services"] == [
        {"name": "checkout", "display_name": "Checkout", "team": "payments", "tier": "1"}
    ]
    assert shown["objectives"] == [
        {
            "name": "orders-succeed",
            "display_name": "Orders succeed",
            "service": "checkout",
            "target": 0.999,
            "window": "28d",
        }
    ]


def test_a_changed_digit_shows_as_one_field(api: TestClient, sound: str, edit: Edit) -> None:
    """The plan names the field with what it was and will be."""
    api.post("/api/v1/catalog/apply", json=body(sound), headers=KEY)
    planned = api.post("/api/v1/catalog/plan", json=body(edit(("0.999", "0.998")))).json()
    change = {"path": "spec.objectives[0].target", "before": "0.999", "after": "0.998"}
    assert planned["changed"] == [{"kind": "SLO", "name": "orders-succeed", "changes": [change]}]
    assert (planned["added"], planned["removed"], planned["unchanged"]) == ([], [], 1)


def test_documents_with_errors_change_nothing(api: TestClient, edit: Edit) -> None:
    """What is wrong comes back with file, line, path, value, rule and message."""
    applied = api.post("/api/v1/catalog/apply", json=body(edit(("0.999", "99.9"))), headers=KEY)
    assert applied.status_code == 200
    assert (applied.json()["applied"], applied.json()["valid"]) == (False, False)
    (problem,) = applied.json()["problems"]
    assert set(problem) == {"file", "line", "path", "value", "rule", "level", "message"}
    assert api.get("/api/v1/catalog").json()["revision"] == 0


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 422),
        ({"documents": [{"file": "", "text": ""}]}, 422),
        ({"documents": [{"file": "a\nb", "text": ""}]}, 422),
        ({"documents": [{"file": "a", "text": 1}]}, 422),
        ({"documents": [{"file": "a", "text": "", "more": 1}]}, 422),
        ({"documents": [{"file": "a", "text": "x" * 1_048_577}]}, 422),
        ({"documents": [{"file": "a", "text": "#" * 1_000_000}] * 7}, 413),
        ({"documents": [{"file": "a", "text": "\ud800"}]}, 422),
        ({"documents": [{"file": "a", "text": "\x00"}]}, 200),
    ],
)
def test_nothing_that_is_sent_makes_a_500(sent: dict[str, Any], status: int, api: TestClient) -> None:
    """A malformed body is refused with a problem document; bad YAML is an answer with problems."""
    data = json.dumps(sent).encode()
    answer = api.post("/api/v1/catalog/plan", content=data, headers={"content-type": "application/json"})
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["valid"] is False


def test_applying_needs_a_key(api: TestClient, sound: str) -> None:
    """Every write names itself, so that sending it again does nothing twice."""
    assert api.post("/api/v1/catalog/apply", json=body(sound)).status_code == 400


class _Through(httpx.BaseTransport):
    """Carries the command line's requests to an API in this process."""

    def __init__(self, api: TestClient) -> None:
        self._api = api

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._api.request(
            request.method, str(request.url), content=request.read(), headers=dict(request.headers)
        )
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@pytest.fixture
def run(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run `holdfast catalog …` against the API in this process."""
    monkeypatch.setattr(cli, "Client", lambda url: Client(url, transport=_Through(api)))

    def command(*arguments: str) -> Any:
        return CliRunner().invoke(cli.commands(KINDS), list(arguments))

    return command


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sound: str) -> Path:
    """A relative directory `catalog` with the sound catalog in it."""
    monkeypatch.chdir(tmp_path)
    Path("catalog").mkdir()
    Path("catalog/checkout.yaml").write_text(sound)
    return Path("catalog")


def test_lint_of_a_sound_catalog_is_silent(run: Callable[..., Any], directory: Path) -> None:
    """Nothing on stdout, the count on stderr, exit 0."""
    result = run("lint", "catalog")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "2 documents in 1 file: 0 errors, 0 warnings\n"


@pytest.mark.golden
def test_lint_prints_every_problem(run: Callable[..., Any], directory: Path, edit: Edit) -> None:
    """Each problem is one line an editor can jump to, and the exit status is 1."""
    text = edit(
        ("0.999", "99.9"), ("28d", "1M"), ("budgetingMethod", "budgetMethod"),
        ("service: checkout\n  ind", "service: chekout\n  ind"), ("counter: true", "counter: maybe"),
    )  # fmt: skip
    Path("catalog/checkout.yaml").write_text(text)
    Path("catalog/tabs.yaml").write_text("a:\n\t- b\n")
    Path("catalog/latin.yaml").write_bytes(b"a: \xe9\n")
    result = run("lint", "catalog")
    assert result.exit_code == 1
    same_as_golden("catalog-lint.txt", result.stdout + result.stderr)


def test_lint_speaks_json(run: Callable[..., Any], directory: Path, edit: Edit) -> None:
    """A machine reads the same problems from stdout."""
    Path("catalog/checkout.yaml").write_text(edit(("0.999", "0")))
    result = run("lint", "catalog", "-o", "json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["valid"]) == (1, False)
    assert found["problems"][0]["rule"] == "out-of-range"


@pytest.mark.golden
def test_plan_prints_a_diff(run: Callable[..., Any], directory: Path, sound: str, edit: Edit) -> None:
    """Added, changed and removed documents with their fields, and what becomes of each objective."""
    gone = sound.split("---\n")[1].replace("orders-succeed", "gone")
    Path("catalog/gone.yaml").write_text(gone)
    run("apply", "catalog", "--yes")
    Path("catalog/gone.yaml").write_text(
        gone.replace("name: gone", "name: come").replace("status: ok", "maxDuration: 1s")
    )
    Path("catalog/checkout.yaml").write_text(
        edit(
            ("0.999", "0.9995"),
            ('tier: "1"', 'tier: "2"'),
            ("    holdfast.dev/events: orders", "    holdfast.dev/no-data: bad"),
        )
    )
    result = run("plan", "catalog")
    assert result.exit_code == 0
    same_as_golden("catalog-plan.txt", result.stdout + result.stderr)


def test_apply_says_what_it_did(run: Callable[..., Any], directory: Path) -> None:
    """The first apply makes a revision, the second has nothing to do, and both are fine."""
    first, second = run("apply", "catalog", "--yes"), run("apply", "catalog")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.stderr.endswith("Revision 1 is in force.\n")
    assert second.stderr.endswith("Nothing to change: revision 1, in force, is the same.\n")
    with in_zone("UTC"):
        shown = run("show")
    assert "orders-succeed  checkout   0.999     28d  Orders succeed" in shown.stdout
    assert "Revision 1, applied 2026-03-01 12:00:00 UTC by local: 1 service." in shown.stderr


def test_apply_asks_unless_told_not_to(run: Callable[..., Any], directory: Path) -> None:
    """Where nobody can answer, nothing is applied without --yes."""
    result = run("apply", "catalog")
    assert isinstance(result.exception, Invalid)
    assert "+ SLO orders-succeed" in result.stderr
    assert run("show").stderr.startswith("Revision 0")


@pytest.mark.parametrize("command", [("plan", "catalog"), ("apply", "catalog", "--yes")])
def test_a_broken_directory_is_not_applied(
    command: tuple[str, ...], run: Callable[..., Any], directory: Path, edit: Edit
) -> None:
    """Errors found by the server, or a file that cannot even be sent, end with exit 1."""
    Path("catalog/checkout.yaml").write_text(edit(("0.999", "1")))
    result = run(*command)
    assert result.exit_code == 1
    assert result.stdout.startswith("catalog/checkout.yaml:44: error: spec.objectives[0].target:")
    Path("catalog/latin.yaml").write_bytes(b"\xff")
    result = run(*command)
    assert result.exit_code == 1
    assert result.stdout.startswith("catalog/latin.yaml: error: byte 0xff")


@pytest.mark.parametrize("verb", ["lint", "plan", "apply"])
def test_a_directory_that_is_not_there_is_wrong_use(
    verb: str, run: Callable[..., Any], directory: Path
) -> None:
    """The path that was tried is named."""
    result = run(verb, "nowhere")
    assert isinstance(result.exception, Invalid)
    assert result.exception.exit_status == 2
    assert "nowhere" in result.exception.detail
