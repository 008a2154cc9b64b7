"""A budget and its burn are two states: what is exhausted may burn on, or be quiet."""

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.acceptance.stage import Stage
from tests.objectives.cases import a_catalog, an_objective

from holdfast.catalog.model import NoData
from holdfast.objectives.model import BurnState, ObjectiveStatus, State
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database

MINUTE = timedelta(minutes=1)


@pytest.fixture
def stage(
    sqlite_database: Database, clock: ManualClock, make_api: Callable[..., TestClient], tmp_path: Path
) -> Stage:
    """A shop whose orders fail for four minutes, with one objective that is well and one never counted."""
    stage = Stage(sqlite_database, clock, make_api, tmp_path)
    stage.catalog = a_catalog(
        an_objective(no_data=NoData.IGNORE),
        an_objective("cart-answers", sli=2, service="cart", no_data=NoData.IGNORE),
        an_objective("never-counted", sli=4, service="ghost"),
    )
    for n in range(360):
        stage.counts.record(2, clock.now() - n * timedelta(seconds=10), good=100, service="cart")
    stage.run(MINUTE)
    stage.bad = 40
    stage.run(4 * MINUTE)
    return stage


def _states(stage: Stage) -> list[tuple[str, str, str]]:
    items = stage.get("/objectives")["items"]
    return [(one["name"], one["state"], one["burn_state"]) for one in items]


def test_what_burns_comes_first_also_when_it_is_exhausted(stage: Stage) -> None:
    """An exhausted objective that burns is first, counted as burning, and listed as such."""
    assert _states(stage) == [
        ("orders-succeed", "exhausted", "burning"),
        ("never-counted", "no_data", "quiet"),
        ("cart-answers", "ok", "quiet"),
    ]
    summary = stage.get("/objectives")["summary"]
    assert (summary["burning"], summary["exhausted"], summary["no_data"], summary["ok"]) == (1, 1, 1, 1)
    for state in ("burning", "exhausted"):
        assert [one["name"] for one in stage.get("/objectives", state=state)["items"]] == ["orders-succeed"]
    assert stage.get("/objectives/orders-succeed")["quiet_since"] is None


def test_what_recovered_is_quiet_since_its_last_alert(stage: Stage) -> None:
    """After the fault the budget stays exhausted, burns no more, and gives way to what is not known."""
    stage.bad = 0
    stage.clock.advance(timedelta(days=4))
    stage.run(10 * MINUTE)
    assert _states(stage)[:2] == [
        ("never-counted", "no_data", "quiet"),
        ("orders-succeed", "exhausted", "quiet"),
    ]
    one = stage.get("/objectives/orders-succeed")
    alerts = stage.get("/alerts", state="all")["items"]
    assert one["quiet_since"] == max(alert["resolved_at"] for alert in alerts)
    assert stage.get("/objectives")["summary"]["burning"] == 0


def test_a_tier_that_ended_is_not_resolved_while_its_objective_burns(stage: Stage) -> None:
    """Errors fall below the first page's pace and stay above the second's: the first names the second."""
    for _ in range(24):
        stage.bad = 1
        stage.run(MINUTE / 6)
        stage.bad = 0
        stage.run(MINUTE / 3)
    ended = [one for one in stage.get("/alerts", state="all")["items"] if one["resolved_at"] is not None]
    assert [(one["tier"], one["still_firing"]) for one in ended] == [("page 2% 1h/5m", "page 5% 6h/30m")]
    assert stage.get("/objectives/orders-succeed")["burn_state"] == "burning"
    stage.bad = 0
    stage.run(40 * MINUTE)
    over = stage.get("/alerts", state="all")["items"]
    assert {one["still_firing"] for one in over} == {None}


def test_bad_events_are_those_of_the_worst_objective_of_their_noun(stage: Stage) -> None:
    """Orders and letters have no sum, and an order that is bad for two objectives is one order."""
    stage.catalog = a_catalog(
        an_objective(),
        an_objective("orders-fast", sli=3, target=Fraction(9999, 10_000)),
        an_objective("letters", sli=2, service="cart", events_noun="letters"),
    )
    stage.counts.record(2, stage.clock.now() - MINUTE, good=0, bad=7, service="cart")
    stage.counts.record(3, stage.clock.now() - MINUTE, good=0, bad=5)
    stage.run(MINUTE)
    summary = stage.get("/objectives")["summary"]
    bad = {one["events"]: (one["bad"], one["objective"]) for one in summary["bad"]}
    orders = stage.get("/objectives/orders-succeed")["burn"][2]
    lost = orders["total"] - orders["good"]
    assert bad == {"orders": (lost, "orders-succeed"), "letters": (7, "letters")}
    assert lost > 5


def test_the_rail_counts_what_fires_and_is_not_covered(stage: Stage) -> None:
    """Four tiers are past their threshold, one of them is shown."""
    alerts = stage.get("/alerts")["items"]
    assert len(alerts) == 4
    shown = [alert for alert in alerts if alert["status"] == "firing"]
    assert stage.made.objectives.firing_count() == len(shown) == 1
    assert stage.get("/status")["firing_alerts"] == 1


@pytest.mark.parametrize(
    ("state", "burn", "also"),
    [
        (State.EXHAUSTED, BurnState.BURNING, {State.BURNING}),
        (State.EXHAUSTED, BurnState.BURNING_SLOWLY, {State.BURNING, State.BURNING_SLOWLY}),
        (State.BURNING_SLOWLY, BurnState.BURNING_SLOWLY, {State.BURNING}),
        (State.EXHAUSTED, BurnState.QUIET, set()),
        (State.BURNING, BurnState.BURNING, set()),
        (State.OK, BurnState.QUIET, set()),
    ],
)
def test_an_objective_is_in_the_states_a_reader_means(
    state: State, burn: BurnState, also: set[State]
) -> None:
    """In its own, and in that of its burn."""
    status = ObjectiveStatus(state, burn=burn)
    assert {one for one in State if status.is_in(one)} == {state, *also}
