"""The edge of the server: who is let in, what is turned away, and what a refusal looks like."""

from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from datetime import timedelta

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from httpx import Response
from pydantic import BaseModel, Field

from holdfast.runtime import http, journal
from holdfast.runtime.access import Access, Issued, Role
from holdfast.runtime.attempts import TRIES
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.cookies import COOKIE
from holdfast.runtime.database import Database
from holdfast.runtime.edge import NOTED_MOST
from holdfast.runtime.errors import Conflict, Unavailable
from holdfast.runtime.http import Admin, Editor, IdempotencyKey, Viewer

KEY = {"Idempotency-Key": "k-1"}


class Order(BaseModel):
    """A body with two rules."""

    amount: int = Field(ge=1)
    name: str = Field(max_length=5)


class Ledger:
    """Counts what was really carried out."""

    def __init__(self) -> None:
        self.orders: list[str] = []
        self.failure: Exception | None = None

    def router(self) -> APIRouter:
        """Endpoints of every kind that matters here."""
        api = APIRouter()

        @api.get("/me")
        def me(principal: Viewer) -> dict[str, str]:
            return {"name": principal.name, "role": principal.role}

        @api.get("/secret")
        def secret(principal: Admin) -> dict[str, str]:
            return {}

        @api.get("/count")
        def count(principal: Viewer, limit: int) -> dict[str, int]:
            return {"limit": limit}

        @api.post("/orders", status_code=201)
        def order(body: Order, principal: Editor, key: IdempotencyKey) -> dict[str, int]:
            if self.failure is not None:
                raise self.failure
            self.orders.append(body.name)
            return {"number": len(self.orders)}

        return api


@pytest.fixture
def ledger() -> Ledger:
    """A fresh ledger."""
    return Ledger()


@pytest.fixture
def client(database: Database, make_api: Callable[..., TestClient], ledger: Ledger) -> TestClient:
    """A client on this machine, of a server without tokens."""
    return make_api(database, ledger.router())


@pytest.fixture
def access(database: Database, clock: ManualClock) -> Access:
    """Another process's view of the same tokens."""
    return Access(database, clock)


def bearer(issued: Issued) -> dict[str, str]:
    """Return the header that carries a token."""
    return {"Authorization": f"Bearer {issued.secret}"}


def order(client: TestClient, name: str = "tea", **headers: str) -> Response:
    """Place an order with the usual key."""
    return client.post("/api/v1/orders", json={"amount": 1, "name": name}, headers={**KEY, **headers})


def test_the_caller_on_this_machine_is_local_while_there_is_no_token(client: TestClient) -> None:
    """Without any person's token, a caller on this machine may do everything."""
    assert client.get("/api/v1/me").json() == {"name": "local", "role": "admin"}


def test_from_the_first_token_on_everybody_needs_one(client: TestClient, access: Access) -> None:
    """Once a person's token exists, a caller on this machine is nobody without one."""
    issued = access.create_token(name="ada", role=Role.VIEWER, actor="root")
    refused = client.get("/api/v1/me")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert client.get("/api/v1/me", headers=bearer(issued)).json()["name"] == "ada"


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip"])
def test_a_proxy_on_this_machine_is_not_a_local_caller(client: TestClient, header: str) -> None:
    """Requests that a proxy brings from elsewhere come from loopback and are not local all the same."""
    assert client.get("/api/v1/me", headers={header: "10.0.0.9"}).status_code == 401


def test_a_role_that_is_too_low_is_told_so(client: TestClient, access: Access) -> None:
    """Identified and not allowed is 403, and says which role is held and which is needed."""
    issued = access.create_token(name="ada", role=Role.EDITOR, actor="root")
    refused = client.get("/api/v1/secret", headers=bearer(issued))
    assert refused.status_code == 403
    assert "editor" in refused.json()["detail"]
    assert refused.json()["rule"] == "role admin or higher"


@pytest.mark.parametrize("value", ["Bearer nothing", "Basic YTpi", "Bearer", "garbage", ""])
def test_a_wrong_credential_is_never_the_same_as_none(client: TestClient, value: str) -> None:
    """A bad Authorization header is refused although this machine would be let in without one."""
    assert client.get("/api/v1/me", headers={"Authorization": value}).status_code == 401


def test_the_session_cookie_identifies(client: TestClient, access: Access) -> None:
    """The cookie the page gets is as good as the token it was made from, until it is signed out."""
    issued = access.create_token(name="ada", role=Role.VIEWER, actor="root")
    session = access.sign_in(issued.secret)
    client.cookies.set(COOKIE, session.secret)
    assert client.get("/api/v1/me").json()["name"] == "ada"
    access.sign_out(session.secret)
    client.cookies.set(COOKIE, "another")
    assert client.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7070", "127.0.0.1.evil.example", ""])
def test_a_foreign_host_header_is_refused(client: TestClient, host: str) -> None:
    """A name elsewhere that was pointed at this machine gets nothing, not even to read."""
    assert client.get("/api/v1/me", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost", "localhost:7070", "127.0.0.1:1", "[::1]:7070", "127.8.9.1"])
def test_this_machines_names_for_itself_are_served(client: TestClient, host: str) -> None:
    """Every way to write this machine's own address works."""
    assert client.get("/api/v1/me", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}],
)
def test_another_sites_page_cannot_write(client: TestClient, ledger: Ledger, headers: dict[str, str]) -> None:
    """A write that a page of another site started in somebody's browser is not carried out."""
    assert order(client, **headers).status_code == 403
    assert ledger.orders == []


def test_the_own_page_can_write(client: TestClient, ledger: Ledger) -> None:
    """A write from Holdfast's own page is carried out."""
    own = {"origin": "http://127.0.0.1:7070", "sec-fetch-site": "same-origin"}
    assert order(client, **own).status_code == 201
    assert ledger.orders == ["tea"]


def test_a_body_announced_over_the_limit_is_not_read(client: TestClient) -> None:
    """A Content-Length over the limit is refused at once."""
    answer = client.post("/api/v1/orders", content=b"x" * (8 * 1024 * 1024 + 1), headers=KEY)
    assert answer.status_code == 413


def test_a_body_that_grows_over_the_limit_is_cut_off(client: TestClient) -> None:
    """A body without a length is refused when it passes the limit."""
    pieces = (b"x" * 1024 * 1024 for _ in range(10))
    headers = {**KEY, "content-type": "application/json"}
    assert client.post("/api/v1/orders", content=pieces, headers=headers).status_code == 413


def test_every_broken_rule_of_a_body_is_listed(client: TestClient) -> None:
    """A body that is not what is taken is 422, with all its problems at once."""
    answer = client.post("/api/v1/orders", json={"amount": 0, "name": "much too long"}, headers=KEY)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [problem["path"] for problem in answer.json()["problems"]] == ["body.amount", "body.name"]


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b'{"amount": 1, "name": "\\ud800"}', b"[]", b"null"])
def test_what_is_not_a_body_is_never_a_500(client: TestClient, ledger: Ledger, content: bytes) -> None:
    """Broken JSON, broken UTF-8 and lone surrogates are refused as what the sender sent."""
    headers = {**KEY, "content-type": "application/json"}
    assert client.post("/api/v1/orders", content=content, headers=headers).status_code == 422
    assert ledger.orders == []


def test_a_parameter_that_breaks_a_rule_is_400(client: TestClient) -> None:
    """A query parameter of the wrong type is 400 and names the value."""
    answer = client.get("/api/v1/count?limit=many")
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["value"] == "many"


def test_an_unexpected_error_shows_no_traceback(
    client: TestClient, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug is a 500 with one sentence; its traceback is in the log."""
    ledger.failure = RuntimeError("the inside of things")
    answer = order(client)
    assert answer.status_code == 500
    assert "inside" not in answer.text
    assert "the inside of things" in caplog.text


def test_a_write_is_carried_out_once(client: TestClient, ledger: Ledger) -> None:
    """The same write under the same key is answered again and not done again."""
    first, again = order(client), order(client)
    assert first.json() == again.json() == {"number": 1}
    assert again.status_code == 201
    assert again.headers["idempotency-replayed"] == "true"
    assert ledger.orders == ["tea"]


def test_another_write_under_the_same_key_is_refused(client: TestClient, ledger: Ledger) -> None:
    """One key names one request: another body under it is a conflict."""
    order(client)
    assert order(client, "milk").status_code == 409
    assert ledger.orders == ["tea"]


def test_a_key_belongs_to_who_used_it(client: TestClient, access: Access, ledger: Ledger) -> None:
    """Two people may use the same key for different writes."""
    for name in ("ada", "bob"):
        issued = access.create_token(name=name, role=Role.EDITOR, actor="root")
        assert order(client, name, **bearer(issued)).status_code == 201
    assert ledger.orders == ["ada", "bob"]


@pytest.mark.parametrize("failure", [Conflict("not now"), Unavailable("away"), RuntimeError("bug")])
def test_a_write_that_failed_can_be_tried_again(
    client: TestClient, ledger: Ledger, failure: Exception
) -> None:
    """A refused or failed write leaves its key free."""
    ledger.failure = failure
    assert order(client).status_code >= 400
    ledger.failure = None
    assert order(client).status_code == 201


def test_a_write_without_a_key_says_what_is_missing(client: TestClient, ledger: Ledger) -> None:
    """Every write names itself; one without a key is told how."""
    answer = client.post("/api/v1/orders", json={"amount": 1, "name": "tea"})
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["detail"]
    assert ledger.orders == []


def test_replies_are_forgotten_after_a_day(
    client: TestClient, ledger: Ledger, clock: ManualClock, database: Database
) -> None:
    """After 24 hours a key may be used anew, and the kept reply is cleared away."""
    order(client)
    clock.advance(timedelta(hours=24, seconds=1))
    assert http.Replies(database, clock).forget_old() == 1
    assert order(client).json() == {"number": 2}


def test_a_write_whose_process_died_can_be_tried_again(database: Database, clock: ManualClock) -> None:
    """A key reserved by a process that was killed is refused for a minute and free after it."""
    replies = http.Replies(database, clock)
    write = {"principal": "ada", "route": "POST /x", "key": "k", "body": b"1"}
    replies.begin(**write)
    with pytest.raises(Conflict, match="still being carried out"):
        replies.begin(**write)
    clock.advance(timedelta(minutes=1, seconds=1))
    assert isinstance(replies.begin(**write), http.Ticket)


def test_a_write_that_was_carried_out_is_not_carried_out_again(
    database: Database, clock: ManualClock, make_api: Callable[..., TestClient]
) -> None:
    """If the reply is lost after the commit, a repetition is refused for good."""
    api = APIRouter()

    @api.post("/deploys")
    def deploy(principal: Editor, key: IdempotencyKey) -> dict[str, str]:
        with database.write() as tx:
            journal.append(
                tx, journal.Entry(clock.now(), "change.deploy", principal.name, "platform", "Deployed")
            )
        raise Unavailable("the database went away after the commit")

    client = make_api(database, api)
    assert client.post("/api/v1/deploys", headers=KEY).status_code == 503
    waits = client.post("/api/v1/deploys", headers=KEY)
    assert (waits.status_code, waits.headers["retry-after"]) == (409, "1")
    clock.advance(timedelta(minutes=2))
    refused = client.post("/api/v1/deploys", headers=KEY)
    assert (refused.status_code, "retry-after" in refused.headers) == (409, False)
    assert "was carried out, but its reply was lost" in refused.json()["detail"]
    with database.read() as tx:
        assert len(journal.entries(tx)) == 1


def test_a_write_that_was_rolled_back_can_be_tried_again(database: Database, clock: ManualClock) -> None:
    """Only what was committed counts as carried out."""
    replies = http.Replies(database, clock)
    write = {"principal": "ada", "route": "POST /x", "key": "k", "body": b"1"}
    ticket = replies.begin(**write)
    assert isinstance(ticket, http.Ticket)
    copy_context().run(carry_out_and_fail, database, ticket, clock)
    replies.abandon(ticket)
    assert isinstance(replies.begin(**write), http.Ticket)


def carry_out_and_fail(database: Database, ticket: http.Ticket, clock: ManualClock) -> None:
    """Write under a ticket, in a transaction that is rolled back."""
    http.carry_out(ticket)
    with suppress(Unavailable), database.write() as tx:
        journal.append(tx, journal.Entry(clock.now(), "change.deploy", "ada", "platform", "Deployed"))
        raise Unavailable("no room")


def test_an_unknown_address_is_a_problem_document(client: TestClient) -> None:
    """Even what the framework refuses by itself comes as a problem document."""
    answer = client.get("/api/v1/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "value", ["{}", "Token {}", "bearer{}", "Basic {}", "Bearer:{}", "{} Bearer", "Bearer {}x", "Bearer {}\t"]
)
def test_a_credential_is_never_shown_again(client: TestClient, access: Access, value: str) -> None:
    """However a token is written into the Authorization header, no answer shows it."""
    secret = access.create_token(name="ada", role=Role.VIEWER, actor="root").secret
    answer = client.get("/api/v1/me", headers={"Authorization": value.format(secret)})
    assert secret not in answer.text
    assert secret[-12:] not in answer.text


@pytest.mark.parametrize("place", ["/api/v1/{}", "/api/v1/count?limit={}", "/api/v1/me?x={}"])
def test_a_token_in_an_address_is_not_shown(client: TestClient, place: str) -> None:
    """A token pasted into an address is taken out of the problem document about it."""
    secret = f"hf_admin_{'0a1b' * 12}"
    assert "0a1b" not in client.get(place.format(secret)).text


def test_a_wrong_token_is_written_down_with_its_address(
    client: TestClient, access: Access, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """A request with an unknown or revoked token leaves an entry and a line with the address, no secret."""
    revoked = access.create_token(name="ada", role=Role.VIEWER, actor="root").secret
    access.create_token(name="eve", role=Role.VIEWER, actor="root")
    access.revoke_token("ada", actor="root")
    client.get("/api/v1/me", headers={"Authorization": f"Bearer {revoked}"})
    with database.read() as tx:
        (entry,) = journal.entries(tx, kinds=("access.refused",))
    assert (entry.actor, entry.subject) == ("anonymous", "token/ada")
    assert entry.summary == "A request from 127.0.0.1 failed with the revoked token ada"
    assert dict(entry.data) == {"address": "127.0.0.1", "by": "request", "count": 1}
    assert entry.summary in caplog.text
    assert revoked not in caplog.text


def test_guessing_is_slowed_down(client: TestClient, access: Access, database: Database) -> None:
    """After a few wrong tokens an address from which nobody was let in has to wait, with few entries made."""
    access.create_token(name="ada", role=Role.VIEWER, actor="root")
    wrong = {"Authorization": "Bearer wrong"}
    statuses = [client.get("/api/v1/me", headers=wrong).status_code for _ in range(12)]
    assert statuses == [401] * TRIES + [429] * (12 - TRIES)
    assert int(client.get("/api/v1/me", headers=wrong).headers["retry-after"]) >= 1
    with database.read() as tx:
        assert len(journal.entries(tx, kinds=("access.refused",))) == 1


def test_a_wrong_token_does_not_lock_out_the_right_one(client: TestClient, access: Access) -> None:
    """At an address that people use, a program's stale token keeps nobody out."""
    issued = access.create_token(name="ada", role=Role.VIEWER, actor="root")
    assert client.get("/api/v1/me", headers=bearer(issued)).status_code == 200
    for _ in range(50):
        assert client.get("/api/v1/me", headers={"Authorization": "Bearer stale"}).status_code == 401
    assert client.get("/api/v1/me", headers=bearer(issued)).status_code == 200


def test_attempts_to_get_past_the_edge_are_logged_within_bounds(
    client: TestClient, caplog: pytest.LogCaptureFixture, clock: ManualClock
) -> None:
    """A foreign host and another site's write leave a line with the address, a few a minute at most."""
    client.get("/api/v1/me", headers={"host": "evil.example"})
    order(client, origin="http://evil.example")
    assert "GET /api/v1/me from 127.0.0.1: requests for host 'evil.example' are not served" in caplog.text
    assert "POST /api/v1/orders from 127.0.0.1: a write started by a page" in caplog.text
    for _ in range(100):
        client.get("/api/v1/me", headers={"host": "evil.example"})
    assert caplog.text.count("evil.example") == NOTED_MOST
    clock.advance(timedelta(seconds=60))
    client.get("/api/v1/me", headers={"host": "evil.example"})
    assert caplog.text.count("evil.example") == NOTED_MOST + 1


def test_a_refusal_for_a_role_is_logged(
    client: TestClient, access: Access, caplog: pytest.LogCaptureFixture
) -> None:
    """Who asked for what their role does not allow stands in the log."""
    issued = access.create_token(name="ada", role=Role.VIEWER, actor="root")
    client.get("/api/v1/secret", headers=bearer(issued))
    assert "ada (viewer) was refused: the request needs admin" in caplog.text


def test_a_parameter_given_twice_is_read_one_way(client: TestClient) -> None:
    """Of a parameter that stands twice the last one counts, and one in the body or a header is another."""
    assert client.get("/api/v1/count?limit=1&limit=2").json() == {"limit": 2}
    assert client.get("/api/v1/count?limit=1&limit=x").status_code == 400
    assert (
        client.request("GET", "/api/v1/count", json={"limit": 3}, headers={"limit": "4"}).status_code == 400
    )
