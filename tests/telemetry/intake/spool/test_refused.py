"""Segments the warehouse cannot read are kept within a limit, the newest of them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.telemetry.bodies import RememberingWarehouse, traces
from tests.telemetry.intake.fake_disk import FakeDisk, Node

from holdfast.runtime.clock import ManualClock
from holdfast.telemetry.errors import SegmentRefused
from holdfast.telemetry.intake.inserter import Inserter, InsertOutcome
from holdfast.telemetry.intake.limits import IntakeLimits
from holdfast.telemetry.intake.spool.refused import found_in, keep_within
from holdfast.telemetry.intake.spool.spool import Spool
from holdfast.telemetry.model import Signal

HOME = Path("/spool")
REFUSED = HOME / "refused"
LIMITS = IntakeLimits(free_floor_bytes=0)


def segment(number: int, signal: str = "traces") -> Path:
    """The place of a segment that was set aside, by the millisecond it began in."""
    return REFUSED / f"{signal}-{number:015d}-{number:016x}.sealed"


def set_aside(disk: FakeDisk, *paths: Path, size_bytes: int = 100) -> None:
    """Put files of a size there."""
    for path in paths:
        disk.files[path] = Node(bytearray(size_bytes))


def kept(disk: FakeDisk) -> list[Path]:
    """What is there now, by name."""
    return sorted(path for path in disk.files if path.parent == REFUSED)


@pytest.mark.parametrize(("most_bytes", "left"), [(300, 3), (299, 2), (200, 2), (199, 1), (1, 1)])
def test_the_oldest_go_first(most_bytes: int, left: int) -> None:
    """Over the limit the oldest are deleted, over all signals, but for the newest of all."""
    disk = FakeDisk()
    every = [segment(1, "traces"), segment(2, "logs"), segment(3, "metrics")]
    set_aside(disk, *every)
    keep_within(disk, REFUSED, most_bytes)
    assert kept(disk) == sorted(every[-left:])


def test_what_is_not_a_segment_is_left_alone() -> None:
    """A file that a person put there is neither counted nor deleted."""
    disk = FakeDisk()
    note = REFUSED / "notes.txt"
    set_aside(disk, note, size_bytes=1000)
    set_aside(disk, segment(1), segment(2))
    keep_within(disk, REFUSED, 200)
    assert kept(disk) == sorted([note, segment(1), segment(2)])
    assert (found_in(disk, REFUSED).segments, found_in(disk, REFUSED).size_bytes) == (2, 200)


def test_what_is_deleted_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """The log names each segment that is deleted."""
    disk = FakeDisk()
    set_aside(disk, segment(1), segment(2))
    keep_within(disk, REFUSED, 100)
    (told,) = caplog.messages
    assert str(segment(1)) in told


def test_what_is_kept_is_said_in_a_sentence() -> None:
    """With nothing set aside there is nothing to say; otherwise how much, where, and what to do."""
    disk = FakeDisk()
    assert str(found_in(disk, REFUSED)) == ""
    set_aside(disk, segment(1), segment(2))
    disk.files[segment(1).with_suffix(".damaged")] = Node(bytearray())
    said = str(found_in(disk, REFUSED))
    assert "1 segments were damaged on the disk" in said
    assert "2 segments have records that the warehouse could not read" in said
    assert "200 bytes" in said
    assert str(REFUSED) in said


class Rig:
    """A spool whose warehouse can read nothing."""

    def __init__(self, clock: ManualClock, disk: FakeDisk, limits: IntakeLimits) -> None:
        self.clock, self.disk = clock, disk
        self.spool = Spool(HOME, disk=disk, clock=clock, limits=limits)
        self.spool.open()
        warehouse = RememberingWarehouse(disk.read)
        warehouse.insert_error = SegmentRefused("no such schema")
        self.inserter = Inserter(self.spool, warehouse, clock)

    def refuse(self, number: int) -> InsertOutcome:
        """Set a segment of one body aside; return what the inserter says of it."""
        self.spool.append(Signal.TRACES, traces(1, number).SerializeToString())
        self.spool.commit()
        self.spool.queues[Signal.TRACES].seal()
        self.clock.advance(timedelta(seconds=10))
        for _ in range(2):
            self.inserter.step()
        return self.inserter.step()


def test_setting_aside_keeps_within_the_limit(clock: ManualClock) -> None:
    """However many segments cannot be read, those kept stay below the limit."""
    rig = Rig(clock, FakeDisk(), replace(LIMITS, refused_bytes=300))
    for number in range(1, 20):
        assert rig.refuse(number) is InsertOutcome.REFUSED
        assert rig.spool.refused().size_bytes <= 300
    assert rig.spool.refused_count() == len(kept(rig.disk)) > 1
    assert rig.spool.quota.used_bytes == 0


class Keeping(FakeDisk):
    """A disk on which nothing that was set aside can be deleted."""

    def delete(self, path: Path) -> None:
        """Refuse, in that directory."""
        if path.parent == REFUSED:
            raise PermissionError(1, "Operation not permitted", str(path))
        super().delete(path)


def test_a_disk_that_deletes_nothing_stops_nothing(clock: ManualClock) -> None:
    """If an old segment cannot be deleted, the new one is set aside all the same, and intake goes on."""
    disk = Keeping()
    rig = Rig(clock, disk, replace(LIMITS, refused_bytes=100))
    rig.refuse(1)
    assert rig.refuse(2) is InsertOutcome.REFUSED
    assert len(kept(disk)) == 2
    assert (rig.spool.quota.used_bytes, rig.inserter.troubles) == (0, ())


def test_a_lower_limit_holds_from_the_start_on(clock: ManualClock) -> None:
    """What an earlier process kept is cut to the limit when the spool is opened."""
    disk = FakeDisk()
    set_aside(disk, segment(1), segment(2), segment(3))
    spool = Spool(HOME, disk=disk, clock=clock, limits=replace(LIMITS, refused_bytes=250))
    spool.open()
    assert kept(disk) == [segment(2), segment(3)]
