"""Conditional reads: who has an answer already is not sent it again."""

import json
from datetime import timedelta

import anyio
import pytest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from holdfast.app.tags import TAGGED_MOST_BYTES, Tags, is_known, tag_of
from holdfast.runtime.edge import DEFAULT_HEADERS, SECURITY_HEADERS

LISTS = ("objectives", "incidents", "alerts", "changes", "services", "catalog")


def client(app: ASGIApp) -> TestClient:
    """Return a client of an application behind the layer."""
    return TestClient(Tags(app))


@pytest.mark.parametrize("name", LISTS)
def test_an_answer_that_is_known_is_not_sent_again(served, name: str) -> None:
    """The same list has the same weak tag; named in If-None-Match it is 304, without a body or its type."""
    path = f"/api/v1/{name}?from=2026-03-01T11:00:00Z&to=2026-03-01T12:00:00Z"
    path = path if name in ("changes", "services") else path.split("?")[0]
    first = served.client.get(path)
    assert first.status_code == 200
    assert first.headers["etag"].startswith('W/"')
    again = served.client.get(path, headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "content-type" not in again.headers
    assert "content-length" not in again.headers


def test_what_is_not_sent_again_is_still_nobodys_to_store(served) -> None:
    """A 304 has the headers of every answer."""
    tag = served.client.get("/api/v1/incidents").headers["etag"]
    again = served.client.get("/api/v1/incidents", headers={"If-None-Match": tag})
    wanted = SECURITY_HEADERS | DEFAULT_HEADERS
    assert {name: again.headers.get(name) for name in wanted} == wanted


def test_an_answer_that_changed_is_sent(served) -> None:
    """A change recorded meanwhile gives another tag and the whole list."""
    path = "/api/v1/changes"
    tag = served.client.get(path).headers["etag"]
    written = served.client.post(
        path, json={"kind": "deploy", "summary": "cart 2"}, headers={"Idempotency-Key": "a"}
    )
    assert written.status_code < 300
    served.clock.advance(timedelta(seconds=1))
    again = served.client.get(path, headers={"If-None-Match": tag})
    assert again.status_code == 200
    assert again.headers["etag"] != tag
    assert again.json()["items"][0]["summary"] == "cart 2"


def test_a_stream_passes_piece_by_piece() -> None:
    """Every piece goes on when it is sent, and a stream has no tag."""
    seen: list[bytes] = []

    async def app(scope, receive, send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"text/event-stream")],
            }
        )
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        seen.extend(sent)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    sent: list[bytes] = []

    async def note(message) -> None:
        sent.append(message.get("body", b""))

    async def nothing() -> dict[str, str]:
        return {"type": "http.disconnect"}

    anyio.run(Tags(app), {"type": "http", "method": "GET", "headers": []}, nothing, note)
    assert b"data: 1\n\n" in seen


def test_a_large_answer_is_passed_on_untagged() -> None:
    """Nothing longer than the limit is held, and all of it arrives."""
    pieces = [b'"' + b"x" * TAGGED_MOST_BYTES, b"y" * 10, b'"']

    async def app(scope, receive, send) -> None:
        await StreamingResponse(iter(pieces), media_type="application/json")(scope, receive, send)

    answer = client(app).get("/")
    assert answer.content == b"".join(pieces)
    assert "etag" not in answer.headers


@pytest.mark.parametrize(
    "response",
    [JSONResponse({}, 404), JSONResponse({}, 201), Response(b"x", media_type="application/octet-stream")],
)
def test_only_whole_answers_in_json_are_tagged(response: Response) -> None:
    """Refusals and files keep their own headers."""
    answer = client(response).get("/", headers={"If-None-Match": "*"})
    assert answer.status_code == response.status_code
    assert "etag" not in answer.headers


def test_a_write_is_never_answered_by_a_tag() -> None:
    """Only GET is conditional."""
    answer = client(JSONResponse({"done": True})).post("/", headers={"If-None-Match": "*"})
    assert json.loads(answer.content) == {"done": True}


@pytest.mark.parametrize("known", ['W/"{}"', '"{}"', '"a", W/"{}"', "*"])
def test_tags_are_compared_weakly(known: str) -> None:
    """A tag is known with or without its W/, among others, and by the star."""
    tag = tag_of(b"[]")
    assert is_known(tag, known.replace("{}", tag[3:-1]))
    assert not is_known(tag, '"a", W/"b"')
    assert not is_known(tag, "")
