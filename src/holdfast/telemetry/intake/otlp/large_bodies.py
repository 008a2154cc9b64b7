"""Checks large requests in pieces, so that each takes little more memory than it has bytes.

A parsed message can be ninety times as large as its bytes: an empty span takes two bytes on the wire and 180
in memory, so a body within the limit could fill a machine. Large bodies are therefore cut along their spans
(metrics, log records) into requests of about a megabyte, each with its resource and scope, and checked one
by one. The parser, which cannot be interrupted, so delays other senders only briefly.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from holdfast.runtime.errors import TooLarge
from holdfast.telemetry.errors import BadBody
from holdfast.telemetry.intake.limits import MIB
from holdfast.telemetry.intake.otlp.batch import ITEMS, Batch, Rejection, Rule, Tally
from holdfast.telemetry.intake.otlp.foreign import must_be_of
from holdfast.telemetry.intake.otlp.repair import Patience
from holdfast.telemetry.intake.otlp.rules import AdmissionLimits, decode_piece
from holdfast.telemetry.intake.otlp.weight import must_fit
from holdfast.telemetry.intake.varint import varint, varint_at
from holdfast.telemetry.model import Signal

LARGE_BYTES = 2 * MIB
"""Bodies over this size are checked in pieces."""
_PIECE_BYTES = MIB
_ITEM_BYTES = 8 * MIB
_HEAD_BYTES = MIB
_MOST_ITEMS = 1_000_000
"""Most items in one request: 64 MiB hold fewer unless items have under 67 bytes, which no span has."""

_GROUP_FIELD = 1
_SCOPE_FIELD = 2
_ITEM_FIELD = 2
_VARINT = 0
_LENGTH_DELIMITED = 2
_GROUP_BEGINS, _GROUP_ENDS = 3, 4
_FIXED_BYTES = {1: 8, 5: 4}
# Exactly the rules of the parser: what it refuses in a small body is refused in a large one.
_TAG_BYTES = 5
_LENGTH_BYTES = 5
_VARINT_BYTES = 10
_TAG_MOST = 2**32 - 1


def in_pieces(body: bytes) -> Iterable[bytes]:
    """Return requests with the content of `body`, in its order; only a large body is cut."""
    return _Pieces(body) if len(body) > LARGE_BYTES else (body,)


def decode_large(signal: Signal, body: bytes, window: AdmissionLimits) -> Batch:
    """Do what `rules.decode` does, piece by piece; items over 8 MiB are rejected unread."""
    pieces, patience = _Pieces(body), Patience()
    batches = [decode_piece(signal, piece, window, patience) for piece in pieces]
    if all(batch.is_doubtful for batch in batches):
        must_be_of(signal, lambda: _Pieces(body))
    rejections = _merged([rejection for batch in batches for rejection in batch.rejections])
    if pieces.too_large:
        example = f"one of {max(pieces.too_large)} bytes where {_ITEM_BYTES} are allowed"
        rejections += (Rejection(Rule.TOO_LARGE, len(pieces.too_large), example),)
    accepted = sum(batch.accepted for batch in batches)
    unfolded = sum(batch.unfolded_bytes for batch in batches)
    must_fit(unfolded)
    remarks = Tally()
    for remark in (one for batch in batches for one in batch.remarks):
        remarks.remark(remark.note, remark.example, count=remark.count)
    # The parsed pieces are stored, and not the body around them.
    record = b"".join(batch.record for batch in batches)
    return Batch(
        signal,
        record,
        accepted,
        rejections,
        is_rewritten=record != body,
        remarks=remarks.remarks(),
        unfolded_bytes=unfolded,
    )


def _merged(rejections: list[Rejection]) -> tuple[Rejection, ...]:
    counts: Counter[Rule] = Counter()
    examples: dict[Rule, str] = {}
    for rejection in rejections:
        counts[rejection.rule] += rejection.count
        examples.setdefault(rejection.rule, rejection.example)
    return tuple(Rejection(rule, count, examples[rule]) for rule, count in counts.items())


@dataclass(slots=True)
class _Pieces:
    """The pieces of a body. All three signals nest alike: request, resource, scope, item."""

    body: bytes
    too_large: list[int] = field(default_factory=list)
    items: int = 0

    def __iter__(self) -> Iterator[bytes]:
        for number, start, value, end in _fields(self.body, 0, len(self.body)):
            if number == _GROUP_FIELD:
                yield from self._of_resource(value, end)
            else:
                yield self.body[start:end]

    def _of_resource(self, start: int, end: int) -> Iterator[bytes]:
        head, scopes = self._divided(start, end, _SCOPE_FIELD)
        taken: list[bytes] = [head]
        size_bytes = 0
        for _, value, stop in scopes:
            for scope in self._of_scope(value, stop):
                # Small scopes share a piece: one copy of the resource for each would multiply the body.
                if size_bytes + len(scope) > _PIECE_BYTES and size_bytes:
                    yield _wrapped(_GROUP_FIELD, b"".join(taken))
                    taken, size_bytes = [head], 0
                taken.append(_wrapped(_SCOPE_FIELD, scope))
                size_bytes += len(scope)
        yield _wrapped(_GROUP_FIELD, b"".join(taken))

    def _of_scope(self, start: int, end: int) -> Iterator[bytes]:
        head, items = self._divided(start, end, _ITEM_FIELD)
        taken: list[bytes] = [head]
        size_bytes = 0
        for tag, value, stop in items:
            if stop - value > _ITEM_BYTES:
                self.too_large.append(stop - value)
                continue
            if size_bytes + stop - tag > _PIECE_BYTES and size_bytes:
                yield b"".join(taken)
                taken, size_bytes = [head], 0
            taken.append(self.body[tag:stop])
            size_bytes += stop - tag
        yield b"".join(taken)

    def _count(self) -> None:
        self.items += 1
        if self.items > _MOST_ITEMS:
            raise TooLarge(
                f"the body holds more than {_MOST_ITEMS} items; send smaller batches",
                value=f"{len(self.body)} bytes",
                rule=f"at most {_MOST_ITEMS} items in a request",
            )

    def _divided(self, start: int, end: int, field_number: int) -> tuple[bytes, list[tuple[int, int, int]]]:
        """Divide a message into its other fields, joined, and the places of one repeated field."""
        found: list[tuple[int, int, int]] = []
        head: list[bytes] = []
        for number, tag, value, stop in _fields(self.body, start, end):
            if number == field_number:
                found.append((tag, value, stop))
                self._count()
            else:
                head.append(self.body[tag:stop])
        joined = b"".join(head)
        if len(joined) > _HEAD_BYTES:
            raise BadBody(
                f"a resource or scope has {len(joined)} bytes; at most {_HEAD_BYTES} are read",
                value=str(len(joined)),
                rule=f"at most {_HEAD_BYTES} bytes describe a resource or scope",
            )
        return joined, found


def _wrapped(number: int, message: bytes) -> bytes:
    return varint(number << 3 | _LENGTH_DELIMITED) + varint(len(message)) + message


def _fields(body: bytes, position: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield each field of a message: its number, and where its tag, its value and the next field begin.

    The number is 0 for fields that are not length-delimited: they are copied as they are.
    """
    while position < end:
        start = position
        tag, position = _tag(body, position, end)
        if not tag >> 3:  # the parser accepts such a field only inside groups
            raise _corrupt(body, start)
        value, stop = _extent(body, tag, position, end)
        if stop > end:
            raise _corrupt(body, start)
        yield tag >> 3 if tag & 7 == _LENGTH_DELIMITED else 0, start, value, stop
        position = stop


def _extent(body: bytes, tag: int, position: int, end: int) -> tuple[int, int]:
    """Return where the value of a field begins and where it stops."""
    kind = tag & 7
    if kind == _LENGTH_DELIMITED:
        length, value = _varint(body, position, end, _LENGTH_BYTES)
        return value, value + length
    if kind == _VARINT:
        return position, _varint(body, position, end, _VARINT_BYTES)[1]
    if kind == _GROUP_BEGINS:
        return position, _end_of_group(body, tag >> 3, position, end)
    if kind in _FIXED_BYTES:
        return position, position + _FIXED_BYTES[kind]
    raise _corrupt(body, position)


def _end_of_group(body: bytes, number: int, position: int, end: int) -> int:
    """Return where a group ends; the parser checks its content."""
    open_groups = [number]
    while open_groups:
        tag, position = _tag(body, position, end)
        if tag & 7 == _GROUP_BEGINS:
            open_groups.append(tag >> 3)
        elif tag & 7 == _GROUP_ENDS:
            if open_groups.pop() != tag >> 3:
                raise _corrupt(body, position)
        else:
            _, position = _extent(body, tag, position, end)
    return position


def _tag(body: bytes, position: int, end: int) -> tuple[int, int]:
    tag, after = _varint(body, position, end, _TAG_BYTES)
    if tag > _TAG_MOST:
        raise _corrupt(body, position)
    return tag, after


def _varint(body: bytes, position: int, end: int, most_bytes: int) -> tuple[int, int]:
    found = varint_at(body, position, end, most_bytes)
    if found is None:
        raise _corrupt(body, position)
    return found


def _corrupt(body: bytes, position: int) -> BadBody:
    return BadBody(
        f"the body of {len(body)} bytes is not a request of {', '.join(ITEMS.values())}: its wire format is "
        f"corrupt at byte {position}",
        value=f"{len(body)} bytes",
        rule="a protobuf message",
    )
