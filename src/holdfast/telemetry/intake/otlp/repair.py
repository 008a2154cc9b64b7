"""Keeps the sound items of a protobuf request that the parser refuses as a whole.

One text that is not UTF-8 makes the parser refuse the whole request, and so does one value nested too deeply.
Collectors forward what others wrote, so such a body is taken apart: a schema of three levels reads its items
as bytes, and each is parsed alone. Texts are read as bytes, by the protocol's definition with its strings
declared as bytes, and repaired with U+FFFD; items that still cannot be read are dropped and counted. The one
protobuf library does all the parsing, so that no second reader can disagree with it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from holdfast.telemetry.intake.otlp.requests import reason

_SHOWN_MOST = 80
EFFORT = 400_000
"""The most effort for one request: parsing a part costs one, repairing its texts twenty; about a second.

No batch of real telemetry comes near it; without a bound, a body with tiny items would take minutes.
"""
_REPAIR_EFFORT = 20

Wrap = Callable[[bytes], Any]
"""Makes a request that holds a single part of another one."""


@dataclass(slots=True)
class Repaired:
    """A repaired request: the `body` with its sound items.

    `lost` counts the dropped items, `texts` the repaired texts; the examples name the first of each.
    """

    body: bytes = b""
    lost: int = 0
    lost_example: str = ""
    texts: int = 0
    text_example: str = ""

    def lose(self, count: int, example: str) -> None:
        """Count dropped items."""
        self.lost += count
        self.lost_example = self.lost_example or example

    def text(self, name: str, text: bytes) -> bytes:
        """Return a text in UTF-8, with invalid bytes replaced by U+FFFD; `name` is its field's."""
        try:
            text.decode()
        except UnicodeDecodeError:
            shown = text.decode("utf-8", "replace")
            self.texts += 1
            self.text_example = self.text_example or f"{name[:_SHOWN_MOST]}={shown[:_SHOWN_MOST]!r}"
            return shown.encode()
        return text


@dataclass(slots=True)
class Patience:
    """The effort left for a request, over all its pieces."""

    left: int = EFFORT


def repaired(kind: type[Message], body: bytes, patience: Patience) -> Repaired | None:
    """Repair a request of this `kind`; None if `body` holds no groups and scopes of items."""
    try:
        request = _outline().FromString(body)
    except DecodeError:
        return None
    found = Repaired()
    parts = _Parts(kind, found, patience)
    for group in request.groups:
        parts.repair_group(group)
    found.body = request.SerializeToString()
    return found


class _Parts:
    """Repairs resources, scopes and items of one request of `kind`, and counts into `found`."""

    def __init__(self, kind: type[Message], found: Repaired, patience: Patience) -> None:
        self._kind = kind
        self._found = found
        self._patience = patience
        self._why = ""

    def repair_group(self, group: Any) -> None:
        """Repair a resource with its scopes and items, in place."""
        if not self._repair_heads(group.resource, _of_group, lambda found: found.resource):
            self._lose(sum(len(scope.items) for scope in group.scopes), "all of a resource")
            del group.scopes[:]
        self._repair_urls(group.schema_url)
        for scope in group.scopes:
            self._repair_scope(scope)

    def _repair_scope(self, scope: Any) -> None:
        if not self._repair_heads(scope.scope, _of_scope("scope"), lambda found: found.scopes[0].scope):
            self._lose(len(scope.items), "all of a scope")
            del scope.items[:]
        self._repair_urls(scope.schema_url)
        kept = []
        for number, item in enumerate(scope.items):
            repaired = self._repaired(item, _of_scope("items"), lambda found: found.scopes[0].items)
            if repaired is None:
                self._lose(1, f"number {number} of its scope, of {len(item)} bytes")
            else:
                kept.append(repaired)
        del scope.items[:]
        scope.items.extend(kept)

    def _lose(self, count: int, example: str) -> None:
        self._found.lose(count, f"{example}: {self._why}")

    def _repair_heads(self, heads: Any, wrap: Wrap, unwrap: Callable[[Any], Any]) -> bool:
        """Repair a resource or scope in place, usually written once; return whether it could be read."""
        for number, head in enumerate(heads):
            repaired = self._repaired(head, wrap, unwrap)
            if repaired is None:
                del heads[:]
                return False
            heads[number] = repaired
        return True

    def _repair_urls(self, urls: Any) -> None:
        for number, url in enumerate(urls):
            urls[number] = self._found.text("schema_url", url)

    def _repaired(self, part: bytes, wrap: Wrap, unwrap: Callable[[Any], Any]) -> bytes | None:
        """Return a part with its texts in UTF-8; None if it cannot be read for another reason."""
        if self._patience.left <= 0:
            self._why = "too many items before it had to be repaired in one request (send smaller batches)"
            return None
        self._patience.left -= 1
        data = wrap(part).SerializeToString()
        if _fault(self._kind, data) is None:
            return part
        self._patience.left -= _REPAIR_EFFORT
        lenient, texts = _lenient(self._kind)  # type: ignore[arg-type]  # a class is hashable
        try:
            message = lenient.FromString(data)
        except DecodeError as error:
            self._why = reason(error)
            return None
        _repair_texts(message, texts, "", self._found)
        data = message.SerializeToString()
        if (why := _fault(self._kind, data)) is not None:
            self._why = why
            return None
        found: bytes = unwrap(_outline().FromString(data).groups[0])[0]
        return found


def _fault(kind: type[Message], data: bytes) -> str | None:
    """Return why the parser refuses `data`; None if it accepts it."""
    try:
        kind.FromString(data)
    except DecodeError as error:
        return reason(error)
    return None


def _repair_texts(message: Any, texts: Mapping[str, frozenset[str]], label: str, found: Repaired) -> None:
    """Repair every text of a message and of its nested ones; `label` is the key of its key-value pair."""
    own = texts[message.DESCRIPTOR.full_name]
    label = message.key.decode("utf-8", "replace") if "key" in own else label
    for one, value in message.ListFields():
        if one.name in own and not one.is_repeated:
            setattr(message, one.name, found.text(label or one.name, value))
        elif one.name in own:
            value[:] = [found.text(one.name, text) for text in value]
        elif one.type == FieldDescriptor.TYPE_MESSAGE:
            for part in value if one.is_repeated else (value,):
                _repair_texts(part, texts, label, found)


def _of_group(part: bytes) -> Any:
    return _outline()(groups=[{"resource": [part]}])


def _of_scope(name: str) -> Wrap:
    return lambda part: _outline()(groups=[{"scopes": [{name: [part]}]}])


@cache
def _outline() -> Any:
    """Return the message class that divides any of the three requests: they number their parts alike."""
    file = FileDescriptorProto(name="outline.proto", syntax="proto3")
    _outlined(file, "Request", groups=".Group")
    _outlined(file, "Group", resource="", scopes=".Scope", schema_url="")
    _outlined(file, "Scope", scope="", items="", schema_url="")
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName("Request"))


def _outlined(file: FileDescriptorProto, name: str, **parts: str) -> None:
    message = file.message_type.add(name=name)
    for number, (part, kind) in enumerate(parts.items(), 1):
        # Repeated, because protobuf lets a sender write one resource in two parts.
        one = message.field.add(name=part, number=number, label=FieldDescriptorProto.LABEL_REPEATED)
        one.type = FieldDescriptorProto.TYPE_MESSAGE if kind else FieldDescriptorProto.TYPE_BYTES
        if kind:
            one.type_name = kind


@cache
def _lenient(kind: type[Message]) -> tuple[Any, Mapping[str, frozenset[str]]]:
    """Return a message class with its texts declared as bytes, and the names of those fields by message."""
    texts: dict[str, frozenset[str]] = {}
    pool = DescriptorPool()
    for file in _files(kind.DESCRIPTOR.file, set()):
        for message in file.message_type:
            _declare_bytes(message, f"{file.package}.{message.name}", texts)
        pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(kind.DESCRIPTOR.full_name)), texts


def _declare_bytes(message: DescriptorProto, full_name: str, texts: dict[str, frozenset[str]]) -> None:
    found = [one for one in message.field if one.type == FieldDescriptorProto.TYPE_STRING]
    texts[full_name] = frozenset(one.name for one in found)
    for one in found:
        one.type = FieldDescriptorProto.TYPE_BYTES
    for inner in message.nested_type:
        _declare_bytes(inner, f"{full_name}.{inner.name}", texts)


def _files(file: Any, seen: set[str]) -> Iterator[FileDescriptorProto]:
    """Yield a file and its dependencies, dependencies first."""
    if file.name in seen:
        return
    seen.add(file.name)
    for needed in file.dependencies:
        yield from _files(needed, seen)
    copy = FileDescriptorProto()
    file.CopyToProto(copy)
    yield copy
