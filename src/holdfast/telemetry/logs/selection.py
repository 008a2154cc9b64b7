"""Filters as SQL: conditions on `otel_logs`, and on the counts where those suffice. Pure.

Values are passed as parameters; the text has only fixed words and numbers of parameters.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from holdfast.telemetry.identity.senders import stored_as
from holdfast.telemetry.logs.model import Condition, LogFilter, Severity
from holdfast.telemetry.logs.text import Term
from holdfast.telemetry.logs.words import TEXT
from holdfast.telemetry.spans.slices import grain_seconds
from holdfast.telemetry.warehouse.instants import between, nanoseconds_within, second_from, second_of

_LINE_COLUMNS = {
    "service": "Sender",
    "severity": "Level",
    "zone": "Zone",
    "version": "Version",
    "environment": "Environment",
    "namespace": "Namespace",
    "region": "Region",
    "cluster": "Cluster",
    "trace": "TraceId",
    "span": "SpanId",
    "scope": "ScopeName",
    "event": "EventName",
}
_COUNT_COLUMNS = {
    "service": "Service",
    "severity": "Level",
    "zone": "Zone",
    "version": "Version",
    "environment": "Environment",
    "namespace": "Namespace",
    "region": "Region",
}

ATTRIBUTE = "if(mapContains(LogAttributes, {0}), LogAttributes[{0}], ResourceAttributes[{0}])"
"""The value of an attribute: the line's own, or else its resource's."""


@dataclass(frozen=True, slots=True)
class Where:
    """A condition in SQL with its parameters."""

    sql: str
    parameters: dict[str, object]


def lines_where(wanted: LogFilter, slices: Sequence[int] = ()) -> Where:
    """Return the condition on `otel_logs` for a filter, within these slices if any are given."""
    made = _Maker()
    made.add(between("Timestamp", "from_ns", "to_ns"))
    if slices:
        made.add(_in_slices(slices))
    for term in wanted.terms:
        made.add(_negated(_term(term, made.name), is_needed=term.is_excluded))
    made.add(*_fields(wanted.conditions, lambda field: _line_column(field, made), made))
    made.parameters |= nanoseconds_within(wanted.within)
    return Where(" AND ".join(made.parts), made.parameters)


def counts_where(wanted: LogFilter) -> Where:
    """Return the condition on the counts, for a filter whose `is_counted` is true.

    A slice that the range only touches is included: the ends are exact to a slice.
    """
    made, grain = _Maker(), grain_seconds(wanted.within)
    made.add(between("Slice", "from", "to"))
    made.add(*_fields(wanted.conditions, _COUNT_COLUMNS.__getitem__, made))
    start = second_of(wanted.within.start)
    made.parameters |= {"from": start - start % grain, "to": second_from(wanted.within.end)}
    return Where(" AND ".join(made.parts), made.parameters)


def line_value(field: str, key: str) -> str:
    """Return the expression for a field's value; `key` is the parameter with an attribute's name."""
    return _LINE_COLUMNS.get(field) or ATTRIBUTE.format(key)


def count_value(field: str) -> str:
    """Return the expression for a field's value in the counts."""
    return _COUNT_COLUMNS[field]


class _Maker:
    """Collects conditions, and names their values."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.parameters: dict[str, object] = {}

    def add(self, *parts: str) -> None:
        self.parts.extend(parts)

    def name(self, kind: str, value: object) -> str:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"{{{name}:{kind}}}"


_Name = Callable[[str, object], str]


def _in_slices(slices: Sequence[int]) -> str:
    # Whole numbers of our own, not a sender's values.
    ranges = (f"({between('Timestamp', epoch * 10**9, (epoch + 10) * 10**9)})" for epoch in slices)
    return f"({' OR '.join(ranges)})"


def _negated(sql: str, *, is_needed: bool) -> str:
    return f"NOT ({sql})" if is_needed else sql


def _term(term: Term, name: _Name) -> str:
    if term.is_prefix:
        # A word begins at the line's start, or after a character that is neither letter nor digit. It has
        # only letters and digits, so it needs no escaping in a regular expression.
        pattern = f"(^|[^0-9a-z\\x{{80}}-\\x{{10ffff}}]){term.text}"
        return f"match({TEXT}, {name('String', pattern)})"
    parts = []
    if term.words:
        parts.append(f"hasAllTokens({TEXT}, {name('Array(String)', list(term.words))})")
    if not term.is_word:
        parts.append(f"position({TEXT}, {name('String', term.text)}) > 0")
    return " AND ".join(parts)


def _line_column(field: str, made: _Maker) -> str:
    if field in _LINE_COLUMNS:
        return _LINE_COLUMNS[field]
    return ATTRIBUTE.format(made.name("String", field))


def _fields(conditions: Sequence[Condition], column: Callable[[str], str], made: _Maker) -> list[str]:
    """Return one condition per field and sign: any of the wanted values, none of the excluded ones."""
    groups: dict[tuple[str, bool], list[str]] = {}
    for one in conditions:
        groups.setdefault((one.field, one.is_excluded), []).append(one.value)
    found = [
        f"{column(field)} {'NOT IN' if is_excluded else 'IN'} {_values(field, values, made)}"
        for (field, is_excluded), values in groups.items()
    ]
    services = groups.get(("service", False))
    if services and column("service") == _LINE_COLUMNS["service"]:
        # The table is in order of the stored names, so that lines of other services are not read.
        found.append(f"ServiceName IN {made.name('Array(String)', stored_as(services))}")
    return found


def _values(field: str, values: list[str], made: _Maker) -> str:
    if field == "severity":
        return made.name("Array(UInt8)", [Severity(value).level for value in values])
    return made.name("Array(String)", values)
