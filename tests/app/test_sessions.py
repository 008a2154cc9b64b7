"""Signing in on the page."""

import re

import pytest
from fastapi.testclient import TestClient
from tests.app.conftest import BASE_URL

from holdfast.app import compose, fakes
from holdfast.app.page_files import PageFiles
from holdfast.app.readiness import Phase, Readiness
from holdfast.runtime import journal
from holdfast.runtime.access import Role
from holdfast.runtime.attempts import TRIES
from holdfast.runtime.cookies import COOKIE, TLS_COOKIE
from holdfast.runtime.settings import load

ADDRESS = "/api/v1/session"


def test_without_tokens_the_page_is_open_on_this_machine(served) -> None:
    """The page learns that nobody has to sign in."""
    assert served.client.get("/api/v1/session").json() == {
        "name": "local",
        "role": "admin",
        "authenticated": True,
        "token_required": False,
    }


def test_signing_in_gives_a_cookie_that_scripts_cannot_read(served) -> None:
    """A token is exchanged for a cookie that is not the token, and signing out ends it."""
    issued = served.made.access.create_token(name="ada", role=Role.RESPONDER, actor="local")
    assert served.client.get("/api/v1/session").json()["token_required"] is True
    answer = served.client.post("/api/v1/session", json={"token": issued.secret})
    cookie = answer.headers["set-cookie"]
    assert answer.json()["role"] == "responder"
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert issued.secret not in cookie
    assert served.client.get("/api/v1/session").json()["name"] == "ada"
    stolen = served.client.cookies[COOKIE]
    assert served.client.delete("/api/v1/session").status_code == 204
    served.client.cookies.set(COOKIE, stolen)
    assert served.client.get("/api/v1/session").json()["authenticated"] is False


def test_a_wrong_token_signs_nobody_in(served) -> None:
    """An unknown token is 401 and sets no cookie; the token is not echoed."""
    answer = served.client.post("/api/v1/session", json={"token": "hf_admin_guess"})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "guess" not in answer.text
    too_long = served.client.post("/api/v1/session", json={"token": "guess" * 100})
    assert too_long.status_code == 422
    assert "guess" not in too_long.text


def test_a_wrong_credential_is_shown_as_nobody(served) -> None:
    """The page asks who it is without being refused, whatever stale credential it has."""
    answer = served.client.get("/api/v1/session", headers={"Authorization": "Bearer stale"})
    assert answer.status_code == 200
    assert answer.json()["authenticated"] is False


@pytest.mark.parametrize(
    "body",
    [
        '"{}"', '["{}"]', '{{"tokn": "{}"}}', '{{"token": ["{}"]}}', '{{"token": {{"a": "{}"}}}}',
        '{{"token": "x", "{}": 1}}', "{}", '{{"token": "{}',
    ],
)  # fmt: skip
def test_no_body_of_a_sign_in_is_shown_again(served, body: str) -> None:
    """However wrong a sign-in is written, no answer shows what may have been the token."""
    secret = f"hf_admin_{'0a1b' * 12}"
    for headers in ({"content-type": "application/json"}, {"content-type": "text/plain"}):
        answer = served.client.post(ADDRESS, content=body.format(secret), headers=headers)
        assert answer.status_code in (400, 401, 422)
        assert "0a1b" not in answer.text


def test_signing_in_and_out_and_failing_are_in_the_journal(served) -> None:
    """Who signed in, who signed out and which address failed can be read afterwards; no secret can."""
    issued = served.made.access.create_token(name="ada", role=Role.VIEWER, actor="local")
    served.client.post(ADDRESS, json={"token": "hf_viewer_" + "0" * 48})
    served.client.post(ADDRESS, json={"token": issued.secret})
    served.client.delete(ADDRESS)
    served.client.delete(ADDRESS)
    with served.made.access._database.read() as tx:
        found = journal.entries(tx, kinds=("access.",))
    assert [(entry.kind, entry.actor) for entry in found] == [
        ("access.signed_out", "ada"),
        ("access.signed_in", "ada"),
        ("access.refused", "anonymous"),
        ("access.token_created", "local"),
    ]
    assert found[2].summary == "A sign-in from 127.0.0.1 failed with an unknown token"
    assert issued.secret not in str(found)


def test_failed_sign_ins_are_slowed_down_and_nobody_else_is(served) -> None:
    """An address that guesses has to wait; from another one people sign in as ever."""
    issued = served.made.access.create_token(name="ada", role=Role.VIEWER, actor="local")
    hostile = TestClient(served.app, base_url=BASE_URL, client=("127.0.0.66", 1))
    answers = [hostile.post(ADDRESS, json={"token": f"guess {number}"}) for number in range(TRIES + 1)]
    assert [answer.status_code for answer in answers] == [401] * TRIES + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert served.client.post(ADDRESS, json={"token": issued.secret}).status_code == 200


def test_signing_in_again_ends_the_session_before(served) -> None:
    """A browser has one session: signing in anew ends the one it had."""
    issued = served.made.access.create_token(name="ada", role=Role.VIEWER, actor="local")
    served.client.post(ADDRESS, json={"token": issued.secret})
    before = served.client.cookies[COOKIE]
    served.client.post(ADDRESS, json={"token": issued.secret})
    assert served.made.access.recognise(before) is None
    assert served.made.access.recognise(served.client.cookies[COOKIE]) is not None


@pytest.fixture
def behind_proxy(tmp_path, clock):
    """A client of a server that trusts the proxy at 10.0.0.1, and that server's access."""
    settings = load(
        data=tmp_path / "data", port=0, otlp_grpc_port=0, otlp_http_port=0,
        trusted_proxies="10.0.0.1", allowed_hosts="holdfast.example",
    )  # fmt: skip
    (settings.data / "spool").mkdir(parents=True)
    with fakes.opened(settings) as engines:
        made = compose.services(settings, clock, engines)
        readiness = Readiness({})
        readiness.enter(Phase.READY)
        app = compose.app(made, readiness, PageFiles({}), settings, clock)
        yield made, lambda peer: TestClient(app, base_url="http://holdfast.example", client=(peer, 1))


HTTPS = {"x-forwarded-proto": "https", "x-forwarded-for": "198.51.100.7"}


@pytest.mark.parametrize(
    ("peer", "headers", "name"),
    [
        ("10.0.0.1", HTTPS, TLS_COOKIE),
        ("10.0.0.1", {"x-forwarded-proto": "http"}, COOKIE),
        ("10.0.0.2", HTTPS, COOKIE),
        ("10.0.0.2", {}, COOKIE),
        ("10.0.0.2", {"origin": "https://holdfast.example"}, TLS_COOKIE),
    ],
)
def test_the_cookie_is_secure_when_the_request_came_by_tls(behind_proxy, peer, headers, name) -> None:
    """Behind a trusted proxy that ends TLS, or when the browser itself says https, the cookie is Secure."""
    made, client = behind_proxy
    issued = made.access.create_token(name="ada", role=Role.VIEWER, actor="local")
    cookie = client(peer).post(ADDRESS, json={"token": issued.secret}, headers=headers).headers["set-cookie"]
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert cookie.startswith(f"{name}=")
    assert ("secure" in attributes) is (name == TLS_COOKIE)
    assert {"httponly", "samesite=strict", "path=/"} <= attributes
    assert not any(one.startswith("domain") for one in attributes)


def test_over_tls_only_the_cookie_bound_to_tls_counts(behind_proxy) -> None:
    """A cookie without the prefix, which a neighbouring name could have set, signs nobody in over TLS."""
    made, client = behind_proxy
    issued = made.access.create_token(name="ada", role=Role.VIEWER, actor="local")
    session = made.access.sign_in(issued.secret).secret
    proxy = client("10.0.0.1")
    planted = proxy.get(ADDRESS, headers={**HTTPS, "cookie": f"{COOKIE}={session}"})
    own = proxy.get(ADDRESS, headers={**HTTPS, "cookie": f"{TLS_COOKIE}={session}"})
    assert (planted.json()["authenticated"], own.json()["authenticated"]) == (False, True)


def test_signing_out_clears_the_cookie_and_the_cache(behind_proxy) -> None:
    """Signing out over TLS ends the session and has the browser forget cookie and cached answers."""
    made, client = behind_proxy
    issued = made.access.create_token(name="ada", role=Role.VIEWER, actor="local")
    session = made.access.sign_in(issued.secret).secret
    headers = {**HTTPS, "cookie": f"{TLS_COOKIE}={session}"}
    answer = client("10.0.0.1").delete(ADDRESS, headers=headers)
    assert re.search(f'{TLS_COOKIE}="?"?; .*Max-Age=0', answer.headers["set-cookie"])
    assert answer.headers["clear-site-data"] == '"cache"'
    assert made.access.recognise(session) is None


def test_the_address_behind_a_trusted_proxy_is_written_down(behind_proxy) -> None:
    """The journal names who failed to sign in, not the proxy in between; an untrusted one is not believed."""
    made, client = behind_proxy
    made.access.create_token(name="ada", role=Role.VIEWER, actor="local")
    for peer in ("10.0.0.1", "10.0.0.2"):
        client(peer).post(ADDRESS, json={"token": "guess"}, headers=HTTPS)
    with made.access._database.read() as tx:
        found = [entry.data["address"] for entry in journal.entries(tx, kinds=("access.refused",))]
    assert found == ["10.0.0.2", "198.51.100.7"]
