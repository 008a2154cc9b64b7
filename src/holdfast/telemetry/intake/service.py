"""The intake: OTLP in over HTTP and gRPC, through the spool, into the warehouse."""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from holdfast.runtime.certificates import Certificate
from holdfast.runtime.clock import Clock
from holdfast.runtime.peer_notices import PeerNotices
from holdfast.runtime.workers import Workers
from holdfast.telemetry.intake.inserter import Inserter, SegmentStore
from holdfast.telemetry.intake.limits import ConnectionLimits, IntakeLimits
from holdfast.telemetry.intake.otlp.grpc_receiver import OtlpGrpc
from holdfast.telemetry.intake.otlp.http_receiver import OtlpHttp
from holdfast.telemetry.intake.receiver import (
    ACCEPTED,
    REFUSED,
    REJECTED,
    REMARKED,
    REPEATED,
    Authorise,
    Receiver,
    everyone,
)
from holdfast.telemetry.intake.spool.disk import Disk, SystemDisk
from holdfast.telemetry.intake.spool.spool import Spool
from holdfast.telemetry.model import Signal

log = logging.getLogger(__name__)

BEHIND_SECONDS = 60.0
"""The intake is `behind` once the oldest record not in the warehouse is this old."""
HANGING_SECONDS = 10.0
"""The intake is `hanging` once the oldest record not on disk is this old."""

_DEFAULT_LIMITS = IntakeLimits()
_DEFAULT_CONNECTIONS = ConnectionLimits()


@dataclass(frozen=True, slots=True)
class IntakeStatus:
    """The state of the intake at one instant.

    `state` is `ok`, `full` (senders are asked to wait), `hanging` (nothing reaches the disk), `stalled`
    (segments are kept, but inserting them fails), `behind` (the oldest record not in the warehouse is over a
    minute old), `crowded` (the gRPC port turned connections away within the last minute) or `damaged`
    (records were set aside); `detail` gives the reason in a sentence. Rates are over the last ten seconds;
    totals are since the start: items accepted and rejected (by signal and rule), requests refused and
    repeated, and remarks to senders (by signal and note). `segments_refused` counts the segments with
    records set aside now, `turned_away` the gRPC connections closed because their host had more than its
    share.
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
    turned_away: int

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
        """Recover what an earlier process left, then start receiving and inserting.

        Raises `Unavailable` if the spool cannot be used, for example because another process uses it.
        """
        self._spool.open()
        self._spool.start()
        for number in range(self._limits.inserters):
            self._workers.start(f"inserter-{number}", self._inserter.run)

    def grpc_server(
        self,
        bind: str,
        connections: ConnectionLimits = _DEFAULT_CONNECTIONS,
        *,
        certificate: Callable[[], Certificate] | None = None,
        notices: PeerNotices | None = None,
    ) -> OtlpGrpc:
        """Return a gRPC server for `bind` (`127.0.0.1:4317`), not started yet; `stop` stops it too."""
        server = OtlpGrpc(
            self._receiver, bind, self._worker, connections, certificate=certificate, notices=notices
        )
        self._servers.append(server)
        return server

    def stop(self, timeout_seconds: float) -> None:
        """Refuse new requests, store what was accepted, and insert it for at most `timeout_seconds`.

        Segments not inserted by then stay in the spool and are recovered at the next start.
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
            log.warning("%s did not stop in time; its segment is inserted again at the next start", name)
        self._inserter.drain(until_seconds)
        self._spool.close()

    def status(self) -> IntakeStatus:
        """Return the state of the intake now."""
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
            turned_away=sum(server.turned_away for server in self._servers),
        )

    def inserts(self) -> int:
        """Return how often an insert has begun or ended; while this does not change, nothing is stored."""
        return self._inserter.inserts

    def settled(self) -> AbstractContextManager[None]:
        """Pause inserts for a block that needs certainty about stored spans; see `Inserter.settled`."""
        return self._inserter.settled()

    def inserted_through(self, signal: Signal | None = None) -> datetime:
        """Return the instant before which everything received is in the warehouse, for one signal or all.

        This is now while nothing waits. It follows the wall clock, so it steps back when that does.
        """
        now = self._clock.now()
        queues = self._spool.queues.values() if signal is None else (self._spool.queues[signal],)
        return min([now, *(at for queue in queues if (at := queue.oldest_received_at()) is not None)])

    def _lag_seconds(self, oldest_at: datetime | None) -> float | None:
        if oldest_at is None:
            return None
        return max(0.0, (self._clock.now() - oldest_at).total_seconds())

    def _state(self) -> tuple[str, str]:
        """Return the state and its reason, from what was done and not from what a loop reports of itself."""
        for state, detail in (
            ("full", self._spool.quota.refusal(0)),
            ("hanging", self._hanging()),
            ("stalled", self._stalled()),
            ("stalled", self._spool.suspected()),
            ("behind", self._behind()),
            ("crowded", "; ".join(filter(None, (server.crowding() for server in self._servers)))),
            ("damaged", str(self._spool.refused())),
        ):
            if detail:
                return state, detail
        return "ok", "telemetry is received and inserted"

    def _hanging(self) -> str | None:
        age_seconds = self._lag_seconds(self._spool.oldest_waiting_at()) or 0.0
        if age_seconds < HANGING_SECONDS:
            return None
        down = "; ".join(self._spool.broken()) or "the disk may hang"
        return f"the oldest record not on disk arrived {age_seconds:.0f} s ago: {down}"

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
            f"the oldest record not stored arrived {age_seconds:.0f} s ago; {backlog.segments} segments "
            "wait for the warehouse"
        )
