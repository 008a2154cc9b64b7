"""The order of a list of objectives, worst first, and its summary. No I/O."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from holdfast.objectives.evaluated import ObjectiveEvaluation, Snapshot, Watched
from holdfast.objectives.model import BurnState, ObjectiveStatus, State
from holdfast.objectives.views import MostBad, Summary
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
    return Summary(len(chosen), by_state, _most_bad_by_noun(snapshot, chosen))


def _most_bad_by_noun(snapshot: Snapshot, chosen: Sequence[Watched]) -> tuple[MostBad, ...]:
    """Return the bad events of the last hour by noun, most first: of each noun those of its worst objective.

    One order may be bad for several objectives, so a sum over them counts it more than once.
    """
    most: dict[str, MostBad] = {}
    for one in chosen:
        objective = one.objective
        noun, bad = objective.events_noun, snapshot.sums.counts(objective.sli.id, _HOUR).bad
        if noun not in most or bad > most[noun].bad:
            most[noun] = MostBad(noun, bad, objective.name, objective.display_name)
    return tuple(sorted(most.values(), key=lambda one: -one.bad))
