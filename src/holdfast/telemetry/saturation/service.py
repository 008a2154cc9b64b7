"""The use case of saturation: how full one service's resources are at the end of a range."""

from dataclasses import dataclass, replace

from holdfast.runtime.errors import NotFound
from holdfast.runtime.timerange import LAST_HOUR, TimeRange
from holdfast.telemetry.identity.model import EVERYWHERE, PlaceFilter, ServiceId
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.saturation.model import Fill, fills, own_trouble, sentence
from holdfast.telemetry.saturation.signals import HOST_CPU, SIGNALS
from holdfast.telemetry.saturation.store import SaturationStore
from holdfast.telemetry.services.service import TelemetryService
from holdfast.telemetry.warehouse.protocol import Warehouse


@dataclass(frozen=True, slots=True)
class Saturation:
    """The resources of a service, the fullest first, and a sentence on them; empty if there are none."""

    name: str
    fills: tuple[Fill, ...]
    sentence: str


class SaturationService:
    """Answers how full a service's resources are; lives as long as the process."""

    def __init__(
        self, warehouse: Warehouse, services: TelemetryService, names: ServiceNames = AS_SENT
    ) -> None:
        self._store = SaturationStore(warehouse, names)
        self._services = services

    def range(self, start: str | None, end: str | None) -> TimeRange:
        """Return the requested range, by default the last hour."""
        return self._services.range(start, end)

    def saturation(self, name: str, within: TimeRange, scope: PlaceFilter = EVERYWHERE) -> Saturation:
        """Return how full a service's resources are; nothing of one that sent no metrics.

        Raises:
            Invalid: several services have this name, and the scope does not say which.
            NotFound: it has no current metrics, sent no spans in the range, and is not in the catalog.
        """
        service = self._services.identified(name, within, scope)
        found = self._fills(service, within)
        if not found and not self._services.is_known(service, within):
            raise NotFound(
                f"no service {name!r} has current metrics or sent spans in this range, and the catalog has "
                "none; try a longer range, or see `holdfast service ls`",
                value=name,
            )
        return Saturation(service.name, tuple(found), sentence(found))

    def own_trouble(self, service: ServiceId, within: TimeRange) -> str:
        """Return which resource of the service itself is full or grows, in one sentence; empty if none."""
        return own_trouble(fills(SIGNALS, self._store.values(service, _hour_of(within))))

    def _fills(self, service: ServiceId, within: TimeRange) -> list[Fill]:
        """Return the resources; of a host whose CPU is nearly full, also whose processes use it."""
        return [
            replace(one, users=self._store.host_users(one.instance, within))
            if one.signal.key == HOST_CPU and one.is_tight
            else one
            for one in fills(SIGNALS, self._store.values(service, _hour_of(within)))
        ]


def _hour_of(within: TimeRange) -> TimeRange:
    """Return the hour that ends with a range: five minutes show no growth."""
    return TimeRange(min(within.start, within.end - LAST_HOUR), within.end)
