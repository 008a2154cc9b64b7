"""What is read of services: rate, errors and duration, in numbers. Pure."""

from dataclasses import dataclass

from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.model import Percentiles


@dataclass(frozen=True, slots=True)
class Red:
    """Rate, errors and duration of one service or operation over a range, in whole numbers of requests."""

    name: str
    kind: str
    requests: int
    errors: int
    latency: Percentiles


@dataclass(frozen=True, slots=True)
class ServiceRed:
    """One service over a range, with its regions, zones, versions and the time it was last seen."""

    id: ServiceId
    red: Red
    regions: tuple[str, ...]
    zones: tuple[str, ...]
    versions: tuple[str, ...]
    last_seen_epoch: int


@dataclass(frozen=True, slots=True)
class PlacesSeen:
    """The environments, namespaces, regions and zones that sent spans in a range, in order of name.

    The absent environment and namespace are among them if they sent, as the empty one.
    """

    environments: tuple[str, ...]
    namespaces: tuple[str, ...]
    regions: tuple[str, ...]
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RedPoint:
    """One step of a series."""

    epoch: int
    requests: int
    errors: int
    latency: Percentiles


@dataclass(frozen=True, slots=True)
class RedLines:
    """The shape of requests, errors and p99 over a range; a step without requests has no p99."""

    requests: tuple[int, ...] = ()
    errors: tuple[int, ...] = ()
    p99_seconds: tuple[float | None, ...] = ()


def unasked(one: ServiceId, last_seen_epoch: int) -> ServiceRed:
    """Return a service that handled nothing; `last_seen_epoch` is 0 if it sent nothing else either."""
    return ServiceRed(
        one, Red(one.name, "", 0, 0, Percentiles(None, None, None)), (), (), (), last_seen_epoch
    )
