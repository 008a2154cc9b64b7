"""Small builders of catalog values, so that a test names only what it is about."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

from holdfast.catalog.model import Catalog, Objective, Service, Sli, SpanSelector, SpanStatus


def an_objective(
    name: str = "orders-succeed", *, sli: int = 1, service: str = "checkout", sli_of: str = "", **given: Any
) -> Objective:
    """Return an objective of 99.9% over 28 days; keywords replace what matters to the test.

    `sli_of` is what telemetry calls the service, if not the same.
    """
    total = SpanSelector(sli_of or service, ("POST /orders",))
    good = SpanSelector(sli_of or service, ("POST /orders",), status=SpanStatus.OK)
    values: dict[str, Any] = {
        "display_name": "Orders succeed",
        "description": "",
        "team": "payments",
        "tier": "1",
        "target": Fraction(999, 1000),
        "window": timedelta(days=28),
        "events_noun": "orders",
    }
    return Objective(
        name=name, service=service, sli=Sli(sli, name, "Orders", total, good), **(values | given)
    )


def a_catalog(*objectives: Objective, revision: int = 1) -> Catalog:
    """Return a catalog of these objectives and their services."""
    names = sorted({objective.service for objective in objectives})
    services = tuple(Service(name, name, team="payments", tier="1") for name in names)
    return Catalog(revision, services, tuple(sorted(objectives, key=lambda one: one.name)))
