"""Answers that go on: they end within seconds of whatever ends their reader's right to them."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from sqlalchemy import update
from starlette.requests import ClientDisconnect

from holdfast.runtime.access import REMEMBERED_SECONDS, SESSION_LIFE, Access, Role, access_tokens
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.cookies import COOKIE
from holdfast.runtime.database import Database
from holdfast.runtime.http import ViewerStill
from holdfast.runtime.streams import ASK_AGAIN_SECONDS, Download, EventStream, event

TICKS = 100
CHANGED_AT = 10
LATEST_SECONDS = ASK_AGAIN_SECONDS + REMEMBERED_SECONDS + 1
"""An interval, what is remembered, and the tick that is under way."""


class Ticker:
    """A stream of one event a second, at whose tenth something happens."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.happens: Callable[[], object] = lambda: None
        self.ended = 0
        self.is_closed = False

    def router(self) -> APIRouter:
        """Serve the stream."""
        api = APIRouter()

        @api.get("/ticks")
        def ticks(authority: ViewerStill) -> EventStream:
            return EventStream(self.ticks(), authority=authority, clock=self.clock, at_end=self.end)

        @api.get("/file", response_class=Download)
        def file(authority: ViewerStill) -> Download:
            return Download(self, authority=authority, clock=self.clock, headers={})

        return api

    def __iter__(self) -> Iterator[bytes]:
        """Make a file of a hundred bytes, one a second."""
        for number in range(TICKS):
            if number == CHANGED_AT:
                self.happens()
            yield b"."
            self.clock.advance(timedelta(seconds=1))

    def close(self) -> None:
        """Note that nothing is held any more."""
        self.is_closed = True

    async def ticks(self) -> AsyncGenerator[str, None]:
        """Tick a hundred times."""
        try:
            for number in range(TICKS):
                if number == CHANGED_AT:
                    self.happens()
                yield event("tick", str(number))
                self.clock.advance(timedelta(seconds=1))
        finally:
            self.is_closed = True

    def end(self) -> None:
        """Count the ends."""
        self.ended += 1


@pytest.fixture
def ticker(clock: ManualClock) -> Ticker:
    """A stream nobody reads yet."""
    return Ticker(clock)


@pytest.fixture
def client(sqlite_database: Database, make_api, ticker: Ticker) -> TestClient:
    """A client on this machine of a server that ticks."""
    return make_api(sqlite_database, ticker.router())


@pytest.fixture
def elsewhere(sqlite_database: Database, clock: ManualClock) -> Access:
    """The command line's view of the same tokens: another process."""
    return Access(sqlite_database, clock)


def told(client: TestClient, **headers: str) -> tuple[int, str | None]:
    """Read the stream to its end; return the ticks told and why it ended, None if by itself."""
    blocks = client.get("/api/v1/ticks", headers=headers).text.strip().split("\n\n")
    fields = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]
    ticks = [one for one in fields if one["event"] == "tick"]
    ends = [json.loads(one["data"])["reason"] for one in fields if one["event"] == "end"]
    return len(ticks), ends[0] if ends else None


def test_a_stream_whose_reader_may_read_goes_on(
    client: TestClient, elsewhere: Access, ticker: Ticker
) -> None:
    """A reader with a token reads to the end, and the end is noted once."""
    secret = elsewhere.create_token(name="ada", role=Role.VIEWER, actor="root").secret
    assert told(client, authorization=f"Bearer {secret}") == (TICKS, None)
    assert (ticker.ended, ticker.is_closed) == (1, True)


def test_it_ends_when_the_token_is_revoked(client: TestClient, elsewhere: Access, ticker: Ticker) -> None:
    """A token revoked on the command line reads on for a few seconds at most, and says why it ends."""
    secret = elsewhere.create_token(name="ada", role=Role.VIEWER, actor="root").secret
    elsewhere.create_token(name="eve", role=Role.VIEWER, actor="root")
    ticker.happens = lambda: elsewhere.revoke_token("ada", actor="root")
    ticks, reason = told(client, authorization=f"Bearer {secret}")
    assert CHANGED_AT <= ticks <= CHANGED_AT + LATEST_SECONDS
    assert reason == "the token has ended"
    assert (ticker.ended, ticker.is_closed) == (1, True)


def test_it_ends_when_the_role_is_lowered(
    client: TestClient, elsewhere: Access, ticker: Ticker, sqlite_database: Database
) -> None:
    """A token that may not view any more reads on for a few seconds at most."""
    secret = elsewhere.create_token(name="ada", role=Role.ADMIN, actor="root").secret

    def lower() -> None:
        with sqlite_database.write() as tx:
            tx.execute(update(access_tokens).values(role=Role.INGEST.value))

    ticker.happens = lower
    ticks, reason = told(client, authorization=f"Bearer {secret}")
    assert ticks <= CHANGED_AT + LATEST_SECONDS
    assert reason == "the role is ingest now"


@pytest.mark.parametrize("way", ["sign out", "revoke", "expire"])
def test_it_ends_when_the_session_does(
    client: TestClient, elsewhere: Access, ticker: Ticker, clock: ManualClock, way: str
) -> None:
    """A session that is signed out, whose token is revoked or that is over reads no further."""
    secret = elsewhere.create_token(name="ada", role=Role.VIEWER, actor="root").secret
    elsewhere.create_token(name="eve", role=Role.VIEWER, actor="root")
    session = elsewhere.sign_in(secret).secret
    client.cookies.set(COOKIE, session)
    ways: dict[str, Callable[[], object]] = {
        "sign out": lambda: elsewhere.sign_out(session),
        "revoke": lambda: elsewhere.revoke_token("ada", actor="root"),
        "expire": lambda: clock.advance(SESSION_LIFE),
    }
    ticker.happens = ways[way]
    ticks, reason = told(client)
    assert ticks <= CHANGED_AT + LATEST_SECONDS
    assert reason == "the session has ended"


def test_it_ends_when_the_first_token_closes_the_door(
    client: TestClient, elsewhere: Access, ticker: Ticker
) -> None:
    """Whoever was let in as this machine's own caller is not once somebody has a token."""
    ticker.happens = lambda: elsewhere.create_token(name="ada", role=Role.VIEWER, actor="root")
    ticks, reason = told(client)
    assert ticks <= CHANGED_AT + LATEST_SECONDS
    assert reason == "the session has ended"


def test_it_ends_when_nobody_can_be_looked_up(
    client: TestClient, elsewhere: Access, ticker: Ticker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the state database away nothing more goes out: who may read cannot be known."""
    secret = elsewhere.create_token(name="ada", role=Role.VIEWER, actor="root").secret
    access: Access = client.app.state.access  # type: ignore[attr-defined]

    def away() -> None:
        from sqlalchemy.exc import OperationalError

        def fail() -> None:
            raise OperationalError("", {}, Exception("away"))

        monkeypatch.setattr(access._database.engine, "connect", fail)

    ticker.happens = away
    ticks, reason = told(client, authorization=f"Bearer {secret}")
    assert ticks <= CHANGED_AT + LATEST_SECONDS
    assert reason == "Service unavailable"


def test_a_file_is_cut_off_when_the_token_is_revoked(
    client: TestClient, elsewhere: Access, ticker: Ticker
) -> None:
    """What is read for long is not read on by whoever may not begin it any more, and holds nothing after."""
    secret = elsewhere.create_token(name="ada", role=Role.VIEWER, actor="root").secret
    elsewhere.create_token(name="eve", role=Role.VIEWER, actor="root")
    headers = {"authorization": f"Bearer {secret}"}
    assert len(client.get("/api/v1/file", headers=headers).content) == TICKS
    ticker.is_closed = False
    ticker.happens = lambda: elsewhere.revoke_token("ada", actor="root")
    read = len(client.get("/api/v1/file", headers=headers).content)
    assert CHANGED_AT <= read <= CHANGED_AT + LATEST_SECONDS
    assert ticker.is_closed


def test_a_reader_that_is_gone_at_once_holds_nothing(ticker: Ticker, clock: ManualClock) -> None:
    """A file whose first word cannot be sent is closed, so that the next reader may have it."""

    class Always:
        def lapsed(self) -> str | None:
            return None

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(_message: object) -> None:
        raise OSError("the reader is gone")

    download = Download(ticker, authority=Always(), clock=clock, headers={})
    scope = {"type": "http", "method": "GET", "asgi": {"spec_version": "2.4"}}
    with suppress(OSError, ClientDisconnect):
        asyncio.run(download(scope, receive, send))
    assert ticker.is_closed
