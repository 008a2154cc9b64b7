"""What a page says about an incident."""

from dataclasses import replace

import pytest
from tests.incidents.test_model import an_incident
from tests.objectives.cases import a_catalog, an_objective

from holdfast.catalog.model import Catalog
from holdfast.incidents.paging import facts_of


@pytest.mark.parametrize(
    ("title", "words"), [("Orders failing", "failed"), ("Searches slow", "were too slow")]
)
def test_events_that_were_slow_did_not_fail(title: str, words: str) -> None:
    """The sentence says of bad events what the title says."""
    incident = an_incident(title=title, bad_events=12, total_events=55)
    assert facts_of(Catalog(), 7, incident).lines[0] == f"12 of 55 {incident.first.events} {words}."


def test_the_runbook_of_the_objective_goes_with_it() -> None:
    """Its own, or that of its service; without either there is none."""
    objective = replace(an_objective(), runbook="https://runbooks.example/orders")
    assert facts_of(a_catalog(objective), 7, an_incident()).runbook == "https://runbooks.example/orders"
    assert facts_of(Catalog(), 7, an_incident()).runbook is None
