"""The stream of news: what an open page learns without asking again and again."""

import asyncio
import json
from datetime import timedelta

import pytest
from tests.app.conftest import Served

from holdfast.app.news import Look, NewsLimits, NewsStream
from holdfast.runtime.access import Role
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.errors import Unavailable

ADDRESS = "/api/v1/news"
LIMITS = NewsLimits(readers=2, lifetime_seconds=20)


def events(text: str) -> list[tuple[str, dict[str, object]]]:
    """Names and data of server-sent events."""
    blocks = (dict(line.split(": ", 1) for line in block.splitlines()) for block in _blocks(text))
    return [(block["event"], json.loads(block["data"])) for block in blocks]


def _blocks(text: str) -> list[str]:
    return [block for block in text.split("\n\n") if block.startswith("event")]


def _look(recorded: int = 1, received: int = 1, incidents: int = 0) -> Look:
    return Look(recorded, received, json.dumps({"open_incidents": incidents}), (incidents,))


def _read(news: NewsStream) -> list[tuple[str, dict[str, object]]]:
    async def all_of_it() -> str:
        return "".join([text async for text in news.events()])

    return events(asyncio.run(all_of_it()))


def test_what_does_not_change_is_sent_once(clock: ManualClock) -> None:
    """While nothing happens the versions come once, and the status at its own pace."""
    found = _read(NewsStream(_look, clock, LIMITS))
    names = [name for name, _ in found]
    assert names[:2] == ["news", "status"]
    assert (names.count("news"), names.count("status"), names[-1]) == (1, 4, "end")


def test_what_is_recorded_is_news_at_the_next_look(clock: ManualClock) -> None:
    """An incident that opens brings both versions and, without delay, the status that counts it."""
    begun = clock.now()

    def look() -> Look:
        is_open = clock.now() - begun > timedelta(seconds=7)
        return _look(recorded=1 + is_open, incidents=int(is_open))

    found = _read(NewsStream(look, clock, LIMITS))
    assert [data for name, data in found if name == "news"] == [
        {"recorded": 1, "received": 1},
        {"recorded": 2, "received": 1},
    ]
    after = found.index(("news", {"recorded": 2, "received": 1}))
    assert found[after + 1] == ("status", {"open_incidents": 1})


def test_while_the_state_is_away_nothing_is_said(clock: ManualClock) -> None:
    """A stream outlives an outage of the state database; the page sees that the status stays out."""

    def away() -> Look:
        raise Unavailable("the state is away")

    assert _read(NewsStream(away, clock, LIMITS)) == [("end", {})]


def test_readers_share_a_look(clock: ManualClock) -> None:
    """Two readers at one moment cost one look."""
    asked = []
    news = NewsStream(lambda: asked.append(1) or _look(), clock, LIMITS)
    assert news._shared() == news._shared()
    assert len(asked) == 1


def test_readers_are_bounded(clock: ManualClock) -> None:
    """One reader too many is refused with a time to retry; a reader that leaves frees a place."""
    news = NewsStream(_look, clock, LIMITS)
    news.enter()
    news.enter()
    with pytest.raises(Unavailable, match="poll instead"):
        news.enter()
    news.leave()
    news.enter()


def test_a_server_sends_versions_and_its_status(served: Served) -> None:
    """The status is the answer of `/api/v1/status`; the reader's place is given back."""
    (first, versions), (second, status), *_ = events(served.client.get(ADDRESS).text)
    assert (first, second) == ("news", "status")
    assert set(versions) == {"recorded", "received"}
    assert set(status) == set(served.client.get("/api/v1/status").json())
    assert served.made.news._readers == 0


def test_signing_out_ends_it(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The news end within five seconds of their reader's session, and say why."""
    issued = served.made.access.create_token(name="ada", role=Role.VIEWER, actor="local")
    served.client.post("/api/v1/session", json={"token": issued.secret})
    clock, waited = served.clock, served.clock.wait
    ended_at: list[float] = []

    def wait(event: object, seconds: float) -> bool:
        if clock.monotonic_seconds() >= 20 and not ended_at:
            ended_at.append(clock.monotonic_seconds())
            cookies = dict(served.client.cookies)
            served.client.delete("/api/v1/session", headers={"cookie": _header(cookies)})
        return waited(event, seconds)

    monkeypatch.setattr(clock, "wait", wait)
    text = served.client.get(ADDRESS).text
    assert events(text)[-1][0] == "end"
    assert "reason" in events(text)[-1][1]
    assert clock.monotonic_seconds() - ended_at[0] <= 5


def _header(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def test_without_a_token_there_is_no_news(served: Served) -> None:
    """As every read, it is refused to nobody in particular once a token exists; an address holds none."""
    served.made.access.create_token(name="ada", role=Role.VIEWER, actor="local")
    assert served.client.get(ADDRESS).status_code == 401
    assert served.client.get(f"{ADDRESS}?token=x").status_code in {400, 401}
