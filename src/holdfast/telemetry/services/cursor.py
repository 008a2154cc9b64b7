"""Where a page of the list of services begins. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from holdfast.runtime import pages
from holdfast.runtime.timerange import EARLIEST, LATEST, TimeRange
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.warehouse.name_caps import OTHER


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of services begins: after the service `id`, which has `requests` in the range."""

    within: TimeRange
    requests: int
    id: ServiceId

    def written(self) -> str:
        """Return it as a cursor."""
        start, end = (int(at.timestamp() * 1_000_000) for at in (self.within.start, self.within.end))
        of = (self.id.name, self.id.namespace, self.id.environment)
        return pages.written(start, end, self.requests, *of)

    @classmethod
    def read(cls, word: str) -> Self:
        """Return the place in a cursor.

        Raises:
            Invalid: it is not a cursor of a list of services.
        """
        start, end, requests, *of = pages.read(word, int, int, int, str, str, str)
        try:
            first, last = (EARLIEST + timedelta(microseconds=int(at)) for at in (start, end))
        except OverflowError:
            raise pages.foreign(word) from None
        if not first < last <= LATEST:
            raise pages.foreign(word)
        return cls(TimeRange(first, last), int(requests), ServiceId(*(str(one) for one in of)))


def rank(one: tuple[ServiceId, int]) -> tuple[bool, int, ServiceId]:
    """Return the sort key of services in a list: the busiest first, `other` last."""
    service, requests = one
    return service.name == OTHER, -requests, service
