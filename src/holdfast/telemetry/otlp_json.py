"""Reads OTLP/JSON into the protobuf messages, by the rules of the OTLP specification.

Keys are lowerCamelCase; trace and span ids are hexadecimal in any case, other bytes base64; enums are
integers only; 64-bit integers may be strings or numbers. The general protobuf reader cannot be used: it wants
ids in base64 and takes enum names.

Unknown keys are ignored, as the specification asks, so that newer senders are understood; where whole groups
of items may hang on them, or where they are a known one misspelt, the sender is told. Keys in snake_case, as
many libraries write them by mistake, are read. A fault in one item rejects that item.
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from holdfast.runtime.errors import Invalid, TooLarge
from holdfast.telemetry.errors import BadBody
from holdfast.telemetry.model import Signal
from holdfast.telemetry.otlp import REQUESTS, Window, check
from holdfast.telemetry.otlp_batch import Batch, Note, Rule, Tally

_HEX_FIELDS = frozenset({"trace_id", "span_id", "parent_span_id"})
_DEEPEST = 95
"""Levels of nesting read: a little less than protobuf parses, so that what is kept can be read again."""

_MOST_CONTAINERS = 3_000_000
"""Most objects and lists in a body: each takes a hundred bytes or more in memory but two on the wire."""

_ITEMS = frozenset({"spans", "log_records", "data_points"})
_GROUPS = frozenset(
    f"{level}_{signal}" for level in ("resource", "scope") for signal in ("spans", "logs", "metrics")
)
_APART = _ITEMS | _GROUPS | {"metrics"}
"""Lists whose parts are read one by one: a fault in one does not touch the others."""

_MOST_FAULTS = 10_000
"""Most faults in a request: each costs as much time as reading a dozen sound items."""
_MOST_ODD_KEYS = 10_000
"""Most keys that are not OTLP's and still looked at."""
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_INTEGER = 400
"""Digits of the longest integer that is a number at all: no double is as large."""


class Reading:
    """What is found while a body is read: the request, and what of it is lost or remarked."""

    def __init__(self, request: Message) -> None:
        self.request = request
        self.tally = Tally()
        self.fault: BadBody | None = None
        self.lost = 0
        self._faults = 0
        self._odd_keys = 0

    def lose(self, fault: BadBody, count: int) -> None:
        """Count items that could not be read, for the reason of the first.

        Raises:
            Invalid: these are so many that the whole is not what it should be.
        """
        self.fault = self.fault or fault
        self.lost += count
        self._faults += 1
        if self._faults > _MOST_FAULTS:
            raise Invalid(
                f"more than {_MOST_FAULTS} items cannot be read, so nothing of the request is taken; "
                f"the first: {self.fault.detail}",
                value=self.fault.value,
                rule=f"at most {_MOST_FAULTS} items that cannot be read",
            )

    def text(self, text: str, path: str) -> str:
        """Return a text without halves of surrogate pairs, which are in no Unicode text."""
        repaired = _LONE_SURROGATE.sub("\ufffd", text)
        self.tally.remark(Note.REPAIRED_TEXT, f"{_place(path)}={repaired[:80]!r}")
        return repaired

    def odd_key(self, descriptor: Descriptor, key: str, path: str) -> "Set | None":
        """Return what a key at `path` that is not OTLP's stands for, if anything; the sender is told."""
        camel = _camel_names(descriptor).get(key)
        if camel is not None:
            self.tally.remark(Note.SNAKE_CASE_KEYS, _place(f"{path}.{key}".lstrip(".")))
            return _setters(descriptor)[camel]
        self._odd_keys += 1
        if self._odd_keys > _MOST_ODD_KEYS:
            return None
        if _is_holder(descriptor) or _folded(key) in _folded_names(descriptor):
            self.tally.remark(Note.UNKNOWN_KEYS, _place(f"{path}.{key}".lstrip(".")))
        return None


Set = Callable[[Any, Any, str, int, Reading], None]
"""Puts a JSON value into a message: (message, value, path, levels still allowed, what is found)."""


def decode_json(signal: Signal, body: bytes, window: Window) -> Batch:
    """Read a JSON `body` and take what the rules allow; raise `BadBody` if nothing can be read."""
    reading = read_json(signal, body)
    batch = check(signal, reading.request, window, tally=reading.tally)
    if batch.is_unreadable and reading.fault is not None:
        raise reading.fault
    return batch


def read_json(signal: Signal, body: bytes) -> Reading:
    """Return what is read of the OTLP request written as JSON in `body`.

    Raises:
        BadBody: it is no JSON, or not even a list of groups of items; it names the place.
    """
    reading = Reading(REQUESTS[signal]())
    document = _load(body, REQUESTS[signal].DESCRIPTOR.name, reading)
    _fill(reading.request, document, "", _DEEPEST, reading)
    if reading.fault is not None:
        reading.tally.add((Rule.UNREADABLE, reading.fault.detail), count=reading.lost)
    return reading


def _load(body: bytes, name: str, reading: Reading) -> Any:
    containers = body.count(b"{") + body.count(b"[")
    if containers > _MOST_CONTAINERS:
        raise TooLarge(
            f"the body holds {containers} objects and lists; at most {_MOST_CONTAINERS} are read: send "
            "smaller batches, or protobuf",
            value=str(containers),
            rule=f"at most {_MOST_CONTAINERS} objects and lists in a JSON body",
        )
    try:
        return _loaded(_decoded(body, reading))
    except RecursionError as error:
        raise _bad(f"the JSON of an {name} is nested too deeply", "", "less than 95 levels") from error
    except ValueError as error:
        raise _bad(f"the body of {len(body)} bytes is not JSON: {error}", "", f"an {name} in JSON") from error


def _decoded(body: bytes, reading: Reading) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        text = body.decode("utf-8", "replace")
        count = text.count("\ufffd") - body.count(b"\xef\xbf\xbd")
        reading.tally.remark(Note.REPAIRED_TEXT, f"at byte {error.start} of the body", count=count)
    return text.removeprefix("\ufeff")


def _loaded(text: str) -> Any:
    # Many libraries write NaN and Infinity as they are; one such number must not cost the rest of the body.
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer of thousands of digits
        return json.loads(text, parse_int=_bounded)


def _bounded(digits: str) -> float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else math.inf


def _fill(message: Any, value: Any, path: str, levels: int, reading: Reading) -> None:
    if not isinstance(value, dict):
        raise _wrong(path, value, "an object")
    if levels == 0:
        raise _bad(f"{_place(path[:80])}… is nested too deeply", "", f"at most {_DEEPEST} levels")
    setters = _setters(message.DESCRIPTOR)
    for key, item in value.items():
        if item is None:
            continue
        setter = setters.get(key) or reading.odd_key(message.DESCRIPTOR, key, path)
        if setter is not None:
            setter(message, item, f"{path}.{key}" if path else key, levels - 1, reading)


@cache
def _camel_names(descriptor: Descriptor) -> dict[str, str]:
    return {field.name: field.camelcase_name for field in descriptor.fields}


@cache
def _folded_names(descriptor: Descriptor) -> frozenset[str]:
    return frozenset(_folded(field.name) for field in descriptor.fields)


def _folded(key: str) -> str:
    return key.replace("_", "").replace("-", "").lower()


def _is_holder(descriptor: Descriptor) -> bool:
    """Whether items hang on the keys of this message: the request, a resource's group, or a scope's."""
    return descriptor.name.startswith(("Export", "Resource", "Scope")) and descriptor.name.endswith(
        ("Request", "Spans", "Logs", "Metrics")
    )


@cache
def _setters(descriptor: Descriptor) -> dict[str, Set]:
    return {field.camelcase_name: _setter(field) for field in descriptor.fields}


def _setter(field: FieldDescriptor) -> Set:
    if field.message_type is not None:
        return _repeated_messages(field.name) if field.is_repeated else _message(field.name)
    convert = _converter(field)
    return _repeated(field.name, convert) if field.is_repeated else _scalar(field.name, convert)


def _message(name: str) -> Set:
    def put(message: Any, value: Any, path: str, levels: int, reading: Reading) -> None:
        part = getattr(message, name)
        part.SetInParent()
        _fill(part, value, path, levels, reading)

    return put


def _repeated_messages(name: str) -> Set:
    def put(message: Any, value: Any, path: str, levels: int, reading: Reading) -> None:
        if not isinstance(value, list):
            raise _wrong(path, value, "a list")
        items = getattr(message, name)
        for number, item in enumerate(value):
            _fill(items.add(), item, f"{path}[{number}]", levels, reading)

    def put_apart(message: Any, value: Any, path: str, levels: int, reading: Reading) -> None:
        if not isinstance(value, list):
            raise _wrong(path, value, "a list")
        items = getattr(message, name)
        for number, item in enumerate(value):
            lost = reading.lost
            try:
                _fill(items.add(), item, f"{path}[{number}]", levels, reading)
            except BadBody as fault:
                del items[-1]
                reading.lost = lost  # what was lost inside it is among what is lost with it
                reading.lose(fault, _items_in(name, item))

    return put_apart if name in _APART else put


def _items_in(name: str, part: Any) -> int:
    """Return how many items stand in one part of the list `name`; at least one, for it has a fault."""
    if name in _ITEMS or not isinstance(part, dict):
        return 1
    # The points of a metric stand one level lower, under the name of its kind.
    levels = [part] if name != "metrics" else [one for one in part.values() if isinstance(one, dict)]
    lists = [(_snake(key), one) for level in levels for key, one in level.items() if isinstance(one, list)]
    return max(1, sum(_items_in(below, one) for below, parts in lists if below in _APART for one in parts))


def _snake(key: str) -> str:
    return re.sub("([A-Z])", r"_\1", key).lower()


def _scalar(name: str, convert: Callable[[Any], Any]) -> Set:
    def put(message: Any, value: Any, path: str, _levels: int, reading: Reading) -> None:
        converted = _converted(convert, value, path)
        try:
            setattr(message, name, converted)
        except ValueError as error:
            if not isinstance(converted, str):
                raise _wrong(path, value, "in the range of its type") from error
            setattr(message, name, reading.text(converted, path))

    return put


def _repeated(name: str, convert: Callable[[Any], Any]) -> Set:
    def put(message: Any, value: Any, path: str, _levels: int, reading: Reading) -> None:
        if not isinstance(value, list):
            raise _wrong(path, value, "a list")
        converted = [_converted(convert, item, f"{path}[{number}]") for number, item in enumerate(value)]
        items = getattr(message, name)
        try:
            items.extend(converted)
        except ValueError as error:
            if not all(isinstance(item, str) for item in converted):
                raise _wrong(path, value, "numbers in the range of their type") from error
            items[:] = [reading.text(item, path) for item in converted]

    return put


def _converted(convert: Callable[[Any], Any], value: Any, path: str) -> Any:
    try:
        return convert(value)
    except (ValueError, TypeError) as error:
        raise _wrong(path, value, str(error)) from error


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
    return _bad(f"{_place(path) or 'the body'} is {shown}; it should be {expected}", shown, expected)


def _place(path: str) -> str:
    """Return a path as it can be shown: keys are the sender's."""
    path = _LONE_SURROGATE.sub("\ufffd", path)
    return path if len(path) <= 200 else "…" + path[-199:]


def _bad(detail: str, value: str, rule: str) -> BadBody:
    return BadBody(detail, value=value, rule=rule)
