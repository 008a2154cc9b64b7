"""The resolver of names: by the catalog in force, and the services seen."""

from datetime import timedelta

import pytest

from holdfast.catalog.model import Catalog, Service
from holdfast.runtime.clock import ManualClock
from holdfast.telemetry.names.folding import NAMES
from holdfast.telemetry.names.resolver import CatalogNames
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

CATALOG = Catalog(
    services=(
        Service("checkout", "Checkout", aliases=("checkoutservice", "checkout-v*")),
        Service("payline", "Payline", aliases=("api.payline.test*",)),
    )
)


class NoWarehouse:
    """A warehouse that must not be asked."""


def see(warehouse: ChdbWarehouse, *names: str) -> None:
    """Track services."""
    columns = "kind String, scope String, name String, named UInt8, admitted UInt32"
    rows = [{"kind": "service", "scope": "", "name": name, "named": 0, "admitted": 1} for name in names]
    warehouse.insert_rows(NAMES, columns, rows)


def test_without_aliases_the_warehouse_is_not_asked(clock: ManualClock) -> None:
    """A name is its own, at no cost."""
    names = CatalogNames(NoWarehouse(), clock, catalog=Catalog)  # type: ignore[arg-type]  # never asked
    assert (names.called("cart"), names.sent_as("cart"), names.party("cart")) == ("cart", ("cart",), "cart")


def test_patterns_are_of_services_seen(emptied_warehouse: ChdbWarehouse, clock: ManualClock) -> None:
    """A new name is found within twenty seconds; a service is found by each of its names."""
    names = CatalogNames(emptied_warehouse, clock, catalog=lambda: CATALOG)
    see(emptied_warehouse, "checkout-v2", "cart")
    every = ("checkout", "checkoutservice", "checkout-v2")
    assert {names.sent_as(one) for one in (*every, "checkout-v9")} == {every}
    see(emptied_warehouse, "checkout-v3")
    clock.advance(timedelta(seconds=19))
    assert names.sent_as("checkout") == every
    clock.advance(timedelta(seconds=1))
    assert names.sent_as("checkout") == (*every, "checkout-v3")


@pytest.mark.parametrize(
    ("sent", "party"),
    [
        ("cart:8080", "cart"),
        ("legacy:8080", "legacy:8080"),
        ("api.payline.test:8443", "payline"),
        ("checkout-v2:80", "checkout"),
        ("redis@cart:6380", "redis@cart:6380"),
        ("unnamed:8080, called by cart", "unnamed:8080, called by cart"),
    ],
)
def test_a_party_with_a_port_is_the_service_of_its_host(
    emptied_warehouse: ChdbWarehouse, clock: ManualClock, sent: str, party: str
) -> None:
    """As on the map; aliases come last."""
    see(emptied_warehouse, "cart", "checkout-v2")
    assert CatalogNames(emptied_warehouse, clock, catalog=lambda: CATALOG).party(sent) == party
