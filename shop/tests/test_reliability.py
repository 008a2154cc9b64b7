"""The shop's own reliability catalog speaks of the shop as it is."""

from __future__ import annotations

from typing import Any

import pytest
from shop.tests.objectives import DOCUMENTS, SLOS, selectors

from bazaar.layout import SERVICES
from bazaar.messages import ORDERS_PLACED
from bazaar.replica import Surroundings, routes_of

every_slo = pytest.mark.parametrize("slo", SLOS.values(), ids=SLOS)

# The doors of the mesh are promised for, too: what never reached a service was still asked for.
PROMISED = {*SERVICES, "edge"}
STORES = {"postgresql", "redis"}


def operations_of(service: str) -> set[str]:
    """The spans in which a service handles something: its routes, or what it takes from the queue."""
    if service == "edge":
        return {f"{method} gateway" for method in ("GET", "POST")}
    if service == "notification":
        return {f"process {ORDERS_PLACED}"}
    nothing = Surroundings(**dict.fromkeys(("mesh", "database", "cache", "queue", "dials", "track")))  # type: ignore[arg-type]  # routes need none
    return {
        f"{method} {route.path}"
        for route in routes_of(service, nothing)
        for method in (route.methods or set()) - {"HEAD"}
    }


def test_every_service_has_an_owner_and_a_tier() -> None:
    """Each service of the shop is described once, with the team that is asked and how much it matters."""
    services = {
        one["metadata"]["name"]: one["metadata"]["labels"] for one in DOCUMENTS if one["kind"] == "Service"
    }
    assert set(services) == PROMISED | STORES
    assert all(labels["team"] and labels["tier"] in ("1", "2") for labels in services.values())


def test_every_service_has_a_promise() -> None:
    """No service goes without an objective, and no two objectives share a name."""
    names = [one["metadata"]["name"] for one in DOCUMENTS if one["kind"] == "SLO"]
    assert {slo["spec"]["service"] for slo in SLOS.values()} == PROMISED
    assert len(names) == len(set(names))


@every_slo
def test_an_objective_counts_spans_the_shop_makes(slo: dict[str, Any]) -> None:
    """Operations are span names of routes that exist: a typing error would count nothing, for ever."""
    _, total = selectors(slo)
    named = total["operation"] if isinstance(total["operation"], list) else [total["operation"]]
    assert total["service"] == slo["spec"]["service"]
    assert set(named) <= operations_of(total["service"])


@every_slo
def test_good_narrows_total(slo: dict[str, Any]) -> None:
    """Good repeats all of total and adds what makes an event good."""
    good, total = selectors(slo)
    assert total.items() <= good.items()
    assert set(good) - set(total) in ({"status"}, {"maxDuration"}, {"attributes"})


@every_slo
def test_an_objective_can_be_met(slo: dict[str, Any]) -> None:
    """Targets leave room for a busy laptop, and the window is the four weeks people plan in."""
    (objective,) = slo["spec"]["objectives"]
    assert 0.95 <= objective["target"] <= 0.999
    assert slo["spec"]["timeWindow"] == [{"duration": "28d", "isRolling": True}]
    assert slo["metadata"]["annotations"]["holdfast.dev/events"]
