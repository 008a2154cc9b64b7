"""Saved views: each person has their own, bounded, in both databases and over the API."""

import pytest

from holdfast.runtime import journal
from holdfast.runtime.access import Role
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Conflict, NotFound
from holdfast.views.model import VIEWS_MOST
from holdfast.views.service import Views


@pytest.fixture
def views(database: Database, clock: ManualClock) -> Views:
    """The views of one server, over SQLite and over PostgreSQL."""
    return Views(database, clock)


def names(views: Views, owner: str) -> list[str]:
    """Return what a person's views are called."""
    return [view.name for view in views.list(owner)]


def test_each_person_has_views_of_their_own(views: Views) -> None:
    """A name may be used by two people; each sees, and removes, only their own."""
    views.save("ada", "now", address="/map", is_pinned=True)
    views.save("bob", "now", address="/logs", is_pinned=False)
    views.remove("bob", "now")
    assert [(view.name, view.address, view.is_pinned) for view in views.list("ada")] == [
        ("now", "/map", True)
    ]
    assert views.list("bob") == []
    with pytest.raises(NotFound):
        views.remove("bob", "now")


def test_a_view_of_the_same_name_gives_way(views: Views) -> None:
    """Saving again changes the address, whether it is pinned, and nothing else."""
    views.save("ada", "now", address="/map", is_pinned=True)
    views.save("ada", "now", address="/logs", is_pinned=False)
    assert [(view.address, view.is_pinned) for view in views.list("ada")] == [("/logs", False)]


def test_views_of_one_person_are_bounded(views: Views) -> None:
    """The one too many is refused; one there already can still be changed, and another person has room."""
    for number in range(VIEWS_MOST):
        views.save("ada", f"view {number}", address="/map", is_pinned=False)
    with pytest.raises(Conflict) as caught:
        views.save("ada", "one more", address="/map", is_pinned=False)
    assert str(VIEWS_MOST) in str(caught.value.rule)
    views.save("ada", "view 7", address="/logs", is_pinned=False)
    views.save("bob", "first", address="/logs", is_pinned=False)
    assert (len(names(views, "ada")), names(views, "bob")) == (VIEWS_MOST, ["first"])


def test_what_is_saved_and_removed_is_in_the_journal(views: Views, database: Database) -> None:
    """Every write has its entry, with who did it."""
    views.save("ada", "now", address="/map", is_pinned=False)
    views.remove("ada", "now")
    with database.read() as tx:
        found = [(entry.kind, entry.actor, entry.subject) for entry in journal.entries(tx, kinds=["view."])]
    assert found == [("view.removed", "ada", "views/ada"), ("view.saved", "ada", "views/ada")]


def put(served, name: str, headers: dict[str, str] | None = None, **body: object):
    """Save a view over the API."""
    sent = {"Idempotency-Key": f"save {name} {body}"} | (headers or {})
    return served.client.put(f"/api/v1/views/{name}", json=body, headers=sent)


def test_views_are_kept_over_the_api(served) -> None:
    """What is saved is listed; a name may hold slashes; what is removed is gone."""
    saved = put(served, "a%2Fb", address="/map?from=now-1h", is_pinned=True)
    assert saved.json() == {
        "name": "a/b",
        "address": "/map?from=now-1h",
        "is_pinned": True,
        "saved_at": "2026-03-01T12:00:00Z",
    }
    assert served.client.get("/api/v1/views").json() == {"items": [saved.json()], "next": None}
    gone = served.client.delete("/api/v1/views/a%2Fb", headers={"Idempotency-Key": "gone"})
    assert (gone.status_code, served.client.get("/api/v1/views").json()["items"]) == (204, [])


def test_views_are_listed_in_pages(served) -> None:
    """A cursor leads to the next names, and one that no list gave is refused."""
    for name in ("c", "a", "b"):
        put(served, name, address="/map")
    first = served.client.get("/api/v1/views?limit=2").json()
    assert [view["name"] for view in first["items"]] == ["a", "b"]
    rest = served.client.get("/api/v1/views", params={"limit": 2, "cursor": first["next"]}).json()
    assert ([view["name"] for view in rest["items"]], rest["next"]) == (["c"], None)
    assert served.client.get("/api/v1/views?cursor=x").status_code == 400


def test_what_cannot_be_saved_is_refused_with_all_reasons(served) -> None:
    """A refusal is a problem document with every broken rule; nothing is stored."""
    refused = put(served, "%20", address="https://evil.example")
    assert refused.status_code == 400
    assert [one["path"] for one in refused.json()["problems"]] == ["name", "address"]
    assert served.client.get("/api/v1/views").json()["items"] == []


def token_of(served, name: str) -> dict[str, str]:
    """Return the credential of a new viewer."""
    issued = served.made.access.create_token(name=name, role=Role.VIEWER, actor="local")
    return {"Authorization": f"Bearer {issued.secret}"}


def test_a_token_sees_its_own_views_alone(served) -> None:
    """Two viewers who signed in have two lists."""
    keys = [token_of(served, name) for name in ("ada", "bob")]
    put(served, "mine", keys[0], address="/map")
    lists = [served.client.get("/api/v1/views", headers=key).json()["items"] for key in keys]
    assert [[view["name"] for view in items] for items in lists] == [["mine"], []]
