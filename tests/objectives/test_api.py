"""Objectives over HTTP: shapes, order, refusals."""

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.acceptance.stage import Stage
from tests.objectives.cases import a_catalog, an_objective

from holdfast.catalog.model import NoData
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.counting.model import WindowSums
from holdfast.telemetry.counting.source import MemoryCounts

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def stage(
    sqlite_database: Database, clock: ManualClock, make_api: Callable[..., TestClient], tmp_path: Path
) -> Stage:
    """A shop with four objectives in different straits."""
    stage = Stage(sqlite_database, clock, make_api, tmp_path)
    stage.catalog = a_catalog(
        an_objective(),
        an_objective("cart-answers", sli=2, service="cart", display_name="Cart answers"),
        an_objective("cart-fast", sli=3, service="cart", no_data=NoData.IGNORE),
        an_objective("never-counted", sli=4, service="ghost"),
    )
    for n in range(360):
        when = clock.now() - n * 10 * SECOND
        stage.counts.record(2, when, good=1000, bad=1 if n % 2 else 0, service="cart")
        stage.counts.record(3, when, good=1000, bad=n % 2 * 3, service="cart")
    return stage


def test_a_list_is_ordered_by_what_hurts_most(stage: Stage) -> None:
    """Exhausted before no data before fine; the summary counts each state."""
    stage.run(20 * SECOND)
    listing = stage.get("/objectives")
    assert [(one["name"], one["state"]) for one in listing["items"]] == [
        ("cart-fast", "exhausted"),
        ("never-counted", "no_data"),
        ("cart-answers", "ok"),
        ("orders-succeed", "ok"),
    ]
    summary = listing["summary"]
    assert (summary["total"], summary["ok"], summary["exhausted"], summary["no_data"]) == (4, 2, 1, 1)
    # One in two slices of an hour has 1 bad event for one objective and 3 for another of the same noun, which
    # counts; the first slices have left the hour by now.
    assert 525 < summary["bad_last_hour"] <= 540


def test_filters_and_pages(stage: Stage) -> None:
    """Service, state and text narrow the list; cursors lead through it, each objective once."""
    names = {one["name"] for one in stage.get("/objectives", service="cart")["items"]}
    assert names == {"cart-answers", "cart-fast"}
    assert [one["name"] for one in stage.get("/objectives", state="no_data")["items"]] == ["never-counted"]
    assert [one["name"] for one in stage.get("/objectives", q="CART ANS")["items"]] == ["cart-answers"]
    first = stage.get("/objectives", limit=3)
    rest = stage.get("/objectives", limit=3, cursor=first["next"])
    assert rest["next"] is None
    assert len({one["name"] for one in first["items"] + rest["items"]}) == 4


def test_one_objective_has_the_agreed_fields(stage: Stage) -> None:
    """The page and scripts rely on these names."""
    body = stage.get("/objectives/orders-succeed")
    assert set(body) == {
        *("name", "display_name", "service", "team", "tier", "events", "target", "window"),
        *("window_seconds", "good", "total", "bad", "attained", "budget", "burn", "coverage"),
        *(
            "coverage_floor",
            "covered_since",
            "state",
            "state_since",
            "burn_state",
            "quiet_since",
            "reason",
            "held",
        ),
        *("exhausted_in_seconds", "exhausted_at", "incident_id", "sparkline", "measured_at"),
        *("description", "no_data", "sli", "tiers", "environment", "namespace", "warnings"),
        *("runbook", "links"),
    }
    assert [one["window"] for one in body["burn"]] == ["5m", "30m", "1h", "2h", "6h", "1d", "3d"]
    assert len(body["sparkline"]) == 48
    assert (body["good"], body["total"], body["budget"]["remaining_ratio"]) == (18_000, 18_000, 1.0)
    assert body["coverage"] == 1.0


def test_an_objective_nobody_ever_counted_says_so(stage: Stage) -> None:
    """A selector that matches nothing is told apart from a quiet service."""
    body = stage.get("/objectives/never-counted")
    assert (body["state"], body["held"], body["attained"]) == ("no_data", True, None)
    assert "no span of ghost matched POST /orders so far" in body["reason"]


def _tiers(stage: Stage, *fields: str) -> list[tuple[object, ...]]:
    found = stage.get("/objectives/orders-succeed")["tiers"]
    return [tuple(tier[field] for field in fields) for tier in found]


def _alerts(stage: Stage, **asked: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = stage.get("/alerts", objective="orders-succeed", **asked)["items"]
    return found


def test_after_a_recovery_no_tier_is_called_below_a_threshold_it_is_over(stage: Stage) -> None:
    """The long windows still hold the outage: each tier says what is clean, and none fires in 0 s."""
    stage.run(MINUTE)
    stage.bad = 40
    stage.run(5 * MINUTE)
    stage.bad = 0
    stage.run(8 * MINUTE)
    tiers = stage.get("/objectives/orders-succeed")["tiers"]
    assert all(tier["long_rate"] > tier["threshold"] for tier in tiers)
    ended = ("ok", "resolved", None, None)
    assert _tiers(stage, "state", "status", "since", "fires_in_seconds") == [ended] * 4
    assert all(tier["resolved_at"] is not None for tier in tiers)
    fast, *slow = tiers
    assert (fast["reason_code"], fast["reason"]) == (
        "clean",
        "The last 5 minutes are clean; the 1-hour window is still over its threshold",
    )
    assert {tier["reason_code"] for tier in slow} == {"remembers_episode"}
    assert slow[0]["reason"] == (
        "The last 5 minutes are clean; the 6-hour window is still over its threshold, "
        "quiet until it falls or errors return"
    )
    times = {alert["resolved_at"] for alert in _alerts(stage, state="all")}
    assert {tier["resolved_at"] for tier in tiers} == times


def test_a_tier_says_in_the_vocabulary_what_its_alert_does(stage: Stage) -> None:
    """Firing and covered, then suspended without data; `state` keeps the words of the first version."""
    stage.run(MINUTE)
    stage.bad = 40
    stage.run(4 * MINUTE)
    assert _tiers(stage, "state", "status", "covered_by") == [
        ("firing", "firing", None),
        *[("inhibited", "covered", "page 2% 1h/5m")] * 3,
    ]
    alerts = _alerts(stage)
    assert [(alert["state"], alert["status"]) for alert in alerts] == [
        ("firing", "firing"),
        *[("inhibited", "covered")] * 3,
    ]
    stage.is_silent = True
    stage.run(15 * MINUTE)
    assert (
        _tiers(stage, "state", "status", "reason_code")
        == [("held", "suspended", "suspended_while_firing")] * 4
    )
    assert {alert["status"] for alert in _alerts(stage)} == {"suspended"}
    stage.is_silent, stage.bad = False, 0
    stage.run(15 * MINUTE)
    assert {alert["status"] for alert in _alerts(stage, state="all")} == {"resolved"}


def test_a_firing_objective_that_recovers_claims_no_burn_over_its_threshold(stage: Stage) -> None:
    """While its alert waits to resolve, the objective's reason says that too."""
    stage.catalog = a_catalog(an_objective(target=Fraction(90, 100)))
    stage.run(MINUTE)
    stage.bad = 40
    stage.run(30 * MINUTE)
    stage.bad = 0
    stage.run(5 * MINUTE)
    found = stage.get("/objectives/orders-succeed")
    assert "against" not in found["reason"] or "below" in found["reason"]


def test_series_hold_as_many_steps_as_asked_for(stage: Stage) -> None:
    """Arrays are parallel, steps even, and the range ends at the newest slice."""
    stage.run(MINUTE)
    body = stage.get("/objectives/orders-succeed/series", **{"from": "now-30m", "step": 60})
    lengths = {len(body[name]) for name in ("times_epoch", "good", "total", "budget_remaining_ratio")}
    assert lengths == {30} or lengths == {31}
    assert {len(line) for line in body["burn"].values()} == lengths
    steps = {b - a for a, b in zip(body["times_epoch"], body["times_epoch"][1:], strict=False)}
    assert steps == {60}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/objectives/nothing", 404),
        ("/objectives/nothing/series", 404),
        ("/objectives?state=fine", 400),
        ("/objectives?cursor=-1", 400),
        ("/objectives/orders-succeed/series?step=15", 400),
        ("/objectives/orders-succeed/series?step=5", 400),
        ("/objectives/orders-succeed/series?from=now-30d&step=10", 400),
        ("/objectives/orders-succeed/series?from=yesterday", 400),
        ("/objectives/orders-succeed/exemplars?limit=1000", 400),
        ("/alerts?cursor=x", 400),
        ("/alerts?state=some", 400),
    ],
)
def test_what_cannot_be_is_refused_by_name(stage: Stage, path: str, status: int) -> None:
    """Every wrong question gets a problem document, never a 500."""
    answer = stage.api.get(f"/api/v1{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_when_the_warehouse_is_away_the_last_counts_are_shown(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers get what was last known, with its time; without anything known they get a clear refusal."""
    stage.run(20 * SECOND)
    known = stage.get("/objectives/orders-succeed")

    def away(self: MemoryCounts, edge: int, windows: object) -> WindowSums:
        raise Unavailable("the warehouse did not answer")

    monkeypatch.setattr(MemoryCounts, "sums", away)
    stage.clock.advance(5 * MINUTE)
    assert stage.get("/objectives/orders-succeed")["measured_at"] == known["measured_at"]
    stage.start()
    assert stage.api.get("/api/v1/objectives").status_code == 503
