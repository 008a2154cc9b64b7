"""Signing in on the page."""

from holdfast.runtime.access import Role
from holdfast.runtime.http import COOKIE


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
