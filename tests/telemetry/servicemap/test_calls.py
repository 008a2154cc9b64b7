"""The calls of one edge or node: now against usual, by zone and version, as a series."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.telemetry.otlp_builders import T0
from tests.telemetry.servicemap.test_api import api, joined, joiner, shop

from holdfast.runtime.clock import ManualClock

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


def _at(clock: ManualClock, joined: Join, earlier: timedelta, *resources: Any) -> None:
    """Store calls and join them as if it were so long after the first ones."""
    clock.advance(timedelta(seconds=T0) + earlier - timedelta(seconds=clock.now().timestamp()))
    joined(*resources)


def test_usual_is_a_day_earlier(api: TestClient, clock: ManualClock, joined: Join) -> None:
    """A day earlier is preferred to an hour earlier, which may be part of the incident."""
    hour, day = timedelta(hours=23), timedelta(days=1)
    joined(*shop(1), *shop(2))
    _at(clock, joined, hour, *shop(3, at=T0 + hour.total_seconds()))
    _at(clock, joined, day, *shop(4, at=T0 + day.total_seconds()))
    found = calls(api, **EDGE)
    assert (found["now"]["calls"], found["usual"]["calls"]) == (1, 2)
    assert found["usual"]["start"] < found["usual"]["end"] < found["start"]


def test_usual_is_an_hour_earlier_where_the_map_reaches_no_further(
    api: TestClient, clock: ManualClock, joined: Join
) -> None:
    """Where nothing was joined a day earlier, an hour earlier is compared."""
    hour = timedelta(hours=1)
    joined(*shop(1), *shop(2))
    _at(clock, joined, hour, *shop(3, at=T0 + hour.total_seconds()))
    assert calls(api, **EDGE)["usual"]["calls"] == 2


def test_without_an_earlier_time_nothing_is_usual(api: TestClient, joined: Join) -> None:
    """A map that has only just begun compares with nothing."""
    joined(*shop(1))
    assert calls(api, **EDGE)["usual"] is None


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
