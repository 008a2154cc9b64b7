"""Segments that are damaged, that cannot be read, or that fail: what is sound of them is stored."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.bodies import traces
from tests.telemetry.intake.spool_rig import Picky, Rig, body, first_token, kept, picky

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.errors import SegmentRefused
from holdfast.telemetry.intake.inserter import RETRY_MOST_SECONDS, InsertOutcome
from holdfast.telemetry.intake.spool.records import find_records
from holdfast.telemetry.intake.spool.segment_names import read_name
from holdfast.telemetry.intake.spool.treatment import unreadable
from holdfast.telemetry.model import Signal


@pytest.fixture
def rig(clock):
    """A rig whose warehouse remembers."""
    return Rig(clock)


@pytest.mark.parametrize("odd_numbers", [{0}, {6}, {2, 3}, {1, 5}, {0, 1, 2, 3, 4, 5}, set(range(7))])
def test_records_that_cannot_be_read_are_set_aside_alone(clock, odd_numbers):
    """Whichever records the warehouse cannot read in any form, all others of their segment are stored."""
    rig = picky(clock, SegmentRefused("no such schema"))
    names = ["odd" if number in odd_numbers else f"sound-{number}" for number in range(7)]
    rig.sealed(*(traces(1, number, name=name).SerializeToString() for number, name in enumerate(names)))
    token = first_token(rig)
    assert [rig.inserter.step() for _ in range(3)] == [
        InsertOutcome.REWRITTEN,
        InsertOutcome.REWRITTEN,
        InsertOutcome.INSERTED,
    ]
    assert rig.warehouse.span_names() == [name for name in names if name != "odd"]
    (content,) = kept(rig, ".unreadable")
    assert content.count(b"odd") == len(odd_numbers)
    found = find_records(content, read_name(f"{token}.sealed"), bool)
    assert found.is_whole, "it can be put back as a segment"
    assert len(found.records) == len(odd_numbers)
    assert rig.spool.refused_count() == 1
    assert rig.spool.quota.used_bytes == 0


def test_a_segment_of_sound_records_that_is_refused_is_set_aside(rig):
    """A segment whose records can be read one by one, and which is refused all the same, stops no other."""
    rig.sealed(body(1))
    rig.warehouse.insert_error = SegmentRefused("no such column")
    assert [rig.inserter.step() for _ in range(3)] == [
        InsertOutcome.REWRITTEN,
        InsertOutcome.REWRITTEN,
        InsertOutcome.REFUSED,
    ]
    rig.warehouse.insert_error = None
    rig.sealed(body(2))
    assert rig.inserter.step() is InsertOutcome.INSERTED
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
    assert rig.inserter.step() is InsertOutcome.POSTPONED
    assert kept(rig, ".unreadable") == []
    for _ in range(10):
        clock.advance(timedelta(seconds=1))
        rig.inserter.step()
    assert rig.warehouse.span_names() == ["1"]


def test_a_segment_that_fails_while_others_are_stored_is_set_aside(clock):
    """With any error of the warehouse, one segment never stops a signal for ever."""
    rig = picky(clock, Unavailable("out of memory"))
    rig.sealed(traces(1, 0, name="odd").SerializeToString())
    for number in range(1, 30):
        rig.sealed(body(number))
    for _ in range(400):
        rig.inserter.step()
        clock.advance(timedelta(seconds=1))
    assert sorted(map(int, rig.warehouse.span_names())) == list(range(1, 30))
    assert len(kept(rig, ".unreadable")) == 1
    assert (rig.inserter.troubles, rig.spool.quota.used_bytes) == ((), 0)


def test_segments_that_fail_side_by_side_do_not_hide_behind_each_other(clock):
    """With several segments at fault, each is found, though each stands in front of the next."""
    rig = picky(clock, Unavailable("out of memory"))
    for number in range(60):
        name = "odd" if number in (0, 1, 2) else str(number)
        rig.sealed(traces(1, number, name=name).SerializeToString())
    for _ in range(3000):
        rig.inserter.step()
        clock.advance(timedelta(seconds=1))
        if not rig.inserter.troubles and not rig.spool.quota.used_bytes:
            break
    assert sorted(map(int, rig.warehouse.span_names())) == list(range(3, 60))
    assert len(kept(rig, ".unreadable")) == 3


def test_damage_is_taken_out_before_the_insert(rig):
    """Flipped bytes cost their own record; the others of the segment are stored, and the damage is kept."""
    rig.sealed(body(1), body(2), body(3))
    (path,) = (path for path in rig.disk.files if path.suffix == ".sealed")
    content = rig.disk.files[path].content
    content[content.index(b"2", content.index(body(2)[:20], len(content) // 3))] ^= 1
    assert rig.inserter.step() is InsertOutcome.INSERTED
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
    """After any error in the treatment of a segment, the step ends, and the segment gets its next turn."""
    rig.sealed(body(1))
    queue = rig.spool.queues[Signal.TRACES]
    monkeypatch.setattr(queue, "read", lambda _segment: 1 / 0)
    assert rig.inserter.step() is InsertOutcome.POSTPONED
    assert "ZeroDivisionError" in rig.inserter.troubles[0].reason
    monkeypatch.undo()
    rig.clock.advance(timedelta(seconds=1))
    assert rig.inserter.step() is InsertOutcome.INSERTED
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
