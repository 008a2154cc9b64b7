"""The spool against a model, with the process or the machine dying between any two operations on the disk."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.rounds import Rounds
from tests.telemetry.bodies import RememberingWarehouse, traces
from tests.telemetry.intake.fake_disk import Crash, FakeDisk

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.errors import IntakeFull, SegmentRefused
from holdfast.telemetry.intake.inserter import Inserter
from holdfast.telemetry.intake.limits import IntakeLimits
from holdfast.telemetry.intake.spool.digests import digest
from holdfast.telemetry.intake.spool.records import framed
from holdfast.telemetry.intake.spool.segment_files import plain
from holdfast.telemetry.intake.spool.segment_names import read_name
from holdfast.telemetry.intake.spool.spool import Spool
from holdfast.telemetry.model import Signal

DIRECTORY = Path("/spool")
LIMITS = IntakeLimits(
    body_bytes=1000,
    inflight_bytes=10_000,
    spool_bytes=3000,
    segment_bytes=400,
    free_floor_bytes=0,
    repeats_seconds=10_000,
)


class Picky(RememberingWarehouse):
    """Cannot read segments that hold certain bodies."""

    def __init__(self, read) -> None:
        super().__init__(read)
        self.unreadable = set()

    def _whole(self, signal, path, token):
        records = super()._whole(signal, path, token)
        for record in records:
            if int(span_of(record).name) in self.unreadable:
                raise SegmentRefused("no such schema")
        return records


def span_of(record):
    """Return the one span of a body."""
    return ExportTraceServiceRequest.FromString(record).resource_spans[0].scope_spans[0].spans[0]


class SpoolMachine(RuleBasedStateMachine):
    """What was acknowledged and not damaged is stored once in any case, and all else at most once."""

    def __init__(self) -> None:
        super().__init__()
        self.disk = FakeDisk()
        self.clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
        self.warehouse = Picky(lambda path: bytes(self.disk.files[path].content))
        self.next_number = 0
        self.waiting = {}
        self.acknowledged = set()
        self.sent = set()
        self.excused = set()
        self.damaged = set()

    @initialize()
    def first_start(self) -> None:
        """Start on an empty disk."""
        self.start()

    def start(self) -> None:
        """Open the spool, as often as it takes when that is interrupted too."""
        self.spool = Spool(DIRECTORY, disk=self.disk, clock=self.clock, limits=LIMITS)
        self.inserter = Inserter(self.spool, self.warehouse, self.clock)
        self.spool.open()

    def dying(self, action) -> None:
        """Run `action`; if the process dies in it, start again."""
        try:
            action()
        except Crash:
            self.excuse()
            self.restart(power=False, keep=1.0, zeros=False)
        self.collect()

    def collect(self) -> None:
        """Note whose futures have resolved well."""
        for number, future in list(self.waiting.items()):
            if future.done():
                del self.waiting[number]
                if future.exception() is None:
                    self.acknowledged.add(number)

    @rule(count=st.integers(1, 4))
    def send(self, count) -> None:
        """Send new bodies; they wait for the next commit."""
        for _ in range(count):
            self.send_body(self.next_number)
            self.next_number += 1

    @rule(back=st.integers(1, 20))
    def send_again(self, back) -> None:
        """Send a body again, as after a reply that got lost."""
        if self.next_number >= back:
            self.send_body(self.next_number - back)

    def send_body(self, number) -> None:
        """Send the body with this number."""
        self.sent.add(number)
        try:
            receipt = self.spool.append(
                Signal.TRACES, traces(1, number, name=str(number)).SerializeToString()
            )
        except IntakeFull:
            return
        if receipt.stored.done() and receipt.stored.exception() is None:
            self.acknowledged.add(number)
        elif not receipt.stored.done():
            self.waiting[number] = receipt.stored

    @rule()
    def commit(self) -> None:
        """Let the committers work."""
        self.dying(self.spool.commit)

    @rule()
    def insert(self) -> None:
        """Let the inserter work on one segment."""
        self.dying(self.inserter.step)

    @rule()
    def all_goes_well_for_a_while(self) -> None:
        """What is waiting is written, sealed and inserted, if nothing stands in the way."""
        self.dying(self.spool.commit)
        self.clock.advance(timedelta(seconds=20))
        self.dying(self.spool.commit)
        self.dying(lambda: self.inserter.drain(self.clock.monotonic_seconds() + 1))

    @rule(after=st.integers(0, 6), dies=st.booleans(), again=st.booleans())
    def commit_goes_wrong(self, after, dies, again) -> None:
        """A body's own commit fails, or dies, at one of its steps, and its sender may send it again."""
        number = self.next_number
        self.send(1)
        self.disk.crash_in, self.disk.fail_in = (after, None) if dies else (None, after)
        self.dying(self.spool.commit)
        self.disk.crash_in = self.disk.fail_in = None
        if again:
            self.send_body(number)

    @rule(milliseconds=st.sampled_from([1, 500, 2000, 20_000]))
    def time_passes(self, milliseconds) -> None:
        """Time passes, but less than bodies are remembered."""
        self.clock.advance(timedelta(milliseconds=milliseconds))

    @rule(seconds=st.integers(1, 86_400))
    def clock_steps_back(self, seconds) -> None:
        """The machine's clock is corrected."""
        self.clock.step_back(timedelta(seconds=seconds))

    @rule(after=st.integers(0, 12))
    def will_crash(self, after) -> None:
        """The process will die in a later operation on the disk."""
        self.disk.crash_in = after

    @rule(after=st.integers(0, 8))
    def will_fail(self, after) -> None:
        """A later operation on the disk will fail."""
        self.disk.fail_in = after

    @rule(free=st.sampled_from([0, 30, 100, 1 << 40]))
    def disk_fills(self, free) -> None:
        """Others fill the disk, or free it."""
        self.disk.free = free

    @rule(
        error=st.sampled_from([None, None, Unavailable("away"), SegmentRefused("odd"), RuntimeError("a bug")])
    )
    def warehouse_changes(self, error) -> None:
        """The warehouse goes away, comes back, cannot read, or has a bug."""
        # A refused segment is set aside for good when its plain form is refused too; that is another test.
        self.warehouse.error = error if not isinstance(error, SegmentRefused) else None

    @rule(numbers=st.sets(st.integers(0, 60), max_size=6))
    def some_cannot_be_read(self, numbers) -> None:
        """The engine will not read some bodies from now on."""
        self.warehouse.unreadable |= numbers

    @rule(which=st.integers(0, 5), place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
    def a_byte_is_damaged(self, which, place, flip) -> None:
        """A byte of a segment that waits is flipped on the disk."""
        paths = sorted(path for path in self.disk.files if path.suffix in (".open", ".sealed"))
        if not paths:
            return
        path = paths[which % len(paths)]
        node = self.disk.files[path]
        if not node.content:
            return
        at = int(place * len(node.content))
        self.damaged |= self.hit_by(path, bytes(node.content), at)
        node.content[at] ^= flip
        node.synced = node.synced[:at] + node.content[at : at + 1] + node.synced[at + 1 :]

    def hit_by(self, path, content, at) -> set[int]:
        """Return the numbers of the bodies whose bytes in a segment hold the place `at`."""
        name = read_name(path.name)
        hit = set()
        for number in self.sent:
            for form in {self.body(number), plain(Signal.TRACES, self.body(number))}:
                frame = b"".join(framed(name, form, digest(form)))
                start = content.find(frame)
                if 0 <= start <= at < start + len(frame):
                    hit.add(number)
        return hit

    def excuse(self) -> None:
        """Note what the dying process could not remember durably, because its disk was full or failed."""
        if hasattr(self, "spool"):
            forgotten = set(self.spool.queues[Signal.TRACES].forgettable())
            self.excused |= {str(number) for number in self.sent if digest(self.body(number)) in forgotten}

    def body(self, number) -> bytes:
        """Return the body with this number."""
        return traces(1, number, name=str(number)).SerializeToString()

    @rule(
        power=st.booleans(),
        keep=st.floats(0, 1),
        zeros=st.booleans(),
        trouble=st.none() | st.tuples(st.sampled_from(["crash_in", "fail_in"]), st.integers(0, 12)),
    )
    def restart(self, power, keep, zeros, trouble=None) -> None:
        """The process is killed, or the machine loses power, and it starts again, perhaps not at once."""
        self.excuse()
        self.disk.die(power=power, keep=keep, zeros=zeros)
        self.waiting.clear()
        if trouble is not None:
            setattr(self.disk, *trouble)
        try:
            self.start()
        except (Crash, Unavailable):
            self.restart(power=power, keep=keep, zeros=zeros)

    @invariant()
    def counted_once(self) -> None:
        """No body is in the warehouse twice, unless a full disk and then a crash made the spool forget it."""
        names = [name for name in self.warehouse.span_names() if name not in self.excused]
        assert len(names) == len(set(names))

    @invariant()
    def watermark_is_true(self) -> None:
        """While something acknowledged is not in the warehouse, the watermark says so."""
        missing = self.owed() - {int(name) for name in self.warehouse.span_names()}
        if missing and hasattr(self, "spool"):
            assert self.spool.backlog().oldest_at is not None

    def owed(self) -> set[int]:
        """Return the numbers of the bodies that have to be stored."""
        return self.acknowledged - self.damaged - self.warehouse.unreadable

    def teardown(self) -> None:
        """Once all is well again, everything that has to be is in the warehouse, and nothing is left over."""
        self.disk.crash_in = self.disk.fail_in = None
        self.disk.free = 1 << 40
        self.warehouse.error = None
        if not hasattr(self, "spool"):
            return
        for turn in range(1000):
            self.spool.commit()
            self.collect()
            self.inserter.drain(self.clock.monotonic_seconds() + 1)
            self.clock.advance(timedelta(minutes=1))
            if turn and not self.spool.quota.used_bytes:
                break
        stored = [int(name) for name in self.warehouse.span_names()]
        assert self.owed() <= set(stored), "an acknowledged body was lost"
        self.counted_once()
        assert set(stored) <= self.sent
        assert self.spool.quota.used_bytes == 0, "room was not given back"
        kept = {path for path in self.disk.files if path.parent.name == "refused"}
        left = [path.name for path in self.disk.files if path not in kept and path.suffix != ".recent"]
        assert left == [], "segments were left behind"
        assert bool(kept) or not self.acknowledged - set(stored), "what is not stored was not kept either"


# A round's first walk is the simplest there is; the others are of random length and steps.
ROUND = settings(
    max_examples=4, stateful_step_count=50, deadline=None, database=None, phases=[Phase.generate]
)

TestSpoolMachine = SpoolMachine.TestCase
TestSpoolMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def _walks(seed_of_round: int) -> None:
    # The nonces of segments are random all the same: nothing that happens depends on which ones they are.
    machine = seed(seed_of_round)(type("SeededSpoolMachine", (SpoolMachine,), {}))
    logging.disable()  # a thousand rounds with failing disks say a gigabyte
    try:
        run_state_machine_as_test(machine, settings=ROUND)
    finally:
        logging.disable(logging.NOTSET)


def test_a_round_repeats_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same seed leads to the same files on the disk, so that a failed round can be looked at again."""
    ends: list[list[int]] = []

    def noting(machine: SpoolMachine) -> None:
        ends[-1].append(machine.next_number)
        ends[-1].append(len(machine.warehouse.calls))
        usual(machine)

    usual = SpoolMachine.teardown
    monkeypatch.setattr(SpoolMachine, "teardown", noting)
    for seed_of_round in (7, 7, 8):
        ends.append([])
        _walks(seed_of_round)
    assert ends[0] == ends[1] != ends[2]


@pytest.mark.prove
def test_a_thousand_rounds_lose_nothing_and_double_nothing(rounds: Rounds) -> None:
    """The machine holds over a few longer histories in each of a thousand rounds."""
    rounds("spool", 1000, _walks)
