"""Versions seen to take traffic and deploys that were reported are one change, on both state databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from holdfast.changes.api import router
from holdfast.changes.model import JOIN_WITHIN, Arrival, Change, ChangeKind, Observation
from holdfast.changes.service import Changes
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.places import ANYWHERE, Placement
from holdfast.runtime.timerange import TimeRange

MINUTE = timedelta(minutes=1)


class Platform:
    """Changes that were reported and detected, and the list of them."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.database, self.clock = database, clock
        self.changes = Changes(database, clock)
        self.start = clock.now()
        clock.advance(timedelta(hours=3))
        self.seen = Observation(
            service="catalog",
            version="2.0.0",
            environment="production",
            namespace="",
            arrival=Arrival.NEW,
            since=self.start,
            detected_at=self.start + 2 * MINUTE,
            zones=("zone-a", "zone-b"),
            regions=("eu",),
            requests=41,
            total_requests=410,
            seconds=120,
            before=("1.9.3",),
        )

    def detect(self, **other: Any) -> int | None:
        """Store what was seen, or something like it."""
        with self.database.write() as tx:
            return self.changes.observe(tx, replace(self.seen, **other))

    def report(
        self,
        minutes: float = 0,
        *,
        place: Placement = ANYWHERE,
        version: str = "2.0.0",
        service: str = "catalog",
    ) -> Change:
        """Report the deploy, so many minutes after the traffic began."""
        return self.changes.record(
            kind=ChangeKind.DEPLOY,
            summary="catalog 2.0.0 is out",
            actor="ci",
            service=service,
            version=version,
            place=place,
            at=self.start + minutes * MINUTE,
        )

    def listed(self) -> list[Change]:
        """Every change, oldest first."""
        now = self.clock.now()
        page = self.changes.list(TimeRange(now - timedelta(days=1), now))
        return page.items[::-1]

    def shown(self) -> list[tuple[str, int]]:
        """Who made each change, and how often its version was seen."""
        return [(one.actor, len(one.observed)) for one in self.listed()]


@pytest.fixture
def platform(database: Database, clock: ManualClock) -> Platform:
    """A platform of which nothing is reported or detected yet."""
    return Platform(database, clock)


def test_what_is_detected_is_a_deploy(platform: Platform) -> None:
    """It says in words which version takes traffic, where, how much and what was before; stored once."""
    number = platform.detect()
    assert platform.detect() is None
    (change,) = platform.listed()
    assert (change.id, change.kind, change.source) == (number, "deploy", "detected")
    assert change.at == platform.start
    assert change.place == Placement("production", "", "eu")
    assert change.observed == (platform.seen,)
    assert change.summary == (
        "catalog 2.0.0 takes traffic in zone-a, zone-b, 10% of requests (41 of 410); 1.9.3 before"
    )


@pytest.mark.parametrize("minutes", [-30, -5, 0, 5, 30])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_report_near_in_time_is_the_same_change(platform: Platform, minutes: int, is_first: bool) -> None:  # noqa: FBT001 - a case
    """Whichever comes first, one change is listed: the reported one, with what was seen."""
    if is_first:
        platform.report(minutes)
        platform.detect()
    else:
        platform.detect()
        assert platform.report(minutes).observed == (platform.seen,)
    (change,) = platform.listed()
    assert (change.actor, change.summary, change.source) == ("ci", "catalog 2.0.0 is out", "reported")
    assert change.observed == (platform.seen,)


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(
    ("minutes", "version", "place"),
    [
        (JOIN_WITHIN / MINUTE + 1, "2.0.0", ANYWHERE),
        (-JOIN_WITHIN / MINUTE - 1, "2.0.0", ANYWHERE),
        (0, "2.0.1", ANYWHERE),
        (0, "2.0.0", Placement("staging")),
        (0, "2.0.0", Placement(namespace="billing")),
        (0, "2.0.0", Placement(region="us")),
    ],
)
def test_another_deploy_stays_another(
    platform: Platform,
    minutes: float,
    version: str,
    place: Placement,
    is_first: bool,  # noqa: FBT001 - a case
) -> None:
    """A report of another hour, version, environment, namespace or region is a change of its own."""
    if is_first:
        platform.report(minutes, version=version, place=place)
    platform.detect()
    if not is_first:
        platform.report(minutes, version=version, place=place)
    assert sorted(platform.shown()) == [("ci", 0), ("telemetry", 1)]


def test_a_report_for_everywhere_gains_each_place_once(platform: Platform) -> None:
    """A version that comes again in a place within the half hour is another change: it was gone meanwhile."""
    platform.report()
    platform.detect()
    platform.detect(environment="staging")
    platform.detect(since=platform.start + 20 * MINUTE, arrival=Arrival.RETURNED)
    assert platform.shown() == [("ci", 2), ("telemetry", 1)]
    assert {one.environment for one in platform.listed()[0].observed} == {"production", "staging"}


def test_the_nearest_of_several_is_joined(platform: Platform) -> None:
    """Of two reports the one nearest to the traffic is joined, and so is the nearest of two seen."""
    platform.report(-20)
    platform.report(-3)
    platform.detect()
    assert platform.shown() == [("ci", 0), ("ci", 1)]
    platform.detect(service="cart")
    platform.detect(service="cart", since=platform.start + 10 * MINUTE)
    platform.report(12, service="cart")
    of_cart = [(one.actor, one.observed[0].since) for one in platform.listed() if one.service == "cart"]
    assert of_cart == [("telemetry", platform.start), ("ci", platform.start + 10 * MINUTE)]


def test_a_second_report_stays_a_change_without_traffic_of_its_own(platform: Platform) -> None:
    """What was seen is shown once: by the first report of it."""
    platform.detect()
    platform.report(1)
    platform.report(2)
    assert platform.shown() == [("ci", 1), ("ci", 0)]


def test_other_changes_of_the_service_are_not_joined(platform: Platform) -> None:
    """A flag of the same version is no deploy of it."""
    platform.changes.record(
        kind=ChangeKind.FLAG,
        summary="on",
        actor="ann",
        service="catalog",
        version="2.0.0",
        at=platform.start,
    )
    platform.detect()
    assert platform.shown() == [("ann", 0), ("telemetry", 1)]


def test_the_api_says_how_a_change_is_known(platform: Platform, make_api: Callable[..., TestClient]) -> None:
    """The list has the source of each, and where, since when and how much traffic was seen."""
    platform.detect()
    api = make_api(platform.database, router(platform.changes, platform.clock))
    (item,) = api.get("/api/v1/changes", params={"from": "now-1d", "service": "catalog"}).json()["items"]
    assert (item["source"], item["actor"], item["version"]) == ("detected", "telemetry", "2.0.0")
    (seen,) = item["observed"]
    assert seen == {
        "environment": "production",
        "namespace": "",
        "arrival": "new",
        "since": "2026-03-01T12:00:00Z",
        "detected_at": "2026-03-01T12:02:00Z",
        "zones": ["zone-a", "zone-b"],
        "regions": ["eu"],
        "requests": 41,
        "total_requests": 410,
        "seconds": 120,
        "before": ["1.9.3"],
        "summary": item["summary"],
    }
