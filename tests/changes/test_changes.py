"""Changes of the platform: recorded once, listed newest first, with those of the catalog."""

from datetime import timedelta

import pytest

from holdfast.runtime import journal

KEY = {"Idempotency-Key": "c-1"}
DEPLOY = {"kind": "deploy", "service": "checkout", "version": "v42", "summary": "Checkout v42 is out"}


def record(served, key: str = "c-1", **more: str):
    """Record a change."""
    return served.client.post("/api/v1/changes", json={**DEPLOY, **more}, headers={"Idempotency-Key": key})


def listed(served, **params: str) -> list[dict]:
    """Return the changes of the last hour, a second later: ranges end before their end."""
    served.clock.advance(timedelta(seconds=1))
    return served.client.get("/api/v1/changes", params=params).json()["items"]


def test_a_change_is_recorded_with_who_and_when(served) -> None:
    """What is recorded comes back with its actor and its instant, once for one key."""
    answer = record(served)
    record(served)
    assert answer.status_code == 201
    assert listed(served) == [
        {
            **DEPLOY,
            **dict.fromkeys(("environment", "namespace", "region")),
            "id": answer.json()["id"],
            "at": "2026-03-01T12:00:00Z",
            "actor": "local",
            "source": "reported",
            "observed": [],
        }
    ]


def test_changes_of_one_service_are_found(served) -> None:
    """A list can be narrowed to a service."""
    record(served)
    record(served, "c-2", service="payment")
    assert [change["service"] for change in listed(served, service="payment")] == ["payment"]


def test_a_change_is_of_its_environment_or_of_all(served) -> None:
    """One that names no environment is in the list of each; `default` is what has none, and its own."""
    shop = {"namespace": "shop", "region": "eu"}
    for number, place in enumerate(({}, {"environment": "Production"}, {"environment": "default"}, shop)):
        record(served, f"c-{number}", version=f"v{number}", **place)

    def found(**limits: str) -> set[str]:
        return {change["version"] for change in listed(served, **limits)}

    assert found() == {"v0", "v1", "v2", "v3"}
    assert found(environment="PRODUCTION") == {"v0", "v1", "v3"}
    assert found(environment="default") == {"v0", "v2", "v3"}
    assert found(namespace="other") == {"v0", "v1", "v2"}
    assert found(environment="staging", region="eu") == {"v0", "v3"}
    (second,) = (one for one in listed(served) if one["version"] == "v1")
    assert (second["environment"], second["namespace"], second["region"]) == ("production", None, None)
    (third,) = (one for one in listed(served) if one["version"] == "v2")
    assert third["environment"] == ""


def test_what_happened_before_can_be_recorded_later(served) -> None:
    """A deploy script may report afterwards; the list of a range goes by when it happened."""
    record(served, at="now-2h")
    assert listed(served) == []
    assert listed(served, **{"from": "now-3h"})[0]["at"] == "2026-03-01T10:00:00Z"


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": "now-999999999w"},
        {"at": "tomorrow"},
        {"at": "2027-01-01T00:00:00Z"},
        {"kind": "party"},
        {"summary": ""},
        {"colour": "red"},
    ],
)
def test_a_wrong_change_is_refused(served, wrong: dict[str, str]) -> None:
    """Instants that are none or not yet, unknown kinds and fields, and empty words are refused."""
    assert record(served, **wrong).status_code in (400, 422)
    assert listed(served) == []


def test_a_list_is_paged(served) -> None:
    """The cursor of a page leads to the next, until there is none."""
    for number in range(5):
        record(served, f"c-{number}", version=str(number))
    served.clock.advance(timedelta(seconds=1))
    first = served.client.get("/api/v1/changes?limit=3").json()
    second = served.client.get(f"/api/v1/changes?limit=3&cursor={first['next']}").json()
    assert [change["version"] for change in (*first["items"], *second["items"])] == list("43210")
    assert second["next"] is None


def test_catalog_applies_are_changes_too(served) -> None:
    """Putting a catalog in force stands in the list beside deploys."""
    with served.made.catalog._database.write() as tx:
        entry = journal.Entry(served.clock.now(), "catalog.applied", "ada", "catalog", "Revision 3 applied")
        journal.append(tx, entry)
    assert [(change["kind"], change["actor"]) for change in listed(served)] == [("catalog", "ada")]
