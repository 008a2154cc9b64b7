"""Changes, and what telemetry showed of them. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from holdfast.runtime.figures import whole_percent
from holdfast.runtime.places import ANYWHERE, Placement

JOIN_WITHIN = timedelta(minutes=30)
"""A reported deploy and the same version seen to take traffic are one change if they are no further apart.

A pipeline reports before the roll-out or after it, and a roll-out of many replicas takes some minutes.
"""

DETECTOR = "telemetry"
"""The actor of a change that nobody reported."""


class ChangeKind(StrEnum):
    """What was changed."""

    DEPLOY = "deploy"
    CONFIG = "config"
    FLAG = "flag"
    SCALE = "scale"
    CATALOG = "catalog"
    OTHER = "other"


class ChangeSource(StrEnum):
    """How Holdfast knows of a change: somebody reported it, or telemetry showed it."""

    REPORTED = "reported"
    DETECTED = "detected"


class Arrival(StrEnum):
    """How a version came or went: new, seen before and gone meanwhile as after a roll-back, or gone now."""

    NEW = "new"
    RETURNED = "returned"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A version of a service that took traffic, or no longer does, as telemetry showed it when detected.

    `since` is the first minute with its traffic, or without. `requests` of `total_requests` that the service
    handled were this version's in the `seconds` before detection, or before it went. `before` has the
    versions that served until then; of one that is gone, those that serve now.
    """

    service: str
    version: str
    environment: str
    namespace: str
    arrival: Arrival
    since: datetime
    detected_at: datetime
    zones: tuple[str, ...]
    regions: tuple[str, ...]
    requests: int
    total_requests: int
    seconds: int
    before: tuple[str, ...]

    @property
    def place(self) -> Placement:
        """Where the version runs; a region only if it is the only one."""
        (region,) = self.regions if len(self.regions) == 1 else (None,)
        return Placement(self.environment, self.namespace, region)

    @property
    def summary(self) -> str:
        """Write it in one sentence, the service and the version first."""
        if self.arrival is Arrival.GONE:
            serving = f"; {', '.join(self.before)} {'serves' if len(self.before) == 1 else 'serve'}"
            return f"{self.service} {self.version} takes no traffic any more{serving if self.before else ''}"
        again = " again" if self.arrival is Arrival.RETURNED else ""
        where = f" in {', '.join(self.zones)}" if self.zones else ""
        share = whole_percent(self.requests / self.total_requests) if self.total_requests else "none"
        counted = f"{share} of requests ({self.requests:,} of {self.total_requests:,})"
        before = f"; {', '.join(self.before)} before" if self.before else ""
        return f"{self.service} {self.version} takes traffic{again}{where}, {counted}{before}"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `service` and `version` where it has them; `summary` is a sentence for a timeline.

    `place` is where it was made; what it does not name, it was made in all of. `observed` has what telemetry
    showed of it, once for each environment and namespace.
    """

    id: int
    at: datetime
    kind: ChangeKind
    service: str | None
    version: str | None
    actor: str
    summary: str
    place: Placement = ANYWHERE
    observed: tuple[Observation, ...] = ()

    @property
    def source(self) -> ChangeSource:
        """How it is known."""
        return ChangeSource.DETECTED if self.actor == DETECTOR else ChangeSource.REPORTED


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A page of changes, newest first, and the id to continue before, if there are more."""

    items: list[Change]
    next: int | None


def is_about(place: Placement, seen: Observation) -> bool:
    """Return whether a change made in `place` may be what was seen."""
    pairs = (place.environment, seen.environment), (place.namespace, seen.namespace)
    is_there = all(named is None or named == found for named, found in pairs)
    return is_there and (place.region is None or place.region in seen.regions)
