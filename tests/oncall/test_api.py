"""On-call over HTTP: who is on call, gaps, overrides and contacts."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from tests.oncall.pages.conftest import Phones, catalog_of
from tests.oncall.test_documents import PEOPLE, ROTATION_TEXT, SCHEDULE_TEXT

from holdfast.oncall import api, contacts_api
from holdfast.oncall.contacts import Channel
from holdfast.oncall.service import OncallService
from holdfast.oncall.verification import Verification
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database

ALWAYS = ROTATION_TEXT.partition("  hours:")[0]


@pytest.fixture
def phones(clock: ManualClock) -> Phones:
    """A provider that accepts everything."""
    return Phones(clock)


@pytest.fixture
def client(
    database: Database, clock: ManualClock, phones: Phones, make_api: Callable[..., TestClient]
) -> TestClient:
    """Two people who take turns, always."""
    catalog = catalog_of(SCHEDULE_TEXT, ALWAYS, PEOPLE)
    service = OncallService(database, clock, lambda: catalog)
    verification = Verification(database, clock, lambda: catalog, {Channel.MAIL: phones})
    return make_api(database, api.router(service, clock), contacts_api.router(verification))


def write(client: TestClient, key: str, path: str, **body: object):  # type: ignore[no-untyped-def]
    """Post to an endpoint."""
    return client.post(f"/api/v1/oncall{path}", json=body, headers={"Idempotency-Key": key})


def test_who_is_on_call_and_who_is_next(client: TestClient) -> None:
    """At an instant; the first handoff is on 2 March at nine in Berlin."""
    found = client.get("/api/v1/oncall", params={"at": "2026-03-02T08:00:00Z"}).json()
    (row,) = found["items"]
    assert (row["people"], row["following"], row["teams"]) == (["primary"], ["secondary"], ["payments"])
    assert row["until"] == "2026-03-04T08:00:00Z"


def test_next_is_who_takes_over_and_not_the_next_layer(
    sqlite_database: Database, clock: ManualClock, make_api: Callable[..., TestClient]
) -> None:
    """At nine the layer of the day decides and asks the same person: on call until the handoff to another."""
    day = ROTATION_TEXT.replace("payments-day", "day").partition("  turns:")[0] + (
        '  turns: {unit: weeks}\n  hours: [{from: "09:00", to: "17:00"}]\n'
    )
    always = ALWAYS.replace("unit: days, lengths: [2, 2, 3]", "unit: weeks")
    layers = SCHEDULE_TEXT.replace(
        "    - rotations: payments-day", "    - rotations: day\n    - rotations: payments-day"
    )
    catalog = catalog_of(layers, always, day, PEOPLE)
    service = OncallService(sqlite_database, clock, lambda: catalog)
    client = make_api(sqlite_database, api.router(service, clock))
    (row,) = client.get("/api/v1/oncall", params={"at": "2026-03-03T06:00:00Z"}).json()["items"]
    assert (row["people"], row["following"]) == (["primary"], ["secondary"])
    assert row["until"] == "2026-03-09T08:00:00Z"


def test_gaps_are_found_before_they_happen(client: TestClient) -> None:
    """Until the first handoff nobody is on call."""
    (gap,) = client.get("/api/v1/oncall/gaps", params={"days": 7}).json()["items"]
    assert (gap["schedule"], gap["end"]) == ("payments", "2026-03-02T08:00:00Z")


def test_an_override_is_made_and_removed(client: TestClient) -> None:
    """The override decides while it lasts."""
    times = {"start": "2026-03-02T10:00:00Z", "end": "2026-03-02T12:00:00Z"}
    made = write(client, "1", "/schedules/payments/overrides", person="secondary", **times)
    assert made.status_code == 201

    def people() -> list[str]:
        found = client.get("/api/v1/oncall", params={"at": "2026-03-02T11:00:00Z"}).json()
        return list(found["items"][0]["people"])

    assert people() == ["secondary"]
    removed = client.delete(
        f"/api/v1/oncall/schedules/payments/overrides/{made.json()['id']}", headers={"Idempotency-Key": "2"}
    )
    assert removed.is_success
    assert people() == ["primary"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"person": "nobody", "start": "2026-03-02T10:00:00Z", "end": "2026-03-02T12:00:00Z"}, 400),
        ({"person": "primary", "start": "2026-03-02T10:00:00Z", "end": "2026-03-02T10:00:00Z"}, 400),
        ({"person": "primary", "start": "2026-02-01T10:00:00Z", "end": "2026-02-02T10:00:00Z"}, 400),
        ({"person": "primary", "start": "soon", "end": "2026-03-02T10:00:00Z"}, 400),
        ({"person": "primary"}, 400),
    ],
)
def test_an_override_that_makes_no_sense(client: TestClient, body: dict[str, str], status: int) -> None:
    """Unknown people, empty or past times are refused, and nothing is stored."""
    assert write(client, "1", "/schedules/payments/overrides", **body).status_code in (status, 422)
    assert client.get("/api/v1/oncall/schedules/payments/overrides").json()["items"] == []


def test_a_contact_is_verified(client: TestClient, phones: Phones) -> None:
    """A code is sent and given back; before and after, the list says where it stands."""
    (row,) = client.get("/api/v1/oncall/contacts").json()["items"]
    assert (row["person"], row["contact"], row["state"]) == ("secondary", "mail", "unverified")
    assert write(client, "1", "/contacts/secondary/mail/code").json()["answer"] == "accepted"
    code = phones.got[-1][2].subject.split()[0]
    assert write(client, "2", "/contacts/secondary/mail/verify", code="x").json()["outcome"] == "wrong"
    assert write(client, "3", "/contacts/secondary/mail/verify", code=code).json()["outcome"] == "done"
    assert client.get("/api/v1/oncall/contacts").json()["items"][0]["state"] == "verified"
