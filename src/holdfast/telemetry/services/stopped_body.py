"""Stopped instances as services, silences and the map answer them."""

from datetime import UTC, datetime

from pydantic import BaseModel

from holdfast.telemetry.services.stopped import StoppedInstances


class StoppedInstancesBody(BaseModel):
    """`count` of `of` instances that stopped since an instant while the others go on; some of their `names`.

    `traffic_goes_on` is true if the service handles what it handled before.
    """

    count: int
    of: int
    since: datetime
    names: list[str]
    traffic_goes_on: bool


def stopped_body(found: StoppedInstances | None) -> StoppedInstancesBody | None:
    """Return stopped instances as they are answered."""
    if found is None:
        return None
    return StoppedInstancesBody(
        count=found.count,
        of=found.of,
        since=datetime.fromtimestamp(found.since_epoch, UTC),
        names=list(found.names),
        traffic_goes_on=found.traffic_goes_on,
    )
