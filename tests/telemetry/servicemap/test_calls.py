"""The calls of one edge or node: now against usual, by zone and version, as a series."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.telemetry.otlp_builders import T0, of_service
from tests.telemetry.servicemap.test_api import api, joined, joiner, of_trace, shop

from holdfast.catalog.model import Catalog
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.services.service import TelemetryService
from holdfast.telemetry.services.usual import slow_from
from holdfast.telemetry.traces.usual import UsualDurations
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

__all__ = ["api", "joined", "joiner"]
EDGE = {"source": "service/web", "target": "service/cart"}
Join = Callable[..., None]


def calls(api: TestClient, **asked: object) -> Any:
    """The calls, which must be answered."""
    answer = api.get("/api/v1/map/calls", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_edge_is_split_by_zone_and_version_of_what_is_called(api: TestClient, joined: Join) -> None:
    """The parts add up to the whole, failed calls included."""
    joined(*shop(1), *shop(2, zone="b", version="2", status="error"), *shop(3, zone="b"))
    found = calls(api, **EDGE)
    assert (found["now"]["calls"], found["now"]["errors"], found["parts_are_of"]) == (3, 1, "target")
    assert [(one["name"], one["calls"], one["errors"]) for one in found["zones"]] == [
        ("a", 1, 0), ("b", 2, 1),
    ]  # fmt: skip
    assert [(one["name"], one["errors"]) for one in found["versions"]] == [("1", 0), ("2", 1)]


def test_calls_to_a_store_are_split_by_who_calls(api: TestClient, joined: Join) -> None:
    """A database has no zone of its own: those of its callers are shown."""
    joined(*shop(1), *shop(2, zone="b"))
    found = calls(api, target="database/postgresql/carts")
    assert (found["parts_are_of"], [one["name"] for one in found["zones"]]) == ("source", ["a", "b"])


def test_the_series_covers_an_hour_in_minutes(api: TestClient, joined: Join) -> None:
    """Calls stand in their minute, and minutes without any hold zero calls and no duration."""
    joined(*shop(1, at=T0 - 1200), *shop(2))
    found = calls(api, **EDGE)
    at = dict(zip(found["times_epoch"], found["calls"], strict=True))
    assert (found["step_seconds"], at[T0 - 1200], at[T0], sum(at.values())) == (60, 1, 1, 2)
    assert found["p99_seconds"][0] is None
    assert found["now"]["calls"] == 1


DAY = 86_400
A_DAY_OF = 110
"""Enough requests in an hour for a p99."""


def _days_before(*days: int, of_day: int = A_DAY_OF) -> list[Any]:
    """Requests through the shop in a minute around noon of earlier days."""
    return [
        resource
        for index, back in enumerate(days)
        for n in range(of_day)
        for resource in shop(10 + index * of_day + n, at=T0 - back * DAY + n % 50)
    ]


def test_usual_is_the_same_hour_of_earlier_days(api: TestClient, joined: Join) -> None:
    """Two days are enough, and say what is usual of rate, failures and p99; a minute ago was quieter."""
    joined(*_days_before(1, 2), *shop(1))
    found = calls(api, **EDGE)
    usual = found["usual"]
    assert usual["of"] == "the same hour of the last 2 days"
    assert usual["rate_per_second"] == pytest.approx(A_DAY_OF / 300)
    assert usual["error_ratio"] == 0
    assert usual["p99_seconds"] == pytest.approx(0.04, rel=0.045)
    assert (found["reason"], found["sentence"]) == ("quieter", "quieter, usual 0.4/s")


@pytest.mark.parametrize("ends", [EDGE, {"target": "database/postgresql/carts"}])
def test_the_band_of_a_chart_is_where_earlier_days_lay(
    api: TestClient, joined: Join, ends: dict[str, str]
) -> None:
    """An edge and a store have one of rate, failures and p99, as services have; a range of days has none."""
    joined(*_days_before(1, 2), *shop(1))
    found = calls(api, **ends)
    band, at = found["usual_series"], found["times_epoch"].index(T0)
    low, high = (band["rate_per_second"][end][at] for end in ("low", "high"))
    assert low < A_DAY_OF / 300 < high
    assert [band["error_ratio"][end][at] for end in ("low", "high")] == [0, 0]
    assert band["p99_seconds"]["low"][at] <= band["p99_seconds"]["high"][at]
    assert calls(api, **ends, **{"from": "now-2d"})["usual_series"] is None


def test_a_single_day_is_no_usual(api: TestClient, joined: Join) -> None:
    """Of one day nobody knows whether it was an outage: nothing is compared."""
    joined(*_days_before(1), *shop(1))
    found = calls(api, **EDGE)
    assert (found["usual"], found["usual_series"]) == (None, None)


def test_a_node_and_its_service_have_the_same_usual(
    api: TestClient,
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    joined: Join,
) -> None:
    """What is called from outside has on the map the usual that its page of services shows."""
    joined(*_days_before(1, 2), *shop(1))
    services = TelemetryService(warehouse, sqlite_database, clock, catalog=Catalog, objectives=lambda: {})
    view = services.service("web", services.range("now-5m", None))
    assert view.usual is not None
    of_map = calls(api, target="service/web")["usual"]
    assert {key: value for key, value in of_map.items() if key != "calls"} == asdict(view.usual)
    limits = UsualDurations(warehouse, clock).limits(clock.now(), ["web"])
    (limit,) = (limit for *_, kind, limit in limits.of if kind == "Server")
    assert limit == int(slow_from(view.usual.p99_seconds or 0) * 1e9)


def test_a_caller_that_stopped_is_in_the_usual_of_a_service(api: TestClient, joined: Join) -> None:
    """Who called last week and does not now is missed: the usual of a service is of all its callers."""
    gone = [
        of_service(name, [of_trace(200 + n)("GET", span_id, at=T0 - (1 + n % 2) * DAY + n % 50, **of_call)])
        for n in range(50)
        for name, span_id, of_call in (
            ("batch", "a", {"kind": "client"}), ("cart", "b", {"parent": "a"}),
        )
    ]  # fmt: skip
    joined(*_days_before(1, 2, of_day=80), *gone, *shop(1))
    of_all, of_web = (calls(api, **asked)["usual"] for asked in ({"target": "service/cart"}, EDGE))
    assert of_all["rate_per_second"] * 300 == of_web["rate_per_second"] * 300 + 25


def test_calls_that_fail_say_so(api: TestClient, joined: Join) -> None:
    """What is unusual of an edge is one sentence, as for a service."""
    joined(*(part for n in range(240, 250) for part in shop(n, status="error")))
    found = calls(api, **EDGE)
    assert (found["reason"], found["sentence"]) == ("failing", "10 of 10 requests fail")


def test_without_an_earlier_time_nothing_is_usual(api: TestClient, joined: Join) -> None:
    """A map that has only just begun compares with nothing."""
    joined(*shop(1))
    found = calls(api, **EDGE)
    assert (found["usual"], found["sentence"]) == (None, "no usual yet")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 400),
        ({"source": "service/web", "target": "service/nobody"}, 404),
        ({"target": "service/cart", "zone": "a"}, 400),
        ({"target": "service/cart", "from": "yesterday"}, 400),
    ],
)
def test_what_cannot_be_answered_says_why(
    api: TestClient, joined: Join, asked: dict[str, str], status: int
) -> None:
    """No end, an edge that is not there, a parameter it does not have, a range nobody can read."""
    joined(*shop(1))
    assert api.get("/api/v1/map/calls", params=asked).status_code == status
