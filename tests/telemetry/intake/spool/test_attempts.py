"""A segment that ends the process is found out: the others are stored, and it is taken apart."""

from datetime import timedelta

import pytest
from tests.telemetry.bodies import RememberingWarehouse
from tests.telemetry.intake.fake_disk import Crash, FakeDisk
from tests.telemetry.intake.spool_rig import HOME, LIMITS, Rig, body, first_token, kept

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.intake.inserter import DEADLY_INSERTS, DEADLY_INSERTS_MOST, Inserter
from holdfast.telemetry.intake.spool.attempts import TRIES
from holdfast.telemetry.intake.spool.disk import SystemDisk
from holdfast.telemetry.intake.spool.refused import left_behind
from holdfast.telemetry.intake.spool.spool import Spool

STARTS_MOST = 20


class Deadly(RememberingWarehouse):
    """Ends the process with what holds `deadly` bytes: when it inserts them, and perhaps when it reads."""

    deadly = b"deadly"
    dies_reading = True

    def insert_segment(self, signal, path, token):
        """Die, or store."""
        if self.deadly in self._read(path):
            raise Crash
        super().insert_segment(signal, path, token)

    def read_segment(self, signal, path):
        """Die, or read."""
        if self.dies_reading and self.deadly in self._read(path):
            raise Crash
        super().read_segment(signal, path)


@pytest.fixture
def rig(clock):
    """A rig whose warehouse ends the process now and then."""
    rig = Rig(clock, Deadly())
    rig.warehouse._read = rig.disk.read
    return rig


def lives(rig):
    """Run one process to its end; return whether it lived until nothing was left to do."""
    rig.disk.die(power=False)
    rig.spool = Spool(HOME, disk=rig.disk, clock=rig.clock, limits=LIMITS)
    rig.inserter = Inserter(rig.spool, rig.warehouse, rig.clock)
    rig.spool.open()
    try:
        for _ in range(50):
            rig.inserter.step()
            rig.clock.advance(timedelta(seconds=1))
    except Crash:
        return False
    return True


def starts_until_one_lives(rig):
    """Start processes until one lives; return how many died before it."""
    return next(number for number in range(STARTS_MOST) if lives(rig))


def marks(rig):
    """Return the files of attempts that are on the disk."""
    return [path.name for path in rig.disk.files if path.suffix == TRIES]


def deadly(number=0):
    """Return a record that ends the process."""
    return body(number) + b"\xfa\x7f\x06deadly"


def test_the_deadly_record_alone_is_set_aside(rig):
    """Of a hundred records one ends the process: it alone is in `refused/`, the others are stored once."""
    rig.sealed(*[body(number) for number in range(60)], deadly(60), *[body(n) for n in range(61, 100)])
    died = starts_until_one_lives(rig)
    assert DEADLY_INSERTS < died <= DEADLY_INSERTS + 3
    assert sorted(map(int, rig.warehouse.span_names())) == [n for n in range(100) if n != 60]
    (unreadable,) = kept(rig, ".unreadable")
    assert unreadable.count(b"deadly") == 1
    assert len(unreadable) < 300
    assert (marks(rig), rig.spool.quota.used_bytes, rig.spool.suspected()) == ([], 0, "")
    assert rig.spool.refused().unreadable == 1


def test_two_deadly_records_are_both_found(rig):
    """Each further deadly record costs a few more starts, and no other record."""
    rig.sealed(*[deadly(n) if n in (3, 30) else body(n) for n in range(40)])
    starts_until_one_lives(rig)
    assert len(rig.warehouse.span_names()) == 38


def test_what_ends_the_process_only_when_inserted_is_set_aside_whole(rig):
    """If reading its records does not show which one it is, the segment goes to `refused/` in the end."""
    rig.warehouse.dies_reading = False
    rig.sealed(body(1), deadly(2))
    rig.sealed(body(3))
    assert starts_until_one_lives(rig) == DEADLY_INSERTS_MOST
    assert rig.warehouse.span_names() == ["3"]
    assert (len(kept(rig, ".unreadable")), marks(rig)) == (1, [])


def test_others_are_stored_before_a_segment_that_killed_is_tried_again(rig):
    """From the second start on a suspect comes after everything else that was left, and is named."""
    rig.sealed(deadly(1))
    token = first_token(rig)
    assert not lives(rig)
    rig.disk.die(power=False)
    for number in range(2, 6):
        rig.sealed(body(number))
    assert not lives(rig)
    assert rig.warehouse.span_names() == ["2", "3", "4", "5"]
    assert f"{token} (1 times)" in rig.spool.suspected()


def test_a_segment_of_this_process_costs_no_mark(rig):
    """What this process sealed itself is inserted without a write; only what was left by one is marked."""
    made = []
    create = rig.disk.create
    rig.disk.create = lambda path: made.append(path.name) or create(path)
    rig.sealed(body(1))
    rig.inserter.step()
    assert [name for name in made if TRIES in name] == []
    rig.sealed(body(2))
    assert lives(rig)
    assert len([name for name in made if TRIES in name]) == 1
    assert marks(rig) == []


def test_an_error_is_no_death(rig):
    """An insert that fails has returned: however often it fails, the segment is not suspected."""
    rig.sealed(body(1))
    rig.warehouse.error = Unavailable("the warehouse is away")
    for _ in range(DEADLY_INSERTS_MOST + 1):
        assert lives(rig)
        assert rig.spool.suspected() == ""
    rig.warehouse.error = None
    assert lives(rig)
    assert rig.warehouse.span_names() == ["1"]


def test_a_suspect_is_inserted_alone(rig):
    """While a suspect is being inserted nobody else begins: another would be suspected with it."""
    rig.sealed(deadly(1))
    assert not lives(rig)
    assert not lives(rig)
    rig.sealed(body(2))
    rig.inserter._taken.clear()
    rig.inserter._taken.add(first_token(rig))
    before = list(rig.warehouse.calls)
    assert not rig.inserter.step().moves_on
    assert rig.warehouse.calls == before


def test_a_full_disk_does_not_stop_what_was_left(rig):
    """If the attempt cannot be written down, the segment is inserted all the same."""
    rig.sealed(body(1))
    rig.disk.free = 0
    assert lives(rig)
    assert rig.warehouse.span_names() == ["1"]


def test_doctor_names_a_segment_that_killed(tmp_path):
    """Without a server the spool's directory says which segment ended the process."""
    token = f"traces-{1:015d}-{'0' * 16}-2"
    (tmp_path / f"{token}.sealed").write_bytes(b"x")
    (tmp_path / f"{token}{TRIES}").write_text("insert\n")
    said = left_behind(SystemDisk(), tmp_path)
    assert said == f"1 segments wait to be stored. The process ended while inserting these segments: {token}"


def test_a_mark_without_its_segment_goes(clock):
    """A death between the deletion of a segment and of its mark leaves nothing behind."""
    disk = FakeDisk()
    disk.create(HOME / f"traces-{1:015d}-{'0' * 16}-2{TRIES}")
    Spool(HOME, disk=disk, clock=clock, limits=LIMITS).open()
    assert [path for path in disk.files if path.suffix == TRIES] == []
