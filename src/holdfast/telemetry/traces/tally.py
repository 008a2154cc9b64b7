"""How often each thing happened among traces: `83 × POST /orders · 504 at payline`. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.telemetry.traces.model import Outcome
from holdfast.telemetry.traces.what_happened import WhatHappened

KINDS_MOST = 20
"""Most kinds of one outcome; the rarest are omitted."""


@dataclass(frozen=True, slots=True)
class Tallied:
    """One thing that happened in `traces` of those looked at; `sentence` names it."""

    outcome: Outcome
    operation: str
    words: str
    traces: int

    @property
    def sentence(self) -> str:
        """The operation and what happened, as `WhatHappened.sentence` has it."""
        return " · ".join(filter(None, (self.operation, self.words)))


@dataclass(frozen=True, slots=True)
class OutcomeTally:
    """What happened in the newest traces of one outcome; `is_all` says that there were no others."""

    outcome: Outcome
    looked_at: int
    is_all: bool
    kinds: tuple[Tallied, ...]


def tally(outcome: Outcome, happened: Iterable[WhatHappened], *, is_all: bool) -> OutcomeTally:
    """Count what happened, the most frequent first; equally frequent ones by name."""
    counted = Counter((one.operation, one.words) for one in happened)
    kinds = [Tallied(outcome, *named, traces) for named, traces in counted.items()]
    kinds.sort(key=lambda one: (-one.traces, one.operation, one.words))
    return OutcomeTally(outcome, counted.total(), is_all, tuple(kinds[:KINDS_MOST]))
