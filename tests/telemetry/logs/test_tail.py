"""Live tail: every line once, within bounds, and it goes on where it stopped."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.telemetry.logs.conftest import StoreLogs
from tests.telemetry.logs.log_builders import line, written_by
from tests.telemetry.otlp_builders import T0

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.logs.api import router
from holdfast.telemetry.logs.service import Asked, LogsService
from holdfast.telemetry.logs.tail import News, TailLimits
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

NOW = T0 + 3_600
LIMITS = TailLimits(readers=2, lines_per_look=5, lifetime_seconds=6)


@pytest.fixture
def service(warehouse: ChdbWarehouse, clock: ManualClock) -> LogsService:
    """Logs at 13:00 whose tails are short."""
    clock.advance(timedelta(hours=1))
    return LogsService(warehouse, clock, limits=LIMITS)


def bodies(news: News) -> list[str]:
    """What the lines say."""
    return [one.body for one in news.lines]


def test_each_line_is_told_once_however_late(
    service: LogsService, store_logs: StoreLogs, clock: ManualClock
) -> None:
    """A line that arrives after later ones is sent too, none twice, and none older than the tail."""
    tail = service.follow(service.filter(Asked()), None)
    store_logs(written_by("cart", [line("old", at=NOW - 1), line("b", at=NOW + 2)]))
    clock.advance(timedelta(seconds=3))
    assert bodies(tail.look()) == ["b"]
    store_logs(written_by("cart", [line("a, late", at=NOW + 1), line("c", at=NOW + 3)]))
    assert bodies(tail.look()) == ["a, late", "c"]
    assert bodies(tail.look()) == []


def test_only_what_is_asked_for_is_told(service: LogsService, store_logs: StoreLogs) -> None:
    """A tail is a search: words and conditions hold."""
    tail = service.follow(service.filter(Asked(text="payment", where=["severity>=warn"])), None)
    store_logs(
        written_by("cart", [line("payment", at=NOW), line("payment lost", at=NOW + 1, severity="error")])
    )
    assert bodies(tail.look()) == ["payment lost"]


def test_more_than_can_be_told_is_a_gap(service: LogsService, store_logs: StoreLogs) -> None:
    """The newest lines are sent, and that there were more."""
    tail = service.follow(service.filter(Asked()), None)
    store_logs(written_by("cart", [line(f"{n}", at=NOW + n) for n in range(9)]))
    news = tail.look()
    assert (bodies(news), news.has_gap) == (["4", "5", "6", "7", "8"], True)


def test_it_resumes_by_the_last_id(service: LogsService, store_logs: StoreLogs, clock: ManualClock) -> None:
    """A reader that reconnects receives the lines that arrived meanwhile."""
    tail = service.follow(service.filter(Asked()), None)
    store_logs(written_by("cart", [line("one", at=NOW)]))
    (one,) = tail.look().lines
    clock.advance(timedelta(seconds=20))
    store_logs(written_by("cart", [line("two", at=NOW + 15)]))
    assert bodies(service.follow(service.filter(Asked()), one.id).look()) == ["one", "two"]


@pytest.fixture
def api(service: LogsService, sqlite_database: Database, make_api: Callable[..., TestClient]) -> TestClient:
    """The API over them."""
    return make_api(sqlite_database, router(service))


def events(text: str) -> list[tuple[str, Any]]:
    """Names and data of server-sent events."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(part.split(": ", 1) for part in block.splitlines() if not part.startswith(":"))
        if "event" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_over_http_it_is_events(api: TestClient, store_logs: StoreLogs) -> None:
    """Lines are the same objects as in the list, under their ids; the end is sent."""
    store_logs(written_by("cart", [line("here", at=NOW)]))
    answer = api.get("/api/v1/logs/tail")
    assert answer.headers["content-type"].startswith("text/event-stream")
    (name, told), (last, _) = events(answer.text)
    (listed,) = api.get("/api/v1/logs", params={"to": "2026-03-01T13:01:00Z"}).json()["items"]
    assert (name, last, told) == ("line", "end", listed)
    assert f"id: {listed['id']}" in answer.text


def test_readers_are_bounded(service: LogsService, api: TestClient) -> None:
    """One reader too many is refused with a time to retry; a reader that leaves frees a place."""
    service.tails.enter()
    service.tails.enter()
    with pytest.raises(Unavailable) as refused:
        service.tails.enter()
    assert refused.value.rule == "at most 2 live tails"
    assert api.get("/api/v1/logs/tail").status_code == 503


def test_a_reader_gives_its_place_back(service: LogsService, api: TestClient) -> None:
    """However many come one after the other, each gets in."""
    assert [api.get("/api/v1/logs/tail").status_code for _ in range(4)] == [200] * 4


@pytest.mark.parametrize("last", ["x", "1-2", "99999999999999999999-0000000000000000"])
def test_a_foreign_id_is_refused(api: TestClient, last: str) -> None:
    """Only the id of a line is where a tail goes on."""
    assert api.get("/api/v1/logs/tail", headers={"Last-Event-ID": last}).status_code == 400
