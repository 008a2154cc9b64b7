"""The spool of one signal: group commit into an open segment, sealing, recovery.

Requests hand their record to `append` and get a future. One committer writes all records that arrived in the
meantime with one write and one sync, then resolves their futures. So a slower disk makes larger groups, and
no record is acknowledged before it would survive a loss of power.
"""

import logging
import secrets
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from holdfast.runtime.clock import Clock
from holdfast.telemetry.intake.limits import IntakeLimits
from holdfast.telemetry.intake.spool.attempts import Attempts
from holdfast.telemetry.intake.spool.digests import digest
from holdfast.telemetry.intake.spool.disk import Disk, OpenFile, not_written
from holdfast.telemetry.intake.spool.quota import Quota
from holdfast.telemetry.intake.spool.records import SegmentContent, framed, framed_bytes
from holdfast.telemetry.intake.spool.refused import REFUSED, keep_out
from holdfast.telemetry.intake.spool.repeats import Repeats, RepeatsJournal
from holdfast.telemetry.intake.spool.segment import Segment
from holdfast.telemetry.intake.spool.segment_files import DRAFT, read_records, seal_recovered, write_records
from holdfast.telemetry.intake.spool.segment_names import OPEN, SEALED, SegmentName, read_name
from holdfast.telemetry.intake.watermark import seconds_to_boundary
from holdfast.telemetry.model import Signal

log = logging.getLogger(__name__)

_IDLE_SECONDS = 1.0
_RETRY_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Receipt:
    """The result of `append`: `stored` resolves once the record is on disk; a repeat is not stored again."""

    stored: Future[None]
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class _Waiting:
    record: bytes
    size_bytes: int
    unfolded_bytes: int
    key: bytes
    received_at: datetime
    stored: Future[None]


class SignalQueue:
    """The queue of one signal's records; lives as long as the spool.

    Any thread may call `append` and `sealed`, one at a time `commit`; only the thread that has taken a sealed
    segment may change it.
    """

    def __init__(
        self, signal: Signal, directory: Path, *, disk: Disk, clock: Clock, limits: IntakeLimits, quota: Quota
    ) -> None:
        self.signal = signal
        self.wake = threading.Event()
        self.sealed_something = threading.Event()
        self.attempts = Attempts(directory, disk)
        self._directory = directory
        self._refused = directory / REFUSED
        self._disk = disk
        self._clock = clock
        self._limits = limits
        self._quota = quota
        self._lock = threading.Lock()
        self._filing = threading.Lock()  # guards the journal, and changes to files of sealed segments
        self._waiting: list[_Waiting] = []
        self._repeats = Repeats(limits.repeats_seconds, limits.repeats_count)
        self._journal = RepeatsJournal(directory, signal.value, disk, seconds=limits.repeats_seconds)
        self._sealed: deque[Segment] = deque()
        self._open: Segment | None = None
        self._file: OpenFile | None = None
        self._opened_at_seconds = 0.0
        self._due_seconds = 0.0
        self._is_torn = False
        self._last_number = 0
        self._recovered_through = 0

    def append(self, record: bytes, *, unfolded_bytes: int = 0) -> Receipt:
        """Queue `record` for the next group unless it is a repeat; raise `IntakeFull`."""
        key, size_bytes = digest(record), framed_bytes(record)
        with self._lock:
            now = self._clock.monotonic_seconds()
            known = self._repeats.find(key, now)
            if known is not None:
                return Receipt(known, is_repeat=True)
            self._quota.reserve(size_bytes)
            stored: Future[None] = Future()
            stored.set_running_or_notify_cancel()  # a sender that hangs up must not cancel the write
            self._repeats.add(key, stored, now)
            self._waiting.append(_Waiting(record, size_bytes, unfolded_bytes, key, self._clock.now(), stored))
        self.wake.set()
        return Receipt(stored, is_repeat=False)

    def commit(self) -> None:
        """Write and acknowledge the waiting records; seal the open segment when it is due."""
        while group := self._next_group():
            try:
                self._write(group)
            except OSError as error:
                self._fail(group, error)
                break  # a failing disk is retried in a moment, not at once
            self._acknowledge(group)
            self._seal_if_due()
        self._seal_if_due()

    def commit_until(self, stop: threading.Event) -> None:
        """Commit when woken or due, until `stop` is set and the queue is woken."""
        while not stop.is_set():
            self._clock.wait(self.wake, self.pause_seconds())
            self.wake.clear()
            try:
                self.commit()
            except Exception as error:
                self.fail_waiting(error)  # senders must get an answer in any case
                raise

    def pause_seconds(self) -> float:
        """Return how long the committer may sleep unless it is woken: until the open segment is due."""
        if self._waiting:
            return _RETRY_SECONDS  # the disk has just failed
        if self._open is None:
            return _IDLE_SECONDS
        return min(max(self._seconds_until_due(), 0.005), _IDLE_SECONDS)

    def fail_waiting(self, error: Exception) -> None:
        """Answer all waiting requests that nothing was stored."""
        self._fail(self._waiting[:], error)

    def seal(self) -> None:
        """Close the open segment, so that it is inserted now. Errors are logged and the seal is retried."""
        segment = self._open
        if segment is None:
            return
        try:
            self._cut_torn_end()
            self._finish(segment)
        except OSError as error:
            log.warning("segment %s cannot be sealed yet: %s", segment.path, error)

    def sealed(self) -> tuple[Segment, ...]:
        """Return the sealed segments, oldest first; they may not be in the warehouse yet."""
        with self._lock:
            return tuple(self._sealed)

    def read(self, segment: Segment) -> tuple[bytes, SegmentContent]:
        """Return the bytes of a sealed segment, and the records found in them."""
        return read_records(self._disk, segment.name, segment.path)

    def replace(self, segment: Segment, records: Sequence[bytes]) -> None:
        """Rewrite a sealed segment with these records; its original bodies are remembered."""
        with self._filing:
            self._journal.append(segment.digests, self._clock.now())
            size_bytes = write_records(self._disk, segment.name, segment.path, records)
            self._quota.release(segment.size_bytes)
            self._quota.take(size_bytes)
            segment.size_bytes = size_bytes

    @contextmanager
    def trial(self, segment: Segment, records: Sequence[bytes]) -> Iterator[Path]:
        """Write some records of a segment to a temporary file, and yield its path."""
        path = self._directory / f"{segment.name.token}.trial{DRAFT}"
        self._disk.delete(path)
        write_records(self._disk, segment.name, path, records)
        try:
            yield path
        finally:
            self._disk.delete(path)

    def keep_out(self, segment: Segment, suffix: str, pieces: Sequence[bytes]) -> None:
        """Keep bytes of a segment in `refused/`; the oldest files there are deleted if it grows too large."""
        with self._filing:
            kept = self._refused / f"{segment.name.token}{suffix}"
            keep_out(self._disk, kept, b"".join(pieces), self._limits.refused_bytes)

    def forget(self, segment: Segment) -> None:
        """Delete a segment whose rows are in the warehouse; its bodies stay remembered for some minutes."""
        with self._filing:
            self._journal.append(segment.digests, self._clock.now())
            self._disk.delete(segment.path)
            self._let_go(segment)
            self.attempts.forget(segment.name.token)
            self._journal.save(self._clock.now())  # a full disk has space only after the deletion

    def oldest_received_at(self) -> datetime | None:
        """Return the arrival of the oldest record not in the warehouse; None if all are."""
        with self._lock:
            times = [segment.began_at for segment in self._sealed]
            times += [self._open.began_at] if self._open is not None else []
            times += [waiting.received_at for waiting in self._waiting]
        return min(times, default=None)

    def oldest_waiting_at(self) -> datetime | None:
        """Return when the oldest record came that is not on the disk; None if all are."""
        with self._lock:
            return min((waiting.received_at for waiting in self._waiting), default=None)

    def sealed_count(self) -> int:
        """Return how many segments wait for the warehouse."""
        with self._lock:
            return len(self._sealed)

    def recover(self) -> None:
        """Recover what an earlier process left; called once, before the first `append`."""
        now = self._clock.now()
        for key, age_seconds in self._journal.load(now):
            self._repeats.add(key, None, self._clock.monotonic_seconds() - age_seconds)
        filenames = [name for name in self._disk.names(self._directory) if name.startswith(self.signal.value)]
        for filename in filenames:
            if filename.endswith(DRAFT):
                self._disk.delete(self._directory / filename)
        found = [(read_name(filename), filename) for filename in filenames]
        mine = [(name, filename) for name, filename in found if name is not None]
        for name, filename in sorted(mine, key=lambda pair: pair[0].number):
            self._last_number = max(self._last_number, name.number)
            self._recover(name, self._directory / filename, now)
        self._recovered_through = self._last_number
        self.attempts.load(filenames, {segment.name.token for segment in self._sealed})

    def is_recovered(self, segment: Segment) -> bool:
        """Whether an earlier process left the segment, so that it may have been inserted already."""
        return segment.name.number <= self._recovered_through

    def forgettable(self) -> list[bytes]:
        """Return the digests that a crash would lose now; there are some only on a failing disk."""
        return self._journal.unsaved()

    def close(self) -> None:
        """Close all files; `recover` finds what is not sealed."""
        self._journal.close()
        if self._file is not None:
            self._file.close()

    def _next_group(self) -> list[_Waiting]:
        with self._lock:
            group: list[_Waiting] = []
            size_bytes = unfolded_bytes = 0
            for waiting in self._waiting:
                size_bytes += waiting.size_bytes
                unfolded_bytes += waiting.unfolded_bytes
                if group and (
                    size_bytes > self._limits.segment_bytes
                    or unfolded_bytes > self._limits.segment_unfolded_bytes
                ):
                    break
                group.append(waiting)
            return group

    def _write(self, group: list[_Waiting]) -> None:
        self._cut_torn_end()
        segment, file = self._current(group[0].received_at)
        try:
            file.append([piece for one in group for piece in framed(segment.name, one.record, one.key)])
            file.sync()
        except OSError:
            # After a failed sync the disk's content is unknown, so this group is cut off again and the
            # segment is closed at the last synced length.
            self._is_torn = True
            self.seal()
            raise
        segment.size_bytes += sum(waiting.size_bytes for waiting in group)
        segment.unfolded_bytes += sum(waiting.unfolded_bytes for waiting in group)
        # The clock may have stepped back since the first record.
        segment.began_at = min(segment.began_at, *(waiting.received_at for waiting in group))
        segment.digests.extend(waiting.key for waiting in group)

    def _acknowledge(self, group: list[_Waiting]) -> None:
        with self._lock:
            del self._waiting[: len(group)]
            for waiting in group:
                self._repeats.settle(waiting.key)
        for waiting in group:
            waiting.stored.set_result(None)

    def _fail(self, group: list[_Waiting], error: Exception) -> None:
        with self._lock:
            del self._waiting[: len(group)]
            for waiting in group:
                self._repeats.drop(waiting.key)
        self._quota.release(sum(waiting.size_bytes for waiting in group))
        log.error("the spool in %s could not store %d requests: %s", self._directory, len(group), error)
        for waiting in group:
            waiting.stored.set_exception(not_written(self._directory, error, self._limits.retry_seconds))

    def _current(self, received_at: datetime) -> tuple[Segment, OpenFile]:
        if self._open is None or self._file is None:
            segment = self._named(received_at)
            file = self._disk.create(segment.path)
            try:
                self._disk.sync_directory(self._directory)
            except OSError:
                file.close()
                self._disk.delete(segment.path)
                raise
            with self._lock:
                self._open = segment
            self._file, self._opened_at_seconds = file, self._clock.monotonic_seconds()
            self._due_seconds = self._until_boundary(received_at)
        return self._open, self._file

    def _until_boundary(self, received_at: datetime) -> float:
        # Measured from the record's arrival, not from now: a record that arrived before a slice's end and was
        # written after it would delay the watermark, and with it alerts, until the boundary after the next.
        waited = max(0.0, (self._clock.now() - received_at).total_seconds())
        if self.signal is Signal.TRACES:
            return seconds_to_boundary(received_at, self._limits.segment_seconds) - waited
        return self._limits.other_seconds - waited

    def _named(self, received_at: datetime) -> Segment:
        self._last_number = max(self._last_number + 1, int(received_at.timestamp() * 1000))
        name = SegmentName(self.signal, self._last_number, secrets.token_hex(8))
        return Segment(name, self._directory / f"{name.token}{OPEN}", received_at)

    def _cut_torn_end(self) -> None:
        if self._is_torn and self._open is not None and self._file is not None:
            self._file.truncate(self._open.size_bytes)
            self._file.sync()
            self._is_torn = False
            self._finish(self._open)

    def _seal_if_due(self) -> None:
        if self._open is None:
            return
        is_large = (
            self._open.size_bytes >= self._limits.segment_bytes
            or self._open.unfolded_bytes >= self._limits.segment_unfolded_bytes
        )
        if is_large or self._is_torn or self._seconds_until_due() <= 0:
            self.seal()

    def _seconds_until_due(self) -> float:
        # A segment costs the engine nearly the same at any size. So a small one waits, and each older segment
        # in the queue gives the open one more time: a busy machine catches up with fewer and larger inserts.
        age = self._clock.monotonic_seconds() - self._opened_at_seconds
        is_busy = self._open is not None and self._open.size_bytes >= self._limits.busy_bytes
        most = min(self._limits.busy_seconds, self._due_seconds) if is_busy else self._due_seconds
        return most + self._limits.busy_seconds * len(self._sealed) - age

    def _finish(self, segment: Segment) -> None:
        # The rename need not be durable: if a loss of power undoes it, recovery finds the same synced bytes
        # under the same token.
        if self._open is not segment:
            return
        if segment.size_bytes:
            sealed = segment.path.with_suffix(SEALED)
            self._disk.rename(segment.path, sealed)
            segment.path = sealed
        else:
            self._disk.delete(segment.path)
        with self._lock:
            self._open = None
            if segment.size_bytes:
                self._sealed.append(segment)
        file, self._file = self._file, None
        if file is not None:
            file.close()
        self.sealed_something.set()

    def _let_go(self, segment: Segment) -> None:
        with self._lock:
            self._sealed.remove(segment)
        self._quota.release(segment.size_bytes)

    def _recover(self, name: SegmentName, path: Path, now: datetime) -> None:
        if path.suffix == OPEN:
            path, found, size_bytes = seal_recovered(self._disk, name, path)
        else:
            found, size_bytes = SegmentContent([], []), self._disk.size_bytes(path)
            if (now - name.began_at).total_seconds() <= self._limits.repeats_seconds:
                _, found = read_records(self._disk, name, path)
        if size_bytes:
            self._adopt(Segment(name, path, name.began_at, size_bytes, [digest(r) for r in found.records]))
        else:
            self._disk.delete(path)

    def _adopt(self, segment: Segment) -> None:
        now = self._clock.monotonic_seconds()
        for key in segment.digests:
            self._repeats.add(key, None, now)
        with self._lock:
            self._sealed.append(segment)
        self._quota.take(segment.size_bytes)
        self.sealed_something.set()
