"""Reads OTLP/JSON into the protobuf messages, by the rules of the OTLP specification.

Keys are lowerCamelCase, unknown ones are ignored; trace and span ids are hexadecimal in any case, other
bytes base64; enums are integers only; 64-bit integers may be strings or numbers. The general protobuf
reader cannot be used: it wants ids in base64, takes enum names, and original field names as keys.
"""

import base64
import binascii
import json
import math
from collections.abc import Callable
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from holdfast.runtime.errors import TooLarge
from holdfast.telemetry.errors import BadBody
from holdfast.telemetry.model import Signal
from holdfast.telemetry.otlp import REQUESTS

_HEX_FIELDS = frozenset({"trace_id", "span_id", "parent_span_id"})
_DEEPEST = 95
"""Levels of nesting read: a little less than protobuf parses, so that what is kept can be read again."""

_MOST_CONTAINERS = 3_000_000
"""Most objects and lists in a body: each takes a hundred bytes or more in memory but two on the wire."""

Set = Callable[[Any, Any, str, int], None]
"""Puts a JSON value into a message: (message, value, path, levels still allowed)."""


def parse_json(signal: Signal, body: bytes) -> Message:
    """Return the OTLP request written as JSON in `body`, or raise `BadBody` naming the place."""
    request = REQUESTS[signal]()
    document = _load(body, REQUESTS[signal].DESCRIPTOR.name)
    _fill(request, document, "", _DEEPEST)
    return request


def _load(body: bytes, name: str) -> Any:
    containers = body.count(b"{") + body.count(b"[")
    if containers > _MOST_CONTAINERS:
        raise TooLarge(
            f"the body holds {containers} objects and lists; at most {_MOST_CONTAINERS} are read: send "
            "smaller batches, or protobuf",
            value=str(containers),
            rule=f"at most {_MOST_CONTAINERS} objects and lists in a JSON body",
        )
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except RecursionError as error:
        raise _bad(f"the JSON of an {name} is nested too deeply", "", "less than 95 levels") from error
    except ValueError as error:  # wrong UTF-8, wrong JSON, or a number with thousands of digits
        raise _bad(f"the body of {len(body)} bytes is not JSON: {error}", "", f"an {name} in JSON") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON; write it as a string")


def _fill(message: Any, value: Any, path: str, levels: int) -> None:
    if not isinstance(value, dict):
        raise _wrong(path, value, "an object")
    if levels == 0:
        raise _bad(f"{path[:80]}… is nested too deeply", "", f"at most {_DEEPEST} levels")
    setters = _setters(message.DESCRIPTOR)
    for key, item in value.items():
        setter = setters.get(key)
        if setter is not None and item is not None:
            setter(message, item, f"{path}.{key}" if path else key, levels - 1)


@cache
def _setters(descriptor: Descriptor) -> dict[str, Set]:
    return {field.camelcase_name: _setter(field) for field in descriptor.fields}


def _setter(field: FieldDescriptor) -> Set:
    if field.message_type is not None:
        return _repeated_messages(field.name) if field.is_repeated else _message(field.name)
    convert = _converter(field)
    return _repeated(field.name, convert) if field.is_repeated else _scalar(field.name, convert)


def _message(name: str) -> Set:
    def put(message: Any, value: Any, path: str, levels: int) -> None:
        part = getattr(message, name)
        part.SetInParent()
        _fill(part, value, path, levels)

    return put


def _repeated_messages(name: str) -> Set:
    def put(message: Any, value: Any, path: str, levels: int) -> None:
        if not isinstance(value, list):
            raise _wrong(path, value, "a list")
        items = getattr(message, name)
        for number, item in enumerate(value):
            _fill(items.add(), item, f"{path}[{number}]", levels)

    return put


def _scalar(name: str, convert: Callable[[Any], Any]) -> Set:
    def put(message: Any, value: Any, path: str, _levels: int) -> None:
        converted = _converted(convert, value, path)
        try:
            setattr(message, name, converted)
        except ValueError as error:  # out of the range of the field's type, or half of a surrogate pair
            raise _wrong(path, value, _fitting(converted)) from error

    return put


def _repeated(name: str, convert: Callable[[Any], Any]) -> Set:
    def put(message: Any, value: Any, path: str, _levels: int) -> None:
        if not isinstance(value, list):
            raise _wrong(path, value, "a list")
        converted = [_converted(convert, item, f"{path}[{number}]") for number, item in enumerate(value)]
        try:
            getattr(message, name).extend(converted)
        except ValueError as error:
            raise _wrong(path, value, "numbers in the range of their type") from error

    return put


def _converted(convert: Callable[[Any], Any], value: Any, path: str) -> Any:
    try:
        return convert(value)
    except (ValueError, TypeError) as error:
        raise _wrong(path, value, str(error)) from error


def _fitting(value: Any) -> str:
    return "text that can be written in UTF-8" if isinstance(value, str) else "in the range of its type"


def _converter(field: FieldDescriptor) -> Callable[[Any], Any]:
    if field.name in _HEX_FIELDS:
        return _hex
    if field.enum_type is not None:
        return _enum
    return _CONVERTERS[field.cpp_type] if field.type != FieldDescriptor.TYPE_BYTES else _base64


def _hex(value: Any) -> bytes:
    if not isinstance(value, str):
        raise TypeError("a string of hexadecimal digits")
    try:
        return binascii.unhexlify(value)
    except ValueError as error:
        raise ValueError("a string of hexadecimal digits") from error


def _base64(value: Any) -> bytes:
    if not isinstance(value, str):
        raise TypeError("a string in base64")
    # Both alphabets and missing padding are read, as protobuf's JSON mapping asks.
    standard = value.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except ValueError as error:
        raise ValueError("a string in base64") from error


def _enum(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("an integer; OTLP/JSON has no enum names")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, str) and len(value) <= 20 and value.lstrip("-").isdecimal() and value.isascii():
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("an integer, as a number or a string")
    return value


def _double(value: Any) -> float:
    if isinstance(value, str):
        if value in ("NaN", "Infinity", "-Infinity"):
            return float(value)
        number = float(value) if value.strip() == value else math.nan
        if not math.isfinite(number):
            raise ValueError("a number, or one of NaN, Infinity, -Infinity")
        return number
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a number")
    try:
        return float(value)
    except OverflowError as error:
        raise ValueError("a number within the range of a double") from error


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false")
    return value


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a string")
    return value


_CONVERTERS: dict[int, Callable[[Any], Any]] = {
    FieldDescriptor.CPPTYPE_INT32: _integer,
    FieldDescriptor.CPPTYPE_INT64: _integer,
    FieldDescriptor.CPPTYPE_UINT32: _integer,
    FieldDescriptor.CPPTYPE_UINT64: _integer,
    FieldDescriptor.CPPTYPE_DOUBLE: _double,
    FieldDescriptor.CPPTYPE_FLOAT: _double,
    FieldDescriptor.CPPTYPE_BOOL: _bool,
    FieldDescriptor.CPPTYPE_STRING: _string,
}


def _wrong(path: str, value: Any, expected: str) -> BadBody:
    shown = ascii(value)
    shown = shown if len(shown) <= 80 else shown[:79] + "…"
    where = path if len(path) <= 200 else "…" + path[-199:]
    where = where or "the body"
    return _bad(f"{where} is {shown}; it should be {expected}", shown, expected)


def _bad(detail: str, value: str, rule: str) -> BadBody:
    return BadBody(detail, value=value, rule=rule)
