"""Checks large requests in pieces, so that none of them takes much more memory than it has bytes.

A parsed message can be ninety times as large as its bytes: an empty span takes two bytes on the wire and 180
in memory, so a body within the limit could fill a machine. Large bodies are therefore cut along their spans
(metrics, log records) into requests of about a megabyte, each with the resource and scope it belongs to, and
checked one by one. That also keeps the parser, which nothing can interrupt, from holding up other senders.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from holdfast.runtime.errors import TooLarge
from holdfast.telemetry.errors import BadBody
from holdfast.telemetry.limits import MIB
from holdfast.telemetry.model import Signal
from holdfast.telemetry.otlp import ITEMS, Batch, Rejection, Rule, Tally, Window, decode_piece
from holdfast.telemetry.otlp_reply import varint

LARGE_BYTES = 2 * MIB
"""Bodies over this size are checked in pieces."""
_PIECE_BYTES = MIB
_ITEM_BYTES = 8 * MIB
_HEAD_BYTES = MIB
_MOST_ITEMS = 1_000_000
"""Most items in one request: 64 MiB hold fewer unless they are of 67 bytes, which no span is."""

_GROUP_FIELD = 1
_SCOPE_FIELD = 2
_ITEM_FIELD = 2
_LENGTH_DELIMITED = 2
_FIXED_BYTES = {1: 8, 5: 4}


def in_pieces(body: bytes) -> Iterable[bytes]:
    """Return requests that together hold what `body` holds, in its order; only a large one is cut."""
    return _Pieces(body) if len(body) > LARGE_BYTES else (body,)


def decode_large(signal: Signal, body: bytes, window: Window) -> Batch:
    """Do what `otlp.decode` does, piece by piece; items over 8 MiB are rejected unread."""
    pieces = _Pieces(body)
    batches = [decode_piece(signal, piece, window) for piece in pieces]
    rejections = _merged([rejection for batch in batches for rejection in batch.rejections])
    if pieces.too_large:
        example = f"one of {max(pieces.too_large)} bytes where {_ITEM_BYTES} are allowed"
        rejections += (Rejection(Rule.TOO_LARGE, len(pieces.too_large), example),)
    accepted = sum(batch.accepted for batch in batches)
    remarks = Tally()
    for remark in (one for batch in batches for one in batch.remarks):
        remarks.remark(remark.note, remark.example, count=remark.count)
    is_changed = bool(rejections) or any(batch.is_rewritten for batch in batches)
    record = b"".join(batch.record for batch in batches) if is_changed else body
    return Batch(signal, record, accepted, rejections, is_rewritten=is_changed, remarks=remarks.remarks())


def _merged(rejections: list[Rejection]) -> tuple[Rejection, ...]:
    counts: Counter[Rule] = Counter()
    examples: dict[Rule, str] = {}
    for rejection in rejections:
        counts[rejection.rule] += rejection.count
        examples.setdefault(rejection.rule, rejection.example)
    return tuple(Rejection(rule, count, examples[rule]) for rule, count in counts.items())


@dataclass(slots=True)
class _Pieces:
    """The requests into which a body is cut. All three signals nest alike: request, resource, scope, item."""

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
        if not scopes:
            yield _wrapped(_GROUP_FIELD, head)
        for _, value, stop in scopes:
            for scope in self._of_scope(value, stop):
                yield _wrapped(_GROUP_FIELD, head + _wrapped(_SCOPE_FIELD, scope))

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
    """Yield each field of a message: its number, and where its tag, its value and what follows it begin."""
    while position < end:
        start = position
        tag, position = _varint(body, position, end)
        kind = tag & 7
        if kind == _LENGTH_DELIMITED:
            length, position = _varint(body, position, end)
            stop = position + length
        elif kind == 0:
            _, stop = _varint(body, position, end)
        else:
            stop = position + _FIXED_BYTES.get(kind, end)
        if stop > end or not tag >> 3:
            raise _corrupt(body, start)
        yield tag >> 3 if kind == _LENGTH_DELIMITED else 0, start, position, stop
        position = stop


def _varint(body: bytes, position: int, end: int) -> tuple[int, int]:
    number = shift = 0
    while position < end and shift < 70:
        byte = body[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
        shift += 7
    raise _corrupt(body, position)


def _corrupt(body: bytes, position: int) -> BadBody:
    return BadBody(
        f"the body of {len(body)} bytes is not a request of {', '.join(ITEMS.values())}: its wire format is "
        f"corrupt at byte {position}",
        value=f"{len(body)} bytes",
        rule="a protobuf message",
    )
