"""What every answer says to a browser, route by route: keep nothing, frame nothing, carry nothing out."""

import re

import pytest
from tests.app.conftest import BASE_URL
from tests.conftest import START

from holdfast.app.http_app import routes
from holdfast.app.page_files import PageFile, PageFiles
from holdfast.runtime.access import Role
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.edge import DEFAULT_HEADERS, SECURITY_HEADERS, TLS_HEADERS, Edge, EdgeRules
from holdfast.runtime.interval_counter import IntervalCounter

ELSEWHERE = (
    "/",
    "/objectives",
    "/nothing.txt",
    "/api/v1/nothing",
    "/api/v1/openapi.json",
    "/assets/a.js",
    "/..%2f",
)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH")


def _missing(answer, *, is_page: bool = False) -> list[str]:
    """Return the headers an answer lacks or has twice."""
    wanted = dict(SECURITY_HEADERS) if is_page else SECURITY_HEADERS | DEFAULT_HEADERS
    return [name for name, value in wanted.items() if answer.headers.get_list(name) != [value]]


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.ADMIN])
def test_every_route_says_what_browsers_may_do(served, role: Role | None) -> None:
    """Every route, refused or not, is not stored, not sniffed, not framed, and runs no script."""
    served.made.access.create_token(name="boss", role=Role.ADMIN, actor="local")
    headers = {}
    if role is not None:
        secret = served.made.access.create_token(name=f"a-{role}", role=role, actor="local").secret
        headers = {"Authorization": f"Bearer {secret}"}
    wrong = {}
    for method, path, _ in routes(served.app):
        if path.endswith("/tail") and role is not None:  # goes on for as long as it is read
            continue
        answer = served.client.request(method, re.sub(r"\{[^}]*\}", "1", path), headers=headers)
        if missing := _missing(answer, is_page=path.startswith("/answer/")):
            wrong[method, path, answer.status_code] = missing
    assert wrong == {}


def test_the_page_with_one_button_runs_nothing_and_is_not_framed(served) -> None:
    """It may send its own form, and nothing else; it is not stored."""
    answer = served.client.get("/answer/unknown")
    policy = answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    for rule in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert rule in policy
    assert "script-src" not in policy


@pytest.mark.parametrize("method", METHODS)
def test_addresses_without_a_route_say_so_too(served, method: str) -> None:
    """Unknown addresses and methods, and pages, carry the headers that every answer has."""
    wrong = {}
    for path in ELSEWHERE:
        answer = served.client.request(method, path)
        is_page = "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        if missing := _missing(answer, is_page=is_page):
            wrong[path, answer.status_code] = missing
        assert "object-src 'none'" in answer.headers["content-security-policy"]
        assert "base-uri 'none'" in answer.headers["content-security-policy"]
        assert answer.status_code not in (301, 302, 307, 308)
        assert method in ("GET", "HEAD") or answer.status_code >= 400
    assert wrong == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"origin": "https://evil.example"},
        {"content-length": "99999999999"},
        {"authorization": "x"},
    ],
)
def test_what_the_edge_turns_away_says_so_too(served, headers: dict[str, str]) -> None:
    """Refusals before any endpoint carry the same headers."""
    answer = served.client.post("/api/v1/changes", headers=headers)
    assert answer.status_code in (401, 403, 413)
    assert _missing(answer) == []


def test_files_of_the_page_may_be_kept_and_answers_may_not() -> None:
    """A file named after its content is kept for a year; the page itself is asked for again every time."""
    file = PageFile("text/javascript", b"1", None, '"t"', is_hashed=True)
    page = PageFile("text/html", b"<p>", None, '"p"', is_hashed=False)
    files = PageFiles({"assets/a.js": file, "index.html": page})
    from starlette.datastructures import Headers

    assert "immutable" in files.answer("GET", "assets/a.js", Headers()).headers["cache-control"]
    assert files.answer("GET", "objectives", Headers()).headers["cache-control"] == "no-cache"


async def _plain(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"max-age=1")]})
    await send({"type": "http.response.body", "body": b""})


OWN = BASE_URL.removeprefix("http://")


@pytest.mark.parametrize(
    ("scheme", "host", "expected"),
    [
        ("https", OWN, True),
        ("http", OWN, False),
        ("https", "holdfast.localhost:7070", False),
        ("https", "localhost", False),
    ],
)
def test_browsers_are_told_to_come_by_tls_once_they_did(scheme: str, host: str, *, expected: bool) -> None:
    """HSTS for a year stands on answers to requests that came by TLS, and on no other.

    Nor under the name `localhost`: a browser would refuse every other program of that machine without TLS.
    """
    import asyncio

    sent: list[dict] = []

    async def send(message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "scheme": scheme, "client": ("127.0.0.1", 1)}
    scope |= {"headers": [(b"host", host.encode())], "server": ("127.0.0.1", 1)}
    said = IntervalCounter(ManualClock(START), 60)
    edge = Edge(
        _plain, rules=EdgeRules(allowed_hosts=frozenset({host.partition(":")[0]})), replies=None, said=said
    )
    asyncio.run(edge(scope, None, send))
    found = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    ((name, value),) = TLS_HEADERS.items()
    assert (found.get(name.lower()) == value) is expected
    assert found["cache-control"] == "max-age=1"
