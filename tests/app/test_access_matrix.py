"""Route by route: what each endpoint asks for, and that nobody below it gets in."""

import re

import pytest
from fastapi.routing import APIRoute

from holdfast.app.http_app import routes
from holdfast.runtime.access import LOCAL, Role
from holdfast.runtime.http import needed_role

EVERYBODY = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/api/v1/session"),
    ("POST", "/api/v1/session"),
    ("DELETE", "/api/v1/session"),
    # The link in a message is the credential: for one person and one page, once.
    ("GET", "/answer/{token}"),
    ("HEAD", "/answer/{token}"),
    ("POST", "/answer/{token}"),
}
WRITES = {
    ("POST", "/api/v1/catalog/apply"): Role.EDITOR,
    ("POST", "/api/v1/changes"): Role.EDITOR,
    ("POST", "/api/v1/incidents/{number}/ack"): Role.RESPONDER,
    ("POST", "/api/v1/incidents/{number}/notes"): Role.RESPONDER,
    ("POST", "/api/v1/incidents/{number}/resolve"): Role.RESPONDER,
    ("POST", "/api/v1/oncall/schedules/{name}/overrides"): Role.RESPONDER,
    ("DELETE", "/api/v1/oncall/schedules/{name}/overrides/{number}"): Role.RESPONDER,
    ("POST", "/api/v1/oncall/contacts/{person}/{contact}/code"): Role.RESPONDER,
    ("POST", "/api/v1/oncall/contacts/{person}/{contact}/verify"): Role.RESPONDER,
    ("POST", "/api/v1/oncall/contacts/{person}/test"): Role.RESPONDER,
    ("POST", "/api/v1/pages/{number}/ack"): Role.RESPONDER,
    # Everybody keeps views of their own, and nobody sees those of another.
    ("PUT", "/api/v1/views/{name}"): Role.VIEWER,
    ("DELETE", "/api/v1/views/{name}"): Role.VIEWER,
}
READS_OF_EVERYTHING = {("GET", "/api/v1/backup"): Role.ADMIN}
"""Hands out the hashes of tokens with all the rest."""
READS_BY_POST = {("POST", "/api/v1/catalog/plan")}
"""Asks a question whose text is too long for an address; changes nothing."""


def test_each_route_asks_for_what_the_table_says(served) -> None:
    """Every endpoint stands in the table above: reading takes a viewer, writing what is written there."""
    found = {(method, path): needed_role(route) for method, path, route in routes(served.app)}
    expected = {place: None for place in EVERYBODY} | WRITES | dict.fromkeys(READS_BY_POST, Role.VIEWER)
    reads = {place: Role.VIEWER for place in found if place[0] == "GET" and place not in EVERYBODY}
    assert found == reads | expected | READS_OF_EVERYTHING


def test_every_write_is_carried_out_once(served) -> None:
    """Each endpoint that changes something takes an Idempotency-Key."""
    without = [
        place
        for *place, route in routes(served.app)
        if tuple(place) in WRITES and "_write_once" not in _dependencies(route)
    ]
    assert without == []


@pytest.mark.parametrize("role", [None, *Role])
def test_nobody_below_the_role_gets_in(served, role: Role | None) -> None:
    """Once tokens are used, every route refuses the anonymous with 401 and lower roles with 403."""
    admin = served.made.access.create_token(name="boss", role=Role.ADMIN, actor=LOCAL.name)
    headers = {}
    if role is not None:
        issued = served.made.access.create_token(name=f"a-{role}", role=role, actor=admin.token.name)
        headers = {"Authorization": f"Bearer {issued.secret}"}
    wrong = []
    for method, path, route in routes(served.app):
        needed = needed_role(route)
        if needed is None:
            continue
        answer = served.client.request(method, re.sub(r"\{[^}]*\}", "1", path), headers=headers)
        expected = 401 if role is None else None if role.includes(needed) else 403
        if (answer.status_code in (401, 403)) != (expected is not None) or (
            expected is not None and answer.status_code != expected
        ):
            wrong.append((method, path, answer.status_code))
    assert wrong == []


def _dependencies(route: APIRoute) -> set[str]:
    found = set()
    waiting = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        found.add(getattr(dependant.call, "__name__", ""))
        waiting.extend(dependant.dependencies)
    return found


def test_a_revoked_token_reads_the_live_tail_no_further(served, monkeypatch) -> None:
    """The tail of log lines ends within five seconds of its reader's token, not after a quarter hour."""
    access, clock = served.made.access, served.clock
    secret = access.create_token(name="ada", role=Role.VIEWER, actor="local").secret
    access.create_token(name="eve", role=Role.VIEWER, actor="local")
    waited = clock.wait
    revoked_at = []

    def wait(event: object, seconds: float) -> bool:
        if clock.monotonic_seconds() >= 20 and not revoked_at:
            revoked_at.append(clock.monotonic_seconds())
            access.revoke_token("ada", actor="local")
        return waited(event, seconds)

    monkeypatch.setattr(clock, "wait", wait)
    answer = served.client.get("/api/v1/logs/tail", headers={"Authorization": f"Bearer {secret}"})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.endswith('event: end\ndata: {"reason": "the token has ended"}\n\n')
    assert clock.monotonic_seconds() - revoked_at[0] <= 5
    assert served.made.logs.tails._readers == 0
