"""What services need to know of the map, a floor above them: who calls whom, and what fails between them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.services.failed_before import FailedBefore
from holdfast.telemetry.services.idle import CallsNow

CallsAt = Callable[[datetime], tuple[CallsNow, ...]]
"""Returns who calls whom at a moment, as is usual and now."""

FailedBeforeAt = Callable[[datetime], Mapping[ServiceId, FailedBefore]]
"""Returns the services whose calls failed before they reached them, in the last minutes before a moment."""


def no_calls(_moment: datetime) -> tuple[CallsNow, ...]:
    """Return that nobody calls anybody: without a map nothing is known to be idle."""
    return ()


def none_fails(_moment: datetime) -> Mapping[ServiceId, FailedBefore]:
    """Return that all calls reach their services."""
    return {}


@dataclass(frozen=True, slots=True)
class CallGraph:
    """The readers of the map; `hops` returns the services that only forward calls."""

    calls: CallsAt = no_calls
    hops: Callable[[], Collection[ServiceId]] = frozenset
    failed_before: FailedBeforeAt = none_fails


NO_GRAPH = CallGraph()
