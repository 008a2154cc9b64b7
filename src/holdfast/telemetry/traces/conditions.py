"""A search as SQL: conditions on spans, with every value as a parameter. Pure."""

from collections.abc import Callable, Sequence

from holdfast.telemetry.spans.operation_names import FOLDED, folded
from holdfast.telemetry.traces.model import (
    AttributeCondition,
    AttributeOperator,
    Condition,
    Scope,
    Search,
    SpanOutcome,
)
from holdfast.telemetry.warehouse.instants import between

BETWEEN = between("Timestamp", "from_ns", "to_ns")
"""The condition on time, with parameters `from_ns` and `to_ns`; the table's key has only the second."""


def conditions(search: Search, sent_as: Callable[[str], Sequence[str]] = lambda name: (name,)) -> Condition:
    """Return all conditions of a search, except that on time.

    `sent_as` are the names telemetry has for a service.
    """
    parts: list[str] = []
    parameters: dict[str, object] = {}

    def add(sql: str, **values: object) -> None:
        parts.append(sql)
        parameters.update(values)

    if search.scope is Scope.ROOT:
        add("IsRoot")
    if search.service is not None:
        add("ServiceName IN {services:Array(String)}", services=list(sent_as(search.service)))
    for column, name, value in (
        ("SpanKind", "kind", search.kind.value.capitalize() if search.kind else None),
        ("Zone", "zone", search.zone),
        ("Version", "version", search.version),
        ("Environment", "environment", search.place.environment),
        ("Namespace", "namespace", search.place.namespace),
        ("Region", "region", search.place.region),
        ("Cluster", "cluster", search.cluster),
    ):
        if value is not None:
            add(f"{column} = {{{name}:String}}", **{name: value})
    if search.operation is not None:
        add(_operation(search.operation), operation=search.operation)
    if search.outcome is not None:
        add("IsError" if search.outcome is SpanOutcome.ERROR else "NOT IsError")
    if search.min_nanoseconds is not None:
        add("Duration >= {least:UInt64}", least=search.min_nanoseconds)
    if search.max_nanoseconds is not None:
        add("Duration <= {most:UInt64}", most=search.max_nanoseconds)
    for number, attribute in enumerate(search.attributes):
        add(_attribute(attribute, number), **{f"k{number}": attribute.key, f"v{number}": attribute.value})
    if search.broke is not None:
        add(search.broke.sql, **dict(search.broke.parameters))
    return Condition(" AND ".join(f"({part})" for part in parts) or "1", tuple(parameters.items()))


def _operation(name: str) -> str:
    # A folded name, as RED lists it, represents many; only then the table's key cannot be used.
    if FOLDED in name:
        return f"{folded('SpanName')} = {folded('{operation:String}')}"
    return "SpanName = {operation:String}"


def _attribute(one: AttributeCondition, number: int) -> str:
    key, value = f"{{k{number}:String}}", f"{{v{number}:String}}"
    maps = ("SpanAttributes", "ResourceAttributes")
    if one.match is AttributeOperator.CONTAINS:
        return " OR ".join(f"positionCaseInsensitiveUTF8({column}[{key}], {value}) > 0" for column in maps)
    return " OR ".join(f"(mapContains({column}, {key}) AND {column}[{key}] = {value})" for column in maps)
