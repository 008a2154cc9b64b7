"""A server without engines does everything a server does, with nothing in it."""

from tests.objectives.cases import an_objective

from holdfast.app.fakes import EmptyWarehouse
from holdfast.runtime.clock import ManualClock
from holdfast.telemetry.counting.selectors import Selectors
from holdfast.telemetry.warehouse.layout import Layout


def test_selectors_are_installed_over_nothing(clock: ManualClock) -> None:
    """`serve --fake --catalog DIR` begins to count new SLIs as any server does, and finds no past."""
    sli = an_objective().sli
    assert Selectors(EmptyWarehouse(), Layout()).install([sli], now=clock.now()) == (sli.id,)
