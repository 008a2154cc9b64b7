"""Services that only forward: every span they sent lately is a mesh proxy's, on the way to another service.

A gateway of the mesh and an egress proxy have names of their own, and would stand among services. A sidecar's
span of an incoming call represents its workload, which is a service.
"""

from datetime import timedelta

from holdfast.runtime.clock import Clock
from holdfast.runtime.remembered import Remembered
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.warehouse.instants import since
from holdfast.telemetry.warehouse.protocol import Warehouse

LOOKED_BACK = timedelta(minutes=10)
KEPT_SECONDS = 60
HOPS_MOST = 1_000


class HopReader:
    """Reads the sides of calls; lives as long as the process."""

    def __init__(self, warehouse: Warehouse, clock: Clock, names: ServiceNames = AS_SENT) -> None:
        self._warehouse = warehouse
        self._clock = clock
        self._names = names
        self._kept = Remembered(clock, seconds=KEPT_SECONDS)

    def __call__(self) -> frozenset[ServiceId]:
        """Return the services that only forward now."""
        return self._kept.recall("now", self._read)

    def _read(self) -> frozenset[ServiceId]:
        rows = self._warehouse.query(
            "SELECT toString(Service), toString(Namespace), toString(Environment) FROM holdfast_map_halves "
            f"WHERE {since('Slice', 'since')} GROUP BY Service, Namespace, Environment "
            f"HAVING countIf(Role != 'proxy') = 0 LIMIT {HOPS_MOST}",
            {"since": int((self._clock.now() - LOOKED_BACK).timestamp())},
        )
        return frozenset(ServiceId(self._names.called(name), *place) for name, *place in rows)
