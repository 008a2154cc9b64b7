"""Services with hardly any traffic, or none ever: nobody is woken by one event, or by a name never heard."""

from datetime import timedelta

import pytest
from tests.objectives.cases import a_catalog, an_objective
from tests.objectives.conftest import World

from holdfast.catalog.model import NoData
from holdfast.objectives import store
from holdfast.objectives.model import State

HOUR = timedelta(hours=1)


def state(world: World, name: str) -> State:
    """Return what an objective is said to be."""
    with world.database.read() as tx:
        return store.standings(tx)[name].state


@pytest.mark.parametrize("past", [timedelta(), 3 * HOUR])
def test_one_bad_event_of_two_wakes_nobody(world: World, past: timedelta) -> None:
    """Of two requests in an hour one failed: half of all, and still no reason to call somebody."""
    world.per_tick = 0
    world.past(past)
    world.counts.record(1, world.clock.now(), good=1, bad=1, service="checkout")
    world.run(HOUR)
    assert world.happened() == []
    assert state(world, "orders-succeed") is State.OK


@pytest.mark.parametrize("policy", list(NoData))
def test_a_service_never_seen_wakes_nobody(world: World, policy: NoData) -> None:
    """An objective nothing ever matched has no data and no alert, also where silence counts as bad."""
    unseen = an_objective("never-seen", sli=2, service="unseen", no_data=policy)
    world.catalog = a_catalog(an_objective(), unseen)
    world.past(HOUR)
    world.run(HOUR)
    assert world.happened() == []
    assert state(world, "never-seen") is State.NO_DATA
