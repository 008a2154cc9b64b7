"""From a request body to the spool: what the HTTP and the gRPC receiver have in common."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Forbidden, HoldfastError, Unauthenticated
from holdfast.telemetry.errors import IntakeFull
from holdfast.telemetry.limits import IntakeLimits
from holdfast.telemetry.meter import Meter
from holdfast.telemetry.model import Signal
from holdfast.telemetry.otlp import Window, decode
from holdfast.telemetry.otlp_batch import Batch
from holdfast.telemetry.otlp_json import decode_json
from holdfast.telemetry.otlp_large import LARGE_BYTES, decode_large
from holdfast.telemetry.otlp_reply import Form
from holdfast.telemetry.spool import Spool

Authorise = Callable[[str | None], Unauthenticated | Forbidden | None]
"""Given the bearer token of a request, or None, returns why it may not send telemetry; None if it may.

It is called for every request on the receiving thread, so it answers from memory.
"""

ACCEPTED = "accepted."
REJECTED = "rejected."
REFUSED = "refused."
REPEATED = "repeated."
REMARKED = "remarked."
"""Prefixes of the meter's names: items taken and rejected, requests refused and repeated, and remarks."""


def everyone(_token: str | None) -> None:
    """Let every sender in: for an intake that only this machine can reach."""
    return


@dataclass(frozen=True, slots=True)
class Taken:
    """A request that was understood: `batch` says what of it counts, `stored` when it is safe."""

    batch: Batch
    stored: "Future[None] | None"


class Inflight:
    """Bounds the memory that bodies take while they arrive and wait; used by all threads."""

    def __init__(self, limits: IntakeLimits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._bytes = 0

    def hold(self, size_bytes: int) -> None:
        """Count `size_bytes` more, or raise `IntakeFull`."""
        with self._lock:
            if self._bytes + size_bytes > self._limits.inflight_bytes:
                raise IntakeFull(
                    f"{self._bytes} bytes of requests are being received already; send it again later",
                    value=str(self._bytes),
                    rule=f"at most {self._limits.inflight_bytes} bytes of requests in memory",
                    retry_after_seconds=1,
                )
            self._bytes += size_bytes

    def release(self, size_bytes: int) -> None:
        """Give back what was held."""
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
        """Let a sender in by its `Authorization` value, or raise why not."""
        denial = self._authorise(bearer_token(authorization))
        if denial is not None:
            raise denial

    def check_room(self) -> None:
        """Raise `IntakeFull` if nothing can be taken now, before a body is read for nothing."""
        self._spool.ledger.check(0)

    def take(self, signal: Signal, body: bytes, form: Form, *, may_repair: bool = True) -> Taken:
        """Check `body` and queue what of it counts; raise `BadBody`, `TooLarge` or `IntakeFull`.

        Where nothing may take long, `may_repair` is false: a body that needs it raises `NeedsRepair`.
        """
        window = self._window()
        if form is Form.JSON:
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
        """Count a request that was refused as a whole, by the name of its error."""
        self._count(REFUSED + type(error).__name__, 1)

    def _window(self) -> Window:
        now = int(self._clock.now().timestamp() * 1_000_000) * 1000
        retention = int(self.limits.retention.total_seconds()) * 1_000_000_000
        lead = int(self.limits.lead.total_seconds()) * 1_000_000_000
        return Window(max(1, now - retention), now + lead, now, self.limits.attributes)

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
