"""What happened is counted by its words."""

from holdfast.telemetry.traces.model import Outcome
from holdfast.telemetry.traces.tally import KINDS_MOST, tally
from holdfast.telemetry.traces.what_happened import WhatHappened


def _failed(operation: str, answer: str = "504") -> WhatHappened:
    return WhatHappened(Outcome.FAILED, operation, answer=answer, party="payline")


def test_the_most_frequent_come_first_and_equals_by_name() -> None:
    """Zones and versions do not part what happened; the words do."""
    happened = [_failed("POST /b"), _failed("POST /a"), _failed("POST /c"), _failed("POST /c")]
    found = tally(Outcome.FAILED, happened, is_all=True)
    assert [(one.sentence, one.traces) for one in found.kinds] == [
        ("POST /c · 504 at payline", 2),
        ("POST /a · 504 at payline", 1),
        ("POST /b · 504 at payline", 1),
    ]
    assert (found.looked_at, found.is_all) == (4, True)


def test_only_the_most_frequent_kinds_are_named() -> None:
    """Of more kinds than fit, the count of traces looked at is still that of all."""
    happened = [_failed(f"GET /{n}") for n in range(KINDS_MOST + 1)]
    found = tally(Outcome.FAILED, happened, is_all=False)
    assert (len(found.kinds), found.looked_at) == (KINDS_MOST, KINDS_MOST + 1)
