"""Calls that fail before they reach a service: in the mesh, or because nothing answers the connection. Pure.

The service sends no span of such a call, and is well by its own account; its callers see it fail. The rule is
that of services (`trouble`), with the calls of its callers in place of its requests.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from holdfast.runtime import figures
from holdfast.telemetry.services.trouble import Now, ServiceTrouble, TroubleKind, is_failing
from holdfast.telemetry.services.usual import Usual

ZONE_TIMES = 2
"""A zone stands out where this many times the share of the others' calls fail."""

ZONE_CALLS_LEAST = 20
CALLERS_NAMED = 2


class Before(StrEnum):
    """Where calls fail before they reach a service."""

    MESH = "mesh"
    CONNECTION = "connection"


@dataclass(frozen=True, slots=True)
class CallsToIt:
    """Calls to a service, and those that failed in the mesh or at the connection; no call is in both."""

    calls: int = 0
    mesh: int = 0
    connection: int = 0

    def __add__(self, other: "CallsToIt") -> "CallsToIt":
        return CallsToIt(self.calls + other.calls, self.mesh + other.mesh, self.connection + other.connection)

    @property
    def failed(self) -> int:
        """The calls that never reached it."""
        return self.mesh + self.connection

    @property
    def ratio(self) -> float:
        """Their share of all calls; 0 without calls."""
        return self.failed / self.calls if self.calls else 0.0


@dataclass(frozen=True, slots=True)
class FailedBefore:
    """What callers of a service see fail before it in the last minutes, who they are, and from which zone.

    `zone` is that of the callers whose calls fail, empty if they fail in all alike.
    """

    calls: CallsToIt
    callers: tuple[str, ...] = ()
    zone: str = ""

    @property
    def where(self) -> Before:
        """Where most of these calls fail."""
        return Before.MESH if self.calls.mesh >= self.calls.connection else Before.CONNECTION

    @property
    def sentence(self) -> str:
        """Say how many calls fail, and where: `98 of 257 calls fail in the mesh before it`."""
        part = f"{figures.count(self.calls.failed)} of {figures.count(self.calls.calls)} calls"
        at = {
            Before.MESH: f"{part} fail in the mesh before it",
            Before.CONNECTION: f"{part} fail at the connection: nothing answers",
        }[self.where]
        return f"{at}, from {self.zone}" if self.zone else at


def is_seen_failing(calls: CallsToIt, usual: Usual | None, seconds: float) -> bool:
    """Return whether enough calls fail before a service for it to be failing as its callers see it."""
    return is_failing(Now(calls.calls, calls.failed, None, seconds), usual)


def zone_that_fails(zones: Mapping[str, CallsToIt]) -> str:
    """Return the callers' zone in which calls fail, and not in the others; empty if there is none."""
    counted = {name: one for name, one in zones.items() if name and one.calls >= ZONE_CALLS_LEAST}
    for name, one in counted.items():
        others = sum((each for other, each in counted.items() if other != name), CallsToIt())
        if others.calls and one.failed and one.ratio >= ZONE_TIMES * others.ratio:
            return name
    return ""


def busiest(failed: Mapping[str, int]) -> tuple[str, ...]:
    """Return the callers with most failed calls."""
    ranked: Collection[str] = sorted(filter(failed.get, failed), key=lambda one: (-failed[one], one))
    return tuple(ranked)[:CALLERS_NAMED]


def with_callers_view(trouble: ServiceTrouble, before: FailedBefore | None) -> ServiceTrouble:
    """Return what is wrong with a service as its callers see it, too."""
    if before is None:
        return trouble
    own = f"{trouble.sentence}; " if trouble.kind is TroubleKind.FAILING else ""
    return ServiceTrouble(TroubleKind.FAILING, f"{own}{before.sentence}")
