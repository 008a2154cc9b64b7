"""The charts of a service as the API answers them: RED per step, marks, and what is usual."""

from datetime import UTC, datetime

from pydantic import BaseModel

from holdfast.telemetry.services.series import ServiceSeries
from holdfast.telemetry.services.usual_body import UsualSeriesBody, usual_series
from holdfast.telemetry.warehouse.instants import slices_within


class MarkBody(BaseModel):
    """A change, to be drawn on the charts."""

    at: datetime
    kind: str
    label: str
    href: str | None


class ServiceSeriesBody(BaseModel):
    """RED per step; the arrays are parallel, and steps without traffic hold 0 and null.

    `usual` is null where no step has one: over ranges of more than a day, and until 40 minutes are stored.
    `usual_begins` is when they will be.
    """

    name: str
    operation: str | None
    step_seconds: int
    times_epoch: list[int]
    requests: list[int]
    errors: list[int]
    p50_seconds: list[float | None]
    p90_seconds: list[float | None]
    p99_seconds: list[float | None]
    marks: list[MarkBody]
    usual: UsualSeriesBody | None
    usual_begins: datetime | None


def series_body(name: str, operation: str | None, found: ServiceSeries) -> ServiceSeriesBody:
    """Return the charts of a service as the API answers them."""
    step, begins = found.step_seconds, found.usual.begins_epoch
    bounds = slices_within(found.within)
    times = list(range(bounds["from"] // step * step, bounds["to"], step))
    points = {point.epoch: point for point in found.points}
    at = [points.get(time) for time in times]
    return ServiceSeriesBody(
        name=name,
        operation=operation,
        step_seconds=step,
        times_epoch=times,
        requests=[point.requests if point else 0 for point in at],
        errors=[point.errors if point else 0 for point in at],
        p50_seconds=[point.latency.p50_seconds if point else None for point in at],
        p90_seconds=[point.latency.p90_seconds if point else None for point in at],
        p99_seconds=[point.latency.p99_seconds if point else None for point in at],
        marks=[
            MarkBody(at=mark.at, kind=mark.kind, label=mark.label, href=mark.href) for mark in found.marks
        ],
        usual=usual_series(found.usual, times, step),
        usual_begins=None if begins is None else datetime.fromtimestamp(begins, UTC),
    )
