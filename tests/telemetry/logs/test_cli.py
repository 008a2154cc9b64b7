"""`holdfast log`: what it prints, and what it answers to what cannot be."""

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from tests.commands import NOBODY, Run, in_zone, listening, runner
from tests.goldens import same_as_golden
from tests.telemetry.logs.conftest import StoreLogs
from tests.telemetry.logs.log_builders import line, written_by
from tests.telemetry.otlp_builders import T0


@pytest.fixture
def run(
    api: TestClient,
    store_logs: StoreLogs,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """Run commands against a Holdfast that knows five lines."""
    store_logs(
        written_by(
            "payment",
            [
                line(f"charge {n} took {n * 30} ms", at=T0 + n, attributes={"route": "/charges"})
                for n in range(1, 4)
            ],
            zone="a",
        ),
        written_by(
            "checkout",
            [
                line("payment timed out", at=T0 + 4, severity="error", trace_id=bytes(range(16))),
                line("retry", at=T0 + 5, severity="warn"),
            ],
            zone="b",
        ),
    )
    with listening(api.app) as url, in_zone("UTC"):
        yield runner(url, monkeypatch, capsys)


@pytest.mark.golden
@pytest.mark.parametrize("verb", ["ls", "facets", "patterns", "tail"])
def test_what_is_printed(run: Run, verb: str) -> None:
    """Lines, facets and patterns, to the letter."""
    done = run("log", verb)
    assert (done.status, done.err) == (0, "")
    same_as_golden(f"log-{verb}.txt", done.out)


def test_words_and_conditions_narrow_the_list(run: Run) -> None:
    """Words as arguments, an argument with blanks as a phrase, conditions with -w."""
    assert "charge 2" in run("log", "ls", "charge", "2").out
    assert run("log", "ls", "timed out", "-o", "json").out.count('"body"') == 1
    assert run("log", "ls", "-w", "severity>=warn", "-w", "zone!=a", "-o", "json").out.count('"body"') == 2
    assert run("log", "ls", "-o", "json", "--", "-charge", "-retry").out.count('"body"') == 1


def test_no_line_is_said_to_match(run: Run) -> None:
    """A table without rows says so and what to try; programs get an empty list and no sentence."""
    assert run("log", "ls", "nothingmatches").err.startswith("No line matches in this range; ")
    machine = run("log", "ls", "nothingmatches", "-o", "json")
    assert (json.loads(machine.out)["items"], machine.err) == ([], "")


def test_a_line_tells_its_trace(run: Run) -> None:
    """JSON and the table hold the trace's id, and the id finds its lines."""
    trace = bytes(range(16)).hex()
    (found,) = json.loads(run("log", "ls", "-w", f"trace={trace}", "-o", "json").out)["items"]
    assert found["trace_id"] == trace
    assert trace in run("log", "ls").out


def test_more_lines_are_told_and_reached(run: Run) -> None:
    """Where the list goes on, stderr says how."""
    first = run("log", "ls", "-n", "3")
    assert "More lines follow: --cursor " in first.err
    second = run("log", "ls", "--cursor", first.err.split()[-1])
    assert "charge 2" in second.out
    assert "charge 3" not in second.out


def test_wrong_use_and_nobody_there(run: Run) -> None:
    """A broken condition exits 2 with its rule, no server exits 3."""
    done = run("log", "ls", "-w", "severity=bad")
    assert (done.status, done.out) == (2, "")
    assert "'bad' is not a severity" in done.err
    assert run("log", "ls", "--url", NOBODY).status == 3


def test_following_goes_on_until_it_is_told_to_stop(
    run: Run, store_logs: StoreLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With -f what comes in is printed after what was there, each line once, and Ctrl-C ends it."""
    store_logs(written_by("cart", [line("just now", at=T0 + 3_600)]))
    printed: list[str] = []

    def emit_event(event: dict[str, str], *, text: str, output: object) -> None:
        printed.append(event["body"])
        if len(printed) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("holdfast.telemetry.logs.cli.emit_event", emit_event)
    assert run("log", "tail", "-f", "-n", "2").status == 130
    assert printed == ["payment timed out", "retry", "just now"]


def test_events_are_printed_one_by_one(run: Run) -> None:
    """As JSON a tail is one object a line, for whoever reads it as it comes."""
    printed = run("log", "tail", "-n", "3", "-o", "json").out.splitlines()
    assert [json.loads(each)["body"] for each in printed] == [
        "charge 3 took 90 ms",
        "payment timed out",
        "retry",
    ]
