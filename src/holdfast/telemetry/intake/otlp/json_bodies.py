"""Reads OTLP/JSON into the protobuf messages, by the rules of the OTLP specification.

Keys are lowerCamelCase; trace and span ids are hexadecimal in any case, other bytes base64; enums are
integers only; 64-bit integers may be strings or numbers. The general protobuf reader cannot be used: it wants
ids in base64 and accepts enum names.

Unknown keys are ignored, as the specification asks, so that newer senders are accepted. A remark reports them
where they may hold whole groups of items, or look like a misspelt known key. Keys in snake_case, which many
libraries write by mistake, are accepted. A fault in one item rejects that item.
"""

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
from holdfast.telemetry.intake.otlp.batch import Batch, Note, Rule, Tally
from holdfast.telemetry.intake.otlp.foreign import wrong
from holdfast.telemetry.intake.otlp.json_values import converter
from holdfast.telemetry.intake.otlp.requests import REQUESTS
from holdfast.telemetry.intake.otlp.rules import AdmissionLimits, check
from holdfast.telemetry.model import Signal

_DEEPEST = 95
"""Levels of nesting read: slightly fewer than protobuf parses, so that stored records can be read again."""

_MOST_CONTAINERS = 3_000_000
"""Most objects and lists in a body: each takes a hundred bytes or more in memory, but two on the wire."""

_ITEMS = frozenset({"spans", "log_records", "data_points"})
_GROUPS = frozenset(
    f"{level}_{signal}" for level in ("resource", "scope") for signal in ("spans", "logs", "metrics")
)
_APART = _ITEMS | _GROUPS | {"metrics"}
"""Lists whose elements are read independently: a fault in one does not affect the others."""

_MOST_FAULTS = 10_000
"""Most faults in a request: each takes as long as reading a dozen sound items."""
_MOST_ODD_KEYS = 10_000
"""Most unknown keys in a request that are examined."""
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_INTEGER = 400
"""Digits of the longest integer that is read as one: no double is as large."""


class JsonDecoding:
    """The decoding of one JSON body: its request so far, the lost items and the remarks."""

    def __init__(self, request: Message) -> None:
        self.request = request
        self.tally = Tally()
        self.fault: BadBody | None = None
        self.lost = 0
        self._faults = 0
        self._odd_keys = 0

    def lose(self, fault: BadBody, count: int) -> None:
        """Count items that could not be read; the reason of the first is kept.

        Raises:
            Invalid: the request has too many unreadable items.
        """
        self.fault = self.fault or fault
        self.lost += count
        self._faults += 1
        if self._faults > _MOST_FAULTS:
            raise Invalid(
                f"more than {_MOST_FAULTS} items cannot be read, so the whole request is refused; "
                f"the first: {self.fault.detail}",
                value=self.fault.value,
                rule=f"at most {_MOST_FAULTS} items that cannot be read",
            )

    def text(self, text: str, path: str) -> str:
        """Return a text with lone surrogates replaced: they are not valid Unicode."""
        repaired = _LONE_SURROGATE.sub("\ufffd", text)
        self.tally.remark(Note.REPAIRED_TEXT, f"{_place(path)}={repaired[:80]!r}")
        return repaired

    def odd_key(self, descriptor: Descriptor, key: str, path: str) -> "Set | None":
        """Return the setter for a key at `path` that is not OTLP's, if it has one, and remark on the key."""
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


Set = Callable[[Any, Any, str, int, JsonDecoding], None]
"""Puts a JSON value into a message: (message, value, path, levels still allowed, decoding)."""


def decode_json(signal: Signal, body: bytes, window: AdmissionLimits) -> Batch:
    """Read a JSON `body` and accept what the rules allow; raise `BadBody` if nothing can be read."""
    decoding = read_json(signal, body)
    batch = check(signal, decoding.request, window, tally=decoding.tally)
    if batch.is_unreadable and decoding.fault is not None:
        raise decoding.fault
    return batch


def read_json(signal: Signal, body: bytes) -> JsonDecoding:
    """Return the decoding of the OTLP request written as JSON in `body`.

    Raises:
        BadBody: it is not JSON, or holds no list of groups of items; the error names the place.
        WrongSignal: it holds only another signal.
    """
    decoding = JsonDecoding(REQUESTS[signal]())
    document = _load(body, REQUESTS[signal].DESCRIPTOR.name, decoding)
    _must_be_of(signal, document)
    _fill(decoding.request, document, "", _DEEPEST, decoding)
    if decoding.fault is not None:
        decoding.tally.add((Rule.UNREADABLE, decoding.fault.detail), count=decoding.lost)
    return decoding


def _must_be_of(signal: Signal, document: Any) -> None:
    if not isinstance(document, dict) or _has_groups(document, signal):
        return
    for other in Signal:
        if _has_groups(document, other):
            raise wrong(signal, other)


def _has_groups(document: dict[str, Any], signal: Signal) -> bool:
    fields = REQUESTS[signal].DESCRIPTOR.fields
    return any(document.get(field.camelcase_name) or document.get(field.name) for field in fields)


def _load(body: bytes, name: str, decoding: JsonDecoding) -> Any:
    containers = body.count(b"{") + body.count(b"[")
    if containers > _MOST_CONTAINERS:
        raise TooLarge(
            f"the body holds {containers} objects and lists; at most {_MOST_CONTAINERS} are read: send "
            "smaller batches, or protobuf",
            value=str(containers),
            rule=f"at most {_MOST_CONTAINERS} objects and lists in a JSON body",
        )
    try:
        return _loaded(_decoded(body, decoding))
    except RecursionError as error:
        raise _bad(f"the JSON of an {name} is nested too deeply", "", "fewer than 95 levels") from error
    except ValueError as error:
        raise _bad(f"the body of {len(body)} bytes is not JSON: {error}", "", f"an {name} in JSON") from error


def _decoded(body: bytes, decoding: JsonDecoding) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        text = body.decode("utf-8", "replace")
        count = text.count("\ufffd") - body.count(b"\xef\xbf\xbd")
        decoding.tally.remark(Note.REPAIRED_TEXT, f"at byte {error.start} of the body", count=count)
    return text.removeprefix("\ufeff")


def _loaded(text: str) -> Any:
    # Many libraries write bare NaN and Infinity; one such number must not cost the rest of the body.
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer of thousands of digits
        return json.loads(text, parse_int=_bounded)


def _bounded(digits: str) -> float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else math.inf


def _fill(message: Any, value: Any, path: str, levels: int, decoding: JsonDecoding) -> None:
    if not isinstance(value, dict):
        raise _wrong(path, value, "an object")
    if levels == 0:
        raise _bad(f"{_place(path[:80])}… is nested too deeply", "", f"at most {_DEEPEST} levels")
    setters = _setters(message.DESCRIPTOR)
    for key, item in value.items():
        if item is None:
            continue
        setter = setters.get(key) or decoding.odd_key(message.DESCRIPTOR, key, path)
        if setter is not None:
            setter(message, item, f"{path}.{key}" if path else key, levels - 1, decoding)


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
    convert = converter(field)
    return _repeated(field.name, convert) if field.is_repeated else _scalar(field.name, convert)


def _message(name: str) -> Set:
    def put(message: Any, value: Any, path: str, levels: int, decoding: JsonDecoding) -> None:
        part = getattr(message, name)
        part.SetInParent()
        _fill(part, value, path, levels, decoding)

    return put


def _repeated_messages(name: str) -> Set:
    def put(message: Any, value: Any, path: str, levels: int, decoding: JsonDecoding) -> None:
        if not isinstance(value, list):
            raise _wrong(path, value, "a list")
        items = getattr(message, name)
        for number, item in enumerate(value):
            _fill(items.add(), item, f"{path}[{number}]", levels, decoding)

    def put_apart(message: Any, value: Any, path: str, levels: int, decoding: JsonDecoding) -> None:
        if not isinstance(value, list):
            raise _wrong(path, value, "a list")
        items = getattr(message, name)
        for number, item in enumerate(value):
            lost = decoding.lost
            try:
                _fill(items.add(), item, f"{path}[{number}]", levels, decoding)
            except BadBody as fault:
                del items[-1]
                decoding.lost = lost  # items lost inside it are counted with it
                decoding.lose(fault, _items_in(name, item))

    return put_apart if name in _APART else put


def _items_in(name: str, part: Any) -> int:
    """Return the number of items in one element of the list `name`; at least one, because it has a fault."""
    if name in _ITEMS or not isinstance(part, dict):
        return 1
    # The points of a metric are one level lower, under the name of its kind.
    levels = [part] if name != "metrics" else [one for one in part.values() if isinstance(one, dict)]
    lists = [(_snake(key), one) for level in levels for key, one in level.items() if isinstance(one, list)]
    return max(1, sum(_items_in(below, one) for below, parts in lists if below in _APART for one in parts))


def _snake(key: str) -> str:
    return re.sub("([A-Z])", r"_\1", key).lower()


def _scalar(name: str, convert: Callable[[Any], Any]) -> Set:
    def put(message: Any, value: Any, path: str, _levels: int, decoding: JsonDecoding) -> None:
        converted = _converted(convert, value, path)
        try:
            setattr(message, name, converted)
        except ValueError as error:
            if not isinstance(converted, str):
                raise _wrong(path, value, "in the range of its type") from error
            setattr(message, name, decoding.text(converted, path))

    return put


def _repeated(name: str, convert: Callable[[Any], Any]) -> Set:
    def put(message: Any, value: Any, path: str, _levels: int, decoding: JsonDecoding) -> None:
        if not isinstance(value, list):
            raise _wrong(path, value, "a list")
        converted = [_converted(convert, item, f"{path}[{number}]") for number, item in enumerate(value)]
        items = getattr(message, name)
        try:
            items.extend(converted)
        except ValueError as error:
            if not all(isinstance(item, str) for item in converted):
                raise _wrong(path, value, "numbers in the range of their type") from error
            items[:] = [decoding.text(item, path) for item in converted]

    return put


def _converted(convert: Callable[[Any], Any], value: Any, path: str) -> Any:
    try:
        return convert(value)
    except (ValueError, TypeError) as error:
        raise _wrong(path, value, str(error)) from error


def _wrong(path: str, value: Any, expected: str) -> BadBody:
    shown = ascii(value)
    shown = shown if len(shown) <= 80 else shown[:79] + "…"
    return _bad(f"{_place(path) or 'the body'} is {shown}; it should be {expected}", shown, expected)


def _place(path: str) -> str:
    """Return a path fit to be shown: its keys are the sender's."""
    path = _LONE_SURROGATE.sub("\ufffd", path)
    return path if len(path) <= 200 else "…" + path[-199:]


def _bad(detail: str, value: str, rule: str) -> BadBody:
    return BadBody(detail, value=value, rule=rule)
