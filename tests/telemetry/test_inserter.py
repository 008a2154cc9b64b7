"""The inserter: order, patience, segments that cannot be read, and one signal not holding up another."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.bodies import REQUESTS_OF, RememberingWarehouse, traces
from tests.telemetry.fake_disk import FakeDisk

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.errors import SegmentRefused
from holdfast.telemetry.inserter import RETRY_MOST_SECONDS, Inserter, Outcome
from holdfast.telemetry.limits import IntakeLimits
from holdfast.telemetry.model import Signal
from holdfast.telemetry.spool import Backlog, Spool
from holdfast.telemetry.spool_names import read_name
from holdfast.telemetry.spool_records import find_records
from holdfast.telemetry.spool_treatment import unreadable

HOME = Path("/spool")
LIMITS = IntakeLimits(free_floor_bytes=0)


PATIENCE_SECONDS = 10


class Rig:
    """A spool on a disk in memory, with an inserter."""

    def __init__(self, clock, warehouse=None) -> None:
        self.clock = clock
        self.disk = FakeDisk()
        self.spool = Spool(HOME, disk=self.disk, clock=clock, limits=LIMITS)
        self.spool.open()
        self.warehouse = warehouse or RememberingWarehouse(self.disk.read)
        self.inserter = Inserter(self.spool, self.warehouse, clock)

    def sealed(self, *records, signal=Signal.TRACES) -> None:
        """Seal one segment of these records."""
        for record in records:
            self.spool.append(signal, record)
        self.spool.commit()
        self.clock.advance(timedelta(seconds=10))
        self.spool.lanes[signal].seal()


def body(number):
    """Return a distinct record."""
    return traces(1, number, name=str(number)).SerializeToString()


@pytest.fixture
def rig(clock):
    """A rig whose warehouse remembers."""
    return Rig(clock)


def test_in_order(rig):
    """Segments that came seconds apart are inserted in their order, over all signals, and then deleted."""
    for number, signal in enumerate([Signal.LOGS, Signal.TRACES, Signal.METRICS, Signal.TRACES]):
        rig.sealed(REQUESTS_OF[signal](1, number).SerializeToString(), signal=signal)
    assert rig.inserter.drain(rig.clock.monotonic_seconds() + 60) is Outcome.IDLE
    assert [token.split("-")[0] for token in rig.warehouse.calls] == ["logs", "traces", "metrics", "traces"]
    assert rig.spool.backlog() == Backlog(0, 0, None)


def test_traces_first(clock):
    """Traces, from which promises are counted, go before metrics and logs that came a moment earlier."""
    rig = Rig(clock)
    for signal in (Signal.METRICS, Signal.LOGS, Signal.TRACES):
        rig.spool.append(signal, REQUESTS_OF[signal](1, 1).SerializeToString())
        clock.advance(timedelta(seconds=0.5))
    rig.spool.commit()
    for lane in rig.spool.lanes.values():
        lane.seal()
    rig.inserter.drain(clock.monotonic_seconds() + 60)
    assert [token.split("-")[0] for token in rig.warehouse.calls] == ["traces", "logs", "metrics"]


def test_warehouse_away(rig):
    """While the warehouse is away segments wait, the first is tried ever more rarely, and then all go."""
    rig.sealed(body(1))
    rig.sealed(body(2))
    rig.warehouse.error = Unavailable("connection refused")
    waited = []
    for turn in range(12):
        before = rig.clock.monotonic_seconds()
        while rig.warehouse.calls.count(first_token(rig)) <= turn:
            rig.inserter.step()
            rig.clock.advance(timedelta(seconds=0.25))
        waited.append(rig.clock.monotonic_seconds() - before)
    assert waited[0] < 1
    assert waited[-1] == pytest.approx(RETRY_MOST_SECONDS, abs=1)
    (trouble,) = rig.inserter.troubles
    assert (trouble.reason, trouble.token) == ("connection refused", first_token(rig))
    assert rig.warehouse.calls[:3] == [first_token(rig)] * 3, "it is the first that is tried first"
    rig.warehouse.error = None
    rig.clock.advance(timedelta(seconds=RETRY_MOST_SECONDS))
    rig.inserter.drain(rig.clock.monotonic_seconds() + 60)
    assert sorted(rig.warehouse.span_names()) == ["1", "2"]
    assert rig.inserter.troubles == ()


def first_token(rig):
    """Return the token of the oldest segment of traces."""
    return rig.spool.lanes[Signal.TRACES].sealed()[0].name.token


class Picky(RememberingWarehouse):
    """Does not take segments with `odd` bytes in them; `error_when_odd` is what it says of those."""

    odd = b"\xc3\x0c"  # a group (wire type 3), which plain forms do not have

    def insert_segment(self, signal, path, token):
        """Refuse segments with odd bytes in them."""
        self.calls.append(token)
        self.check(path)
        super().insert_segment(signal, path, token)

    def read_segment(self, signal, path):
        """Refuse the same segments."""
        self.check(path)
        super().read_segment(signal, path)

    def check(self, path):
        """Raise the error if there are odd bytes at `path`."""
        if self.odd in self._read(path):
            raise self.error_when_odd


ODD = b"\xc3\x0c\xc4\x0c"  # an unknown group: valid protobuf that the engine cannot read


@pytest.mark.parametrize("error", [SegmentRefused("corrupted"), Unavailable("odd"), ValueError("a bug")])
def test_odd_record_is_rewritten(clock, error):
    """A record the engine cannot read is rewritten in plain form, and costs no other record."""
    rig = Rig(clock, Picky())
    rig.warehouse._read = rig.disk.read
    rig.warehouse.error_when_odd = error
    rig.sealed(body(1), body(2) + ODD, body(3))
    for _ in range(200):
        rig.inserter.step()
        clock.advance(timedelta(seconds=1))
    assert rig.warehouse.span_names() == ["1", "2", "3"]
    assert len(set(rig.warehouse.calls)) == 1, "under the same token"
    assert rig.spool.ledger.used_bytes == 0
    assert rig.spool.append(Signal.TRACES, body(2) + ODD).is_repeat


def kept(rig, suffix):
    """Return what is set aside under a suffix, by segment."""
    return [bytes(node.content) for path, node in rig.disk.files.items() if path.suffix == suffix]


def picky(clock, error):
    """Return a rig whose warehouse takes no segment with the name "odd" in it."""
    rig = Rig(clock, Picky())
    rig.warehouse._read, rig.warehouse.odd, rig.warehouse.error_when_odd = rig.disk.read, b"odd", error
    return rig


@pytest.mark.parametrize("odd_numbers", [{0}, {6}, {2, 3}, {1, 5}, {0, 1, 2, 3, 4, 5}, set(range(7))])
def test_records_that_cannot_be_read_are_set_aside_alone(clock, odd_numbers):
    """Whichever records the warehouse cannot read in any form, all others of their segment are stored."""
    rig = picky(clock, SegmentRefused("no such schema"))
    names = ["odd" if number in odd_numbers else f"sound-{number}" for number in range(7)]
    rig.sealed(*(traces(1, number, name=name).SerializeToString() for number, name in enumerate(names)))
    token = first_token(rig)
    assert [rig.inserter.step() for _ in range(3)] == [Outcome.REWRITTEN, Outcome.REWRITTEN, Outcome.INSERTED]
    assert rig.warehouse.span_names() == [name for name in names if name != "odd"]
    (content,) = kept(rig, ".unreadable")
    assert content.count(b"odd") == len(odd_numbers)
    found = find_records(content, read_name(f"{token}.sealed"), bool)
    assert found.is_whole, "it can be put back as a segment"
    assert len(found.records) == len(odd_numbers)
    assert rig.spool.refused_count() == 1
    assert rig.spool.ledger.used_bytes == 0


def test_a_segment_of_sound_records_that_is_refused_is_set_aside(rig):
    """A segment whose records can be read one by one, and which is refused all the same, stops no other."""
    rig.sealed(body(1))
    rig.warehouse.insert_error = SegmentRefused("no such column")
    assert [rig.inserter.step() for _ in range(3)] == [Outcome.REWRITTEN, Outcome.REWRITTEN, Outcome.REFUSED]
    rig.warehouse.insert_error = None
    rig.sealed(body(2))
    assert rig.inserter.step() is Outcome.INSERTED
    assert rig.warehouse.span_names() == ["2"]
    assert len(kept(rig, ".unreadable")) == 1


def test_while_the_warehouse_is_away_nothing_is_taken_for_unreadable(clock):
    """If the warehouse goes away while bad records are looked for, the segment waits, whole."""
    rig = picky(clock, SegmentRefused("no such schema"))
    rig.sealed(body(1), traces(1, 2, name="odd").SerializeToString())
    rig.inserter.step()
    reads = []

    def away(signal, path):
        reads.append(path)
        if len(reads) == 2:
            raise Unavailable("away")
        Picky.read_segment(rig.warehouse, signal, path)

    rig.warehouse.read_segment = away
    assert rig.inserter.step() is Outcome.POSTPONED
    assert kept(rig, ".unreadable") == []
    for _ in range(10):
        clock.advance(timedelta(seconds=1))
        rig.inserter.step()
    assert rig.warehouse.span_names() == ["1"]


def test_a_segment_that_fails_while_others_are_stored_is_set_aside(clock):
    """Whatever the warehouse says of it, one segment never stops a signal for ever."""
    rig = picky(clock, Unavailable("out of memory"))
    rig.sealed(traces(1, 0, name="odd").SerializeToString())
    for number in range(1, 30):
        rig.sealed(body(number))
    for _ in range(400):
        rig.inserter.step()
        clock.advance(timedelta(seconds=1))
    assert sorted(map(int, rig.warehouse.span_names())) == list(range(1, 30))
    assert len(kept(rig, ".unreadable")) == 1
    assert (rig.inserter.troubles, rig.spool.ledger.used_bytes) == ((), 0)


def test_segments_that_fail_side_by_side_do_not_hide_behind_each_other(clock):
    """With several segments at fault, each is found, though each stands in front of the next."""
    rig = picky(clock, Unavailable("out of memory"))
    for number in range(60):
        name = "odd" if number in (0, 1, 2) else str(number)
        rig.sealed(traces(1, number, name=name).SerializeToString())
    for _ in range(3000):
        rig.inserter.step()
        clock.advance(timedelta(seconds=1))
        if not rig.inserter.troubles and not rig.spool.ledger.used_bytes:
            break
    assert sorted(map(int, rig.warehouse.span_names())) == list(range(3, 60))
    assert len(kept(rig, ".unreadable")) == 3


def test_damage_is_taken_out_before_the_insert(rig):
    """Flipped bytes cost their own record; the others of the segment are stored, and the damage is kept."""
    rig.sealed(body(1), body(2), body(3))
    (path,) = (path for path in rig.disk.files if path.suffix == ".sealed")
    content = rig.disk.files[path].content
    content[content.index(b"2", content.index(body(2)[:20], len(content) // 3))] ^= 1
    assert rig.inserter.step() is Outcome.INSERTED
    assert rig.warehouse.span_names() == ["1", "3"]
    assert len(kept(rig, ".damaged")) == 1
    assert "damaged" in str(rig.spool.refused())


@pytest.mark.parametrize("free", [0, 50, 108, 109, 150])
def test_damage_is_kept_before_it_is_taken_out(rig, free):
    """While a full disk cannot keep the damaged bytes, the segment stays as it is."""
    rig.sealed(body(1))
    (path,) = (path for path in rig.disk.files if path.suffix == ".sealed")
    rig.disk.files[path].content[-1] ^= 1
    damaged = bytes(rig.disk.files[path].content)
    rig.disk.free = free
    for _ in range(5):
        rig.inserter.step()
        assert kept(rig, ".damaged") == [damaged] or bytes(rig.disk.files[path].content) == damaged
        rig.clock.advance(timedelta(seconds=RETRY_MOST_SECONDS))
    rig.disk.free = 1 << 40
    rig.inserter.step()
    assert kept(rig, ".damaged") == [damaged]


def test_an_error_nobody_foresaw_ends_no_thread(rig, monkeypatch):
    """Whatever breaks in the treatment of a segment, the step ends, and the segment gets its next turn."""
    rig.sealed(body(1))
    lane = rig.spool.lanes[Signal.TRACES]
    monkeypatch.setattr(lane, "read", lambda _segment: 1 / 0)
    assert rig.inserter.step() is Outcome.POSTPONED
    assert "ZeroDivisionError" in rig.inserter.troubles[0].reason
    monkeypatch.undo()
    rig.clock.advance(timedelta(seconds=1))
    assert rig.inserter.step() is Outcome.INSERTED
    with rig.inserter.settled():
        assert rig.warehouse.span_names() == ["1"]


@given(
    bad=st.lists(st.booleans(), max_size=40),
    most=st.integers(1, 200),
)
def test_halving_finds_what_asking_one_by_one_finds(bad, most):
    """What halving calls unreadable holds all bad records, and no others unless it had to stop early."""
    records = [bytes([flag]) for flag in bad]
    asked = []

    def readable(part):
        asked.append(part)
        return b"\x01" not in part

    found = unreadable(records, readable, most)
    one_by_one = [number for number, flag in enumerate(bad) if flag]
    assert len(asked) <= most
    assert set(found) >= set(one_by_one)
    assert sorted(set(found)) == sorted(found)
    if len(asked) < most:
        assert sorted(found) == one_by_one


class OneSignalBroken(RememberingWarehouse):
    """Cannot take metrics."""

    def insert_segment(self, signal, path, token):
        """Fail on metrics."""
        if signal is Signal.METRICS:
            raise RuntimeError("a table is missing")
        super().insert_segment(signal, path, token)


def test_one_signal_does_not_hold_up_another(clock):
    """When the segments of one signal cannot be inserted, those of the others go on."""
    rig = Rig(clock, OneSignalBroken())
    rig.warehouse._read = rig.disk.read
    rig.sealed(REQUESTS_OF[Signal.METRICS](1, 1).SerializeToString(), signal=Signal.METRICS)
    rig.sealed(body(1))
    rig.sealed(body(2))
    rig.inserter.drain(clock.monotonic_seconds() + 60)
    assert rig.warehouse.span_names() == ["1", "2"]
    assert "a table is missing" in rig.inserter.troubles[0].reason


def test_segment_that_cannot_be_deleted(rig):
    """A segment that was inserted but cannot be deleted is inserted again under its token."""
    rig.sealed(body(1))
    for fail_in in (3, 2, 1):
        rig.disk.fail_in = fail_in
        rig.inserter.step()
        rig.clock.advance(timedelta(minutes=1))
    rig.disk.fail_in = None
    rig.inserter.drain(rig.clock.monotonic_seconds() + 60)
    assert rig.warehouse.span_names() == ["1"]
    assert rig.spool.ledger.used_bytes == 0


def test_nothing_is_counted_afresh_while_a_segment_is_in_doubt(rig):
    """Stored spans are certain before a segment is tried and after it is stored, not in between."""
    rig.sealed(body(1))
    with rig.inserter.settled():
        pass
    rig.warehouse.error = Unavailable("the warehouse is away")
    rig.inserter.step()
    with pytest.raises(Unavailable, match="may be stored in part"), rig.inserter.settled():
        pass
    rig.warehouse.error = None
    rig.inserter.drain(rig.clock.monotonic_seconds() + 60)
    rig.clock.advance(timedelta(seconds=RETRY_MOST_SECONDS))
    rig.inserter.drain(rig.clock.monotonic_seconds() + 60)
    with rig.inserter.settled():
        pass


class Gate(RememberingWarehouse):
    """Inserts when it is told to; knows how many inserts are under way."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Semaphore(0)
        self.may_pass = threading.Semaphore(0)
        self.under_way = set()
        self.doomed = set()

    def insert_segment(self, signal, path, token):
        """Wait for leave, then insert; doomed calls fail."""
        number = len(self.calls)
        self.under_way.add(token)
        self.calls.append(token)
        self.entered.release()
        assert self.may_pass.acquire(timeout=PATIENCE_SECONDS)
        self.under_way.remove(token)
        if number in self.doomed:
            raise Unavailable("the warehouse is away")
        self.records.setdefault(token, [self._read(path)])


@pytest.fixture
def gated(clock):
    """A rig with three segments whose inserts wait for leave."""
    rig = Rig(clock, Gate())
    rig.warehouse._read = rig.disk.read
    for number in range(3):
        rig.sealed(body(number))
    return rig


def test_two_threads_insert_two_segments(gated):
    """Threads insert different segments at once, and none twice."""
    gate = gated.warehouse
    with ThreadPoolExecutor(2) as pool:
        steps = [pool.submit(gated.inserter.step) for _ in range(2)]
        for _ in steps:
            assert gate.entered.acquire(timeout=PATIENCE_SECONDS)
        assert len(gate.under_way) == 2
        gate.may_pass.release(3)
    assert gated.inserter.step() is Outcome.INSERTED
    assert gated.inserter.step() is Outcome.IDLE
    assert len(gate.calls) == len(set(gate.calls)) == 3


def test_what_must_be_certain_waits_for_all_under_way_and_lets_none_begin(gated):
    """Inserts under way are waited for, even if more segments are there; none begins meanwhile."""
    gate, held, go_on = gated.warehouse, threading.Event(), threading.Event()

    def hold():
        with gated.inserter.settled():
            held.set()
            assert go_on.wait(PATIENCE_SECONDS)
            return set(gate.under_way)

    with ThreadPoolExecutor(4) as pool:
        steps = [pool.submit(gated.inserter.step) for _ in range(2)]
        for _ in steps:
            assert gate.entered.acquire(timeout=PATIENCE_SECONDS)
        holding = pool.submit(hold)
        assert not held.wait(0.1)
        gate.may_pass.release(3)
        assert held.wait(PATIENCE_SECONDS)
        third = pool.submit(gated.inserter.step)
        assert not gate.entered.acquire(timeout=0.1)
        go_on.set()
        assert holding.result(PATIENCE_SECONDS) == set()
        assert third.result(PATIENCE_SECONDS) is Outcome.INSERTED


def test_one_that_fails_beside_one_that_succeeds_is_tried_again_alone(gated):
    """After a failure only that segment is tried, though another that was under way was stored."""
    gate = gated.warehouse
    gate.doomed = {0}
    gate.may_pass.release(10)
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda _: gated.inserter.step(), range(2)))
    assert Outcome.POSTPONED in outcomes
    (trouble,) = gated.inserter.troubles
    assert trouble.token == gate.calls[0]
    with pytest.raises(Unavailable, match="may be stored in part"), gated.inserter.settled():
        pass
    gated.clock.advance(timedelta(seconds=RETRY_MOST_SECONDS))
    assert gated.inserter.drain(gated.clock.monotonic_seconds() + 60) is Outcome.IDLE
    assert len(gate.records) == 3
    assert gated.inserter.troubles == ()


class Flaky(RememberingWarehouse):
    """Fails now and then, before or after it has stored; says so if a token is inserted by two at once."""

    def __init__(self) -> None:
        super().__init__()
        self.chance = random.Random(7)
        self.under_way = set()

    def insert_segment(self, signal, path, token):
        """Insert, or fail."""
        assert token not in self.under_way
        self.under_way.add(token)
        fails = self.chance.random()
        try:
            if fails < 0.2:
                raise Unavailable("away")
            super().insert_segment(signal, path, token)
            if fails > 0.9:
                raise Unavailable("stored, but the answer was lost")
        finally:
            self.under_way.remove(token)


def test_many_threads_lose_and_double_nothing(clock):
    """With four threads and a warehouse that fails at random, every segment is stored once and deleted."""
    rig = Rig(clock, Flaky())
    rig.warehouse._read = rig.disk.read
    for number in range(60):
        rig.sealed(body(number))
    looks = 0

    def work(worker):
        nonlocal looks
        for turn in range(400):
            rig.inserter.step()
            clock.advance(timedelta(seconds=1))
            if worker == 0 and turn % 5 == 0:
                try:
                    with rig.inserter.settled():
                        looks += 1
                        assert not rig.warehouse.under_way
                except Unavailable:
                    continue

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert looks
    assert sorted(rig.warehouse.span_names(), key=int) == [str(number) for number in range(60)]
    assert rig.spool.backlog() == Backlog(0, 0, None)
