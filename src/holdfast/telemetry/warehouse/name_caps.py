"""The caps on distinct names of each kind that senders choose, with their reasons. Pure.

A sender that puts an id into `service.name` uses a new name for every request. Names beyond a cap are summed
as `OTHER` in roll-ups and lists. Spans, points and lines are stored under their own names, and SLIs count
them by those: no cap affects an error budget. Names in the catalog are always tracked, before any other name,
even beyond a cap.
"""

from dataclasses import dataclass
from enum import StrEnum

OTHER = "other"
"""The name that replaces every name beyond a cap. A service with this very name is included in it."""

LENGTH_MOST = 300
"""Most bytes of a tracked name, as many as the API accepts in a request for one."""


class NameKind(StrEnum):
    """The kinds of names that senders choose."""

    SERVICE = "service"
    OPERATION = "operation"
    PEER = "peer"
    ZONE = "zone"
    ENVIRONMENT = "environment"
    NAMESPACE = "namespace"
    REGION = "region"
    VERSION = "version"
    METRIC = "metric"

    @property
    def is_of_service(self) -> bool:
        """Whether names of this kind are counted per service as well as in all."""
        return self in (NameKind.OPERATION, NameKind.PEER, NameKind.VERSION)

    @property
    def words(self) -> str:
        """The plural of this kind for sentences."""
        return f"{self}s"


@dataclass(frozen=True, slots=True)
class NameCap:
    """Most tracked names of a kind: `each` per service, `total` over all services."""

    each: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NameCaps:
    """The caps; the defaults suit one machine, and are about ten times the names of a large shop.

    `service`     a list of 5,000 takes 50 ms and 2 MiB; the largest published meshes have about 4,000
    `operation`   a service's page shows 500; ids in names are folded before they are counted
    `peer`        hosts, databases and queues that a service calls: the nodes of the map beside services
    `zone`        the three largest clouds together have fewer than 400, and nobody uses all of them
    `environment` production, some stages before it, and one for each open change where previews are made
    `namespace`   teams or products of a large shop
    `region`      the three largest clouds together have fewer than 200
    `version`     releases of one service in the 400 days that roll-ups are kept, a few each week
    `metric`      a list by name; SDKs and a mesh together make about 1,500
    `map_nodes`, `map_bytes`   the size of one drawing of the map; less frequent calls are between `other`
    `map_edges`   edges stored per ten seconds or five minutes, by zone and version
    `values`      distinct values that one count of values examines (facets, attributes of a metric)
    """

    service: NameCap = NameCap(5_000, 5_000)
    operation: NameCap = NameCap(500, 50_000)
    peer: NameCap = NameCap(200, 20_000)
    zone: NameCap = NameCap(500, 500)
    environment: NameCap = NameCap(200, 200)
    namespace: NameCap = NameCap(500, 500)
    region: NameCap = NameCap(200, 200)
    version: NameCap = NameCap(200, 20_000)
    metric: NameCap = NameCap(10_000, 10_000)
    map_nodes: int = 500
    map_bytes: int = 900_000
    map_edges: int = 10_000
    values: int = 100_000

    def of(self, kind: NameKind) -> NameCap:
        """Return the cap of a kind."""
        cap: NameCap = getattr(self, kind)
        return cap


NAME_CAPS = NameCaps()
