"""The size of a request as rows in the engine, each of which repeats its resource and scope. Pure.

A body of a few megabytes, or a few kilobytes compressed, can hold one large resource and hundreds of
thousands of small items, which are gigabytes as rows. So the unfolded size of a request is bounded as its
bytes are, and a segment is sealed by it too.
"""

from collections.abc import Callable
from typing import Any

from holdfast.runtime.errors import TooLarge
from holdfast.telemetry.intake.limits import MIB
from holdfast.telemetry.model import Signal

UNFOLDED_MOST = 256 * MIB
"""Most bytes of one request's resources and scopes, counted once for each item."""

# Generated messages are handled as Any: the walk is the same for three families of types.


def _points(scope: Any) -> int:
    kinds = ((metric, metric.WhichOneof("data")) for metric in scope.metrics)
    return sum(len(getattr(metric, kind).data_points) for metric, kind in kinds if kind)


_FIELDS = {
    Signal.TRACES: ("resource_spans", "scope_spans"),
    Signal.METRICS: ("resource_metrics", "scope_metrics"),
    Signal.LOGS: ("resource_logs", "scope_logs"),
}
_ROWS: dict[Signal, Callable[[Any], int]] = {
    Signal.TRACES: lambda scope: len(scope.spans),
    Signal.METRICS: _points,
    Signal.LOGS: lambda scope: len(scope.log_records),
}


def unfolded_bytes(signal: Signal, request: Any) -> int:
    """Return the bytes of a request's resources and scopes, summed over all its rows."""
    groups, scopes = _FIELDS[signal]
    rows_of, total = _ROWS[signal], 0
    for group in getattr(request, groups):
        each = group.resource.ByteSize()
        for scope in getattr(group, scopes):
            total += rows_of(scope) * (each + scope.scope.ByteSize())
    return total


def must_fit(unfolded: int) -> None:
    """Raise `TooLarge` if a request unfolds to more than `UNFOLDED_MOST`."""
    if unfolded > UNFOLDED_MOST:
        raise TooLarge(
            f"the resources and scopes of the request take {unfolded} bytes, counted once for each item; "
            "send smaller batches, or fewer attributes on the resource",
            value=f"{unfolded} bytes",
            rule=f"at most {UNFOLDED_MOST} bytes of resources and scopes, counted once for each item",
        )
