"""The steps that make a segment readable for the warehouse, so that one bad record costs no other.

Before each insert the damaged parts of a segment are taken out. If the engine cannot read it, its records
are rewritten in plain form; if that does not help, the unreadable records are searched for and taken out.
Everything taken out is kept in `refused/`. The rest keeps the segment's token, so the engine deduplicates
what it stored before.
"""

import logging
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from holdfast.telemetry.intake.spool.digests import digest
from holdfast.telemetry.intake.spool.records import framed
from holdfast.telemetry.intake.spool.segment import Segment, Treatment
from holdfast.telemetry.intake.spool.segment_files import plain
from holdfast.telemetry.intake.spool.segment_names import DAMAGED, UNREADABLE
from holdfast.telemetry.intake.spool.signal_queue import SignalQueue

log = logging.getLogger(__name__)

MOST_READS = 500
"""Most trial reads of one segment: enough to find some forty bad records among thousands."""

DEADLY_PARTS = 16
"""Parts into which deadly records are cut: three ended processes find one among four thousand."""

IsReadable = Callable[[Path], bool]
"""Whether the warehouse can read the segment file at a path."""


def verify(queue: SignalQueue, segment: Segment) -> list[bytes]:
    """Move damaged bytes to `refused/` and return the sound records."""
    content, found = queue.read(segment)
    damaged = list(found.damaged)
    if found.torn_at is not None:  # a sealed segment was whole once
        damaged.append((found.torn_at, len(content)))
    if damaged:
        log.error(
            "segment %s is damaged: %d of its %d bytes are set aside, %d records remain; check the disk",
            segment.path,
            sum(stop - start for start, stop in damaged),
            len(content),
            len(found.records),
        )
        queue.keep_out(segment, DAMAGED, [content[start:stop] for start, stop in damaged])
        queue.replace(segment, found.records)
    return found.records


def rewrite(queue: SignalQueue, segment: Segment) -> None:
    """Rewrite the records in plain form: without unknown fields, each field once.

    Protobuf lets a sender write one message in many ways, and the engine reads fewer of them than the
    receiver's parser does.
    """
    forms = [(record, plain(queue.signal, record)) for record in verify(queue, segment)]
    unknown = [record for record, form in forms if form is None]
    if unknown:
        queue.keep_out(segment, UNREADABLE, _framed(segment, unknown))
    queue.replace(segment, [form for _, form in forms if form is not None])
    segment.treatment = Treatment.PLAIN


def isolate(queue: SignalQueue, segment: Segment, is_readable: IsReadable) -> int:
    """Find the records that cannot be read, take them out and return their number."""
    sound = verify(queue, segment)

    def readable(records: Sequence[bytes]) -> bool:
        with queue.trial(segment, records) as path:
            return is_readable(path)

    bad = set(unreadable(sound, readable))
    if bad:
        queue.keep_out(segment, UNREADABLE, _framed(segment, [sound[number] for number in sorted(bad)]))
        queue.replace(segment, [record for number, record in enumerate(sound) if number not in bad])
    segment.treatment = Treatment.ISOLATED
    return len(bad)


def isolate_deadly(queue: SignalQueue, segment: Segment, is_readable: IsReadable) -> int:
    """Find the records that make the engine end the process, take them out and return their number.

    Each part is noted on disk before it is read, so that the next process knows which one ended this one. The
    search takes few large steps, because each step towards a deadly record ends a process.
    """
    token, sound = segment.name.token, verify(queue, segment)
    died = queue.attempts.died(token)

    def readable(start: int, stop: int) -> bool:
        if died.in_reading(start, stop, len(sound)):
            return False
        with queue.trial(segment, sound[start:stop]) as path:
            queue.attempts.reading_begins(token, start, stop, len(sound))
            return is_readable(path)

    bad = set(found_in_parts(len(sound), readable, parts=DEADLY_PARTS))
    if bad:
        queue.keep_out(segment, UNREADABLE, _framed(segment, [sound[number] for number in sorted(bad)]))
        queue.replace(segment, [record for number, record in enumerate(sound) if number not in bad])
    queue.attempts.isolated(token)
    return len(bad)


def set_aside(queue: SignalQueue, segment: Segment) -> None:
    """Move the rest of a segment to `refused/`, and delete the segment."""
    content, _ = queue.read(segment)
    queue.keep_out(segment, UNREADABLE, [content])
    queue.forget(segment)


def unreadable(
    records: Sequence[bytes], readable: Callable[[Sequence[bytes]], bool], most_reads: int = MOST_READS
) -> list[int]:
    """Return the numbers of the records that cannot be read, found by bisection.

    `readable` says whether all of several records can be read. After `most_reads` calls, records not known
    to be readable count as unreadable.
    """
    return found_in_parts(
        len(records), lambda start, stop: readable(records[start:stop]), parts=2, most_reads=most_reads
    )


def found_in_parts(
    count: int, is_fine: Callable[[int, int], bool], *, parts: int, most_reads: int = MOST_READS
) -> list[int]:
    """Return which of `count` numbers are bad; a range that is not `is_fine` is cut into `parts`."""
    bad: list[int] = []
    ranges = [(0, count)] if count else []
    reads = 0
    while ranges:
        start, stop = ranges.pop()
        if reads >= most_reads:
            bad.extend(range(start, stop))
            continue
        reads += 1
        if is_fine(start, stop):
            continue
        if stop - start == 1:
            bad.append(start)
        else:
            edges = [start + (stop - start) * part // parts for part in range(parts + 1)]
            ranges += [pair for pair in reversed(list(pairwise(edges))) if pair[0] < pair[1]]
    return bad


def _framed(segment: Segment, records: Sequence[bytes]) -> list[bytes]:
    # Framed as in a segment, so that the file can be put back as one once the cause is fixed.
    return [piece for record in records for piece in framed(segment.name, record, digest(record))]
