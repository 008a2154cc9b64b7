"""Patterns: what lines say, how many, and what is new."""

from collections import Counter

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.logs.conftest import StoreLogs
from tests.telemetry.logs.log_builders import line, written_by
from tests.telemetry.logs.test_api import get
from tests.telemetry.otlp_builders import T0

from holdfast.telemetry.logs import mining
from holdfast.telemetry.logs.drain import masked, mine
from holdfast.telemetry.logs.templates import Sampled, query_of
from holdfast.telemetry.logs.text import parse

HOUR = {"start": "2026-03-01T12:00:00Z", "end": "2026-03-01T13:00:00Z"}


def sampled(*bodies: str) -> list[Sampled]:
    """Lines in this order."""
    return [Sampled(n, 3, "cart", body, 0) for n, body in enumerate(bodies)]


def test_lines_that_differ_in_numbers_say_the_same() -> None:
    """Numbers, addresses and ids never make two templates of one."""
    found = mine(
        sampled(
            "order 17 from 10.0.0.1:80 took 3.5 ms",
            "order 99 from 10.9.8.7 took 12 ms",
            "user 5b8efff798038103d269b633813fc60c left",
            "user 00000000798038103d269b633813fc6f left",
        )
    )
    assert Counter({one.text: sum(one.found.values()) for one in found}) == {
        "order <num> from <ip> took <num> ms": 2,
        "user <hex> left": 2,
    }


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("job 5b8efff7-9803-8103-d269-b633813fc60c done", "job <uuid> done"),
        ("from 10.0.0.1:80, not 10.0.0.1x", "from <ip>, not <num>.<num>x"),
        ("key 0xdeadbeef1 or deadbeef", "key <hex> or deadbeef"),
        ("v2 of 3.5 at t7", "v2 of <num> at t7"),
        ("", ""),
    ],
)
def test_what_varies_by_its_nature_is_masked(body: str, text: str) -> None:
    """Ids, addresses and numbers that stand apart are masked; digits within a word belong to it."""
    assert masked(body) == text


@given(st.lists(st.sampled_from(("a b c", "x 1", "x 2", "cart 7 lost", "", "ü ö")), max_size=60))
def test_every_line_is_in_one_template(bodies: list[str]) -> None:
    """Templates share the lines out: none is lost, none counted twice; the same lines give the same ones."""
    found = mine(sampled(*bodies))
    assert sum(sum(one.found.values()) for one in found) == len(bodies)
    assert found == mine(sampled(*bodies))


@pytest.mark.parametrize(
    ("template", "query"),
    [
        ("connection to db-<num> timed out after <num>ms", "connection to db timed out after"),
        ("<*> GET <*>", "get"),
        ("user<*> left", "left"),
        ("<num>", ""),
    ],
)
def test_a_template_leads_to_its_lines(template: str, query: str) -> None:
    """The search text of a template holds its whole words and nothing of its holes."""
    assert query_of(template) == query
    assert not any(term.is_excluded for term in parse(query))


def test_what_was_not_said_before_is_new(api: TestClient, store_logs: StoreLogs) -> None:
    """A pattern is new if no line of as long a time before says so; new ones come first, the worst on top."""
    usual = [line(f"order {n} placed", at=T0 - 3_000 + n * 50) for n in range(100)]
    news = [line(f"disk {n} is full", at=T0 + 600 + n, severity="error") for n in range(3)]
    store_logs(written_by("cart", usual), written_by("stock", [*news, line("disk is slow", at=T0 + 500)]))
    found = get(api, "/logs/patterns", **HOUR)
    assert [(one["template"], one["new"], one["lines"]) for one in found["items"]] == [
        ("disk <num> is full", True, 3),
        ("disk is slow", True, 1),
        ("order <num> placed", False, 40),
    ]
    first = found["items"][0]
    assert (first["first_seen"], first["severity"]) == ("2026-03-01T12:10:00Z", "error")
    assert first["services"] == ["stock"]
    assert len(get(api, q=first["query"], **HOUR)["items"]) == 3
    assert (found["exact"], found["mined"], found["of"]) == (True, 44, 44)
    assert sum(first["sparkline"]) == 3


def test_without_anything_before_nothing_is_new(api: TestClient, store_logs: StoreLogs) -> None:
    """Where no line was written before, there is nothing to compare with."""
    store_logs(written_by("cart", [line("first words", at=T0 + 1)]))
    (found,) = get(api, "/logs/patterns", **HOUR)["items"]
    assert found["new"] is not True


def test_a_sample_stands_for_the_whole(
    api: TestClient, store_logs: StoreLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where not all lines are mined that is said, and few errors among many lines are met."""
    monkeypatch.setattr(mining, "PART_LINES", 100)
    many = [line(f"order {n} placed", at=T0 + n * 0.5) for n in range(4_000)]
    few = [line(f"charge {n} refused", at=T0 + 100 * n, severity="error") for n in range(5)]
    store_logs(written_by("cart", [*many, *few]))
    found = get(api, "/logs/patterns", **HOUR)
    counts = {one["template"]: one["lines"] for one in found["items"]}
    assert counts == {"order <num> placed": 4_000, "charge <num> refused": 5}
    assert not found["exact"]
    assert found["mined"] < 200
    assert found["of"] == 4_005


def test_a_range_too_large_to_read_is_sampled(
    api: TestClient, store_logs: StoreLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only some slices are read then; facets and patterns carry how many lines of how many."""
    monkeypatch.setattr(mining, "LOOK_AT_LINES", 300)
    monkeypatch.setattr("holdfast.telemetry.logs.service.FACET_BUDGET_LINES", 300)
    lines = [line(f"order {n} placed", at=T0 + n, attributes={"route": f"/{n % 2}"}) for n in range(3_600)]
    store_logs(written_by("cart", lines))
    (found,) = get(api, "/logs/patterns", **HOUR)["items"]
    assert found["lines"] == 3_600
    assert found["sampled"] == 240
    (facet,) = get(api, "/logs/facets", field="route", **HOUR)["items"]
    assert facet["basis"] == {"exact": False, "looked_at": 240, "of": 3_600}
    assert {one["value"]: one["lines"] for one in facet["values"]} == {"/0": 1_800, "/1": 1_800}


def test_what_began_a_minute_ago_is_met(
    api: TestClient, store_logs: StoreLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few slices of a long range are looked at, its newest whole one is among them."""
    monkeypatch.setattr(mining, "LOOK_AT_LINES", 300)
    usual = [line(f"order {n} placed", at=T0 + n) for n in range(3_600)]
    news = [line(f"charge {n} refused", at=T0 + 3_580 + n, severity="error") for n in range(10)]
    store_logs(written_by("cart", [*usual, *news]))
    found = {one["template"]: one["sampled"] for one in get(api, "/logs/patterns", **HOUR)["items"]}
    assert found["charge <num> refused"] == 10


@pytest.mark.parametrize("text", ["", "placed"])
def test_the_parts_of_a_sample_are_counted_either_way(
    api: TestClient, store_logs: StoreLogs, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """The counts at insert of the examined slices equal a count of their lines."""
    monkeypatch.setattr(mining, "LOOK_AT_LINES", 300)
    lines = [line(f"order {n} placed", at=T0 + n, severity="warn" if n % 4 else "info") for n in range(3_600)]
    store_logs(written_by("cart", lines))
    (found,) = get(api, "/logs/patterns", q=text, **HOUR)["items"]
    assert (found["lines"], found["sampled"], found["severity"]) == (3_600, 240, "warn")
