"""Serves the built page and the fake API on loopback: `python -m tests.browser.fake.server`."""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import re
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers

from holdfast.app import page_files
from holdfast.app.page_files import PageFiles
from holdfast.app.tags import is_known, tag_of
from holdfast.runtime.addresses import name_in, whole_segments
from holdfast.runtime.clock import SystemClock
from holdfast.runtime.errors import NotFound

from . import (
    shapes,
    shapes_alerts,
    shapes_changes,
    shapes_fullness,
    shapes_logs,
    shapes_map,
    shapes_metrics,
    shapes_oncall,
    shapes_places,
    shapes_services,
    shapes_traces,
    shapes_views,
)
from .asked import Refusal, moment
from .declared import undeclared
from .world import SCENARIOS, Json, World

PAGE = Path(__file__).resolve().parents[3] / "src" / "holdfast" / "app" / "page"
# As strict as the real server: a page that needs more would break there.
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "worker-src 'self' blob:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
STOPPED_SECONDS = 0.02


class Api:
    """Answers the API's questions from a world."""

    def __init__(self, world: World) -> None:
        """Keep the world; requests read and change it."""
        self.world = world

    def get(self, path: str, query: dict[str, str]) -> Json:
        """Answer a GET."""
        world = self.world
        if path == "/session":
            return self._session()
        if not world.signed_in:
            raise Refusal(401, "Not signed in", "This server asks for a token.")
        self._check_up()
        if unknown := undeclared(path, query):
            raise Refusal(422, "Unprocessable", f"{path} does not take {', '.join(sorted(unknown))}.")
        start, end = moment(query.get("from", "now-1h"), world.now), moment(query.get("to", "now"), world.now)
        for pattern, answer in self._routes(query, start, end).items():
            if found := re.fullmatch(pattern, path):
                return answer(*map(name_in, found.groups()))
        raise Refusal(404, "Nothing here", f"No such path: {path}")

    def _routes(
        self, query: dict[str, str], start: datetime, end: datetime
    ) -> dict[str, Callable[..., Json]]:
        world, seconds = self.world, (end - start).total_seconds()
        promise = self._promise
        return {
            "/status": lambda: shapes_services.status(world),
            "/objectives": lambda: shapes.objective_list(
                world,
                query=query.get("q", "").lower(),
                state=query.get("state", ""),
                cursor=int(query.get("cursor", "0")),
                limit=int(query.get("limit", "100")),
            ),
            "/objectives/([^/]+)": lambda name: shapes.objective_detail(world, promise(name)),
            "/objectives/([^/]+)/series": lambda n: shapes.objective_series(world, promise(n), start, end),
            "/objectives/([^/]+)/contributors": lambda name: shapes.contributors(promise(name)),
            "/objectives/([^/]+)/breakdown": lambda name: shapes_traces.breakdown(promise(name)),
            "/objectives/([^/]+)/exemplars": lambda name: (
                {"items": []} if promise(name).state == "no_data" else shapes.exemplars(world)
            ),
            "/alerts": lambda: shapes_alerts.alerts(world),
            "/map/calls": lambda: self._of_map(shapes_map.calls(world, query, start, end)),
            "/map/answers": lambda: self._of_map(shapes_map.answers(world, query, start, end)),
            "/map": lambda: shapes_map.service_map(world, seconds, query),
            "/silences": lambda: shapes_services.silences(world),
            "/services": lambda: {"items": self._services(query, seconds), "next": None},
            "/services/([^/]+)": lambda name: shapes_services.service_detail(
                world, self._service(name, query, seconds), seconds
            ),
            "/services/([^/]+)/spread": lambda name: shapes_fullness.spread(
                world, self._service(name, query, seconds), query.get("by", "zone")
            ),
            "/services/([^/]+)/saturation": lambda name: shapes_fullness.saturation(world, name),
            "/services/([^/]+)/series": lambda name: shapes_services.service_series(
                world, self._service(name, query, seconds), start, end
            ),
            "/logs": lambda: shapes_logs.lines(world, query, start, end),
            "/logs/histogram": lambda: shapes_logs.histogram(world, query, start, end),
            "/logs/facets": lambda: shapes_logs.facets(world, query, start, end),
            "/logs/patterns": lambda: shapes_logs.patterns(world, query, start, end),
            "/metrics": lambda: shapes_metrics.metrics(world, query.get("q", ""), query.get("service", "")),
            "/metrics/([^/]+)": lambda name: shapes_metrics.metric(world, self._metric(name)),
            "/metrics/([^/]+)/series": lambda name: shapes_metrics.series(
                world, self._metric(name), query, start, end
            ),
            "/traces": lambda: shapes_traces.found(world, query, start, end),
            "/traces/tally": lambda: shapes_traces.tallies(world, query, start, end),
            "/traces/scatter": lambda: shapes_traces.scatter(world, query, start, end),
            "/traces/([0-9a-f]{32})": lambda trace: shapes_traces.trace(world, trace, query),
            "/traces/([0-9a-f]{32})/logs": lambda trace: shapes_traces.logs(world, trace),
            "/traces/([0-9a-f]{32})/comparison": lambda trace: shapes_traces.comparison(
                world, trace, query["with"]
            ),
            "/incidents": lambda: {"items": self._incidents(query.get("state", "")), "next": None},
            r"/incidents/(\d+)": lambda number: shapes_services.incident(
                world, self._incident(number), detail=True
            ),
            "/catalog": lambda: shapes_services.catalog(world),
            "/views": lambda: shapes_views.views(world),
            **shapes_oncall.reads(world, query),
            "/changes": lambda: {"items": shapes_changes.of(world, query.get("service")), "next": None},
        }

    def post(self, path: str, body: Json, key: str) -> Json:
        """Answer a POST, which every one but signing in gives a key."""
        world = self.world
        if path == "/session":
            return self._sign_in(body["token"])
        if not key:
            raise Refusal(400, "No Idempotency-Key", "Every write names an Idempotency-Key.")
        world.posted_keys.append(key)
        if path == "/changes":
            return shapes_changes.added(world, body)
        if (answer := shapes_oncall.written(world, path, body)) is not None:
            return answer
        found = re.fullmatch(r"/incidents/(\d+)/(ack|resolve|notes)", path)
        if not found:
            raise Refusal(404, "Nothing here", f"No such path: {path}")
        return shapes_services.written(world, self._incident(found[1]), found[2], body)

    def _check_up(self) -> None:
        if self.world.scenario == "error" or self.world.failing:
            raise Refusal(
                503,
                "Warehouse away",
                "The warehouse did not answer within 10 s; the server tries again by itself.",
            )

    def named(self, method: str, path: str, body: Json) -> Json:
        """Answer a PUT or a DELETE of something that has a name: a view, an override."""
        self._check_up()
        if path.startswith("/oncall/"):
            return shapes_oncall.written(self.world, path, body) or {}
        return shapes_views.written(self.world, method, name_in(path.removeprefix("/views/")), body)

    def _session(self) -> Json:
        role = "viewer" if self.world.scenario == "viewer" else self.world.role
        return {
            "name": "dev",
            "role": role,
            "authenticated": self.world.signed_in,
            "token_required": self.world.scenario == "token",
        }

    def _sign_in(self, token: str) -> Json:
        if token != "hf_let_me_in":
            raise Refusal(401, "Token refused", "No such token, or it was revoked.")
        self.world.signed_in = True
        return self._session()

    def _incidents(self, state: str) -> list[Json]:
        rows = [shapes_services.incident(self.world, number, detail=False) for number in self.world.incidents]
        if state == "active":
            rows = [row for row in rows if row["state"] != "resolved"]
        return sorted(rows, key=lambda row: (row["state"] == "resolved", -row["id"]))

    def _promise(self, name: str) -> shapes.Promise:
        promise = self.world.promise(name)
        if promise is None:
            raise Refusal(
                404,
                "No such objective",
                f"No objective is named {name!r}; the catalog's names are listed at /catalog.",
            )
        return promise

    def _services(self, query: dict[str, str], seconds: float) -> list[Json]:
        of = shapes_places.found if self.world.scenario == "places" else shapes_services.services
        return of(self.world, query, seconds)

    def _service(self, name: str, query: dict[str, str], seconds: float) -> Json:
        place = {each: query[each] for each in ("environment", "namespace") if each in query}
        found = [one for one in self._services(place, seconds) if one["name"] == name]
        if not found:
            raise Refusal(404, "No such service", f"No spans of {name!r} were seen in this range.")
        if len(found) > 1:
            raise Refusal(400, "Bad request", f"{len(found)} services are called {name!r}; name one.")
        return found[0]

    def _of_map(self, found: Json | None) -> Json:
        if found is None:
            raise Refusal(404, "Not found", "The map has no such calls in this range.")
        return found

    def _metric(self, name: str) -> str:
        if name not in shapes_metrics.STREAMS:
            raise Refusal(404, "No such metric", f"No metric {name!r} has points in this range.")
        return name

    def _incident(self, number: str) -> int:
        if int(number) not in self.world.incidents:
            raise Refusal(404, "No such incident", f"No incident has the number {number}.")
        return int(number)


class Handler(BaseHTTPRequestHandler):
    """One request: API below /api, files of the page, and the page itself for every other path."""

    api: Api
    stalled: threading.Event
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer from the API or the page."""
        parts = urlsplit(self.path)
        if parts.path == "/api/v1/logs/tail":
            self._tail()
        elif parts.path == "/api/v1/news" and self.api.world.streams_news:
            self._news()
        elif parts.path.startswith("/api/v1"):
            query = {name: "\n".join(values) for name, values in parse_qs(parts.query).items()}
            self._answer(lambda: self.api.get(whole_segments(parts.path[7:]), query))
        else:
            self._file(parts.path)

    def do_POST(self) -> None:
        """Answer a write."""
        body, key = self._body(), self.headers.get("Idempotency-Key", "")
        self._answer(lambda: self.api.post(urlsplit(self.path).path[7:], body, key))

    def do_PUT(self) -> None:
        """Answer a write, or the removal, of something that has a name."""
        path, body = whole_segments(urlsplit(self.path).path[7:]), self._body()
        self._answer(lambda: self.api.named(self.command, path, body))

    do_DELETE = do_PUT

    def _body(self) -> Json:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

    def _answer(self, produce: Callable[[], Json]) -> None:
        if self.api.world.scenario == "slow" and "/session" not in self.path:
            self.stalled.wait(timeout=600)
        try:
            status, content, body = 200, "application/json", produce()
        except Refusal as refusal:
            status, content, body = refusal.document["status"], "application/problem+json", refusal.document
        sent = json.dumps(body).encode()
        tag = tag_of(sent)
        if status == HTTPStatus.OK and is_known(tag, self.headers.get("If-None-Match", "")):
            status, sent = HTTPStatus.NOT_MODIFIED, b""
        self._send(HTTPStatus(status), content, sent, tag)

    def _tail(self) -> None:
        """Tell of the lines that tests write into the world, until the server stops."""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        told = 0
        with contextlib.suppress(OSError):
            while not self.stalled.wait(timeout=0.1):
                fresh = self.api.world.written[told:]
                told += len(fresh)
                text = "".join(shapes_logs.event(each, json.dumps(each)) for each in fresh)
                self.wfile.write((text or ": nothing new\n\n").encode())

    def _news(self) -> None:
        """Send the status, and versions when `recorded` or `received` change, until the server stops."""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        with contextlib.suppress(OSError):
            sent, world = (-1, -1), self.api.world
            while not self.stalled.wait(timeout=0.2):
                if sent != (sent := (world.recorded, world.received)):
                    self._event("news", {"recorded": sent[0], "received": sent[1]})
                self._event("status", shapes_services.status(self.api.world))

    def _event(self, name: str, data: Json) -> None:
        self.wfile.write(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())

    def _file(self, path: str) -> None:
        try:
            found = _page().answer("GET", whole_segments(path).lstrip("/"), Headers({}))
        except NotFound as error:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", str(error).encode())
            return
        self._send(HTTPStatus(found.status_code), found.headers["content-type"], bytes(found.body))

    def _send(self, status: HTTPStatus, content: str, body: bytes, tag: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        if tag:
            self.send_header("ETag", tag)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing: tests read the page, not this log."""


@functools.cache
def _page() -> PageFiles:
    """The built page as the real server has it: an address that one refuses is refused here, too."""
    return page_files.load(PAGE)


class _Listener(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a page that went elsewhere and hung up."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class FakeServer:
    """A running fake server; use it as a context manager, and change `world` while a page looks on."""

    def __init__(self, scenario: str, *, port: int = 0) -> None:
        """Prepare a server on a free loopback port, or on the one given."""
        self.world = World(scenario, SystemClock().now())
        self.stalled = threading.Event()
        handler = type("BoundHandler", (Handler,), {"api": Api(self.world), "stalled": self.stalled})
        self._server = _Listener(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> FakeServer:
        """Start answering."""
        # Stopping waits for the next look at whether it should.
        threading.Thread(target=self._server.serve_forever, args=(STOPPED_SECONDS,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, letting stalled requests go."""
        self.stalled.set()
        self._server.shutdown()
        self._server.server_close()


def main() -> None:
    """Serve one scenario until interrupted, for working on the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", choices=SCENARIOS, default="burning")
    parser.add_argument("--port", type=int, default=5175)
    options = parser.parse_args()
    with FakeServer(options.scenario, port=options.port) as server:
        print(f"{options.scenario} at {server.url}")
        threading.Event().wait()


if __name__ == "__main__":
    main()
