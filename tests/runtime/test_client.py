"""How commands talk to a server: errors come back as what they were, and an absent server is one sentence."""

import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from holdfast.runtime.client import Client
from holdfast.runtime.errors import (
    Conflict,
    Forbidden,
    HoldfastError,
    Invalid,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
)

Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer, **options: str) -> Client:
    """Return a client of a server that answers as told."""
    return Client("http://holdfast.example", transport=httpx.MockTransport(answer), **options)


@pytest.mark.parametrize(
    "kind", [Invalid, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, Unavailable]
)
def test_a_refusal_comes_back_as_the_same_error(kind: type[HoldfastError]) -> None:
    """The exit status of a command does not depend on which side found the error."""
    document = {
        "detail": "it says why",
        "value": "v",
        "rule": "r",
        "problems": [{"path": "a", "value": "b", "rule": "c", "message": "d"}],
    }
    with pytest.raises(kind, match="it says why") as caught:
        client(lambda _: httpx.Response(kind.status, json=document)).get("/x")
    assert caught.value.exit_status == kind.exit_status
    assert (caught.value.value, caught.value.rule, caught.value.problems[0].message) == ("v", "r", "d")


@pytest.mark.parametrize(("status", "kind"), [(422, Invalid), (405, Invalid), (500, Unavailable)])
def test_other_refusals_find_the_nearest_error(status: int, kind: type[HoldfastError]) -> None:
    """A status without an error of its own is wrong use below 500 and out of reach above."""
    with pytest.raises(kind):
        client(lambda _: httpx.Response(status, json={})).get("/x")


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
def test_an_absent_server_is_one_sentence(error: type[httpx.HTTPError]) -> None:
    """A server that does not answer is exit 3 and says where it was looked for."""

    def fail(_request: httpx.Request) -> httpx.Response:
        raise error("gone")

    with pytest.raises(Unavailable, match=r"http://holdfast\.example") as caught:
        client(fail).get("/x")
    assert caught.value.exit_status == 3


@pytest.mark.parametrize("body", [b"<html>", b"\xff\xfe", b""])
def test_what_is_not_holdfast_is_said_so(body: bytes) -> None:
    """Another server on that port does not end in a traceback."""
    with pytest.raises(Unavailable, match="is this address a Holdfast server"):
        client(lambda _: httpx.Response(200, content=body)).get("/x")


@pytest.mark.parametrize("url", ["ftp://x", "nothing", "http://[", "http://x:99999"])
def test_an_address_that_is_none_is_wrong_use(url: str) -> None:
    """An address that cannot be one is exit 2, before anything is sent."""
    with pytest.raises(HoldfastError) as caught, Client(url) as made:
        made.get("/x")
    assert caught.value.exit_status in (2, 3)


def test_a_write_names_itself_and_carries_the_token() -> None:
    """Each write has a key of its own unless one is given; the token travels as a header."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    talking = client(answer, token="hf_admin_x")
    talking.post("/changes", {"kind": "deploy"})
    talking.post("/changes", {"kind": "deploy"})
    talking.post("/changes", key="mine")
    keys = [request.headers["idempotency-key"] for request in seen]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"
    assert {request.headers["authorization"] for request in seen} == {"Bearer hf_admin_x"}
    assert json.loads(seen[0].content) == {"kind": "deploy"}


def test_a_list_is_followed_to_its_end() -> None:
    """Pages are asked for until there is no next one."""

    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params.get("cursor", 0))
        following = str(start + 1) if start < 2 else None
        return httpx.Response(200, json={"items": [start], "next": following})

    assert list(client(answer).pages("/changes", service=None)) == [0, 1, 2]


def test_address_and_token_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """HOLDFAST_URL and HOLDFAST_TOKEN are used when nothing is given."""
    monkeypatch.setenv("HOLDFAST_URL", "http://elsewhere:7071/")
    assert Client().url == "http://elsewhere:7071"
    monkeypatch.delenv("HOLDFAST_URL")
    assert Client().url == "http://127.0.0.1:7070"


def test_a_download_comes_in_pieces_with_its_headers() -> None:
    """Content and headers of a download are handed on; a refusal is the error it would be elsewhere."""
    with (
        client(lambda _request: httpx.Response(200, content=b"abc" * 999, headers={"x-n": "7"})) as found,
        found.download("/backup") as (headers, pieces),
    ):
        assert (headers["x-n"], b"".join(pieces)) == ("7", b"abc" * 999)
    refused = client(lambda _request: httpx.Response(403, json={"detail": "this needs admin"}))
    with pytest.raises(Forbidden, match="this needs admin"), refused.download("/backup"):
        pass


def test_a_download_that_is_cut_off_is_said_so() -> None:
    """A connection lost in the middle is no whole answer."""

    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise httpx.ReadError("connection lost")

    cut = client(lambda _request: httpx.Response(200, content=pieces()))
    with pytest.raises(Unavailable, match="to its end"), cut.download("/backup") as (_, found):
        b"".join(found)


@pytest.mark.parametrize("sign", ["ü", "\x00", "\n", "\x1b"])
def test_a_token_with_wrong_signs_is_not_printed(sign: str) -> None:
    """A token that no header can hold is refused in a sentence that does not hold it."""
    with pytest.raises(Invalid, match="HOLDFAST_TOKEN") as caught:
        client(lambda _: httpx.Response(200, json={}), token=f"hf_admin_{sign}secret")
    assert "secret" not in caught.value.detail
    assert client(lambda _: httpx.Response(200, json={}), token="hf_admin_x\n").get("/x") == {}


def test_a_password_in_the_address_is_not_printed() -> None:
    """An address with a password is used with it and shown without it."""

    def fail(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("gone")

    asked = Client("http://ada:secret@holdfast.example", transport=httpx.MockTransport(fail))
    with pytest.raises(Unavailable) as caught:
        asked.get("/x")
    assert "secret" not in caught.value.detail
    assert "ada:***@holdfast.example" in caught.value.detail
