"""Views of objectives for readers: one objective, a page of a list, and the summary of a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from holdfast.objectives.alerting.condition import Alert
from holdfast.objectives.alerting.explain import Explanation, explain
from holdfast.objectives.evaluated import ObjectiveEvaluation, case_of, reason
from holdfast.objectives.model import ObjectiveStatus, State
from holdfast.objectives.store import AlertRow


def with_episode(row: AlertRow, firing: Sequence[AlertRow]) -> AlertRow:
    """Return an alert; one that is over names the tier in which its episode goes on, the worst that fires."""
    ended = row.resolved_at
    on = [one for one in firing if ended is not None and one.fired_at <= ended and one.id != row.id]
    shown = min(on, key=lambda one: one.alert.inhibited_by is not None, default=None)
    return row if shown is None else replace(row, still_firing=shown.tier)


@dataclass(frozen=True, slots=True)
class ObjectiveView:
    """One objective at `now`: its status, the alerts that fire, and the last day's bad events.

    `ended` are alerts that are over and still matter to an explanation; lists leave them out. `quiet_since`
    is when the last alert of an objective that does not burn was resolved.
    """

    evaluation: ObjectiveEvaluation
    now: datetime
    status: ObjectiveStatus
    state_since: datetime | None
    firing: Mapping[str, AlertRow]
    sparkline: tuple[int, ...]
    quiet_since: datetime | None = None
    ended: tuple[Alert, ...] = ()

    @property
    def name(self) -> str:
        """The objective's name."""
        return self.evaluation.objective.name

    @property
    def explanations(self) -> tuple[Explanation, ...]:
        """Why each alert tier is as it is, worst first."""
        case = case_of(self.evaluation, was_suspended=self.status.suspended, now=self.now)
        return explain(case, (*self.ended, *(row.alert for row in self.firing.values())))

    @property
    def reason(self) -> str:
        """Why the objective is in its state, in a sentence."""
        firing = [one for one in self.explanations if one.is_firing] if self.firing else []
        return reason(self.evaluation, firing)


@dataclass(frozen=True, slots=True)
class MostBad:
    """The bad events of one noun, `orders`: those of the objective that has the most of them."""

    noun: str
    bad: int
    objective: str
    objective_display_name: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of a list of objectives.

    `by_state` counts an exhausted objective that burns under both. `bad_last_hour` is by noun, most first:
    orders and letters have no sum, and one order may be bad for several objectives.
    """

    total: int
    by_state: Mapping[State, int]
    bad_last_hour: tuple[MostBad, ...]


@dataclass(frozen=True, slots=True)
class ObjectivePage:
    """A page of objectives, worst first; `start` of `total` come before it."""

    items: tuple[ObjectiveView, ...]
    start: int
    total: int
    summary: Summary

    def after(self, shown: int) -> str | None:
        """Return the cursor of the page behind the first `shown` of this one; None at the end."""
        return str(self.start + shown) if self.start + shown < self.total else None
