"""Limits of the intake: sizes, times and counts of the OTLP receivers, the spool and connections."""

from dataclasses import dataclass, fields, replace
from datetime import timedelta

from holdfast.runtime.errors import Invalid, Problem
from holdfast.telemetry.intake.watermark import SLICE_SECONDS

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
FILES_PER_CONNECTION = 5
"""Open files a process needs for each connection that a port accepts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeLimits:
    """The intake's limits; the defaults suit one machine with two cores and a few gigabytes to spare.

    `body_bytes`            largest request, after decompression (OTLP recommends 64 MiB)
    `inflight_bytes`        most bytes of bodies in memory at once, over all senders
    `body_seconds`          longest pause inside one body, and a tenth of the longest a body may take
    `spool_bytes`           most bytes acknowledged and not yet in the warehouse
    `refused_bytes`         most bytes kept of segments the warehouse could not read; the oldest go first
    `free_floor_bytes`      free disk space below which requests are refused, to protect the state database
    `segment_bytes`         a segment is sealed at this size,
    `segment_seconds`       or at the next multiple of this within a slice, so that everything received
                            before a slice's end is sealed at that end,
    `other_seconds`         or at this age for logs and metrics, which no slice waits for,
    `busy_bytes`, `busy_seconds`   or at this age if it is this large by then,
    `segment_unfolded_bytes`   or when its resources and scopes take this much, counted once for each item
    `inserters`             segments inserted at once, one thread each
    `retention`, `lead`     items that start before now − retention or after now + lead are rejected
    `attributes`            most attributes on one resource, span, point or log record
    `repeats_seconds`, `repeats_count`   how long, and how many, accepted bodies are remembered
    `retry_seconds`         the delay senders are asked to wait when the intake is full
    """

    body_bytes: int = 64 * MIB
    inflight_bytes: int = 256 * MIB
    body_seconds: float = 30.0
    spool_bytes: int = 4 * GIB
    refused_bytes: int = 256 * MIB
    free_floor_bytes: int = 512 * MIB
    segment_bytes: int = 24 * MIB
    segment_unfolded_bytes: int = 128 * MIB
    segment_seconds: float = SLICE_SECONDS / 3
    other_seconds: float = 4.0
    busy_bytes: int = 512 * KIB
    busy_seconds: float = 1.0
    inserters: int = 2
    retention: timedelta = timedelta(days=30)
    lead: timedelta = timedelta(minutes=10)
    attributes: int = 1000
    repeats_seconds: float = 600.0
    repeats_count: int = 200_000
    retry_seconds: int = 5

    def __post_init__(self) -> None:
        """Refuse limits that would admit nothing, and report all of them at once."""
        problems = [_not_positive(field.name, getattr(self, field.name)) for field in fields(self)]
        if self.inflight_bytes < self.body_bytes:
            problems.append(_problem("inflight_bytes", self.inflight_bytes, "at least body_bytes"))
        if self.spool_bytes < self.body_bytes:
            problems.append(_problem("spool_bytes", self.spool_bytes, "at least body_bytes"))
        if found := tuple(problem for problem in problems if problem is not None):
            raise Invalid("the intake's limits cannot be used", problems=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """Limits of the connections to one port; the limits of bodies are in `IntakeLimits`.

    `connections`   most connections at once; further ones are closed, over HTTP after a 503
    `host_share`    the share of the gRPC connections one host may have, so that it cannot shut out others
    `head_seconds`  longest a request's line and headers may take, from the first byte or from connecting, and
                    over gRPC the handshake
    `head_bytes`    most bytes of line and headers
    `idle_seconds`  longest pause between two requests, and longest time the rest of a refused body is read;
                    above the minute at which SDKs export metrics, so that they keep a connection
    `write_seconds` longest a response may wait for the client to read more of it
    """

    connections: int = 1000
    host_share: float = 0.5
    head_seconds: float = 10.0
    head_bytes: int = 64 * KIB
    idle_seconds: int = 75
    write_seconds: float = 30.0

    @property
    def per_host(self) -> int:
        """How many connections one host may have to the gRPC port."""
        return max(1, int(self.connections * self.host_share))

    def within(self, open_files: int) -> "ConnectionLimits":
        """Return these limits for a process that may open `open_files` files: a port gets a fifth of them.

        Open connections must not use up the files that the warehouse and the state database need: with all
        three ports full, two fifths are left.
        """
        return replace(self, connections=max(1, min(self.connections, open_files // FILES_PER_CONNECTION)))


def _not_positive(name: str, value: float | timedelta) -> Problem | None:
    # Only the floor may be zero: a spool on a disk of its own has nothing else to protect.
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if seconds > 0 or (name == "free_floor_bytes" and seconds == 0):
        return None
    return _problem(name, value, "more than zero")


def _problem(name: str, value: object, rule: str) -> Problem:
    return Problem(path=name, value=str(value), rule=rule, message=f"{name} is {value}; it must be {rule}")
