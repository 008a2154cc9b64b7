"""Whether the server is ready, part by part, in words: for `/readyz`, `holdfast doctor` and the page."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from holdfast.runtime.errors import HoldfastError

log = logging.getLogger(__name__)


class Phase(StrEnum):
    """Where the server is in its life."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


class PartState(StrEnum):
    """How one part is doing; `degraded` still works, with what `detail` says missing."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Part:
    """One part's state and, in a sentence, why."""

    name: str
    state: PartState
    detail: str = ""


Probe = Callable[[], Part]


class Readiness:
    """Knows the phase the server is in and asks its parts; lives as long as the server."""

    def __init__(self, probes: Mapping[str, Probe]) -> None:
        self._probes = dict(probes)
        self._lock = threading.Lock()
        self._phase = Phase.STARTING

    @property
    def phase(self) -> Phase:
        """Where the server is in its life."""
        with self._lock:
            return self._phase

    def enter(self, phase: Phase) -> None:
        """Note that the server has come to `phase`."""
        with self._lock:
            self._phase = phase

    def parts(self) -> list[Part]:
        """Ask every part how it is doing; one that cannot answer is down. While starting there are none."""
        if self.phase is Phase.STARTING:
            return []
        return [self._ask(name, probe) for name, probe in self._probes.items()]

    def _ask(self, name: str, probe: Probe) -> Part:
        try:
            return probe()
        except HoldfastError as error:
            return Part(name, PartState.DOWN, error.detail)
        except Exception:
            log.exception("the part %s could not say how it is doing", name)
            return Part(name, PartState.DOWN, "it could not say how it is doing; the log has the details")
