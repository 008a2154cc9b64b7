"""`holdfast trace`: what it prints, and what it answers to what cannot be."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from tests.acceptance.foreign.sent import batch_of
from tests.commands import NOBODY, Run, in_zone, listening, runner
from tests.goldens import same_as_golden
from tests.telemetry.shop_traces import shop, trace_id_of

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.intake.otlp.rules import REQUESTS
from holdfast.telemetry.model import Signal
from holdfast.telemetry.traces import search, store
from holdfast.telemetry.traces.api import router
from holdfast.telemetry.traces.model import Violation
from holdfast.telemetry.traces.service import TracesService
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse


@pytest.fixture
def run(
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
    store_spans: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """Run commands against a Holdfast at 12:10 that has seen twelve orders."""
    clock.advance(timedelta(minutes=10))
    store_spans(*shop(12).resource_spans)
    service = TracesService(warehouse, clock, broke=lambda _name: Violation("IsError"))
    with listening(make_api(sqlite_database, router(service)).app) as url, in_zone("UTC"):
        yield runner(url, monkeypatch, capsys)


@pytest.mark.golden
def test_what_is_printed(run: Run) -> None:
    """Each command, to the letter: traces in a line, one as a tree over its time, two side by side."""
    for name, arguments in (
        ("trace-ls", ("ls", "--limit", "4", "--sort", "slowest")),
        ("trace-show", ("show", trace_id_of(3))),
        ("trace-show-proxies", ("show", trace_id_of(3), "--proxies")),
        ("trace-compare", ("compare", trace_id_of(1), trace_id_of(3))),
    ):
        done = run("trace", *arguments)
        assert (done.status, done.err) == (0, ""), done.err
        same_as_golden(f"{name}.txt", done.out)


@pytest.mark.golden
def test_both_sides_of_a_call_are_printed(
    run: Run, store_spans: Callable[..., None], clock: ManualClock
) -> None:
    """Where they share an id, as Zipkin's do, the client's span is there once, and the server's below it."""
    batch = batch_of("zipkin-b3", Signal.TRACES, clock.now())
    store_spans(*REQUESTS[Signal.TRACES].FromString(batch.record).resource_spans)
    done = run("trace", "show", "19" + "0" * 29 + "9")
    assert (done.status, done.err) == (0, ""), done.err
    same_as_golden("trace-show-shared-ids.txt", done.out)


def test_a_trace_that_is_cut_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the tree stands how many spans are shown and how many are left out; of a whole trace nothing."""
    assert "left out" not in run("trace", "show", trace_id_of(3)).err
    monkeypatch.setattr(store, "TRACE_SPANS_MOST", 5)
    done = run("trace", "show", trace_id_of(3))
    assert "Only the first 5 spans are shown; 9 later spans are omitted." in done.err


def test_a_search_that_ends_early_is_continued(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy server answers a short page and where to continue: the list is filled to its limit."""
    whole = json.loads(run("trace", "ls", "-o", "json", "--limit", "5").out)["items"]
    monkeypatch.setattr(search, "ROUNDS_MOST", 1)
    monkeypatch.setattr(search, "FIRST_STEP_NANOSECONDS", 10**9)
    found = json.loads(run("trace", "ls", "-o", "json", "--limit", "5").out)["items"]
    assert [hit["trace_id"] for hit in found] == [hit["trace_id"] for hit in whole]
    assert len(found) == 5


def test_json_is_what_the_api_says(run: Run) -> None:
    """Programs get everything: conditions narrow, and the logs come with a trace when asked for."""
    asked = ("--service", "payment", "--status", "error", "--attribute", "shop.channel=app")
    found = json.loads(run("trace", "ls", "-o", "json", *asked).out)
    assert [hit["trace_id"] for hit in found["items"]] == [trace_id_of(11), trace_id_of(3)]
    by_promise = json.loads(run("trace", "ls", "-o", "json", "--objective", "x", "--max-duration", "1s").out)
    assert by_promise["items"][0]["trace_id"] == trace_id_of(11)
    assert json.loads(run("trace", "show", trace_id_of(3), "-o", "json", "--logs").out)["logs"] == []


def test_what_cannot_be_is_said(run: Run) -> None:
    """A wrong duration, an unknown trace and an empty answer each have their sentence and exit status."""
    done = run("trace", "ls", "--min-duration", "soon")
    assert (done.status, done.out) == (2, "")
    assert '--min-duration: "soon" is not a number of seconds' in done.err
    done = run("trace", "show", "00" * 16)
    assert (done.status, done.out) == (2, "")
    assert "no span of trace" in done.err
    done = run("trace", "ls", "--service", "nobody")
    assert done.status == 0
    assert "No trace matches" in done.err
    assert run("trace", "ls", "--url", NOBODY).status == 3
