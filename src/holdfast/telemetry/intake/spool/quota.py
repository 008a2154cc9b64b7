"""The quota of the spool, shared by the queues of all signals."""

import threading
from pathlib import Path

from holdfast.telemetry.errors import IntakeFull
from holdfast.telemetry.intake.limits import IntakeLimits
from holdfast.telemetry.intake.spool.disk import Disk


class Quota:
    """Counts the bytes in the spool and refuses more than fit; used by all threads."""

    def __init__(self, directory: Path, disk: Disk, limits: IntakeLimits) -> None:
        self._directory = directory
        self._disk = disk
        self._limits = limits
        self._lock = threading.Lock()
        self._used_bytes = 0
        self.closed_reason: str | None = None

    @property
    def used_bytes(self) -> int:
        """Return the bytes stored and reserved."""
        return self._used_bytes

    def reserve(self, size_bytes: int) -> None:
        """Reserve `size_bytes`, or raise `IntakeFull` naming the limit."""
        with self._lock:
            self.check(size_bytes)
            self._used_bytes += size_bytes

    def check(self, size_bytes: int) -> None:
        """Raise `IntakeFull`, naming the limit, if `size_bytes` more cannot be kept."""
        reason = self.refusal(size_bytes)
        if reason is not None:
            raise IntakeFull(
                f"the intake is full: {reason}; retry later",
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
                return "the server is starting, and the spool does not exist yet"
            if free_bytes - size_bytes < self._limits.free_floor_bytes:
                return (
                    f"the disk of {self._directory} has {free_bytes} bytes free, and "
                    f"{self._limits.free_floor_bytes} are kept for the rest of the system"
                )
        return None

    def take(self, size_bytes: int) -> None:
        """Count bytes found on the disk, even beyond the quota."""
        with self._lock:
            self._used_bytes += size_bytes

    def release(self, size_bytes: int) -> None:
        """Give back what was reserved or taken."""
        with self._lock:
            self._used_bytes -= size_bytes
