"""The spool: records on this machine's disk that are acknowledged and not yet in the warehouse.

It has one queue per signal; all share one quota. A record is acknowledged once it is synced, and a segment
is deleted only after the warehouse has stored it under its token. So an acknowledged record is neither lost
nor counted twice.
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
from holdfast.telemetry.intake.limits import IntakeLimits
from holdfast.telemetry.intake.spool.disk import Disk, OpenFile
from holdfast.telemetry.intake.spool.quota import Quota
from holdfast.telemetry.intake.spool.refused import REFUSED, SetAside, found_in, keep_within
from holdfast.telemetry.intake.spool.signal_queue import Receipt, SignalQueue
from holdfast.telemetry.model import Signal

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backlog:
    """The records that wait for the warehouse: bytes, sealed segments, and the oldest record's arrival."""

    size_bytes: int
    segments: int
    oldest_at: datetime | None


class Spool:
    """The queues of one spool directory; lives as long as the intake. One process per directory."""

    def __init__(self, directory: Path, *, disk: Disk, clock: Clock, limits: IntakeLimits) -> None:
        self.directory = directory
        self.quota = Quota(directory, disk, limits)
        self.sealed_something = threading.Event()
        self._disk = disk
        self._clock = clock
        self._refused_bytes = limits.refused_bytes
        self._lock_file: OpenFile | None = None
        self._workers = Workers(clock)
        self.queues: Mapping[Signal, SignalQueue] = {
            signal: SignalQueue(signal, directory, disk=disk, clock=clock, limits=limits, quota=self.quota)
            for signal in Signal
        }
        for queue in self.queues.values():
            queue.sealed_something = self.sealed_something

    def open(self) -> None:
        """Lock the directory and recover what an earlier process left; raise `Unavailable` if that fails."""
        try:
            self._disk.make_directory(self.directory / REFUSED)
            self._lock_file = self._disk.lock(self.directory / "lock")
            for queue in self.queues.values():
                queue.recover()
            keep_within(self._disk, self.directory / REFUSED, self._refused_bytes)
            self._disk.sync_directory(self.directory)
        except OSError as error:
            raise Unavailable(
                f"the spool {self.directory} cannot be used: {error.strerror or error}; check that it "
                "exists, is writable, and that its disk is sound",
                value=str(self.directory),
            ) from error

    def start(self) -> None:
        """Start one committer per queue."""
        for queue in self.queues.values():
            self._workers.start(f"spool-{queue.signal}", queue.commit_until)

    def append(self, signal: Signal, record: bytes, *, unfolded_bytes: int = 0) -> Receipt:
        """Queue a record; its receipt resolves once the record is on disk. Raises `IntakeFull`."""
        return self.queues[signal].append(record, unfolded_bytes=unfolded_bytes)

    def refuse(self, reason: str) -> None:
        """Refuse new records from now on, with this `reason`."""
        self.quota.closed_reason = reason

    def commit(self) -> None:
        """Commit every queue once: for stopping, and for tests without threads."""
        for queue in self.queues.values():
            queue.commit()

    def stop(self) -> None:
        """Stop the committers, then write and seal the remaining records."""
        self._workers.ask_to_stop()
        for queue in self.queues.values():
            queue.wake.set()
        for name in self._workers.stop():
            log.warning("%s did not stop in time: the disk may hang", name)
        for queue in self.queues.values():
            queue.commit()
            queue.seal()

    def close(self) -> None:
        """Close all files and release the lock."""
        for queue in self.queues.values():
            queue.close()
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None

    def backlog(self) -> Backlog:
        """Return the records that wait for the warehouse."""
        times = [at for queue in self.queues.values() if (at := queue.oldest_received_at()) is not None]
        segments = sum(queue.sealed_count() for queue in self.queues.values())
        return Backlog(self.quota.used_bytes, segments, min(times, default=None))

    def oldest_waiting_at(self) -> datetime | None:
        """Return the arrival of the oldest record not on disk; None if all are."""
        times = [at for queue in self.queues.values() if (at := queue.oldest_waiting_at()) is not None]
        return min(times, default=None)

    def broken(self) -> list[str]:
        """Return the name of each committer that is down now, and the reason."""
        return self._workers.broken()

    def suspected(self) -> str:
        """Describe the segments that ended a process while being inserted; empty if none did."""
        found = [
            f"{token} ({died.inserts} times)"
            for queue in self.queues.values()
            for token, died in queue.attempts.suspects.items()
        ]
        if not found:
            return ""
        return (
            f"the process ended while inserting these segments; they are tried alone: {', '.join(found[:3])}"
        )

    def refused_count(self) -> int:
        """Return the number of segments with records set aside now."""
        return self.refused().segments

    def refused(self) -> SetAside:
        """Return a summary of the records that were damaged or could not be read."""
        directory = self.directory / REFUSED
        with suppress(OSError):
            return found_in(self._disk, directory)
        return SetAside(directory, 0, 0, 0)
