"""What a page says about an incident."""

import pytest
from tests.incidents.test_model import an_incident

from holdfast.incidents.paging import facts_of


@pytest.mark.parametrize(
    ("title", "words"), [("Orders failing", "failed"), ("Searches slow", "were too slow")]
)
def test_events_that_were_slow_did_not_fail(title: str, words: str) -> None:
    """The sentence says of bad events what the title says."""
    incident = an_incident(title=title, bad_events=12, total_events=55)
    assert facts_of(7, incident).lines[0] == f"12 of 55 {incident.first.events} {words}."
