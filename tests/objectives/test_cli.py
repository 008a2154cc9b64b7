"""`holdfast objective` and `holdfast alert`: what they print, and what they answer to what cannot be."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient
from tests.acceptance.stage import Stage
from tests.commands import NOBODY, Run, in_zone, listening, runner
from tests.goldens import same_as_golden
from tests.objectives.cases import a_catalog, an_objective

from holdfast.catalog.model import NoData
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database

MINUTE = timedelta(minutes=1)


@pytest.fixture
def stage(
    sqlite_database: Database, clock: ManualClock, make_api: Callable[..., TestClient], tmp_path: Path
) -> Stage:
    """A shop two minutes into an outage of payment; a second promise is kept, a third was never counted."""
    stage = Stage(sqlite_database, clock, make_api, tmp_path)
    stage.catalog = a_catalog(
        an_objective(),
        an_objective("cart-answers", sli=2, service="cart", no_data=NoData.IGNORE),
        an_objective("search-fast", sli=3, service="search", display_name="Search within 1 s"),
    )
    for n in range(360):
        stage.counts.record(2, clock.now() - n * timedelta(seconds=10), good=1000, service="cart")
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
    ("name", "arguments"),
    [
        ("objective-ls", ("objective", "ls")),
        ("objective-show", ("objective", "show", "orders-succeed")),
        ("objective-show-no-data", ("objective", "show", "search-fast")),
        ("alert-ls", ("alert", "ls")),
        ("objective-explain", ("objective", "explain", "orders-succeed", "--by", "version", "--by", "zone")),
    ],
)
def test_what_is_printed(run: Run, name: str, arguments: tuple[str, ...]) -> None:
    """Each listing, to the letter: worst first, counts beside ratios, a dash for nothing."""
    done = run(*arguments)
    assert done.status == 0
    assert done.err == "" or "sampled the same way" in done.err
    same_as_golden(f"{name}.txt", done.out)


def test_lists_are_narrowed(run: Run) -> None:
    """Service and state leave out the others, and a list of nothing says so beside an empty table."""
    assert "cart-answers" in run("objective", "ls", "--service", "cart").out
    assert "orders-succeed" not in run("objective", "ls", "--service", "cart").out
    assert [one["name"] for one in json.loads(run("objective", "ls", "--state", "ok", "-o", "json").out)] == [
        "cart-answers"
    ]
    nothing = run("objective", "ls", "--service", "nobody")
    assert (nothing.status, nothing.err) == (0, "No objective matches.\n")
    assert nothing.out.startswith("NAME")


@pytest.mark.parametrize(("output", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_machines_read_what_the_api_answers(
    run: Run, stage: Stage, output: str, read: Callable[[str], object]
) -> None:
    """As JSON and YAML a listing is the API's items, and one thing is the API's one thing."""
    assert read(run("objective", "ls", "-o", output).out) == stage.get("/objectives")["items"]
    assert read(run("objective", "show", "orders-succeed", "-o", output).out) == stage.get(
        "/objectives/orders-succeed"
    )
    assert read(run("alert", "ls", "-o", output).out) == stage.get("/alerts")["items"]


def test_alerts_that_are_over_are_listed_on_request(run: Run, stage: Stage) -> None:
    """`--all` shows resolved ones too, and `--objective` those of one alone."""
    stage.bad = 0
    stage.run(10 * MINUTE)
    assert run("alert", "ls").err == "No alert fires.\n"
    over = run("alert", "ls", "--all", "--objective", "orders-succeed")
    assert over.out.count("resolved") == len(stage.get("/alerts", state="all")["items"]) > 0
    assert run("alert", "ls", "--all", "--objective", "cart-answers").err == "No alert so far.\n"


def test_every_page_of_a_long_list_is_read(run: Run, stage: Stage) -> None:
    """A list longer than a page of the API is whole, each row once."""
    stage.catalog = a_catalog(*(an_objective(f"objective-{n:03}", sli=n) for n in range(1, 251)), revision=2)
    listed = json.loads(run("objective", "ls", "-o", "json").out)
    assert len({one["name"] for one in listed}) == len(listed) == 250


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("objective", "show", "nothing"), 2, "there is no objective 'nothing'; `holdfast objective ls`"),
        (("objective", "show", "../services"), 2, "there is no objective '../services'"),
        (("objective", "ls", "--state", "fine"), 2, "fine"),
        (("objective", "show"), 2, "Missing argument"),
        (("objective", "ls", "-o", "xml"), 2, "xml"),
        (("objective", "list"), 2, "No such command"),
        (("alert", "ls", "--al"), 2, "No such option"),
        (("objective", "ls", "--url", "nowhere"), 2, "'nowhere' is not an http address"),
        (("objective", "ls", "--url", NOBODY), 3, "start it with `holdfast serve`"),
        (("objective", "show", "orders-succeed", "--url", NOBODY), 3, f"{NOBODY} does not answer"),
        (("alert", "ls", "--url", NOBODY), 3, "--url or HOLDFAST_URL"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_a_status(
    run: Run, arguments: tuple[str, ...], status: int, words: str
) -> None:
    """Wrong use is 2, nobody there is 3; words go to stderr, no data to stdout, and no traceback anywhere."""
    done = run(*arguments)
    assert (done.status, done.out) == (status, "")
    assert words in done.err
    assert "Traceback" not in done.err
