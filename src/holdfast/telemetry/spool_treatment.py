"""What is done, step by step, so that the warehouse can take a segment, and no record costs another.

Before each insert the damaged parts of a segment are taken out. If the engine cannot read it, its
records are written again in plain form; if it still cannot, the records it cannot read are found one by one
and taken out. What is taken out is kept in `refused/`. The rest is stored under the segment's own token all
the while, so the engine recognises what it stored before.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from holdfast.telemetry.repeats import digest
from holdfast.telemetry.spool_files import plain
from holdfast.telemetry.spool_lane import Lane
from holdfast.telemetry.spool_names import DAMAGED, UNREADABLE
from holdfast.telemetry.spool_records import framed
from holdfast.telemetry.spool_segment import Segment, Treatment

log = logging.getLogger(__name__)

MOST_READS = 500
"""Most reads of parts of one segment: they find some forty bad records among thousands."""

IsReadable = Callable[[Path], bool]
"""Whether the warehouse can read the records at a path, which are in a segment's form."""


def verify(lane: Lane, segment: Segment) -> list[bytes]:
    """Take out what is no longer as it was written, keep it in `refused/`, and return the sound records."""
    content, found = lane.read(segment)
    stretches = list(found.damaged)
    if found.torn_at is not None:  # a sealed segment was whole once
        stretches.append((found.torn_at, len(content)))
    if stretches:
        log.error(
            "segment %s is damaged: %d of its %d bytes are set aside, %d sound records go on; check the disk",
            segment.path,
            sum(stop - start for start, stop in stretches),
            len(content),
            len(found.records),
        )
        lane.keep_out(segment, DAMAGED, [content[start:stop] for start, stop in stretches])
        lane.replace(segment, found.records)
    return found.records


def rewrite(lane: Lane, segment: Segment) -> None:
    """Write the records in plain form: without unknown fields, each field once.

    Protobuf lets a sender write one message in many ways, and the engine reads fewer of them than the parser
    at the door.
    """
    forms = [(record, plain(lane.signal, record)) for record in verify(lane, segment)]
    unknown = [record for record, form in forms if form is None]
    if unknown:
        lane.keep_out(segment, UNREADABLE, _framed(segment, unknown))
    lane.replace(segment, [form for _, form in forms if form is not None])
    segment.treatment = Treatment.PLAIN


def isolate(lane: Lane, segment: Segment, is_readable: IsReadable) -> int:
    """Find the records that cannot be read, take them out and return how many there were."""
    sound = verify(lane, segment)

    def readable(records: Sequence[bytes]) -> bool:
        with lane.trial(segment, records) as path:
            return is_readable(path)

    bad = set(unreadable(sound, readable))
    if bad:
        lane.keep_out(segment, UNREADABLE, _framed(segment, [sound[number] for number in sorted(bad)]))
        lane.replace(segment, [record for number, record in enumerate(sound) if number not in bad])
    segment.treatment = Treatment.ISOLATED
    return len(bad)


def set_aside(lane: Lane, segment: Segment) -> None:
    """Take out all that is left of a segment, and be done with it."""
    content, _ = lane.read(segment)
    lane.keep_out(segment, UNREADABLE, [content])
    lane.forget(segment)


def unreadable(
    records: Sequence[bytes], readable: Callable[[Sequence[bytes]], bool], most_reads: int = MOST_READS
) -> list[int]:
    """Return the numbers of the records that cannot be read, found by halving.

    `readable` says it of several records together. After `most_reads` questions, what is not known to be
    readable counts as unreadable.
    """
    bad: list[int] = []
    parts = [(0, len(records))] if records else []
    reads = 0
    while parts:
        start, stop = parts.pop()
        if reads >= most_reads:
            bad.extend(range(start, stop))
            continue
        reads += 1
        if readable(records[start:stop]):
            continue
        if stop - start == 1:
            bad.append(start)
        else:
            middle = (start + stop) // 2
            parts += [(middle, stop), (start, middle)]
    return bad


def _framed(segment: Segment, records: Sequence[bytes]) -> list[bytes]:
    # In a segment's form, so that the file can be put back as a segment once the cause is gone.
    return [piece for record in records for piece in framed(segment.name, record, digest(record))]
