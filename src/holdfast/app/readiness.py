"""The readiness of the server, part by part, in words: for `/readyz`, `holdfast doctor` and the page."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from holdfast.runtime.errors import HoldfastError

log = logging.getLogger(__name__)


class Phase(StrEnum):
    """The phase of the server's life."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


class PartState(StrEnum):
    """The state of one part; `degraded` still works, except for what `detail` names."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class ReadinessPart:
    """One part's state and, in a sentence, why."""

    name: str
    state: PartState
    detail: str = ""


Probe = Callable[[], ReadinessPart]


class Readiness:
    """Knows the server's phase and asks its parts; lives as long as the server."""

    def __init__(self, probes: Mapping[str, Probe]) -> None:
        self._probes = dict(probes)
        self._lock = threading.Lock()
        self._phase = Phase.STARTING

    @property
    def phase(self) -> Phase:
        """The current phase."""
        with self._lock:
            return self._phase

    def enter(self, phase: Phase) -> None:
        """Note that the server is in `phase` now."""
        with self._lock:
            self._phase = phase

    def parts(self) -> list[ReadinessPart]:
        """Ask every part for its state; one that cannot answer is down. While starting there are none."""
        if self.phase is Phase.STARTING:
            return []
        return [self._ask(name, probe) for name, probe in self._probes.items()]

    def _ask(self, name: str, probe: Probe) -> ReadinessPart:
        try:
            return probe()
        except HoldfastError as error:
            return ReadinessPart(name, PartState.DOWN, error.detail)
        except Exception:
            log.exception("the part %s failed to report its state", name)
            return ReadinessPart(
                name, PartState.DOWN, "it failed to report its state; the log has the details"
            )
