"""Documents read so far, by kind and name, so that a reference finds its document or says why not."""

from collections.abc import Iterable

from holdfast.catalog.fields import Fields, Written, written_texts
from holdfast.catalog.model import KindOf, Value, Values
from holdfast.catalog.nodes import below
from holdfast.catalog.problems import Report, Rule, clipped, did_you_mean

Key = tuple[str, str]
"""The identity of a document: the name of its kind, and its own."""


class Registry:
    """The documents of every kind: each name leads to its value, or to None when the document is broken.

    It lives as long as one reading of a catalog. `missing` are the keys that were looked up and not found.
    """

    def __init__(self) -> None:
        self._values: dict[str, dict[str, object]] = {}
        self.missing: set[Key] = set()

    def put(self, kind: KindOf[Value], name: str, value: Value | None) -> None:
        """Store the value of a document, or None when it has errors."""
        self._values.setdefault(kind.name, {})[name] = value

    def of(self, kind: KindOf[Value]) -> tuple[Value, ...]:
        """Return every value of `kind` without errors, in the order of names."""
        return Values(((kind.name, _sound(self._values.get(kind.name, {}))),)).of(kind)

    def values(self) -> Values:
        """Return every value without errors."""
        sound = ((kind, _sound(found)) for kind, found in sorted(self._values.items()))
        return Values(tuple((kind, values) for kind, values in sound if values))

    def find(self, kind: KindOf[Value], fields: Fields, key: str, *, required: bool = False) -> Value | None:
        """Return the value that field `key` refers to, noting a reference that leads nowhere."""
        name, node = fields.text(key, required=required), fields.node.get(key)
        if name is None or node is None:
            return None
        return self._follow(kind, fields.report, Written(name, node, below(fields.path, key)))

    def find_each(
        self, kind: KindOf[Value], fields: Fields, key: str, *, required: bool = False
    ) -> tuple[Value, ...]:
        """Return the values that field `key` refers to, one or a list; each problem is noted at its place."""
        node = fields.take(key, required=required)
        if node is None:
            return ()
        written = written_texts(fields.report, node, below(fields.path, key))
        found = (self._follow(kind, fields.report, one) for one in written)
        return tuple(one for one in found if one is not None)

    def _follow(self, kind: KindOf[Value], report: Report, written: Written) -> Value | None:
        found = self._values.get(kind.name, {})
        value: Value | None = found.get(written.text)  # type: ignore[assignment]  # `put` under this kind
        if value is None:
            rule, message = self._nowhere(kind.name, written.text, found)
            place, path = written.node.line, written.path
            report.error(rule, line=place, path=path, value=written.text, message=message)
        return value

    def _nowhere(self, kind: str, name: str, found: Iterable[str]) -> tuple[Rule, str]:
        if name in found:
            return Rule.BROKEN_REFERENCE, f'the {kind} "{name}" has errors of its own; fix it first'
        self.missing.add((kind, name))
        message = f'there is no {kind} called "{clipped(name)}"; {did_you_mean(name, found)}'
        return Rule.UNKNOWN_REFERENCE, message


def _sound(found: dict[str, object]) -> tuple[object, ...]:
    return tuple(value for _, value in sorted(found.items()) if value is not None)
