"""Commands that the page offers for its reads: each exists, and reads the very same."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from tests.commands import listening, runner

EXAMPLES = json.loads(
    (Path(__file__).resolve().parents[2] / "web/src/export/commands.json").read_text(encoding="utf-8")
)
PAGING = {"limit", "cursor"}
UNAVAILABLE = 503
FINE, OUT_OF_REACH = 0, 3
# A command that reads more than once gets these, so that it goes on.
ANSWERS = {
    "/api/v1/services/checkout": {"name": "checkout", "environment": "", "namespace": "shop"},
    "/api/v1/sampling": {"warnings": []},
    "/api/v1/services/checkout/saturation": {"resources": []},
}


class Listener:
    """A server that has next to nothing and keeps what it was asked."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse every request that has no answer above."""
        request = Request(scope, receive)
        path = request.url.path
        self.asked.append((path, request.url.query))
        status = 200 if path in ANSWERS else UNAVAILABLE
        answer = JSONResponse(ANSWERS.get(path, {"detail": "not now"}), status_code=status)
        await answer(scope, receive, send)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Listener, str]]:
    """Return a server and its address."""
    listener = Listener()
    with listening(listener) as url:
        yield listener, url


def said(query: str) -> set[tuple[str, str]]:
    """Return what a query asks, without empty parameters and how an answer is paged."""
    return {(name, value) for name, value in parse_qsl(query) if name not in PAGING}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["command"][:60])
def test_a_command_of_the_page_reads_what_the_page_reads(
    example: dict[str, str],
    server: tuple[Listener, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every command of the table is accepted, and makes the page's read with each of its parameters."""
    listener, url = server
    listener.asked.clear()
    done = runner(url, monkeypatch, capsys)(*shlex.split(example["command"])[1:])
    assert done.status in {FINE, OUT_OF_REACH}, done.err
    wanted = urlsplit(example["get"])
    made = [said(query) for path, query in listener.asked if path == wanted.path]
    assert any(said(wanted.query) <= one for one in made), listener.asked
