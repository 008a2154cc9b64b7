"""Which services are idle because those who call them fail first. Pure.

A service whose requests stopped may have failed, or have nothing to do: where checkout fails before it asks
payment, payment is silent and well. It is idle if most of its usual calls come from services that fail, or
are idle themselves, and these no longer try. Calls that are tried and fail are the callee's, by the rule that
services have (`trouble`): a single one that fails in five minutes decides nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.services.trouble import (
    NOW_SECONDS,
    Now,
    ServiceTrouble,
    TroubleKind,
    is_failing,
)

STILL_TRIED = 0.5
"""A caller still tries if it makes this part of its usual calls."""

MOST_CALLS = 0.5
"""The part of a service's usual calls that has to come from callers who fail before it."""

LESS_TO_DO = frozenset({TroubleKind.SILENT, TroubleKind.QUIETER})
"""The trouble that idleness explains."""


@dataclass(frozen=True, slots=True)
class CallsNow:
    """The calls of one service to another, also by a queue: per second as is usual and as it is now.

    `failed_per_second` are those of now that failed, in the application or on the way.
    """

    caller: ServiceId
    callee: ServiceId
    usual_per_second: float
    per_second: float
    failed_per_second: float = 0.0


def idle(
    troubles: Mapping[ServiceId, ServiceTrouble], calls: Iterable[CallsNow]
) -> Mapping[ServiceId, ServiceId]:
    """Return the services that are idle, each with the failing service to which that goes back."""
    coming: dict[ServiceId, list[CallsNow]] = {}
    for one in calls:
        if one.caller != one.callee and one.usual_per_second > 0:
            coming.setdefault(one.callee, []).append(one)
    waiting = {one for one, trouble in troubles.items() if trouble.kind in LESS_TO_DO and one in coming}
    failing = {one: one for one, trouble in troubles.items() if trouble.kind is TroubleKind.FAILING}
    found: dict[ServiceId, ServiceId] = {}
    while new := _behind(waiting - found.keys(), coming, failing | found):
        found |= new
    return found


def _behind(
    services: Collection[ServiceId],
    coming: Mapping[ServiceId, list[CallsNow]],
    stopped: Mapping[ServiceId, ServiceId],
) -> dict[ServiceId, ServiceId]:
    """Return those of the services most of whose calls came from callers that stopped, and why these did."""
    found = {}
    for service in services:
        calls = coming[service]
        missing = [one for one in calls if one.caller in stopped and not _is_tried(one)]
        usual, lost = (sum(one.usual_per_second for one in part) for part in (calls, missing))
        if missing and lost >= MOST_CALLS * usual and not _fail(calls):
            most = max(missing, key=lambda one: (one.usual_per_second, one.caller))
            found[service] = stopped[most.caller]
    return found


def _is_tried(calls: CallsNow) -> bool:
    return calls.per_second >= STILL_TRIED * calls.usual_per_second


def _fail(calls: Collection[CallsNow]) -> bool:
    made = round(sum(one.per_second for one in calls) * NOW_SECONDS)
    failed = round(sum(one.failed_per_second for one in calls) * NOW_SECONDS)
    return is_failing(Now(max(made, failed), failed, None), None)


def idle_trouble(caller: str) -> ServiceTrouble:
    """Return that a service is idle because another fails before it, in words."""
    return ServiceTrouble(TroubleKind.IDLE, f"idle: {caller} fails before it")
