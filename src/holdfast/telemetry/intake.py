"""The intake: OTLP in over HTTP and gRPC, through the spool, into the warehouse."""

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from holdfast.runtime.clock import Clock
from holdfast.runtime.workers import Workers
from holdfast.telemetry.disk import Disk, SystemDisk
from holdfast.telemetry.inserter import Inserter, SegmentStore
from holdfast.telemetry.limits import ConnectionLimits, IntakeLimits
from holdfast.telemetry.model import Signal
from holdfast.telemetry.otlp_grpc import OtlpGrpc
from holdfast.telemetry.otlp_http import OtlpHttp
from holdfast.telemetry.receive import (
    ACCEPTED,
    REFUSED,
    REJECTED,
    REMARKED,
    REPEATED,
    Authorise,
    Receiver,
    everyone,
)
from holdfast.telemetry.spool import Spool

log = logging.getLogger(__name__)

BEHIND_SECONDS = 60.0
"""From this age of the oldest record that is not stored, the intake says that it is behind."""
HANGING_SECONDS = 10.0
"""From this age of the oldest record that is not on the disk, it says that the disk hangs."""

_DEFAULT_LIMITS = IntakeLimits()
_DEFAULT_CONNECTIONS = ConnectionLimits()


@dataclass(frozen=True, slots=True)
class IntakeStatus:
    """How the intake does at one instant.

    `state` is `ok`, `full` (senders are asked to wait), `hanging` (nothing reaches the disk), `stalled`
    (segments are kept, but the warehouse takes none), `behind` (the oldest record that is not stored is over
    a minute old) or `damaged` (something was set aside); `detail` says why in a sentence. Rates are over the
    last ten seconds; totals are since the start: items accepted and rejected (by signal and rule), requests
    refused and repeated, and what senders were told besides (by signal and note). `segments_refused` counts
    the segments of which something is set aside now.
    """

    state: str
    detail: str
    spans_per_second: float
    points_per_second: float
    logs_per_second: float
    lag_seconds: float | None
    spool_bytes: int
    spool_limit_bytes: int
    segments_waiting: int
    segments_refused: int
    accepted: Mapping[str, int]
    rejected: Mapping[str, int]
    refused: Mapping[str, int]
    repeated: Mapping[str, int]
    remarked: Mapping[str, int]

    @property
    def rejected_total(self) -> int:
        """How many items were rejected, over all rules."""
        return sum(self.rejected.values())


class IntakeService:
    """Ties receivers, spool and inserter together; lives as long as the process."""

    def __init__(
        self,
        spool_directory: Path,
        warehouse: SegmentStore,
        clock: Clock,
        limits: IntakeLimits = _DEFAULT_LIMITS,
        authorise: Authorise = everyone,
        *,
        origins: frozenset[str] = frozenset(),
        disk: Disk | None = None,
    ) -> None:
        self._clock = clock
        self._limits = limits
        self._spool = Spool(spool_directory, disk=disk or SystemDisk(), clock=clock, limits=limits)
        self._receiver = Receiver(self._spool, clock=clock, limits=limits, authorise=authorise)
        self._inserter = Inserter(self._spool, warehouse, clock)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="otlp-parse")
        self._servers: list[OtlpGrpc] = []
        self._workers = Workers(clock)
        self.http_app = OtlpHttp(self._receiver, self._worker, origins=origins)

    def start(self) -> None:
        """Take up what an earlier process left, then begin to take and to insert.

        Raises `Unavailable` if the spool cannot be used, as when another process holds it.
        """
        self._spool.open()
        self._spool.start()
        for number in range(self._limits.inserters):
            self._workers.start(f"inserter-{number}", self._inserter.run)

    def grpc_server(self, bind: str, connections: ConnectionLimits = _DEFAULT_CONNECTIONS) -> OtlpGrpc:
        """Return a gRPC server for `bind` (`127.0.0.1:4317`), not started yet; `stop` stops it too."""
        server = OtlpGrpc(self._receiver, bind, self._worker, connections)
        self._servers.append(server)
        return server

    def stop(self, timeout_seconds: float) -> None:
        """Take nothing more, store what was taken, and insert it for at most `timeout_seconds`.

        What is not inserted by then stays in the spool and is taken up at the next start.
        """
        until_seconds = self._clock.monotonic_seconds() + timeout_seconds
        self._spool.refuse("the server is stopping")
        for server in self._servers:
            server.stop(timeout_seconds / 2)
        self._worker.shutdown()
        self._spool.stop()
        self._workers.ask_to_stop()
        self._spool.sealed_something.set()
        for name in self._workers.stop():
            log.warning("%s did not end in time; its segment is inserted again at the next start", name)
        self._inserter.drain(until_seconds)
        self._spool.close()

    def status(self) -> IntakeStatus:
        """Return how the intake does now."""
        now, meter = self._clock.monotonic_seconds(), self._receiver.meter
        backlog = self._spool.backlog()
        state, detail = self._state()
        return IntakeStatus(
            state=state,
            detail=detail,
            spans_per_second=meter.per_second(ACCEPTED + Signal.TRACES.value, now),
            points_per_second=meter.per_second(ACCEPTED + Signal.METRICS.value, now),
            logs_per_second=meter.per_second(ACCEPTED + Signal.LOGS.value, now),
            lag_seconds=self._lag_seconds(backlog.oldest_at),
            spool_bytes=backlog.size_bytes,
            spool_limit_bytes=self._limits.spool_bytes,
            segments_waiting=backlog.segments,
            segments_refused=self._spool.refused_count(),
            accepted=meter.totals(ACCEPTED),
            rejected=meter.totals(REJECTED),
            refused=meter.totals(REFUSED),
            repeated=meter.totals(REPEATED),
            remarked=meter.totals(REMARKED),
        )

    def settled(self) -> AbstractContextManager[None]:
        """Hold inserts for a block that needs stored spans to be certain; see `Inserter.settled`."""
        return self._inserter.settled()

    def inserted_through(self, signal: Signal | None = None) -> datetime:
        """Return an instant before which everything received is in the warehouse, of one signal or of all.

        While nothing waits that is now. It follows the wall clock, so it steps back when that does.
        """
        now = self._clock.now()
        lanes = self._spool.lanes.values() if signal is None else (self._spool.lanes[signal],)
        return min([now, *(at for lane in lanes if (at := lane.oldest_received_at()) is not None)])

    def _lag_seconds(self, oldest_at: datetime | None) -> float | None:
        if oldest_at is None:
            return None
        return max(0.0, (self._clock.now() - oldest_at).total_seconds())

    def _state(self) -> tuple[str, str]:
        """Return the state and why: what was done decides, not what a loop says of itself."""
        for state, detail in (
            ("full", self._spool.ledger.refusal(0)),
            ("hanging", self._hanging()),
            ("stalled", self._stalled()),
            ("behind", self._behind()),
            ("damaged", str(self._spool.refused())),
        ):
            if detail:
                return state, detail
        return "ok", "what is taken is being inserted"

    def _hanging(self) -> str | None:
        age_seconds = self._lag_seconds(self._spool.oldest_waiting_at()) or 0.0
        if age_seconds < HANGING_SECONDS:
            return None
        down = "; ".join(self._spool.broken()) or "the disk may hang"
        return f"the oldest record that is not on the disk came {age_seconds:.0f} s ago: {down}"

    def _stalled(self) -> str | None:
        troubles = self._inserter.troubles
        if troubles:
            return f"since {troubles[0].since:%Y-%m-%d %H:%M:%S} UTC: {troubles[0].reason}"
        return "; ".join([*self._workers.broken(), *self._spool.broken()]) or None

    def _behind(self) -> str | None:
        backlog = self._spool.backlog()
        age_seconds = self._lag_seconds(backlog.oldest_at) or 0.0
        if age_seconds < BEHIND_SECONDS:
            return None
        return (
            f"the oldest record that is not stored came {age_seconds:.0f} s ago; {backlog.segments} segments "
            "wait for the warehouse"
        )
