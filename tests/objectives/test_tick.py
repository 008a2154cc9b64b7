"""Alerts over time: what fires, what is inhibited, what resolves, and what the clock may not do."""

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from tests.objectives.cases import a_catalog, an_objective
from tests.objectives.conftest import TICK, World

from holdfast.catalog.model import NoData
from holdfast.objectives import store
from holdfast.objectives.alerting.condition import Phase
from holdfast.objectives.alerting.events import AlertEvent, AlertReceipt
from holdfast.objectives.model import State
from holdfast.runtime.database import Writer

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def _states(world: World) -> list[tuple[str, str]]:
    with world.database.read() as tx:
        rows = store.alert_rows(tx)
    return sorted((row.tier, row.state) for row in rows)


def _standing(world: World) -> State:
    with world.database.read() as tx:
        return store.standings(tx)["orders-succeed"].state


def test_a_healthy_service_is_quiet(world: World) -> None:
    """An hour at half the allowed error rate fires nothing and writes nothing to the journal."""
    world.per_tick, world.bad = 2000, 1
    world.past(HOUR, bad=1)
    world.run(10 * MINUTE)
    assert world.happened() == []
    assert _standing(world) is State.OK


def test_an_outage_fires_the_page_in_the_published_time(world: World) -> None:
    """A full outage after a clean hour fires the page tier within 48 s plus two evaluations."""
    world.past(HOUR)
    world.run(MINUTE)
    world.bad = world.per_tick
    world.run(70 * timedelta(seconds=1))
    assert world.happened()[0] == "alert.fired"
    assert ("page 2% 1h/5m", "firing") in _states(world)
    assert _standing(world) in (State.BURNING, State.EXHAUSTED)


def test_one_episode_shows_one_alert_and_inhibits_the_rest(world: World) -> None:
    """Several tiers pass their thresholds in an outage; only the worst is shown."""
    world.past(3 * DAY, every=10 * MINUTE)
    world.past(HOUR)
    world.bad = world.per_tick
    world.run(10 * MINUTE)
    states = dict(_states(world))
    assert states["page 2% 1h/5m"] == "firing"
    assert sorted(states.values()) == ["firing", "inhibited", "inhibited", "inhibited"]


def test_all_tiers_of_an_episode_end_when_its_burn_is_over(world: World) -> None:
    """Minutes after the fix every tier is resolved, although longer windows remember, and stays so."""
    world.past(3 * DAY, every=10 * MINUTE)
    world.past(HOUR)
    world.bad = world.per_tick
    world.run(5 * MINUTE)
    world.bad = 0
    world.run(7 * MINUTE)
    assert {state for _, state in _states(world)} == {"resolved"}
    fired = len(_states(world))
    world.run(HOUR)
    assert len(_states(world)) == fired
    assert _standing(world) is not State.BURNING


def test_a_second_outage_fires_anew(world: World) -> None:
    """A tier that was resolved early fires again when errors come back at its rate."""
    world.past(HOUR)
    world.bad = world.per_tick
    world.run(3 * MINUTE)
    world.bad = 0
    world.run(10 * MINUTE)
    world.bad = world.per_tick
    world.run(3 * MINUTE)
    pages = [state for tier, state in _states(world) if tier == "page 2% 1h/5m"]
    assert sorted(pages) == ["firing", "resolved"]


def test_falling_traffic_fires_nothing_that_is_over(world: World) -> None:
    """After a restart too: the end is remembered while a window still holds the errors before it."""
    world.past(HOUR)
    for per_tick, bad, ticks in ((3000, 3000, 60), (100_000, 0, 20), (100_000, 2000, 2), (10, 0, 20)):
        world.per_tick, world.bad = per_tick, bad
        world.run(ticks * TICK)
    pages = [(tier, state) for tier, state in _states(world) if tier.startswith("page")]
    world.restart()
    world.run(20 * TICK)
    assert {state for _, state in pages} == {"resolved"}
    assert [(tier, state) for tier, state in _states(world) if tier.startswith("page")] == pages


def test_what_is_over_is_remembered_and_not_stored_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An evaluation that changes nothing locks nothing, although it knows of alerts that ended."""
    world.past(HOUR)
    world.bad = world.per_tick
    world.run(3 * MINUTE)
    world.bad = 0
    world.run(10 * MINUTE)
    monkeypatch.setattr(world.database, "write", None)
    world.run(MINUTE)
    with world.database.read() as tx:
        known = store.live_alerts(tx, since=world.clock.now() - HOUR)
    assert {alert.phase for alert in known["orders-succeed"]} <= {Phase.RESOLVED, Phase.SPENT}


def test_an_alert_at_the_threshold_does_not_flap(world: World) -> None:
    """Errors that come and go within a minute keep one alert firing instead of many."""
    world.past(HOUR, bad=2)
    for _ in range(20):
        world.bad = 3
        world.run(20 * timedelta(seconds=1))
        world.bad = 1
        world.run(20 * timedelta(seconds=1))
    assert world.happened().count("alert.fired") <= 1
    assert world.happened().count("alert.resolved") == 0


def test_no_data_holds_a_firing_alert(world: World) -> None:
    """When the service falls silent its alert neither resolves nor fires again, until data is back."""
    world.past(HOUR)
    world.bad = world.per_tick
    world.run(3 * MINUTE)
    fired = world.happened()
    world.is_silent = True
    world.run(15 * MINUTE)
    assert _standing(world) is State.NO_DATA
    assert world.happened() == [*fired, "alert.held"]
    world.is_silent, world.bad = False, 0
    world.run(4 * MINUTE)
    assert _standing(world) is not State.NO_DATA
    assert world.happened()[len(fired) + 1] == "alert.resumed"


@pytest.mark.parametrize("policy", [NoData.IGNORE, NoData.GOOD, NoData.BAD])
def test_other_policies_do_not_suspend(world: World, policy: NoData) -> None:
    """`ignore` and `good` let an alert resolve in silence; `bad` turns silence into an outage that fires."""
    world.catalog = a_catalog(an_objective(no_data=policy))
    world.past(HOUR)
    world.run(MINUTE)
    world.is_silent = True
    world.run(20 * MINUTE)
    assert _standing(world) is not State.NO_DATA
    assert ("alert.fired" in world.happened()) == (policy is NoData.BAD)


def test_zero_traffic_is_not_missing_data(world: World) -> None:
    """A service that is alive but handles nothing stays judged: its alert resolves, nothing is suspended."""
    world.past(HOUR)
    world.bad = world.per_tick
    world.run(3 * MINUTE)
    world.per_tick = world.bad = 0
    world.run(10 * MINUTE)
    assert "alert.held" not in world.happened()
    assert "alert.resolved" in world.happened()


def test_a_restart_in_the_middle_changes_nothing(world: World) -> None:
    """A process that dies while an alert fires finds it firing and neither repeats nor loses it."""
    world.past(HOUR)
    world.bad = world.per_tick
    world.run(2 * MINUTE)
    before = world.happened()
    world.restart()
    world.run(MINUTE)
    assert world.happened() == before
    assert ("page 2% 1h/5m", "firing") in _states(world)


def test_a_clock_that_steps_back_neither_resolves_nor_repeats(world: World) -> None:
    """Going back to before the outage leaves the firing alert as it is."""
    world.past(HOUR)
    world.bad = world.per_tick
    world.run(3 * MINUTE)
    before = world.happened()
    world.clock.step_back(30 * MINUTE)
    world.bad = 0
    world.run(10 * MINUTE)
    assert world.happened() == before


def test_a_clock_that_steps_back_does_not_fire_what_is_over(world: World) -> None:
    """Living through an outage's minutes again does not fire its alert again."""
    world.past(HOUR)
    world.bad = world.per_tick
    world.run(3 * MINUTE)
    world.bad = 0
    world.run(10 * MINUTE)
    before = world.happened()
    world.clock.step_back(11 * MINUTE)
    world.run(5 * MINUTE)
    assert world.happened() == before


def test_a_changed_target_counts_at_once(world: World) -> None:
    """Raising the allowed errors past what happens ends the alert; no counter has to be made anew."""
    world.past(HOUR)
    world.bad = 5
    world.run(30 * MINUTE)
    assert ("page 2% 1h/5m", "firing") in _states(world)
    world.catalog = a_catalog(replace(an_objective(), target=Fraction(90, 100)), revision=2)
    world.run(2 * MINUTE)
    assert {state for _, state in _states(world)} == {"resolved"}


def test_removing_the_objective_ends_its_alerts(world: World) -> None:
    """No alert outlives its objective."""
    world.past(HOUR)
    world.bad = world.per_tick
    world.run(3 * MINUTE)
    world.catalog = a_catalog(revision=2)
    world.run(MINUTE)
    assert {state for _, state in _states(world)} == {"resolved"}
    assert world.happened()[-1] == "alert.resolved"
    with world.database.read() as tx:
        assert store.standings(tx) == {}


def test_one_broken_objective_leaves_the_others_alone(world: World) -> None:
    """Counters that contradict themselves are quarantined and shown; the next objective still pages."""
    broken = an_objective("broken", sli=2)
    world.catalog = a_catalog(an_objective(), broken)
    world.counts.record(2, world.clock.now(), good=10, bad=-3, service="checkout")
    world.past(HOUR)
    world.bad = world.per_tick
    world.run(3 * MINUTE)
    with world.database.read() as tx:
        standings = store.standings(tx)
    assert standings["broken"].state is State.NO_DATA
    assert ("page 2% 1h/5m", "firing") in _states(world)


def test_a_subscriber_that_fails_leaves_no_alert_behind(world: World) -> None:
    """Alert and incident are stored together or not at all, and the next evaluation tries again."""
    calls: list[datetime] = []

    def opens(tx: Writer, event: AlertEvent) -> AlertReceipt:
        calls.append(event.at)
        if len(calls) == 1:
            raise RuntimeError("no incident today")
        return AlertReceipt("incident/7")

    world.subscribers.append(opens)
    world.past(HOUR)
    world.bad = world.per_tick
    with pytest.raises(RuntimeError, match="no incident"):
        world.run(3 * MINUTE)
    assert world.happened() == []
    world.run(10 * timedelta(seconds=1))
    assert world.entries()[-1].refers_to == "incident/7"
    with world.database.read() as tx:
        assert store.alert_rows(tx)[-1].refers_to == "incident/7"
