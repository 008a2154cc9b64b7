"""The order of a list of objectives, worst first, and its summary. No I/O."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from holdfast.objectives.evaluated import ObjectiveEvaluation, Snapshot, Watched
from holdfast.objectives.model import BurnState, ObjectiveStatus, State
from holdfast.objectives.views import Summary
from holdfast.telemetry.counting.model import NOTHING

_BURNS_FIRST = (BurnState.BURNING, BurnState.BURNING_SLOWLY)
_QUIET_WORST_FIRST = (State.NO_DATA, State.EXHAUSTED, State.OK)
_HOUR = timedelta(hours=1)


def rank_of(evaluation: ObjectiveEvaluation, found: ObjectiveStatus) -> tuple[int, float, str]:
    """Return the sort key of worst first: what burns now, no data, what is exhausted and quiet, then ok."""
    objective = evaluation.objective
    if found.burn is not BurnState.QUIET:
        lost = evaluation.counts(_HOUR).bad
        return (_BURNS_FIRST.index(found.burn), -float(lost), objective.name)
    whole = NOTHING if evaluation.fault is not None else evaluation.whole
    left = 1 - whole.bad / (whole.total * float(1 - objective.target)) if whole.total else 1.0
    return (len(_BURNS_FIRST) + _QUIET_WORST_FIRST.index(found.state), left, objective.name)


def summary_of(
    snapshot: Snapshot, statuses: Mapping[str, ObjectiveStatus], chosen: Sequence[Watched]
) -> Summary:
    """Return the summary of the chosen objectives."""
    known = [statuses[one.objective.name] for one in chosen]
    by_state = {state: sum(status.is_in(state) for status in known) for state in State}
    return Summary(len(chosen), by_state, _bad_by_noun(snapshot, chosen))


def _bad_by_noun(snapshot: Snapshot, chosen: Sequence[Watched]) -> dict[str, int]:
    """Return the bad events of the last hour by noun, each SLI's once and under its first noun."""
    nouns = {one.objective.sli.id: one.objective.events_noun for one in reversed(chosen)}
    bad: Counter[str] = Counter()
    for sli, noun in nouns.items():
        bad[noun] += snapshot.sums.counts(sli, _HOUR).bad
    return dict(bad.most_common())
