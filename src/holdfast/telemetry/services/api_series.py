"""The charts of a service as the API answers them: RED per step, marks, and what is usual."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pydantic import BaseModel

from holdfast.telemetry.services.series import ServiceSeries
from holdfast.telemetry.services.usual_band import UsualBand, ValueRange
from holdfast.telemetry.warehouse.instants import slices_within


class MarkBody(BaseModel):
    """A change, to be drawn on the charts."""

    at: datetime
    kind: str
    label: str
    href: str | None


class ValueRangesBody(BaseModel):
    """Where most values lie, per step; null where too little is stored to say."""

    low: list[float | None]
    high: list[float | None]


class UsualSeriesBody(BaseModel):
    """Where rate, share of errors and p99 lay in the same hour of earlier weeks or days."""

    rate_per_second: ValueRangesBody
    error_ratio: ValueRangesBody
    p99_seconds: ValueRangesBody


class ServiceSeriesBody(BaseModel):
    """RED per step; the arrays are parallel, and steps without traffic hold 0 and null.

    `usual` is null where no step has one: over ranges of more than a day, and until two hours are stored.
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
        usual=_usual(found.usual, times, step),
        usual_begins=None if begins is None else datetime.fromtimestamp(begins, UTC),
    )


def _usual(band: UsualBand, times: Sequence[int], step_seconds: int) -> UsualSeriesBody | None:
    at = [band.at(time, step_seconds) for time in times]
    if not any(at):
        return None
    return UsualSeriesBody(
        rate_per_second=_ranges(one.rate_per_second if one else None for one in at),
        error_ratio=_ranges(one.error_ratio if one else None for one in at),
        p99_seconds=_ranges(one.p99_seconds if one else None for one in at),
    )


def _ranges(found: Iterable[ValueRange | None]) -> ValueRangesBody:
    every = list(found)
    return ValueRangesBody(
        low=[None if one is None else one.low for one in every],
        high=[None if one is None else one.high for one in every],
    )
