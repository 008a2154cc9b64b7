"""Protobuf messages as trees of fields that can be changed and written again, soundly or not.

Only the schema distinguishes a message from text, because both are bytes on the wire; so a message is read
along its descriptor.
"""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor

VARINT, FIXED64, DELIMITED, BEGIN, END, FIXED32 = 0, 1, 2, 3, 4, 5
_SIZES = {FIXED64: 8, FIXED32: 4}


class Field:
    """One field as it will be written.

    `value` is a number (varint), bytes, or the list of fields of a message or group. `tag_extra`,
    `length_extra` and `value_extra` are bytes a varint takes more than it needs; `length_off` is by how much
    the length lies. `name` is what the schema calls the field, empty for what it does not know.
    """

    __slots__ = ("kind", "length_extra", "length_off", "name", "number", "tag_extra", "value", "value_extra")

    def __init__(self, number: int, kind: int, value: Any, name: str = "") -> None:
        self.number = number
        self.kind = kind
        self.value = value
        self.name = name
        self.tag_extra = self.length_extra = self.value_extra = self.length_off = 0

    def copy(self) -> "Field":
        """Return a field of its own, its message copied too."""
        value = copied(self.value) if isinstance(self.value, list) else self.value
        return Field(self.number, self.kind, value, self.name)


Message = list[Field]


def copied(message: Message) -> Message:
    """Return a tree of its own."""
    return [field.copy() for field in message]


def read(body: bytes, descriptor: Descriptor) -> Message:
    """Return the tree of a sound message."""
    known = descriptor.fields_by_number
    found: Message = []
    position = 0
    while position < len(body):
        tag, position = _number(body, position)
        field, kind = known.get(tag >> 3), tag & 7
        name = field.name if field is not None else ""
        value: Any
        if kind == VARINT:
            value, position = _number(body, position)
        elif kind == DELIMITED:
            length, position = _number(body, position)
            value, position = body[position : position + length], position + length
            if field is not None and field.message_type is not None:
                value = read(value, field.message_type)
        else:
            value, position = body[position : position + _SIZES[kind]], position + _SIZES[kind]
        found.append(Field(tag >> 3, kind, value, name))
    return found


def written(message: Message) -> bytes:
    """Return a tree as bytes, with every lie it holds."""
    return b"".join(piece for field in message for piece in _pieces(field))


def messages(message: Message) -> Iterator[Message]:
    """Yield a message and every message in it."""
    waiting = [message]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += [field.value for field in found if isinstance(field.value, list)]


def varint(number: int, extra: int = 0) -> bytes:
    """Return a varint that takes `extra` bytes more than it needs."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number | 0x80 if extra else number)
    if extra:
        found += b"\x80" * (extra - 1) + b"\x00"
    return bytes(found)


def _pieces(field: Field) -> Iterator[bytes]:
    yield varint(field.number << 3 | field.kind, field.tag_extra)
    value = field.value
    if isinstance(value, int):
        yield varint(value, field.value_extra)
        return
    content = written(value) if isinstance(value, list) else value
    if field.kind == DELIMITED:
        yield varint(max(0, len(content) + field.length_off), field.length_extra)
    yield content
    if field.kind == BEGIN:
        yield varint(max(0, field.number + field.length_off) << 3 | END, field.length_extra)


def _number(body: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = body[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
        shift += 7
