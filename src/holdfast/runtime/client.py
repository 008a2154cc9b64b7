"""The client of the commands: they use a running server's HTTP API, like any other program.

    with Client(url) as client:
        rows = client.get("/objectives", state="burning")["items"]

Problem documents become the errors that the server raised, so a command's exit status does not depend on
where the rule was checked.
"""

import json
import os
import ssl
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Annotated, Any, Self

import httpx
import typer

from holdfast.runtime.errors import (
    Conflict,
    Forbidden,
    HoldfastError,
    Invalid,
    NotFound,
    Problem,
    Throttled,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from holdfast.runtime.redaction import without_secret
from holdfast.runtime.trust import advice, trusted

DEFAULT_URL = "http://127.0.0.1:7070"
TIMEOUT_SECONDS = 30.0
DOWNLOAD_SECONDS = 300.0
"""Longest silence in a download: a backup begins once nothing is being written to the warehouse."""
API = "/api/v1"

UrlOption = Annotated[
    str,
    typer.Option(
        "--url",
        envvar="HOLDFAST_URL",
        help="Address of Holdfast; HOLDFAST_TOKEN is its token, HOLDFAST_CA the CA file of an https:// one.",
    ),
]

_BY_STATUS: Mapping[int, type[HoldfastError]] = {
    error.status: error
    for error in (Invalid, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, Throttled)
}


class Client:
    """A connection to one server; close it, or use it in a `with` block.

    The token comes from `HOLDFAST_TOKEN` by default: on a command line the process list would show it. Over
    TLS it trusts `tls`, the CA in `HOLDFAST_CA`, or the public ones.
    """

    def __init__(
        self,
        url: str = "",
        *,
        token: str | None = None,
        transport: httpx.BaseTransport | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        given = (url or os.environ.get("HOLDFAST_URL") or DEFAULT_URL).rstrip("/")
        self.url = without_secret(given)
        headers = _identity(os.environ.get("HOLDFAST_TOKEN", "") if token is None else token)
        try:
            # A proxy from the environment is for the outside world, not for the server on this machine.
            self._http = httpx.Client(
                base_url=given,
                headers=headers,
                timeout=TIMEOUT_SECONDS,
                transport=transport,
                verify=tls or (trusted() if given.startswith("https://") else None) or True,
                trust_env=False,
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise _not_an_address(self.url) from error

    def __enter__(self) -> Self:
        """Return this client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def get(self, path: str, **params: object) -> dict[str, Any]:
        """Return the answer of `path` (below `/api/v1`); parameters that are None are left out."""
        given = {name.rstrip("_"): value for name, value in params.items() if value is not None}
        return self._send("GET", path, params=given)

    def events(self, path: str, **params: object) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the server-sent events of `path` as name and data, until the server ends them."""
        given: dict[str, Any] = {name: value for name, value in params.items() if value is not None}
        try:
            with self._http.stream("GET", API + path, params=given) as answer:
                if not answer.is_success:
                    answer.read()
                    raise _refusal(answer, answer.json(), f"GET {API}{path}")
                yield from _events(answer.iter_lines())
        except httpx.HTTPError as error:
            raise self._unreachable(f"stopped answering GET {API}{path}", error) from error

    @contextmanager
    def download(self, path: str) -> Iterator[tuple[Mapping[str, str], Iterator[bytes]]]:
        """Yield the headers of the answer of `path`, and its content piece by piece."""
        attempt = f"GET {API}{path}"
        timeout = httpx.Timeout(TIMEOUT_SECONDS, read=DOWNLOAD_SECONDS)
        try:
            with self._http.stream("GET", API + path, timeout=timeout) as answer:
                if not answer.is_success:
                    answer.read()
                    raise _refusal(answer, _document(answer, attempt), attempt)
                yield answer.headers, answer.iter_bytes()
        except httpx.HTTPError as error:
            raise self._unreachable(f"did not answer {attempt} to its end", error) from error

    def pages(self, path: str, **params: object) -> Iterator[dict[str, Any]]:
        """Yield the items of a list, following its cursor to the end."""
        cursor: str | None = None
        while True:
            page = self.get(path, **params, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if cursor is None:
                return

    def post(self, path: str, json: object = None, *, key: str | None = None) -> dict[str, Any]:
        """Carry out a write once; with the same `key`, a repeated request does nothing."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return self._send("POST", path, json={} if json is None else json, headers=headers)

    def put(self, path: str, json: object) -> dict[str, Any]:
        """Set what `path` names."""
        return self._send("PUT", path, json=json, headers={"Idempotency-Key": str(uuid.uuid4())})

    def delete(self, path: str) -> dict[str, Any]:
        """Remove what `path` names."""
        return self._send("DELETE", path, headers={"Idempotency-Key": str(uuid.uuid4())})

    def _send(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        full = path if path.startswith((API, "/healthz", "/readyz")) else API + path
        try:
            answer = self._http.request(method, full, **options)
        except httpx.TimeoutException as error:
            raise Unavailable(
                f"Holdfast at {self.url} did not answer {method} {full} within {TIMEOUT_SECONDS:.0f} s; "
                "`holdfast doctor` says what is wrong"
            ) from error
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise _not_an_address(self.url) from error
        except httpx.HTTPError as error:
            raise self._unreachable(f"does not answer {method} {full}", error) from error
        return _read(answer, f"{method} {full}")

    def _unreachable(self, what: str, error: httpx.HTTPError) -> Unavailable:
        if (found := advice(error)) is not None:
            return Unavailable(f"Holdfast at {self.url} {what}: {found}")
        return Unavailable(
            f"Holdfast at {self.url} {what} ({error}); start it with `holdfast serve`, or name another with "
            "--url or HOLDFAST_URL"
        )


def _identity(token: str) -> dict[str, str]:
    token = token.strip()
    if not (token.isascii() and token.isprintable()):
        # The library would name the header's value in its error.
        raise Invalid(
            "HOLDFAST_TOKEN has characters that no token has; set it again", rule="a token on one line"
        )
    return {"Authorization": f"Bearer {token}"} if token else {}


def _events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    name = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


def _document(answer: httpx.Response, attempt: str) -> Any:
    try:
        return answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Unavailable(
            f"{attempt} at {without_secret(str(answer.url))} was answered with {answer.status_code} and no "
            "JSON: is this address a Holdfast server?"
        ) from error


def _read(answer: httpx.Response, attempt: str) -> dict[str, Any]:
    if answer.status_code == httpx.codes.NO_CONTENT:
        return {}
    document = _document(answer, attempt)
    if answer.is_success and isinstance(document, dict):
        return document
    raise _refusal(answer, document if isinstance(document, dict) else {}, attempt)


def _refusal(answer: httpx.Response, document: Mapping[str, Any], attempt: str) -> HoldfastError:
    status = answer.status_code
    fallback = Invalid if httpx.codes.is_client_error(status) else Unavailable
    kind = _BY_STATUS.get(status, fallback)
    problems = tuple(
        Problem(*(str(found.get(part, "")) for part in ("path", "value", "rule", "message")))
        for found in document.get("problems", ())
    )
    detail = str(document.get("detail") or f"{attempt} was answered with {status}")
    return kind(detail, value=document.get("value"), rule=document.get("rule"), problems=problems)


def _not_an_address(url: str) -> Invalid:
    return Invalid(f"{url!r} is not an http address", value=url, rule="http://HOST:PORT or https://HOST:PORT")
