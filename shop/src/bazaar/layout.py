"""The layout of the shop: services, zones, replicas, and the port of each. Pure values.

One base port determines all the others, so two shops on one machine differ in a single number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

HOST = "127.0.0.1"
REGION = "region-1"
ENVIRONMENT = "demo"
ZONES = ("zone-a", "zone-b")
# Callers before those they call.
SERVICES = (
    *("gateway", "storefront", "search", "cart", "checkout"),
    *("recommendation", "catalog", "pricing", "payment", "inventory", "shipping"),
    "notification",
)
# The version that runs beside the current one, and its services; no call goes there until it gets a weight.
VERSIONS = {"v1": "1.0.0", "v2": "2.0.0"}
WITH_NEXT_VERSION = ("catalog",)

PROVIDER = "payline"
PROVIDER_HOST = "api.payline.test"
DATABASE_HOST = "bazaar-db"
CACHE_HOST = "bazaar-cache"
QUEUE_HOST = "bazaar-queue"

DEFAULT_BASE_PORT = 7100
DEFAULT_CONTROL_PORT = 7071

_ZONE_STRIDE = 20
_FIRST_SERVICE = 3


@dataclass(frozen=True, slots=True)
class Replica:
    """One process of one service in one zone."""

    service: str
    zone: str
    port: int
    track: str = "v1"

    @property
    def name(self) -> str:
        """Its name in logs and for people, and its service.instance.id."""
        service = self.service if self.track == "v1" else f"{self.service}-{self.track}"
        return f"{service}-{self.zone}"

    @property
    def version(self) -> str:
        """Its service.version."""
        return VERSIONS[self.track]


@dataclass(frozen=True, slots=True)
class ZonePorts:
    """The three doors of one zone's Envoy."""

    edge: int
    egress: int
    admin: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Every part of the shop and its address, derived from one base port."""

    base_port: int = DEFAULT_BASE_PORT
    control_port: int = DEFAULT_CONTROL_PORT

    def __post_init__(self) -> None:
        if not 1024 <= self.base_port <= 65_000:
            raise ValueError(f"base port must be between 1024 and 65000, not {self.base_port}")

    @property
    def provider_port(self) -> int:
        """The simulated payment provider."""
        return self.base_port

    @property
    def database_port(self) -> int:
        """PostgreSQL."""
        return self.base_port + 1

    @property
    def cache_port(self) -> int:
        """Valkey, which speaks Redis's protocol."""
        return self.base_port + 2

    @property
    def queue_port(self) -> int:
        """NATS."""
        return self.base_port + 3

    def zone(self, zone: str) -> ZonePorts:
        """The ports of one zone's Envoy."""
        first = self._zone_base(zone)
        return ZonePorts(edge=first, egress=first + 1, admin=first + 2)

    def replica(self, service: str, zone: str, track: str = "v1") -> Replica:
        """One replica, by name."""
        place = SERVICES.index(service)
        if track != "v1":
            place = len(SERVICES) + WITH_NEXT_VERSION.index(service)
        return Replica(service, zone, self._zone_base(zone) + _FIRST_SERVICE + place, track)

    def replicas_of(self, service: str, track: str) -> tuple[Replica, ...]:
        """The replicas of one version of a service; none where there is no such version."""
        if track != "v1" and service not in WITH_NEXT_VERSION:
            return ()
        return tuple(self.replica(service, zone, track) for zone in ZONES)

    def replicas(self) -> Iterator[Replica]:
        """All replicas, callees before callers so that a service finds what it calls."""
        for service in reversed(SERVICES):
            for track in VERSIONS:
                yield from self.replicas_of(service, track)

    def edges(self) -> tuple[str, ...]:
        """The addresses for shoppers: one URL per zone."""
        return tuple(f"http://{HOST}:{self.zone(zone).edge}" for zone in ZONES)

    def mesh_ports(self) -> dict[int, str]:
        """Ports that programs other than ours will bind, and their purpose."""
        ports = {self.database_port: "PostgreSQL", self.cache_port: "Valkey", self.queue_port: "NATS"}
        for zone in ZONES:
            doors = self.zone(zone)
            ports |= {
                doors.edge: f"the edge of {zone}",
                doors.egress: f"the mesh of {zone}",
                doors.admin: f"the Envoy admin of {zone}",
            }
        return ports

    def _zone_base(self, zone: str) -> int:
        return self.base_port + 10 + ZONES.index(zone) * _ZONE_STRIDE
