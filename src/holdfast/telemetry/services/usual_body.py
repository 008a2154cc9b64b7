"""What is usual at each step of a chart, as the API answers it: of services, and of calls on the map."""

from collections.abc import Iterable, Sequence

from pydantic import BaseModel

from holdfast.telemetry.services.usual_band import UsualBand, ValueRange


class ValueRangesBody(BaseModel):
    """Where most values lie, per step; null where too little is stored to say."""

    low: list[float | None]
    high: list[float | None]


class UsualSeriesBody(BaseModel):
    """Where rate, share of errors and p99 lay in the same hour of earlier weeks or days."""

    rate_per_second: ValueRangesBody
    error_ratio: ValueRangesBody
    p99_seconds: ValueRangesBody


def usual_series(band: UsualBand, times: Sequence[int], step_seconds: int) -> UsualSeriesBody | None:
    """Return what is usual at the steps of a chart; None where no step has a usual."""
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
