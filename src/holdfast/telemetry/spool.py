"""The spool: what has been acknowledged and is not in the warehouse yet, on this machine's disk.

One lane per signal; all share the room. Acknowledged means synced; a segment is deleted only when the
warehouse has taken it under its token. So what is acknowledged is never lost, and never counted twice.
"""

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Unavailable
from holdfast.runtime.workers import Workers
from holdfast.telemetry.disk import Disk, OpenFile
from holdfast.telemetry.errors import IntakeFull
from holdfast.telemetry.limits import IntakeLimits
from holdfast.telemetry.model import Signal
from holdfast.telemetry.spool_lane import Lane, Receipt
from holdfast.telemetry.spool_refused import REFUSED, SetAside, found_in, keep_within

log = logging.getLogger(__name__)


class Ledger:
    """Counts the bytes the spool holds and says when there is no room; used by all threads."""

    def __init__(self, directory: Path, disk: Disk, limits: IntakeLimits) -> None:
        self._directory = directory
        self._disk = disk
        self._limits = limits
        self._lock = threading.Lock()
        self._used_bytes = 0
        self.closed_reason: str | None = None

    @property
    def used_bytes(self) -> int:
        """Return the bytes held and reserved."""
        return self._used_bytes

    def reserve(self, size_bytes: int) -> None:
        """Set `size_bytes` aside, or raise `IntakeFull` naming the limit."""
        with self._lock:
            self.check(size_bytes)
            self._used_bytes += size_bytes

    def check(self, size_bytes: int) -> None:
        """Raise `IntakeFull`, naming the limit, if `size_bytes` more cannot be kept."""
        reason = self.refusal(size_bytes)
        if reason is not None:
            raise IntakeFull(
                f"nothing can be taken now: {reason}; send it again later",
                value=str(self._used_bytes),
                rule=f"at most {self._limits.spool_bytes} bytes wait for the warehouse",
                retry_after_seconds=self._limits.retry_seconds,
            )

    def refusal(self, size_bytes: int) -> str | None:
        """Return why `size_bytes` more cannot be kept; None if they can."""
        if self.closed_reason is not None:
            return self.closed_reason
        if self._used_bytes + size_bytes > self._limits.spool_bytes:
            return (
                f"{self._used_bytes} of {self._limits.spool_bytes} bytes of the spool wait for the warehouse"
            )
        if self._limits.free_floor_bytes:
            try:
                free_bytes = self._disk.free_bytes(self._directory)
            except FileNotFoundError:
                return "the server is starting, and the spool is not made yet"
            if free_bytes - size_bytes < self._limits.free_floor_bytes:
                return (
                    f"the disk of {self._directory} has {free_bytes} bytes free and keeps "
                    f"{self._limits.free_floor_bytes} for the rest of the system"
                )
        return None

    def take(self, size_bytes: int) -> None:
        """Count bytes found on the disk, whether there is room or not."""
        with self._lock:
            self._used_bytes += size_bytes

    def release(self, size_bytes: int) -> None:
        """Give back what was reserved or taken."""
        with self._lock:
            self._used_bytes -= size_bytes


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for the warehouse: bytes, sealed segments, and since when the oldest record does."""

    size_bytes: int
    segments: int
    oldest_at: datetime | None


class Spool:
    """All lanes of one spool directory; lives as long as the intake. One process per directory."""

    def __init__(self, directory: Path, *, disk: Disk, clock: Clock, limits: IntakeLimits) -> None:
        self.directory = directory
        self.ledger = Ledger(directory, disk, limits)
        self.sealed_something = threading.Event()
        self._disk = disk
        self._clock = clock
        self._refused_bytes = limits.refused_bytes
        self._lock_file: OpenFile | None = None
        self._workers = Workers(clock)
        self.lanes: Mapping[Signal, Lane] = {
            signal: Lane(signal, directory, disk=disk, clock=clock, limits=limits, room=self.ledger)
            for signal in Signal
        }
        for lane in self.lanes.values():
            lane.sealed_something = self.sealed_something

    def open(self) -> None:
        """Lock the directory and take up what an earlier process left; raise `Unavailable` if that fails."""
        try:
            self._disk.make_directory(self.directory / REFUSED)
            self._lock_file = self._disk.lock(self.directory / "lock")
            for lane in self.lanes.values():
                lane.recover()
            keep_within(self._disk, self.directory / REFUSED, self._refused_bytes)
            self._disk.sync_directory(self.directory)
        except OSError as error:
            raise Unavailable(
                f"the spool {self.directory} cannot be used: {error.strerror or error}; check that it "
                "exists, is writable, and that its disk is sound",
                value=str(self.directory),
            ) from error

    def start(self) -> None:
        """Start one committer per lane."""
        for lane in self.lanes.values():
            self._workers.start(f"spool-{lane.signal}", lane.commit_until)

    def append(self, signal: Signal, record: bytes, *, unfolded_bytes: int = 0) -> Receipt:
        """Queue a record; its receipt tells when it is safe. Raises `IntakeFull`."""
        return self.lanes[signal].append(record, unfolded_bytes=unfolded_bytes)

    def refuse(self, reason: str) -> None:
        """Take nothing more, for `reason`."""
        self.ledger.closed_reason = reason

    def commit(self) -> None:
        """Do what the committers do, once: for stopping, and for tests that need no threads."""
        for lane in self.lanes.values():
            lane.commit()

    def stop(self) -> None:
        """Stop the committers, then write and seal what is left."""
        self._workers.ask_to_stop()
        for lane in self.lanes.values():
            lane.wake.set()
        for name in self._workers.stop():
            log.warning("%s did not end in time: the disk may hang", name)
        for lane in self.lanes.values():
            lane.commit()
            lane.seal()

    def close(self) -> None:
        """Let go of all files and of the lock."""
        for lane in self.lanes.values():
            lane.close()
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None

    def backlog(self) -> Backlog:
        """Return what waits for the warehouse."""
        times = [at for lane in self.lanes.values() if (at := lane.oldest_received_at()) is not None]
        segments = sum(lane.sealed_count() for lane in self.lanes.values())
        return Backlog(self.ledger.used_bytes, segments, min(times, default=None))

    def oldest_waiting_at(self) -> datetime | None:
        """Return when the oldest record came that is not on the disk; None if all are."""
        times = [at for lane in self.lanes.values() if (at := lane.oldest_waiting_at()) is not None]
        return min(times, default=None)

    def broken(self) -> list[str]:
        """Return, for each committer that is down now, its name and why."""
        return self._workers.broken()

    def refused_count(self) -> int:
        """Return of how many segments something is set aside now."""
        return self.refused().segments

    def refused(self) -> SetAside:
        """Return what is kept of what was damaged or could not be read."""
        directory = self.directory / REFUSED
        with suppress(OSError):
            return found_in(self._disk, directory)
        return SetAside(directory, 0, 0, 0)
