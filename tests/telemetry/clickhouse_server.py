"""A server that speaks ClickHouse's HTTP protocol over the chDB directory named on its command line.

It knows what the client and Holdfast use: queries in the body, the URL or a form, parameters, settings as
URL parameters, data for `INSERT … FORMAT Protobuf`, Basic authentication, and errors with their code in a
header. Prints its port and serves until its standard input ends.
"""

import base64
import contextlib
import email.parser
import email.policy
import itertools
import os
import re
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import chdb

USER, PASSWORD = "holdfast", "s3cret/with@signs"
MOST_FIELD_BYTES = 128 * 1024
"""What a real server takes in one parameter unless it is configured otherwise."""

_NOT_SETTINGS = {
    "query", "database", "user", "password", "default_format", "query_id", "quota_key", "session_id",
    "wait_end_of_query", "compress", "decompress", "buffer_size", "client_protocol_version",
    "enable_http_compression", "send_progress_in_http_headers", "http_headers_progress_interval_ms",
    "cancel_http_readonly_queries_on_client_close",
}  # fmt: skip
_INPUT = re.compile(r"input\(('(?:[^'\\]|\\.)*')\)")
_numbers = itertools.count(1)


class Engine:
    """chDB over one directory; a connection per request, so that settings end with it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._kept_open = chdb.connect(str(directory))
        self._starting = threading.Lock()

    def run(self, sql: str, *, database: str, settings: dict[str, str], parameters: dict[str, str]) -> bytes:
        """Run one statement and return what it answers."""
        with self._starting:
            connection = chdb.connect(str(self._directory))
        try:
            if database:
                connection.query(f"USE `{database}`")
            for name, value in settings.items():
                quoted = value.replace("\\", "\\\\").replace("'", "\\'")
                connection.query(f"SET {name} = '{quoted}'")
            return bytes(connection.query(sql, "TabSeparated", params=parameters).bytes())
        finally:
            connection.close()


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    engine: Engine
    scratch: Path

    def do_GET(self) -> None:
        """Answer `/ping` and queries in the URL."""
        self._serve(b"")

    def do_POST(self) -> None:
        """Answer a query in the body, or take data for the one in the URL."""
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, *_arguments: Any) -> None:
        """Keep quiet."""

    def _serve(self, body: bytes) -> None:
        try:
            self._answer(200, self._run(body))
        except RuntimeError as error:
            found = re.search(r"Code: (\d+)", str(error))
            self._answer(500, str(error).encode(), code=found[1] if found else "1002")

    def _run(self, body: bytes) -> bytes:
        self._authenticate()
        url = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        if urlsplit(self.path).path == "/ping":
            return b"Ok.\n"
        content_type = self.headers.get("Content-Type", "")
        if content_type.startswith("multipart/"):
            url, body = url | _form(content_type, body), b""
        for name, value in url.items():
            if len(value) > MOST_FIELD_BYTES:
                raise RuntimeError(
                    f"Code: 36. DB::Exception: Field value of {name} is too long. (BAD_ARGUMENTS)"
                )
        sql = url.get("query", "")
        with contextlib.ExitStack() as files:
            if _INPUT.search(sql):
                sql, body = self._from_file(sql, body, files), b""
            return self.engine.run(
                sql + body.decode(),
                database=url.get("database", ""),
                settings={name: url[name] for name in url if not _is_special(name)},
                parameters={n.removeprefix("param_"): v for n, v in url.items() if n.startswith("param_")},
            )

    def _from_file(self, sql: str, body: bytes, files: contextlib.ExitStack) -> str:
        path = self.scratch / f"{next(_numbers)}.bin"
        path.write_bytes(body)
        files.callback(path.unlink)
        statement, _, form = sql.rpartition(" FORMAT ")
        return _INPUT.sub(lambda match: f"file('{path}', {form}, {match[1]})", statement)

    def _authenticate(self) -> None:
        expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {expected}":
            raise RuntimeError("Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)")

    def _answer(self, status: int, body: bytes, *, code: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if code:
            self.send_header("X-ClickHouse-Exception-Code", code)
        self.end_headers()
        self.wfile.write(body)


def _is_special(name: str) -> bool:
    return name in _NOT_SETTINGS or name.startswith("param_")


def _form(content_type: str, body: bytes) -> dict[str, str]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    fields = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        fields[str(name)] = payload.decode()
    return fields


def main() -> None:
    """Serve until standard input ends."""
    with tempfile.TemporaryDirectory() as scratch:
        Handler.engine = Engine(Path(sys.argv[1]))
        Handler.scratch = Path(scratch)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_port, flush=True)
        sys.stdin.read()
        server.shutdown()
    os._exit(0)  # connections of clients may still be open


if __name__ == "__main__":
    main()
