"""Services that are idle because those who call them fail first."""

import pytest

from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.services.idle import CallsNow, idle, idle_trouble
from holdfast.telemetry.services.trouble import NEED_ATTENTION, ServiceTrouble, TroubleKind

FAILING, SILENT, QUIETER, SLOW, USUAL = (
    TroubleKind.FAILING, TroubleKind.SILENT, TroubleKind.QUIETER, TroubleKind.SLOW, TroubleKind.USUAL,
)  # fmt: skip
Edge = tuple[str, float, float, float]
"""`checkout>payment`, its usual calls, those of now, and those that fail, per second."""


def judged(kinds: dict[str, TroubleKind], *edges: Edge) -> dict[str, str]:
    """The idle services, each with the one that fails before it."""
    troubles = {ServiceId(name): ServiceTrouble(kind, "") for name, kind in kinds.items()}
    calls = [
        CallsNow(*(ServiceId(end) for end in words.split(">")), *rates)  # type: ignore[arg-type]
        for words, *rates in edges
    ]
    return {one.name: root.name for one, root in idle(troubles, calls).items()}


@pytest.mark.parametrize(
    ("caller", "callee", "edge", "is_idle"),
    [
        (FAILING, SILENT, ("checkout>payment", 1.0, 0.0, 0.0), True),
        (FAILING, QUIETER, ("checkout>payment", 1.0, 0.4, 0.0), True),
        (FAILING, QUIETER, ("checkout>payment", 1.0, 0.5, 0.0), False),
        (FAILING, SILENT, ("checkout>payment", 1.0, 1.0, 1.0), False),
        (FAILING, SILENT, ("checkout>payment", 1.0, 0.1, 0.1), False),
        (FAILING, SILENT, ("checkout>payment", 1.0, 1 / 300, 1 / 300), True),
        (FAILING, SILENT, ("checkout>payment", 1.0, 4 / 300, 4 / 300), True),
        (FAILING, SILENT, ("checkout>payment", 1.0, 5 / 300, 5 / 300), False),
        (SLOW, SILENT, ("checkout>payment", 1.0, 0.0, 0.0), False),
        (USUAL, SILENT, ("checkout>payment", 1.0, 0.0, 0.0), False),
        (FAILING, FAILING, ("checkout>payment", 1.0, 0.0, 0.0), False),
        (FAILING, SLOW, ("checkout>payment", 1.0, 0.0, 0.0), False),
        (FAILING, SILENT, ("checkout>payment", 0.0, 0.0, 0.0), False),
        (FAILING, SILENT, ("payment>payment", 1.0, 0.0, 0.0), False),
    ],
)
def test_a_callee_is_idle_if_its_caller_fails_and_no_longer_tries(
    caller: TroubleKind, callee: TroubleKind, edge: Edge, *, is_idle: bool
) -> None:
    """A call that is tried is the callee's to answer, and a caller that does not fail explains nothing."""
    found = judged({"checkout": caller, "payment": callee}, edge)
    assert found == ({"payment": "checkout"} if is_idle else {})


def test_half_of_the_usual_calls_must_be_missing_for_that() -> None:
    """Where most calls come from a caller that is well, its silence is its own."""
    kinds = {"checkout": FAILING, "refunds": USUAL, "payment": SILENT}
    few, most = ("checkout>payment", 1.0, 0.0, 0.0), ("refunds>payment", 1.1, 0.0, 0.0)
    assert judged(kinds, few, most) == {}
    assert judged(kinds, few, ("refunds>payment", 1.0, 1.0, 0.0)) == {"payment": "checkout"}


def test_what_an_idle_service_calls_is_idle_too() -> None:
    """However deep: all go back to the service that fails, and a circle of silent ones to nothing."""
    kinds = {
        "gateway": FAILING,
        "checkout": SILENT,
        "payment": SILENT,
        "mail": QUIETER,
        "a": SILENT,
        "b": SILENT,
    }
    chain = [
        (words, 1.0, 0.0, 0.0)
        for words in ("payment>mail", "checkout>payment", "gateway>checkout", "a>b", "b>a")
    ]
    assert judged(kinds, *chain) == dict.fromkeys(("checkout", "payment", "mail"), "gateway")


def test_the_busiest_of_several_failing_callers_is_named() -> None:
    """One sentence names one cause: the caller most calls usually came from."""
    kinds = {"cart": FAILING, "checkout": FAILING, "payment": SILENT}
    found = judged(kinds, ("cart>payment", 1.0, 0.0, 0.0), ("checkout>payment", 2.0, 0.0, 0.0))
    assert found == {"payment": "checkout"}


def test_an_idle_service_needs_no_attention() -> None:
    """It is named, with the service that fails before it, and never among the worst."""
    assert idle_trouble("checkout").sentence == "idle: checkout fails before it"
    assert idle_trouble("checkout").kind not in NEED_ATTENTION
