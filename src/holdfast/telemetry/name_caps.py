"""How many names of each kind are kept apart: every cap on what senders choose, with its reason. Pure.

Senders choose names, and one that puts an id into `service.name` chooses a new one for every request. What is
beyond a cap is added up as `OTHER` in roll-ups and lists. Spans, points and lines are stored under their own
names, and SLIs count them by those: nothing here reaches a budget. What the catalog names is kept apart
always, before any other name, whether or not there is room.
"""

from dataclasses import dataclass
from enum import StrEnum

OTHER = "other"
"""Stands for every name beyond a cap. A service that is called so by its sender is among them."""

LENGTH_MOST = 300
"""Bytes of a name that is kept apart, as many as the API takes when it is asked for one."""


class NameKind(StrEnum):
    """What a name that a sender chooses is the name of."""

    SERVICE = "service"
    OPERATION = "operation"
    PEER = "peer"
    ZONE = "zone"
    VERSION = "version"
    METRIC = "metric"

    @property
    def is_of_service(self) -> bool:
        """Whether names of this kind are counted per service as well as in all."""
        return self in (NameKind.OPERATION, NameKind.PEER, NameKind.VERSION)

    @property
    def words(self) -> str:
        """Several of this kind, in words."""
        return f"{self}s"


@dataclass(frozen=True, slots=True)
class NameCap:
    """Most names of a kind: `each` service may have so many, and there are no more than `total`."""

    each: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NameCaps:
    """The caps; the defaults suit one machine, and are about ten times what a large shop has.

    `service`     a list of 5,000 takes 50 ms and 2 MiB; the largest meshes in public have about 4,000
    `operation`   a service's page shows 500; ids in names are folded before they are counted
    `peer`        hosts, databases and queues that a service calls: the nodes of the map beside services
    `zone`        the three largest clouds together have fewer than 400, and nobody is in all of them
    `version`     releases of one service in the 400 days that roll-ups are kept, a few each week
    `metric`      a list by name; SDKs and a mesh together make about 1,500
    `map_nodes`, `map_bytes`   what one drawing of the map holds, quieter calls between `other`
    `map_edges`   edges of ten seconds or five minutes that are stored, by zone and version
    `values`      different values that one count of values looks at (facets, attributes of a metric)
    """

    service: NameCap = NameCap(5_000, 5_000)
    operation: NameCap = NameCap(500, 50_000)
    peer: NameCap = NameCap(200, 20_000)
    zone: NameCap = NameCap(500, 500)
    version: NameCap = NameCap(200, 20_000)
    metric: NameCap = NameCap(10_000, 10_000)
    map_nodes: int = 500
    map_bytes: int = 900_000
    map_edges: int = 10_000
    values: int = 100_000

    def of(self, kind: NameKind) -> NameCap:
        """Return the cap of a kind."""
        caps = {
            NameKind.SERVICE: self.service,
            NameKind.OPERATION: self.operation,
            NameKind.PEER: self.peer,
            NameKind.ZONE: self.zone,
            NameKind.VERSION: self.version,
            NameKind.METRIC: self.metric,
        }
        return caps[kind]


NAME_CAPS = NameCaps()
