"""Whether a store or provider fails, by the calls its callers made."""

import pytest

from holdfast.telemetry.model import Percentiles
from holdfast.telemetry.servicemap.model import Handled
from holdfast.telemetry.servicemap.trouble import trouble_of

NO_LATENCY = Percentiles(None, None, None)


@pytest.mark.parametrize(
    ("calls", "errors", "by_mesh", "sentence"),
    [
        (1_860, 208, 0, "208 of 1,860 calls fail"),
        (1_860, 100, 108, "208 of 1,860 calls fail"),
        (1_860, 4, 0, "as usual"),
        (400, 5, 0, "as usual"),
        (0, 0, 0, "as usual"),
    ],
)
def test_a_party_fails_by_the_rule_of_services(calls: int, errors: int, by_mesh: int, sentence: str) -> None:
    """Errors of the application and the mesh count; a few, or what chance explains, make nothing fail."""
    found = trouble_of(Handled(calls, errors, by_mesh, NO_LATENCY))
    assert found.sentence == sentence
    assert (found.kind.value == "failing") == (sentence != "as usual")
