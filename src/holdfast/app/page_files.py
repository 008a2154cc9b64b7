"""Serves the page: built files from one directory, and the page itself for every address it knows.

All names are read once at start, so a request can never reach a file outside the directory. Files under
`assets/` have a hash of their content in their name, and browsers cache them for a year; browsers check the
page itself every time, by its tag.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from holdfast.runtime.errors import NotFound

PAGE_DIRECTORY = Path(__file__).parent / "page"
INDEX = "index.html"
HASHED = "assets/"
COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml")
SMALLEST_COMPRESSED_BYTES = 1024
CONTENT_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "worker-src 'self' blob:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
NOT_BUILT = """<!doctype html><html lang="en"><title>Holdfast</title>
<body style="font: 16px system-ui; margin: 4rem auto; max-width: 40rem">
<h1>The page is not built</h1>
<p>This server runs and its API answers under <a href="/api/v1/openapi.json">/api/v1</a>, but the files of the
page are missing. In a clone of the repository, <code>make page</code> builds them; then reload.</p>
</body></html>"""


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file ready to be sent: plain, and compressed where that saves something."""

    media_type: str
    body: bytes
    compressed: bytes | None
    tag: str
    is_hashed: bool


class PageFiles:
    """ASGI application that serves the files of one directory; lives as long as the server."""

    def __init__(self, files: dict[str, PageFile]) -> None:
        self._files = files

    @property
    def is_built(self) -> bool:
        """Whether there is a page to serve."""
        return INDEX in self._files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = Headers(scope=scope)
        response = self.answer(scope["method"], scope["path"].lstrip("/"), headers)
        await response(scope, receive, send)

    def answer(self, method: str, path: str, headers: Headers) -> Response:
        """Return the file at `path`, or the page itself for an address of the page."""
        if method not in ("GET", "HEAD"):
            raise HTTPException(405, "only GET and HEAD are answered here", {"Allow": "GET, HEAD"})
        found = self._files.get(path)
        if found is None and not _is_an_address(path):
            raise NotFound(f"there is nothing at /{path[:200]}", value=f"/{path[:200]}")
        found = found or self._files.get(INDEX)
        if found is None:
            return HTMLResponse(NOT_BUILT, 503, {"Content-Security-Policy": CONTENT_POLICY})
        return _reply(found, headers)


def load(directory: Path = PAGE_DIRECTORY) -> PageFiles:
    """Read the built page; an empty or missing directory gives a page that says how to build it."""
    names = [path for path in sorted(directory.rglob("*")) if path.is_file() and path.suffix != ".gz"]
    return PageFiles({path.relative_to(directory).as_posix(): _read(path, directory) for path in names})


def _read(path: Path, directory: Path) -> PageFile:
    body = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    media_type = "text/javascript" if path.suffix in (".js", ".mjs") else media_type
    if media_type.endswith("+xml"):  # the framework adds it to other texts
        media_type = f"{media_type}; charset=utf-8"
    return PageFile(
        media_type=media_type,
        body=body,
        compressed=_compressed(path, body, media_type),
        tag=f'"{hashlib.sha256(body).hexdigest()[:16]}"',
        is_hashed=path.relative_to(directory).as_posix().startswith(HASHED),
    )


def _compressed(path: Path, body: bytes, media_type: str) -> bytes | None:
    if len(body) < SMALLEST_COMPRESSED_BYTES or not media_type.startswith(COMPRESSIBLE):
        return None
    ready = path.with_name(path.name + ".gz")
    if ready.is_file():
        return ready.read_bytes()
    # Level 5 costs a tenth of level 9 and is two percent larger; this runs once, before the server is ready.
    return gzip.compress(body, 5, mtime=0)


def _is_an_address(path: str) -> bool:
    """Whether `path` is an address of the page: not under the API, and without a dot in the topmost folder.

    Below a folder there may be dots: `metrics/process.memory.usage`, `services/eu.payments`.
    """
    if path.startswith((HASHED, "api/")) or ".." in path.split("/"):
        return False
    return "." not in path or "/" in path


def _reply(found: PageFile, headers: Headers) -> Response:
    reply_headers = {
        "ETag": found.tag,
        "Vary": "Accept-Encoding",
        "Cache-Control": "public, max-age=31536000, immutable" if found.is_hashed else "no-cache",
        "Content-Security-Policy": CONTENT_POLICY,
    }
    if found.tag in headers.get("if-none-match", ""):
        return Response(None, 304, reply_headers)
    if found.compressed is not None and "gzip" in headers.get("accept-encoding", ""):
        reply_headers["Content-Encoding"] = "gzip"
        return Response(found.compressed, 200, reply_headers, found.media_type)
    return Response(found.body, 200, reply_headers, found.media_type)
