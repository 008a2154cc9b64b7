"""`holdfast incident`: what it prints, what it changes, and what it answers to what cannot be."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient
from tests.acceptance.stage import Stage
from tests.commands import NOBODY, Run, in_zone, listening, runner
from tests.goldens import same_as_golden

from holdfast.runtime.access import Access, Role
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database

MINUTE = timedelta(minutes=1)


@pytest.fixture
def stage(
    sqlite_database: Database, clock: ManualClock, make_api: Callable[..., TestClient], tmp_path: Path
) -> Stage:
    """A shop two minutes into an outage of payment."""
    stage = Stage(sqlite_database, clock, make_api, tmp_path)
    stage.run(MINUTE)
    stage.bad = 40
    stage.run(2 * MINUTE)
    return stage


@pytest.fixture
def run(stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run commands against that shop's Holdfast."""
    with listening(stage.api.app) as url, in_zone("UTC"):
        yield runner(url, monkeypatch, capsys)


@pytest.mark.golden
@pytest.mark.parametrize(
    ("name", "arguments"), [("incident-ls", ("incident", "ls")), ("incident-show", ("incident", "show", "1"))]
)
def test_what_is_printed(run: Run, name: str, arguments: tuple[str, ...]) -> None:
    """The list and one incident, to the letter: what, since when, how many, where, which traces, and then."""
    done = run(*arguments)
    assert (done.status, done.err) == (0, "")
    same_as_golden(f"{name}.txt", done.out)


def test_the_cause_stands_beside_the_title_in_the_words_of_the_server(run: Run, stage: Stage) -> None:
    """In the list, in one incident and in the answer of a change, as on the page; JSON has both apart."""
    found = stage.get("/incidents/1")
    headline = f"{found['title']} · {found['cause']['words']}"
    assert headline in run("incident", "ls").out
    assert headline in run("incident", "show", "1").out
    assert json.loads(run("incident", "ls", "-o", "json").out)[0]["title"] == found["title"]
    assert headline in run("incident", "ack", "1").err


def test_times_are_those_of_the_reader(run: Run, stage: Stage) -> None:
    """In Berlin list and timeline say Berlin's time and its name; the title says none, and JSON UTC."""
    with in_zone("Europe/Berlin"):
        listed, shown = run("incident", "ls").out, run("incident", "show", "1").out
        machine = run("incident", "show", "1", "-o", "json").out
    assert "2026-03-01 13:01:00 CET" in listed
    assert "onset at         2026-03-01 13:01:00 CET" in shown
    assert "2026-03-01 13:01:30 CET  incident.opened" in shown
    assert "UTC" not in listed + shown
    assert '"onset_at": "2026-03-01T12:01:00Z"' in machine
    assert not re.search(r"\d\d:\d\d", stage.get("/incidents/1")["title"])


@pytest.mark.parametrize(("output", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_machines_read_what_the_api_answers(
    run: Run, stage: Stage, output: str, read: Callable[[str], object]
) -> None:
    """As JSON and YAML the list is the API's items, and one incident is the API's, timeline and all."""
    assert read(run("incident", "ls", "-o", output).out) == stage.get("/incidents")["items"]
    assert read(run("incident", "show", "1", "-o", output).out) == stage.get("/incidents/1")


def test_an_incident_is_taken_noted_and_ended(run: Run, stage: Stage) -> None:
    """Each step says where the incident stands now; the timeline has them all, with who did it."""
    stage.happened()
    assert run("incident", "ack", "1").err.startswith("Incident 1 is acknowledged: Orders failing")
    noted = run("incident", "note", "1", "failing over to the second provider")
    assert noted.err.startswith("The note is added. Incident 1 is acknowledged: ")
    ended = run("incident", "resolve", "1", "--note", "failed over")
    assert (ended.status, ended.out) == (0, "")
    assert ended.err.startswith("Incident 1 is resolved: ")
    steps = ["incident.acknowledged", "incident.note", "incident.note", "incident.resolved"]
    assert stage.happened() == steps
    timeline = stage.get("/incidents/1")["timeline"]
    own = [entry for entry in timeline if entry["kind"] in steps]
    assert {entry["actor"] for entry in own} == {"local"}
    assert {"failing over to the second provider", "failed over"} <= {entry["summary"] for entry in own}


def test_a_step_answers_machines_with_the_incident(run: Run) -> None:
    """With -o json a write prints the incident as it is afterwards, and says nothing."""
    done = run("incident", "ack", "1", "-o", "json")
    assert (json.loads(done.out)["state"], done.err) == ("acknowledged", "")


def test_lists_are_narrowed(run: Run) -> None:
    """A state leaves out the others, and a list of nothing says so beside an empty table."""
    assert "orders-succeed" in run("incident", "ls", "--state", "active").out
    nothing = run("incident", "ls", "--state", "resolved")
    assert (nothing.status, nothing.err) == (0, "No incident matches.\n")
    assert nothing.out.startswith("ID")


def test_a_viewer_is_told_what_is_missing(
    run: Run, stage: Stage, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose token allows reading only is refused with the role that is needed, and nothing changes."""
    issued = Access(stage.database, clock).create_token(name="eve", role=Role.VIEWER, actor="test")
    assert run("incident", "ack", "1").status == 3
    monkeypatch.setenv("HOLDFAST_TOKEN", issued.secret)
    refused = run("incident", "ack", "1")
    assert refused.status == 3
    assert "responder" in refused.err
    assert json.loads(run("incident", "show", "1", "-o", "json").out)["state"] == "open"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("incident", "show", "99"), 2, "there is no incident 99; `holdfast incident ls`"),
        (("incident", "ack", "99"), 2, "there is no incident 99"),
        (("incident", "resolve", "99"), 2, "there is no incident 99"),
        (("incident", "note", "99", "x"), 2, "there is no incident 99"),
        (("incident", "show", "0"), 2, "greater than or equal to 1"),
        (("incident", "show", "orders"), 2, "valid integer"),
        (("incident", "show"), 2, "Missing argument"),
        (("incident", "note", "1", ""), 2, "note"),
        (("incident", "note", "1", "   "), 2, "a note has 1 to 4000 characters"),
        (("incident", "note", "1", "x" * 4001), 2, "4000"),
        (("incident", "resolve", "1", "--note", "x" * 4001), 2, "4000"),
        (("incident", "ls", "--state", "gone"), 2, "gone"),
        (("incident", "ls", "-o", "xml"), 2, "xml"),
        (("incident", "close", "1"), 2, "No such command"),
        (("incident", "ls", "--url", "nowhere"), 2, "'nowhere' is not an http address"),
        (("incident", "ls", "--url", NOBODY), 3, "start it with `holdfast serve`"),
        (("incident", "ack", "1", "--url", NOBODY), 3, f"{NOBODY} does not answer"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_a_status(
    run: Run, stage: Stage, arguments: tuple[str, ...], status: int, words: str
) -> None:
    """Wrong use is 2, nobody there is 3; nothing is changed, and there is no traceback."""
    stage.happened()
    done = run(*arguments)
    assert (done.status, done.out) == (status, "")
    assert words in done.err
    assert "Traceback" not in done.err
    assert stage.happened() == []
