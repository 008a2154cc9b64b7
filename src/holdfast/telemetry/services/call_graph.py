"""What services need to know of the map, a floor above them: who calls whom, and what only forwards."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.services.idle import CallsNow

CallsAt = Callable[[datetime], tuple[CallsNow, ...]]
"""Returns who calls whom at a moment, as is usual and now."""


def no_calls(_moment: datetime) -> tuple[CallsNow, ...]:
    """Return that nobody calls anybody: without a map nothing is known to be idle."""
    return ()


@dataclass(frozen=True, slots=True)
class CallGraph:
    """The readers of the map; `hops` returns the services that only forward calls."""

    calls: CallsAt = no_calls
    hops: Callable[[], Collection[ServiceId]] = frozenset


NO_GRAPH = CallGraph()
