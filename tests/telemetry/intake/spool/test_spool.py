"""The spool: groups, sealing, room, repeats, recovery and what it says when something is wrong."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.bodies import RememberingWarehouse, traces
from tests.telemetry.intake.fake_disk import FakeDisk, Node

from holdfast.runtime.clock import ManualClock, SystemClock
from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.errors import IntakeFull, SpoolFailed
from holdfast.telemetry.intake.inserter import Inserter
from holdfast.telemetry.intake.limits import IntakeLimits
from holdfast.telemetry.intake.spool.digests import digest
from holdfast.telemetry.intake.spool.disk import SystemDisk
from holdfast.telemetry.intake.spool.records import framed, framed_bytes
from holdfast.telemetry.intake.spool.segment_names import SegmentName, read_name
from holdfast.telemetry.intake.spool.spool import Spool
from holdfast.telemetry.model import Signal

HOME = Path("/spool")
LIMITS = IntakeLimits(
    body_bytes=1000, inflight_bytes=10_000, spool_bytes=10_000, segment_bytes=500, free_floor_bytes=1000
)


@pytest.fixture
def disk():
    """A sound disk in memory."""
    return FakeDisk()


def opened(disk, clock, limits=LIMITS):
    """Return a spool, opened."""
    spool = Spool(HOME, disk=disk, clock=clock, limits=limits)
    spool.open()
    return spool


def record(number):
    """Return a distinct record of about a hundred bytes."""
    return traces(1, number, name=str(number)).SerializeToString()


def send(spool, *numbers):
    """Append records and return their futures."""
    return [spool.append(Signal.TRACES, record(number)).stored for number in numbers]


def in_segment(filename, *numbers):
    """Return the bytes of records in the segment of this name."""
    name, records = read_name(filename), [record(number) for number in numbers]
    return b"".join(piece for one in records for piece in framed(name, one, digest(one)))


def segments(disk, suffix):
    """Return the segments on the disk, oldest first."""
    return sorted(path.name for path in disk.files if path.suffix == suffix)


def emptied(spool, disk, clock):
    """Insert all that is sealed and return the names stored."""
    warehouse = RememberingWarehouse(disk.read)
    inserter = Inserter(spool, warehouse, clock)
    for queue in spool.queues.values():
        queue.seal()
    inserter.drain(clock.monotonic_seconds() + 1)
    return warehouse.span_names()


def test_acknowledged_after_sync(disk, clock):
    """No record is acknowledged before it is synced, and one sync serves all that wait."""
    spool = opened(disk, clock)
    futures = send(spool, 1, 2, 3)
    assert not any(future.done() for future in futures)
    spool.commit()
    assert all(future.done() and future.exception() is None for future in futures)
    (name,) = segments(disk, ".open")
    node = disk.files[HOME / name]
    assert node.synced == node.content == in_segment(name, 1, 2, 3)
    assert HOME / name in disk.durable


def test_a_small_segment_is_sealed_three_times_a_slice(disk, clock):
    """However little comes in, it is handed over when the clock shows the next third of ten seconds."""
    spool = opened(disk, clock)
    clock.advance(timedelta(seconds=1))
    send(spool, 1)
    spool.commit()
    clock.advance(timedelta(seconds=2.3))
    spool.commit()
    assert segments(disk, ".sealed") == []
    clock.advance(timedelta(seconds=0.1))
    spool.commit()
    assert len(segments(disk, ".sealed")) == 1


def test_logs_and_metrics_wait_for_no_slice(disk, clock):
    """Nothing is evaluated from logs and metrics: they are handed over 4 s after their first record."""
    spool = opened(disk, clock)
    clock.advance(timedelta(seconds=9))
    spool.append(Signal.LOGS, record(1))
    spool.commit()
    clock.advance(timedelta(seconds=3.9))
    spool.commit()
    assert segments(disk, ".sealed") == []
    clock.advance(timedelta(seconds=0.2))
    spool.commit()
    assert len(segments(disk, ".sealed")) == 1


def test_all_that_came_before_a_slice_ends_is_sealed_at_its_end(disk, clock):
    """No record waits past the end of the slice it came in, even one that was written after it."""
    spool = opened(disk, clock)
    clock.advance(timedelta(seconds=9.9))
    send(spool, 1)
    clock.advance(timedelta(seconds=0.2))
    spool.commit()
    assert len(segments(disk, ".sealed")) == 1
    assert segments(disk, ".open") == []


def test_where_much_comes_in_a_segment_is_sealed_after_a_second(disk, clock):
    """A segment that is large after a second is handed over then, as the engine is busy anyway."""
    spool = opened(disk, clock, replace(LIMITS, busy_bytes=1))
    send(spool, 1)
    spool.commit()
    clock.advance(timedelta(seconds=0.9))
    spool.commit()
    assert segments(disk, ".sealed") == []
    clock.advance(timedelta(seconds=0.2))
    spool.commit()
    assert len(segments(disk, ".sealed")) == 1


def test_less_hurry_while_others_wait(disk, clock):
    """Each segment that waits gives the open one a second more, so that a late warehouse gets fewer."""
    spool = opened(disk, clock, replace(LIMITS, busy_bytes=1))
    for number, waited in enumerate((1, 1, 2)):
        send(spool, number)
        spool.commit()
        clock.advance(timedelta(seconds=1.1))
        spool.commit()
        assert len(segments(disk, ".sealed")) == waited


def test_sealed_by_size(disk, clock):
    """A segment is handed over when it is large enough, and no group makes it much larger."""
    spool = opened(disk, clock)
    send(spool, *range(20))
    spool.commit()
    sizes = [len(disk.files[HOME / name].content) for name in segments(disk, ".sealed")]
    assert sizes
    assert all(size < 2 * LIMITS.segment_bytes for size in sizes)


def test_sealed_by_what_it_unfolds_to(disk, clock):
    """Small bodies that are large as rows do not gather in one segment."""
    spool = opened(disk, clock, replace(LIMITS, segment_bytes=5000, segment_unfolded_bytes=100))
    for number in range(6):
        spool.append(Signal.TRACES, record(number), unfolded_bytes=40)
    spool.commit()
    (name,) = segments(disk, ".sealed")
    assert len(disk.files[HOME / name].content) == 4 * framed_bytes(record(1)), "two groups of at most 100"
    assert len(emptied(spool, disk, clock)) == 6


def test_full_spool(disk, clock):
    """At its limit the spool takes nothing, says so with the limit, and takes again when there is room."""
    spool = opened(disk, clock, replace(LIMITS, spool_bytes=1000))
    taken = 1000 // framed_bytes(record(1))
    send(spool, *range(taken))
    with pytest.raises(IntakeFull, match="of 1000 bytes of the spool") as caught:
        send(spool, taken)
    assert caught.value.retry_after_seconds == LIMITS.retry_seconds
    spool.commit()
    clock.advance(timedelta(seconds=2))
    spool.commit()
    assert len(emptied(spool, disk, clock)) == taken
    send(spool, 1000)


def test_low_disk(disk, clock):
    """Nothing is taken when that would leave less than the floor free for the rest of the system."""
    spool = opened(disk, clock)
    disk.free = LIMITS.free_floor_bytes + framed_bytes(record(1)) - 1
    with pytest.raises(IntakeFull, match="1000 are kept for the rest"):
        send(spool, 1)


@pytest.mark.parametrize("step", range(5))
def test_failed_write_is_cut_off(disk, clock, step):
    """When the disk fails in a commit nothing is acknowledged, no half record stays, the next works."""
    spool = opened(disk, clock)
    send(spool, 1)
    spool.commit()
    future = send(spool, 2)[0]
    disk.fail_in = step
    spool.commit()
    failed = future.exception() is not None
    if failed:
        assert isinstance(future.exception(), SpoolFailed)
        send(spool, 2)
    spool.commit()
    clock.advance(timedelta(seconds=2))
    spool.commit()
    disk.fail_in = None
    spool.commit()
    assert failed == (step < 2), "writing and syncing are what an acknowledgement needs"
    assert sorted(emptied(spool, disk, clock)) == ["1", "2"]
    assert spool.quota.used_bytes == 0


def test_disk_runs_full_in_a_write(disk, clock):
    """A disk that runs full in the middle of a record costs that record only."""
    spool = opened(disk, clock, replace(LIMITS, free_floor_bytes=0))
    send(spool, 1)
    spool.commit()
    future = send(spool, 2)[0]
    disk.free = 20
    spool.commit()
    assert "No space left" in str(future.exception())
    assert spool.append(Signal.TRACES, record(2)).is_repeat is False
    assert emptied(spool, disk, clock) == ["1"]


def test_repeat_of_a_waiting_record(disk, clock):
    """A body sent again while the first is being written waits for the same write."""
    spool = opened(disk, clock)
    first, again = (spool.append(Signal.TRACES, record(1)) for _ in range(2))
    assert (first.is_repeat, again.is_repeat, again.stored is first.stored) == (False, True, True)
    assert spool.append(Signal.LOGS, record(1)).is_repeat is False


def test_repeats_are_forgotten(disk, clock):
    """After the time to remember, the same body counts again."""
    spool = opened(disk, clock)
    send(spool, 1)
    spool.commit()
    clock.advance(timedelta(seconds=LIMITS.repeats_seconds + 1))
    assert spool.append(Signal.TRACES, record(1)).is_repeat is False


def test_repeats_are_bounded(disk, clock):
    """Only so many bodies are remembered."""
    spool = opened(disk, clock, replace(LIMITS, repeats_count=3))
    send(spool, *range(4))
    spool.commit()
    assert [spool.append(Signal.TRACES, record(n)).is_repeat for n in (3, 0)] == [True, False]


@pytest.mark.parametrize("restarts", [1, 5])
@pytest.mark.parametrize("power", [False, True])
def test_repeats_survive(disk, clock, power, restarts):
    """A body whose reply was lost in a crash is recognised, also after its segment has gone."""
    spool = opened(disk, clock)
    send(spool, 1)
    spool.commit()
    clock.advance(timedelta(seconds=2))
    spool.commit()
    assert emptied(spool, disk, clock) == ["1"]
    for number in range(restarts):
        disk.die(power=power)
        spool = opened(disk, clock)
        assert spool.append(Signal.TRACES, record(1)).is_repeat
        send(spool, 100 + number)
        spool.commit()
        clock.advance(timedelta(seconds=2))
        spool.commit()
        emptied(spool, disk, clock)


def test_journal_of_repeats_is_bounded(disk, clock):
    """Old generations of the journal are deleted."""
    spool = opened(disk, clock)
    for number in range(50):
        send(spool, number)
        spool.commit()
        clock.advance(timedelta(seconds=100))
        spool.commit()
        emptied(spool, disk, clock)
    assert 1 <= len(segments(disk, ".recent")) <= 3


@pytest.mark.parametrize("cut", [1, 2, 50, 99])
def test_torn_tail(disk, clock, cut):
    """After a crash whole records are kept and the torn one is cut off."""
    spool = opened(disk, clock)
    send(spool, 1, 2)
    spool.commit()
    (name,) = segments(disk, ".open")
    torn = in_segment(name, 3)
    disk.files[HOME / name].content = bytearray(in_segment(name, 1, 2) + torn[: len(torn) * cut // 100])
    disk.die(power=False)
    spool = opened(disk, clock)
    assert sorted(emptied(spool, disk, clock)) == ["1", "2"]


def test_replayed_segment_is_the_same(disk, clock):
    """A segment inserted before the crash comes back under the same token with the same bytes."""
    spool = opened(disk, clock)
    send(spool, 1, 2)
    spool.commit()
    clock.advance(timedelta(seconds=4))
    spool.commit()
    before = {path.name: bytes(node.content) for path, node in disk.files.items() if path.suffix == ".sealed"}
    for power in (False, True, True):
        disk.die(power=power)
        spool = opened(disk, clock)
        after = {
            path.name: bytes(disk.files[path].content) for path in disk.files if path.suffix == ".sealed"
        }
        assert after == before


def test_numbers_grow(disk, clock):
    """Segments are numbered upwards although the clock steps back and the process restarts."""
    spool = opened(disk, clock)
    for number in range(3):
        send(spool, number)
        spool.commit()
        clock.step_back(timedelta(hours=1))
        spool.queues[Signal.TRACES].seal()
        if number == 1:
            spool = opened_again(disk, clock)
    names = [read_name(name) for name in segments(disk, ".sealed")]
    assert [name.number for name in names] == sorted({name.number for name in names})
    assert len({name.token for name in names}) == 3


def opened_again(disk, clock):
    """Return a spool after the process was killed."""
    disk.die(power=False)
    return opened(disk, clock)


def test_watermark(disk, clock):
    """The oldest record not yet in the warehouse is known in every state of its way."""
    spool = opened(disk, clock)
    began = clock.now()
    assert spool.backlog().oldest_at is None
    send(spool, 1)
    assert spool.backlog().oldest_at == began
    clock.advance(timedelta(seconds=1))
    spool.commit()
    assert spool.backlog().oldest_at == began
    clock.advance(timedelta(seconds=3))
    spool.commit()
    assert (spool.backlog().oldest_at, spool.backlog().segments) == (began, 1)
    spool = opened_again(disk, clock)
    assert spool.backlog().oldest_at == began
    emptied(spool, disk, clock)
    assert spool.backlog().oldest_at is None


def test_second_process_is_refused(tmp_path):
    """A spool directory belongs to one process; another gets an error, and may use it afterwards."""
    first, second = (
        Spool(tmp_path / "spool", disk=SystemDisk(), clock=SystemClock(), limits=LIMITS) for _ in range(2)
    )
    first.open()
    with pytest.raises(Unavailable, match="in use by another process") as caught:
        second.open()
    assert caught.value.exit_status == 3
    first.close()
    second.open()
    second.close()


def test_unusable_directory(disk, clock):
    """A directory that cannot be used is a sentence, not a stack trace."""
    disk.fail_in = 0
    with pytest.raises(Unavailable, match=r"the spool /spool cannot be used: Input/output error"):
        opened(disk, clock)


LARGE = replace(LIMITS, free_floor_bytes=0, spool_bytes=1_000_000)


def test_real_disk(tmp_path, clock):
    """On a real disk: written, sealed, handed over by path, deleted; and found again by a new process."""
    spool = Spool(tmp_path / "spool", disk=SystemDisk(), clock=clock, limits=LARGE)
    spool.open()
    send(spool, *range(700))
    spool.commit()
    spool.stop()
    spool.close()
    again = Spool(tmp_path / "spool", disk=SystemDisk(), clock=clock, limits=LARGE)
    again.open()
    warehouse = RememberingWarehouse()
    inserter = Inserter(again, warehouse, clock)
    while inserter.step().moves_on:
        pass
    assert sorted(warehouse.span_names(), key=int) == [str(number) for number in range(700)]
    assert [path.name for path in (tmp_path / "spool").iterdir() if path.suffix == ".sealed"] == []
    again.close()


def test_short_writes(tmp_path, monkeypatch):
    """A write that the kernel cuts short is continued."""
    monkeypatch.setattr("os.writev", lambda descriptor, pieces: 0)
    file = SystemDisk().create(tmp_path / "file")
    file.append([b"abc", b"def"])
    file.close()
    assert (tmp_path / "file").read_bytes() == b"abcdef"


def test_disk_errors_are_os_errors(tmp_path):
    """What exists cannot be created again, and what is gone may be deleted."""
    disk = SystemDisk()
    disk.create(tmp_path / "file").close()
    with pytest.raises(FileExistsError):
        disk.create(tmp_path / "file")
    disk.delete(tmp_path / "nothing")


@given(st.sampled_from(Signal), st.integers(0, 10**14), st.binary(min_size=8, max_size=8), st.booleans())
def test_names_there_and_back(signal, number, nonce, is_labelled):
    """A segment's name can be read back from its file's name, open, sealed or set aside."""
    name = SegmentName(signal, number, nonce.hex(), is_labelled=is_labelled)
    assert {read_name(name.token + suffix) for suffix in (".open", ".sealed", ".damaged", ".unreadable")} == {
        name
    }
    assert read_name(f"{name.token}.draft") is None
    assert read_name(f"{name.token}.trial.draft") is None


def test_segments_of_versions_without_labels_are_stored_under_their_token(disk, clock):
    """Open and sealed segments of before are read once; a record that cannot be one costs no other."""
    old = [SegmentName(Signal.TRACES, number, f"{number:016x}", is_labelled=False) for number in (1, 2)]
    numbers = [(1, 2), (3, 4)]
    bodies = [
        b"".join(b"".join(framed(name, record(n), b"")) for n in pair)
        for name, pair in zip(old, numbers, strict=True)
    ]
    unsound = b"\x05" + b"\xff" * 5
    disk.make_directory(HOME)
    disk.files[HOME / f"{old[0].token}.sealed"] = Node(bytearray(bodies[0]))
    disk.files[HOME / f"{old[1].token}.open"] = Node(bytearray(unsound + bodies[1]))
    spool = opened(disk, clock)
    warehouse = RememberingWarehouse(disk.read)
    Inserter(spool, warehouse, clock).drain(clock.monotonic_seconds() + 1)
    assert set(warehouse.records) == {name.token for name in old}
    assert sorted(warehouse.span_names()) == ["1", "2", "3", "4"]
    assert bytes(disk.files[HOME / "refused" / f"{old[1].token}.damaged"].content) == unsound


def test_a_segment_of_which_nothing_is_left_is_deleted(disk, clock):
    """Empty segments, open or sealed, are gone after a start."""
    for suffix in ("open", "sealed"):
        disk.files[HOME / f"traces-000000000000007-{'0' * 16}-2.{suffix}"] = Node()
    spool = opened(disk, clock)
    assert not [path for path in disk.files if path.suffix in (".open", ".sealed")]
    assert spool.backlog().segments == 0


def test_clock_that_jumps(disk):
    """A clock set far back or forward neither loses nor doubles anything that was acknowledged."""
    clock = ManualClock(SystemClock().now())
    spool = opened(disk, clock)
    send(spool, 1)
    spool.commit()
    clock.step_back(timedelta(days=400))
    send(spool, 2)
    spool.commit()
    clock.advance(timedelta(days=800))
    spool.commit()
    assert sorted(emptied(spool, disk, clock)) == ["1", "2"]
