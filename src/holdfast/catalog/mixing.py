"""Advice on objectives whose SLI counts what several environments or namespaces send as one. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping

from holdfast.catalog.model import Objective
from holdfast.runtime.places import Placement, shown

NAMED_MOST = 5

Senders = Callable[[Collection[str]], Mapping[str, Collection[Placement]]]
"""Returns where each of these services sent spans from in the last day, by the name telemetry has for it.

Raises:
    Unavailable: telemetry cannot be read now.
"""


def unknown(_names: Collection[str]) -> Mapping[str, Collection[Placement]]:
    """Return nothing: where there is no telemetry to ask."""
    return {}


def mixed(objectives: Iterable[Objective], senders: Senders) -> tuple[str, ...]:
    """Return a sentence for each objective and field that would separate what it counts as one."""
    open_ended = [one for one in objectives if None in (one.sli.total.environment, one.sli.total.namespace)]
    if not open_ended:
        return ()
    found = senders({one.sli.total.service for one in open_ended})
    return tuple(
        sentence for one in open_ended for sentence in _of(one, found.get(one.sli.total.service, ()))
    )


def _of(objective: Objective, places: Collection[Placement]) -> Iterable[str]:
    total = objective.sli.total
    counted = [
        one
        for one in places
        if total.environment in (None, one.environment) and total.namespace in (None, one.namespace)
    ]
    environments = sorted({shown(one.environment or "") for one in counted})
    namespaces = sorted({shown(one.namespace or "") for one in counted})
    if len(environments) > 1:
        yield _sentence(objective, _listed(environments), "environment")
    if len(namespaces) > 1:
        yield _sentence(objective, f"namespaces {_listed(namespaces)}", "namespace")


def _sentence(objective: Objective, where: str, field: str) -> str:
    service = objective.sli.total.service
    return f"objective {objective.name} counts {service} in {where}: add {field} to its SLI"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMED_MOST} more" if len(names) > NAMED_MOST else ""
    return ", ".join(names[:NAMED_MOST]) + more
