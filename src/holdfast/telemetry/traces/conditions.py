"""A search as SQL: conditions on spans, with every value as a parameter. Pure."""

from collections.abc import Callable, Sequence

from holdfast.telemetry.spans.operation_names import FOLDED, folded
from holdfast.telemetry.traces.model import (
    AttributeCondition,
    AttributeOperator,
    Condition,
    Outcome,
    Scope,
    Search,
    SlowLimits,
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
    is_of_outcome = _of_outcome(search)
    add(is_of_outcome.sql, **dict(is_of_outcome.parameters))
    return Condition(" AND ".join(f"({part})" for part in parts), tuple(parameters.items()))


def _of_outcome(search: Search) -> Condition:
    is_slow = slow(search.slow)
    if search.only is Outcome.SLOW:
        return Condition(f"NOT IsError AND {is_slow.sql}", is_slow.parameters)
    if search.only is Outcome.USUAL:
        return Condition(f"NOT IsError AND NOT ({is_slow.sql})", is_slow.parameters)
    return Condition("1" if search.only is None else "IsError")


def slow(limits: SlowLimits) -> Condition:
    """Return the condition for spans that took longer than the limit of their operation or an objective's."""
    by_usual, allowed = _slow_by_usual(limits), limits.allowed_nanoseconds
    if allowed is None:
        return by_usual
    named = (*by_usual.parameters, ("slow_allowed", allowed))
    return Condition(f"(Duration > {{slow_allowed:UInt64}} OR {by_usual.sql})", named)


def _slow_by_usual(limits: SlowLimits) -> Condition:
    """The least limit comes first: names are looked up only of what took longer than that."""
    if not limits.of:
        return Condition("0")
    named = f"concat(toString(ServiceName), '\n', {folded('SpanName')}, '\n', toString(SpanKind))"
    return Condition(
        "Duration > {slow_least:UInt64} AND Duration > transform("
        f"{named}, {{slow_names:Array(String)}}, {{slow_limits:Array(UInt64)}}, {_ENDLESS})",
        (
            ("slow_least", min(limit for *_, limit in limits.of)),
            ("slow_names", ["\n".join(of) for *of, _ in limits.of]),
            ("slow_limits", [limit for *_, limit in limits.of]),
        ),
    )


_ENDLESS = f"toUInt64({2**64 - 1})"


def outcome(limits: SlowLimits) -> Condition:
    """Return the outcome of a span as an expression: the word, by the values of `Outcome`."""
    is_slow = slow(limits)
    return Condition(f"multiIf(IsError, 'failed', {is_slow.sql}, 'slow', 'usual')", is_slow.parameters)


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
