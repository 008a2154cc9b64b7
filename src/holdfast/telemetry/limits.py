"""How much the intake takes, keeps and waits for: every limit of the OTLP receivers, and of connections."""

from dataclasses import dataclass, fields, replace
from datetime import timedelta

from holdfast.runtime.errors import Invalid, Problem

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
FILES_PER_CONNECTION = 5
"""Files a process has to be allowed for each connection that one of its three ports takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeLimits:
    """The intake's limits; the defaults suit one machine with two cores and a few gigabytes to spare.

    `body_bytes`            largest request, after decompression (OTLP recommends 64 MiB)
    `inflight_bytes`        most bytes of bodies held in memory at once, over all senders
    `body_seconds`          longest silence inside one body, and a tenth of the longest a body may take
    `spool_bytes`           most bytes acknowledged and not yet in the warehouse
    `refused_bytes`         most bytes of segments kept that the warehouse could not read, oldest go first
    `free_floor_bytes`      free disk below which nothing more is taken, so that the state database goes on
    `segment_bytes`, `segment_seconds`   a segment is handed over at this size or age, whichever is first
    `segment_unfolded_bytes`   or when its resources and scopes take so much, counted once for each item
    `inserters`             segments on their way into the warehouse at once, one thread each
    `retention`, `lead`     what starts earlier than now − retention or later than now + lead is rejected
    `attributes`            most attributes on one resource, span, point or log record
    `repeats_seconds`, `repeats_count`   how long, and how many, taken bodies are remembered
    `retry_seconds`         what senders are told to wait when nothing can be taken
    """

    body_bytes: int = 64 * MIB
    inflight_bytes: int = 256 * MIB
    body_seconds: float = 30.0
    spool_bytes: int = 4 * GIB
    refused_bytes: int = 256 * MIB
    free_floor_bytes: int = 512 * MIB
    segment_bytes: int = 24 * MIB
    segment_unfolded_bytes: int = 128 * MIB
    segment_seconds: float = 1.0
    inserters: int = 2
    retention: timedelta = timedelta(days=30)
    lead: timedelta = timedelta(minutes=10)
    attributes: int = 1000
    repeats_seconds: float = 600.0
    repeats_count: int = 200_000
    retry_seconds: int = 5

    def __post_init__(self) -> None:
        """Refuse limits that would let nothing in, all at once."""
        problems = [_not_positive(field.name, getattr(self, field.name)) for field in fields(self)]
        if self.inflight_bytes < self.body_bytes:
            problems.append(_problem("inflight_bytes", self.inflight_bytes, "at least body_bytes"))
        if self.spool_bytes < self.body_bytes:
            problems.append(_problem("spool_bytes", self.spool_bytes, "at least body_bytes"))
        if found := tuple(problem for problem in problems if problem is not None):
            raise Invalid("the intake's limits cannot be used", problems=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """How much one port bears from those who connect; bodies are bounded by whoever reads them.

    `connections`   most connections at once; one more is closed, over HTTP after a 503
    `head_seconds`  longest a request's line and headers may take, from the first byte or from connecting, and
                    over gRPC the handshake
    `head_bytes`    most bytes of line and headers
    `idle_seconds`  longest silence between two requests, and longest that what is left of a refused body is
                    read for; over the minute in which SDKs export metrics, so that they keep a connection
    `write_seconds` longest that an answer may wait for its reader to take more of it
    """

    connections: int = 1000
    head_seconds: float = 10.0
    head_bytes: int = 64 * KIB
    idle_seconds: int = 75
    write_seconds: float = 30.0

    def within(self, open_files: int) -> "ConnectionLimits":
        """Return these limits for a process that may open so many files: a port gets a fifth of them.

        Whoever opens connections must not be able to take the files that the warehouse and the state need:
        with all three ports full, two fifths are left.
        """
        return replace(self, connections=max(1, min(self.connections, open_files // FILES_PER_CONNECTION)))


def _not_positive(name: str, value: float | timedelta) -> Problem | None:
    # The floor alone may be zero: on a disk of its own the spool has nobody to protect.
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if seconds > 0 or (name == "free_floor_bytes" and seconds == 0):
        return None
    return _problem(name, value, "more than zero")


def _problem(name: str, value: object, rule: str) -> Problem:
    return Problem(path=name, value=str(value), rule=rule, message=f"{name} is {value}; it must be {rule}")
