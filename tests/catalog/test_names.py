"""A service of the catalog and what telemetry calls it."""

from tests.objectives.cases import a_catalog, an_objective


def test_a_service_is_measured_as_what_its_objectives_count() -> None:
    """If all count one other name, that is the service's; it is described by the one that promises for it."""
    catalog = a_catalog(an_objective(service="pay", sli_of="pay.shop"))
    assert catalog.measured_as("pay") == "pay.shop"
    found = catalog.described("pay.shop")
    assert found is not None
    assert found.name == "pay"


def test_a_service_that_counts_another_of_the_catalog_keeps_its_name() -> None:
    """A promise of checkout kept at the gateway does not make the gateway checkout."""
    catalog = a_catalog(
        an_objective(service="checkout", sli_of="gateway"), an_objective("other", sli=2, service="gateway")
    )
    assert catalog.measured_as("checkout") == "checkout"
    found = catalog.described("gateway")
    assert found is not None
    assert found.name == "gateway"


def test_a_service_that_counts_several_keeps_its_name() -> None:
    """With two names to choose from there is none."""
    other = an_objective("other", sli=2, service="pay", sli_of="pay.test")
    catalog = a_catalog(an_objective(service="pay", sli_of="pay.shop"), other)
    assert catalog.measured_as("pay") == "pay"
    assert catalog.described("pay.shop") is None
    assert catalog.measured_as("nobody") == "nobody"
