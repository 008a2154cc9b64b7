"""The inserter: order, patience, segments that cannot be read, and one signal not holding up another."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.telemetry.bodies import REQUESTS_OF, RememberingWarehouse
from tests.telemetry.intake.spool_rig import Picky, Rig, body, first_token

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.errors import SegmentRefused
from holdfast.telemetry.intake.inserter import RETRY_MOST_SECONDS, InsertOutcome
from holdfast.telemetry.intake.spool.spool import Backlog
from holdfast.telemetry.model import Signal

PATIENCE_SECONDS = 10


@pytest.fixture
def rig(clock):
    """A rig whose warehouse remembers."""
    return Rig(clock)


def test_in_order(rig):
    """Segments that came seconds apart are inserted in their order, over all signals, and then deleted."""
    for number, signal in enumerate([Signal.LOGS, Signal.TRACES, Signal.METRICS, Signal.TRACES]):
        rig.sealed(REQUESTS_OF[signal](1, number).SerializeToString(), signal=signal)
    assert rig.inserter.drain(rig.clock.monotonic_seconds() + 60) is InsertOutcome.IDLE
    assert [token.split("-")[0] for token in rig.warehouse.calls] == ["logs", "traces", "metrics", "traces"]
    assert rig.spool.backlog() == Backlog(0, 0, None)


def test_traces_first(clock):
    """Traces, from which objectives are counted, go before metrics and logs that arrived a moment earlier."""
    rig = Rig(clock)
    for signal in (Signal.METRICS, Signal.LOGS, Signal.TRACES):
        rig.spool.append(signal, REQUESTS_OF[signal](1, 1).SerializeToString())
        clock.advance(timedelta(seconds=0.5))
    rig.spool.commit()
    for queue in rig.spool.queues.values():
        queue.seal()
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
    assert rig.spool.quota.used_bytes == 0
    assert rig.spool.append(Signal.TRACES, body(2) + ODD).is_repeat


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
    assert rig.spool.quota.used_bytes == 0


def test_nothing_is_counted_afresh_while_a_segment_is_in_doubt(rig):
    """Stored spans are certain before a segment is tried and after it is stored, not in between."""
    rig.sealed(body(1))
    with rig.inserter.settled():
        pass
    rig.warehouse.error = Unavailable("the warehouse is away")
    rig.inserter.step()
    with pytest.raises(Unavailable, match="may be partly stored"), rig.inserter.settled():
        pass
    rig.warehouse.error = None
    rig.inserter.drain(rig.clock.monotonic_seconds() + 60)
    rig.clock.advance(timedelta(seconds=RETRY_MOST_SECONDS))
    rig.inserter.drain(rig.clock.monotonic_seconds() + 60)
    with rig.inserter.settled():
        pass


class Gate(RememberingWarehouse):
    """Inserts on request; counts the inserts in progress."""

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
    assert gated.inserter.step() is InsertOutcome.INSERTED
    assert gated.inserter.step() is InsertOutcome.IDLE
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
        assert third.result(PATIENCE_SECONDS) is InsertOutcome.INSERTED


def test_one_that_fails_beside_one_that_succeeds_is_tried_again_alone(gated):
    """After a failure only that segment is tried, though another that was under way was stored."""
    gate = gated.warehouse
    gate.doomed = {0}
    gate.may_pass.release(10)
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda _: gated.inserter.step(), range(2)))
    assert InsertOutcome.POSTPONED in outcomes
    (trouble,) = gated.inserter.troubles
    assert trouble.token == gate.calls[0]
    with pytest.raises(Unavailable, match="may be partly stored"), gated.inserter.settled():
        pass
    gated.clock.advance(timedelta(seconds=RETRY_MOST_SECONDS))
    assert gated.inserter.drain(gated.clock.monotonic_seconds() + 60) is InsertOutcome.IDLE
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
