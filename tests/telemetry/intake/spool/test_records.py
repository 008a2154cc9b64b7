"""Records in a segment: they are read back, damage costs what it hits, and nothing made up is believed."""

from hypothesis import given
from hypothesis import strategies as st

from holdfast.telemetry.intake.spool.digests import digest
from holdfast.telemetry.intake.spool.records import LABEL_BYTES, find_records, framed, framed_bytes
from holdfast.telemetry.intake.spool.segment_names import SegmentName
from holdfast.telemetry.model import Signal

NAME = SegmentName(Signal.TRACES, 1, "00ff7a14fa7f0a80")
OLD = SegmentName(Signal.TRACES, 1, "00ff7a14fa7f0a80", is_labelled=False)
records_of = st.lists(st.binary(min_size=1, max_size=300), max_size=6, unique=True)
names = st.sampled_from([NAME, OLD])


def everything(_record: bytes) -> bool:
    """Take any bytes for a record."""
    return True


def frames(name: SegmentName, records: list[bytes]) -> list[bytes]:
    """Return the bytes of each record in a segment."""
    return [b"".join(framed(name, record, digest(record))) for record in records]


@given(names, records_of)
def test_there_and_back(name: SegmentName, records: list[bytes]) -> None:
    """What is written is read back, and nothing is said to be damaged or torn."""
    found = find_records(b"".join(frames(name, records)), name, everything)
    assert (found.records, found.damaged, found.torn_at) == (records, [], None)


@given(records_of)
def test_the_size_of_a_record_is_known_before_it_is_written(records: list[bytes]) -> None:
    """The room that is reserved is the room that is taken."""
    assert [framed_bytes(record) for record in records] == [len(frame) for frame in frames(NAME, records)]


@given(names, records_of, st.binary(min_size=1, max_size=300), st.integers(1, 400), st.integers(0, 9))
def test_a_torn_end_is_torn(
    name: SegmentName, records: list[bytes], last: bytes, cut: int, zeros: int
) -> None:
    """A record that was not written to its end, or the zeros of a lost page, are torn and not damaged."""
    whole, (frame,) = b"".join(frames(name, records)), frames(name, [last])
    torn = frame[: -min(cut, len(frame))] or bytes(zeros)
    found = find_records(whole + torn, name, everything)
    assert (found.records, found.damaged) == (records, [])
    assert found.torn_at == (len(whole) if torn else None)


@given(
    st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=6, unique=True),
    st.data(),
)
def test_damage_costs_the_records_it_hits(records: list[bytes], data: st.DataObject) -> None:
    """With any bytes flipped, all other records are found, and the loss is detected."""
    parts = frames(NAME, records)
    content = bytearray(b"".join(parts))
    places = data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4, unique=True))
    for place in places:
        content[place] ^= data.draw(st.integers(1, 255))
    found = find_records(bytes(content), NAME, everything)
    ends = [sum(map(len, parts[: number + 1])) for number in range(len(parts))]
    untouched = [
        record
        for record, part, end in zip(records, parts, ends, strict=True)
        if not any(end - len(part) <= place < end for place in places)
    ]
    assert [record for record in found.records if record in untouched] == untouched
    assert all(record in records for record in found.records)
    assert not found.is_whole
    lost = [*found.damaged, *([] if found.torn_at is None else [(found.torn_at, len(content))])]
    assert all(start < stop for start, stop in lost)
    assert sum(stop - start for start, stop in lost) < len(content) or not found.records


@given(records_of, st.binary(max_size=600))
def test_every_byte_is_accounted_for(records: list[bytes], junk: bytes) -> None:
    """Records, damage and a torn end make up the segment, in order, for any content."""
    parts = frames(NAME, records)
    middle = len(parts) // 2
    content = b"".join(parts[:middle]) + junk + b"".join(parts[middle:])
    found = find_records(content, NAME, everything)
    assert found.records == records
    lost = sum(stop - start for start, stop in found.damaged)
    lost += 0 if found.torn_at is None else len(content) - found.torn_at
    assert lost == len(junk)


def test_a_record_whose_length_is_damaged_is_still_found() -> None:
    """The label knows the length as well: only the bytes of the length itself are lost."""
    (first, second) = frames(NAME, [b"one", b"two"])
    content = first + bytes([second[0] ^ 1]) + second[1:]
    found = find_records(content, NAME, everything)
    assert found.records == [b"one", b"two"]
    assert found.damaged == [(len(first), len(first) + 1)]


def test_copied_bytes_are_damage_and_not_stored_twice() -> None:
    """A record that lies in a segment a second time was copied there by a fault."""
    parts = frames(NAME, [b"one", b"two"])
    found = find_records(parts[0] + parts[1] + parts[0], NAME, everything)
    assert found.records == [b"one", b"two"]
    assert len(found.damaged) == 1


def test_a_damaged_last_record_is_damage() -> None:
    """A record of full length with other bytes was acknowledged: it is not cut off as torn."""
    (frame,) = frames(NAME, [b"something"])
    found = find_records(frame[:-1] + b"!", NAME, everything)
    assert (found.records, found.damaged, found.torn_at) == ([], [(0, len(frame))], None)


@given(st.binary(max_size=50))
def test_a_body_that_looks_like_a_record_is_none(inside: bytes) -> None:
    """A sender who writes labels into a body, with a nonce of its own, makes no records."""
    forged = SegmentName(Signal.TRACES, 1, "0" * 16)
    body = b"".join(framed(forged, inside, digest(inside))) * 3
    (frame,) = frames(NAME, [body])
    assert find_records(frame, NAME, everything).records == [body]
    broken = bytearray(frame)
    broken[LABEL_BYTES] ^= 1  # inside the label
    assert find_records(bytes(broken), NAME, everything).records in ([], [body])


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=90), st.booleans()), max_size=6))
def test_without_labels_unsound_records_are_stepped_over(pairs: list[tuple[bytes, bool]]) -> None:
    """In segments of before, a record that cannot be parsed is damage, and those behind it are read."""
    sound = [record for record, is_sound in pairs if is_sound]
    content = b"".join(frames(OLD, [record for record, _ in pairs]))
    found = find_records(content, OLD, lambda record: record in sound)
    assert found.records == [record for record, _ in pairs if record in sound]
    assert found.torn_at is None
    assert sum(stop - start for start, stop in found.damaged) == sum(
        len(frame) for frame in frames(OLD, [record for record, _ in pairs if record not in sound])
    )
