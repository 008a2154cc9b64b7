"""The shop's own reliability catalog speaks of the shop as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bazaar.layout import SERVICES
from bazaar.messages import ORDERS_PLACED
from bazaar.replica import Surroundings, routes_of

DOCUMENTS: list[dict[str, Any]] = [
    document
    for file in sorted((Path(__file__).parents[1] / "reliability").glob("*.yaml"))
    for document in yaml.safe_load_all(file.read_text())
]
SLOS = [one for one in DOCUMENTS if one["kind"] == "SLO"]
every_slo = pytest.mark.parametrize("slo", SLOS, ids=lambda slo: slo["metadata"]["name"])


def selectors(slo: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What counts as good, and what counts at all."""
    ratio = slo["spec"]["indicator"]["spec"]["ratioMetric"]
    return ratio["good"]["metricSource"]["spec"], ratio["total"]["metricSource"]["spec"]


def operations_of(service: str) -> set[str]:
    """The spans in which a service handles something: its routes, or what it takes from the queue."""
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
    assert set(services) == set(SERVICES)
    assert all(labels["team"] and labels["tier"] in ("1", "2") for labels in services.values())


def test_every_service_has_a_promise() -> None:
    """No service goes without an objective, and no two objectives share a name."""
    assert {slo["spec"]["service"] for slo in SLOS} == set(SERVICES)
    assert len({slo["metadata"]["name"] for slo in SLOS}) == len(SLOS)


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
