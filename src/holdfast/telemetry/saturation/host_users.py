"""Whose processes use the CPU of a host: the service's own, or those of others beside it. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.telemetry.identity.instances import INSTANCE_KEY, instance_of
from holdfast.telemetry.metrics.model import Latest, Wanted

SERVICE_KEY, ZONE_KEYS = "service.name", ("cloud.availability_zone", "availability_zone")
NAMED_MOST = 2
CPUS_MUCH = 0.5
"""If the named ones use less, they do not fill a host: the CPU is somebody's who sends no metrics."""

PROCESSES = Wanted(
    ["process.cpu.time", "process_cpu_seconds_total"], [], sorted({SERVICE_KEY, INSTANCE_KEY, *ZONE_KEYS})
)
"""What processes of any service on a host send of their CPU."""


@dataclass(frozen=True, slots=True)
class HostUser:
    """One process of a host, by its service, instance and zone, and the CPUs it uses."""

    service: str
    instance: str
    zone: str
    cpus: float

    @property
    def words(self) -> str:
        """Name it: `search-zone-a 0.92 CPU`, with its zone if its name does not have it."""
        zone = f" in {self.zone}" if self.zone and self.zone not in self.instance else ""
        of = f" of {self.service}" if self.service not in self.instance else ""
        return f"{self.instance or self.service}{of if self.instance else ''}{zone} {self.cpus:.2g} CPU"


def users(values: Iterable[Latest]) -> tuple[HostUser, ...]:
    """Return the processes that use most CPU, the most first."""
    cpus: dict[tuple[str, str, str], float] = defaultdict(float)
    for one in values:
        zone = next((one.attributes[key] for key in ZONE_KEYS if one.attributes.get(key)), "")
        cpus[one.attributes.get(SERVICE_KEY, ""), instance_of(one.attributes), zone] += one.value
    every = (HostUser(*key, used) for key, used in cpus.items())
    return tuple(sorted(every, key=lambda one: (-one.cpus, one.service, one.instance))[:NAMED_MOST])


def users_text(found: Iterable[HostUser]) -> str:
    """Write whose CPU it is: `most by search-zone-a 0.92 CPU, postgresql 0.4 CPU`; empty if unknown.

    Processes that use little are not named: they would read as its cause.
    """
    named = list(found)
    if not named:
        return ""
    if sum(one.cpus for one in named) < CPUS_MUCH:
        return "by processes that send no metrics"
    return f"most by {', '.join(one.words for one in named)}"
