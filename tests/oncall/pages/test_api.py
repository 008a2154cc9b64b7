"""Pages over HTTP: listed, explained and foreseen, acknowledged, and the button behind a link."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from tests.oncall.pages.conftest import Tower

from holdfast.oncall.pages import answer_api, api
from holdfast.oncall.pages.links import ENDS_AFTER
from holdfast.oncall.pages.service import PagesService
from holdfast.oncall.routing import Concern

KEY = {"Idempotency-Key": "k"}


@pytest.fixture
def client(tower: Tower, make_api: Callable[..., TestClient]) -> TestClient:
    """The endpoints of the tower."""
    service = PagesService(tower.database, tower.clock, lambda: tower.catalog, tower.pager)
    pages = api.router(service, lambda _name: Concern(team="payments"), tower.clock)
    made = make_api(tower.database, pages)
    made.app.include_router(answer_api.router(service))  # type: ignore[attr-defined]
    return made


def link(tower: Tower) -> str:
    """Return the path of the link in the message that was sent last."""
    address = tower.phones.got[-1][2].answer_url
    assert address is not None
    return address.removeprefix("http://holdfast.example")


def test_a_page_is_explained(tower: Tower, client: TestClient) -> None:
    """What happened in order, and each message with its answer."""
    tower.page()
    tower.passes(minutes=6)
    (listed,) = client.get("/api/v1/pages").json()["items"]
    assert (listed["state"], listed["steps"], listed["reference"]) == ("paging", 2, "incident/7")
    whole = client.get("/api/v1/pages/1").json()
    assert [one["summary"] for one in whole["timeline"]] == [
        "Page 1 begins by policy/payments: the team owns the service",
        "Step 1 pages first",
        "mail to first accepted: 250 OK",
        "Step 2 pages second",
        "mail to second accepted: 250 OK",
    ]
    assert [(one["person"], one["state"], one["answer"]) for one in whole["messages"]] == [
        ("first", "accepted", "250 OK"),
        ("second", "accepted", "250 OK"),
    ]


def test_lists_are_narrowed_and_paged(tower: Tower, client: TestClient) -> None:
    """By state and by what they are for; a cursor leads to the next part."""
    for number in (7, 8, 9):
        tower.page(f"incident/{number}")
    tower.pager.acknowledge(2, by="first")

    def ids(**query: object) -> list[int]:
        return [one["id"] for one in client.get("/api/v1/pages", params=query).json()["items"]]

    assert ids(state="paging") == [3, 1]
    assert ids(reference="incident/8") == [2]
    first = client.get("/api/v1/pages", params={"limit": 2}).json()
    assert [one["id"] for one in first["items"]] == [3, 2]
    assert ids(cursor=first["next"]) == [1]


def test_an_acknowledgement_says_what_became_of_it(tower: Tower, client: TestClient) -> None:
    """Done, outdated, or made by somebody before."""
    tower.page()
    tower.passes(minutes=1)

    def ack(key: str, **body: object) -> str:
        answer = client.post("/api/v1/pages/1/ack", json=body, headers={"Idempotency-Key": key})
        return str(answer.json()["outcome"])

    assert ack("1", seen=0) == "outdated"
    assert ack("2", seen=1) == "done"
    assert ack("3") == "already"
    assert client.post("/api/v1/pages/9/ack", json={}, headers=KEY).status_code == 404


def test_who_would_be_paged(client: TestClient) -> None:
    """Step by step as if nobody answered, and why by this policy."""
    found = client.get("/api/v1/pages/foreseen/orders-succeed", params={"at": "2026-03-02T08:00:00Z"}).json()
    assert (found["reason"], found["policies"]) == ("by_team", ["policy/payments"])
    assert [(one["at"], [each["person"] for each in one["asked"]]) for one in found["steps"]] == [
        ("2026-03-02T08:00:00Z", ["first"]),
        ("2026-03-02T08:05:00Z", ["second"]),
        ("2026-03-02T08:10:00Z", ["lead"]),
    ]


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_a_link_never_acts(tower: Tower, client: TestClient, method: str) -> None:
    """Scanners of mail follow links, as often as they like."""
    tower.page()
    tower.passes(minutes=1)
    for _ in range(3):
        assert getattr(client, method)(link(tower)).status_code == 200
    assert tower.stored().is_paging


def test_the_button_acknowledges_once(tower: Tower, client: TestClient) -> None:
    """As the person the link is for; the second press changes nothing and says so."""
    tower.page()
    tower.passes(minutes=1)
    assert "Acknowledge</button>" in client.get(link(tower)).text
    assert "first has it; nobody else is paged." in client.post(link(tower)).text
    assert tower.stored().acknowledged_by == "first"
    assert "works once" in client.post(link(tower)).text


def test_a_link_ends(tower: Tower, client: TestClient) -> None:
    """Half an hour after its message was sent."""
    tower.page()
    tower.passes()
    old = link(tower)
    tower.clock.advance(ENDS_AFTER)
    assert "has ended" in client.get(old).text
    assert "has ended" in client.post(old).text
    assert tower.stored().is_paging


def test_the_link_of_a_page_that_is_over_or_answered(tower: Tower, client: TestClient) -> None:
    """Says so, and has no button."""
    tower.page()
    tower.passes()
    tower.pager.acknowledge(1, by="second")
    assert "second has acknowledged this page already" in client.get(link(tower)).text
    with tower.database.write() as tx:
        tower.pager.resolve(tx, "incident/7", tower.clock.now())
    assert "is over" in client.get(link(tower)).text


def test_an_unknown_link(client: TestClient) -> None:
    """Is not found; nothing of it is shown, and nothing of a page may be framed or run."""
    answer = client.get("/answer/%3Cscript%3E")
    assert answer.status_code == 404
    assert "<script>" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
