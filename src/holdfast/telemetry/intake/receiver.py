"""From a request body to the spool: the part that the HTTP and gRPC receivers share."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Forbidden, HoldfastError, Unauthenticated
from holdfast.telemetry.errors import IntakeFull
from holdfast.telemetry.intake.limits import IntakeLimits
from holdfast.telemetry.intake.meter import Meter
from holdfast.telemetry.intake.otlp.batch import Batch
from holdfast.telemetry.intake.otlp.json_bodies import decode_json
from holdfast.telemetry.intake.otlp.large_bodies import LARGE_BYTES, decode_large
from holdfast.telemetry.intake.otlp.replies import MediaType
from holdfast.telemetry.intake.otlp.rules import AdmissionLimits, decode
from holdfast.telemetry.intake.spool.spool import Spool
from holdfast.telemetry.model import Signal

Authorise = Callable[[str | None], Unauthenticated | Forbidden | None]
"""Takes a request's bearer token, or None; returns why it may not send telemetry, or None if it may.

It is called for every request on the receiving thread, so it must answer from memory.
"""

ACCEPTED = "accepted."
REJECTED = "rejected."
REFUSED = "refused."
REPEATED = "repeated."
REMARKED = "remarked."
"""Prefixes of the meter's names: items accepted and rejected, requests refused and repeated, and remarks."""


def everyone(_token: str | None) -> None:
    """Admit every sender: for an intake that only this machine can reach."""
    return


@dataclass(frozen=True, slots=True)
class Taken:
    """A request that was read: the accepted `batch`; `stored` resolves once it is on disk."""

    batch: Batch
    stored: "Future[None] | None"


class Inflight:
    """The memory budget of bodies that arrive and wait; used by all threads."""

    def __init__(self, limits: IntakeLimits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._bytes = 0

    def reserve(self, size_bytes: int) -> None:
        """Reserve `size_bytes`, or raise `IntakeFull`."""
        with self._lock:
            if self._bytes + size_bytes > self._limits.inflight_bytes:
                raise IntakeFull(
                    f"{self._bytes} bytes of requests are being received already; retry later",
                    value=str(self._bytes),
                    rule=f"at most {self._limits.inflight_bytes} bytes of requests in memory",
                    retry_after_seconds=1,
                )
            self._bytes += size_bytes

    def release(self, size_bytes: int) -> None:
        """Give back a reservation."""
        with self._lock:
            self._bytes -= size_bytes


class Receiver:
    """Checks bodies and hands them to the spool; used by all threads, lives as long as the intake."""

    def __init__(self, spool: Spool, *, clock: Clock, limits: IntakeLimits, authorise: Authorise) -> None:
        self.limits = limits
        self.meter = Meter()
        self.inflight = Inflight(limits)
        self._spool = spool
        self._clock = clock
        self._authorise = authorise

    def admit(self, authorization: str | None) -> None:
        """Admit a sender by its `Authorization` value, or raise `Unauthenticated` or `Forbidden`."""
        denial = self._authorise(bearer_token(authorization))
        if denial is not None:
            raise denial

    def check_quota(self) -> None:
        """Raise `IntakeFull` if the spool is full, before a body is read in vain."""
        self._spool.quota.check(0)

    def take(self, signal: Signal, body: bytes, media_type: MediaType, *, may_repair: bool = True) -> Taken:
        """Check `body` and queue its accepted items; raise `BadBody`, `TooLarge` or `IntakeFull`.

        On the event loop `may_repair` is false: a body that needs repair then raises `NeedsRepair`.
        """
        window = self._window()
        if media_type is MediaType.JSON:
            batch = decode_json(signal, body, window)
        elif len(body) > LARGE_BYTES:
            batch = decode_large(signal, body, window)
        else:
            batch = decode(signal, body, window, may_repair=may_repair)
        self._count_rejections(batch)
        if not batch.accepted:
            return Taken(batch, None)
        receipt = self._spool.append(signal, batch.record, unfolded_bytes=batch.unfolded_bytes)
        if receipt.is_repeat:
            self._count(REPEATED + signal.value, 1)
        else:
            receipt.stored.add_done_callback(lambda stored: self._count_stored(batch, stored))
        return Taken(batch, receipt.stored)

    def count_refusal(self, error: HoldfastError) -> None:
        """Count a request that was refused as a whole, by its error's class name."""
        self._count(REFUSED + type(error).__name__, 1)

    def _window(self) -> AdmissionLimits:
        now = int(self._clock.now().timestamp() * 1_000_000) * 1000
        retention = int(self.limits.retention.total_seconds()) * 1_000_000_000
        lead = int(self.limits.lead.total_seconds()) * 1_000_000_000
        return AdmissionLimits(max(1, now - retention), now + lead, now, self.limits.attributes)

    def _count(self, name: str, count: int) -> None:
        self.meter.add(name, count, self._clock.monotonic_seconds())

    def _count_rejections(self, batch: Batch) -> None:
        for rejection in batch.rejections:
            self._count(f"{REJECTED}{batch.signal.value}.{rejection.rule.value}", rejection.count)
        for remark in batch.remarks:
            self._count(f"{REMARKED}{batch.signal.value}.{remark.note.value}", remark.count)

    def _count_stored(self, batch: Batch, stored: "Future[None]") -> None:
        if stored.exception() is None:
            self._count(ACCEPTED + batch.signal.value, batch.accepted)


def bearer_token(authorization: str | None) -> str | None:
    """Return the token of an `Authorization` value; None if it carries none."""
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
