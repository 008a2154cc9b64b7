"""Changes to OTLP bodies, as bugs in SDKs, proxies and memory make them, and as somebody hostile would.

Everything is drawn from one `random.Random`, so a seed names a body.
"""

import json
from collections.abc import Callable
from random import Random
from typing import Any

from tests.telemetry.intake.fuzz.wire import (
    BEGIN,
    DELIMITED,
    END,
    FIXED32,
    FIXED64,
    VARINT,
    Field,
    Message,
    copied,
    messages,
    varint,
    written,
)

EDGES = (0, 1, 2, 127, 128, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**70 - 1)
NUMBERS = (0, 1, 2, 3, 4, 5, 6, 7, 9, 15, 16, 100, 2047, 18_999, 19_000, 2**28, 2**29 - 1, 2**29, 2**32)
EXTRAS = (1, 1, 2, 3, 4, 5, 6, 8, 9, 10)
TEXTS = (
    b"",
    b"\xff\xfe",
    b"\xc3(",
    b"\xed\xa0\x80",
    b"\x00",
    b"ok",
    "é😀".encode(),
    b"x" * 300,
    b'"\\\n\t\x7f',
)
DEPTHS = (1, 2, 5, 20, 45, 60, 95, 100, 101, 120, 300)
JSON_DEPTHS = DEPTHS[:7]
"""Three of them in one another are less than what Python's own writer follows."""
UNIQUE = {"trace_id": 16, "span_id": 8}

Change = Callable[[Random, Message], None]


def mutated(random: Random, tree: Message, others: list[bytes]) -> bytes:
    """Return a body made of `tree` by one to four changes of its fields, and now and then of its bytes."""
    message = copied(tree)
    _name_anew(random, message)
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4))):
        places = [found for found in messages(message) if found] or [message]
        random.choice(CHANGES)(random, random.choice(places))
    body = written(message)
    if random.random() < 0.25:
        body = random.choice(BYTE_CHANGES)(random, body, others)
    return body


def _name_anew(random: Random, message: Message) -> None:
    # Rows are distinguished by their ids, or by the start of a point.
    for found in messages(message):
        for field in found:
            if field.name in UNIQUE and field.value:
                field.value = random.randbytes(UNIQUE[field.name])
            elif field.name == "start_time_unix_nano" and not any(one.name == "span_id" for one in found):
                field.value = random.getrandbits(62).to_bytes(8, "little")


def _some(random: Random, message: Message) -> Field | None:
    return random.choice(message) if message else None


def _delete(random: Random, message: Message) -> None:
    if message:
        del message[random.randrange(len(message))]


def _double(random: Random, message: Message) -> None:
    if field := _some(random, message):
        for _ in range(random.choice((1, 1, 2, 30))):
            message.insert(random.randint(0, len(message)), field.copy())


def _shuffle(random: Random, message: Message) -> None:
    random.shuffle(message)


def _renumber(random: Random, message: Message) -> None:
    if field := _some(random, message):
        field.number, field.name = random.choice(NUMBERS), ""


def _retype(random: Random, message: Message) -> None:
    if field := _some(random, message):
        field.kind = random.choice((VARINT, FIXED64, DELIMITED, BEGIN, END, FIXED32, 6, 7))
        field.value = random.choice((random.choice(EDGES[:8]), random.randbytes(8), random.randbytes(4), b""))
        if field.kind == VARINT and not isinstance(field.value, int):
            field.value = 5


def _unknown(random: Random, message: Message) -> None:
    kind = random.choice((VARINT, FIXED64, DELIMITED, FIXED32, BEGIN))
    value: Any = {
        VARINT: random.choice(EDGES),
        FIXED64: random.randbytes(8),
        DELIMITED: random.choice(TEXTS),
        FIXED32: random.randbytes(4),
        BEGIN: [Field(random.choice(NUMBERS), VARINT, 1)],
    }[kind]
    message.insert(random.randint(0, len(message)), Field(random.choice(NUMBERS), kind, value))


def _over_long(random: Random, message: Message) -> None:
    if field := _some(random, message):
        part = random.choice(("tag_extra", "length_extra", "value_extra"))
        setattr(field, part, random.choice(EXTRAS))


def _lie(random: Random, message: Message) -> None:
    if field := _some(random, message):
        field.length_off = random.choice((-1, 1, -8, 8, 127, 2**31, 2**32, 2**63, -(10**9)))


def _edge(random: Random, message: Message) -> None:
    if field := _some(random, message):
        if field.kind == VARINT:
            field.value = random.choice(EDGES)
        elif field.kind in (FIXED32, FIXED64) and isinstance(field.value, bytes):
            field.value = random.choice((b"\x00", b"\xff", b"\x80")) * len(field.value)


def _text(random: Random, message: Message) -> None:
    if (field := _some(random, message)) and isinstance(field.value, bytes):
        field.value = random.choice(TEXTS)


def _shorten(random: Random, message: Message) -> None:
    if (field := _some(random, message)) and isinstance(field.value, bytes):
        field.value = field.value[: random.randint(0, len(field.value))]


def _empty(random: Random, message: Message) -> None:
    if (field := _some(random, message)) and field.kind == DELIMITED:
        field.value = b""


def _group(random: Random, message: Message) -> None:
    number = random.choice(NUMBERS[1:])
    begin, end = varint(number << 3 | BEGIN), varint((number << 3 | END) + random.choice((0, 0, 0, 0, 8)))
    levels = random.choice(DEPTHS)
    content = begin * levels + varint(1 << 3) + b"\x01" + end * levels
    message.insert(random.randint(0, len(message)), Field(number, BEGIN, content))


def _nest(random: Random, message: Message) -> None:
    # A list in a list, or a map in a map, as a value: AnyValue 5 or 6, its values 1, a pair's value 2.
    value = _delimited(1, b"deep")
    for _ in range(random.choice(DEPTHS)):
        is_list = random.random() < 0.5
        inner = value if is_list else _delimited(1, b"k") + _delimited(2, value)
        value = _delimited(5 if is_list else 6, _delimited(1, inner))
    for field in message:
        if field.name in ("value", "body") and isinstance(field.value, list):
            field.value = value


def _delimited(number: int, content: bytes) -> bytes:
    return varint(number << 3 | DELIMITED) + varint(len(content)) + content


CHANGES: tuple[Change, ...] = (
    _delete,
    _double,
    _shuffle,
    _renumber,
    _retype,
    _unknown,
    _over_long,
    _over_long,
    _lie,
    _edge,
    _text,
    _shorten,
    _empty,
    _group,
    _nest,
)


def _flip(random: Random, body: bytes, _others: list[bytes]) -> bytes:
    changed = bytearray(body)
    for _ in range(random.choice((1, 1, 2, 8))):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _cut(random: Random, body: bytes, _others: list[bytes]) -> bytes:
    return body[: random.randint(0, len(body))]


def _cut_out(random: Random, body: bytes, _others: list[bytes]) -> bytes:
    start = random.randint(0, len(body))
    return body[:start] + body[start + random.choice((1, 2, 8, 100)) :]


def _put_in(random: Random, body: bytes, _others: list[bytes]) -> bytes:
    start = random.randint(0, len(body))
    return body[:start] + random.randbytes(random.choice((1, 2, 8))) + body[start:]


def _splice(random: Random, body: bytes, others: list[bytes]) -> bytes:
    other = random.choice(others)
    return body[: random.randint(0, len(body))] + other[random.randint(0, len(other)) :]


def _append(random: Random, body: bytes, others: list[bytes]) -> bytes:
    return body + random.choice(others)


BYTE_CHANGES = (_flip, _flip, _cut, _cut_out, _put_in, _splice, _append)

ODD_JSON: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        1e300,
        2**63,
        2**64,
        -(2**63),
        "",
        "7",
        "NaN",
        "x",
        "é",
        "\ud800",
        [],
        {},
    ),
    *([[]], [{}], {"values": None}, {"stringValue": 1}, "9" * 400, "00", "QUJD", [None], {"arrayValue": {}}),
)


def mutated_json(random: Random, document: Any) -> bytes:
    """Return a JSON body made of `document` by a few changes, and now and then of its bytes."""
    changed = json.loads(json.dumps(document))
    for container in _containers(changed):
        for name, digits in (("traceId", 32), ("spanId", 16)) if isinstance(container, dict) else ():
            if name in container:
                container[name] = random.randbytes(digits // 2).hex()
        if "startTimeUnixNano" in container and "spanId" not in container:
            container["startTimeUnixNano"] = str(random.getrandbits(62))
    for _ in range(random.choice((1, 1, 2, 3))):
        _change_json(random, random.choice(_containers(changed)))
    body = json.dumps(changed).encode("utf-8", "surrogatepass")
    if random.random() < 0.2:
        body = random.choice(BYTE_CHANGES)(random, body, [body])
    return body


def _copied(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _containers(document: Any) -> list[Any]:
    waiting, found = [document], []
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list):
            found.append(one)
            waiting += one.values() if isinstance(one, dict) else one
    return found


def _change_json(random: Random, container: Any) -> None:
    if not container:
        return
    place = (
        random.choice(list(container)) if isinstance(container, dict) else random.randrange(len(container))
    )
    match random.randrange(5):
        case 0:
            del container[place]
        case 1:
            container[place] = (
                _deep(random.choice(JSON_DEPTHS))
                if random.random() < 0.2
                else _copied(random.choice(ODD_JSON))
            )
        case 2 if isinstance(container, dict):
            container[random.choice(("value", "attributes", "kind", place.upper(), place + "_"))] = container[
                place
            ]
        case 2 | 3 if isinstance(container, list):
            container.extend(_copied(container[place]) for _ in range(random.choice((1, 2, 50))))
        case _:
            container[place] = _copied(random.choice(ODD_JSON))


def _deep(levels: int) -> Any:
    value: Any = {"stringValue": "deep"}
    for _ in range(levels):
        value = {"arrayValue": {"values": [value]}}
    return value
