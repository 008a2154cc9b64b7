"""Varints, the variable-length integers of protobuf's wire format: written and read. Pure."""


def varint(number: int) -> bytes:
    """Return a non-negative `number` as a protobuf varint."""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def varint_at(content: bytes, position: int, end: int, most_bytes: int) -> tuple[int, int] | None:
    """Return the number that begins at `position`, and the position behind it.

    None if it does not end within `most_bytes` bytes and before `end`, which is within the content.
    """
    number = shift = 0
    for place in range(position, min(end, position + most_bytes)):
        number |= (content[place] & 0x7F) << shift
        if content[place] < 0x80:
            return number, place + 1
        shift += 7
    return None
