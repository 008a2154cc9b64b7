"""The model of logs: severities, lines, filters of a search, and places in a list. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from holdfast.runtime.errors import Invalid
from holdfast.runtime.places import environment_of, namespace_of
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.logs.text import Term


class Severity(StrEnum):
    """The severity of a line: OpenTelemetry's six ranges, and lines without one."""

    UNSPECIFIED = "unspecified"
    TRACE = "trace"
    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"
    FATAL = "fatal"

    @property
    def level(self) -> int:
        """Its number as stored: 0 for lines without a severity, 1 to 6 from trace to fatal."""
        return LEVELS.index(self)


LEVELS = tuple(Severity)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log record as stored; `at_nanoseconds` counts from 1970, and `id` is stable.

    What its sender did not name is empty, like its environment.
    """

    id: str
    at_nanoseconds: int
    service: str
    environment: str
    namespace: str
    region: str
    severity: Severity
    severity_text: str
    body: str
    zone: str
    version: str
    trace_id: str
    span_id: str
    scope: str
    event: str
    attributes: tuple[tuple[str, str], ...]
    resource: tuple[tuple[str, str], ...]


def line_id(at_nanoseconds: int, number: int) -> str:
    """Return the id of a line: its instant, and a hash that distinguishes lines of the same instant."""
    return f"{at_nanoseconds}-{number:016x}"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that a field has a value or, if `is_excluded`, does not. A missing field has the value ''.

    Several values of one field are alternatives; conditions on different fields must all hold.
    """

    field: str
    value: str
    is_excluded: bool = False


@dataclass(frozen=True, slots=True)
class LogFilter:
    """The filter of a search for lines."""

    within: TimeRange
    terms: tuple[Term, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        """The fields and attributes that its conditions name."""
        return frozenset(condition.field for condition in self.conditions)

    @property
    def is_counted(self) -> bool:
        """Whether the roll-up can count the lines that match it."""
        return not self.terms and self.fields <= set(COUNTED)

    @property
    def traces(self) -> tuple[str, ...]:
        """The traces it selects; none if it does not select by trace."""
        return tuple(one.value for one in self.conditions if one.field == "trace" and not one.is_excluded)


PLACES = ("environment", "namespace", "region")
"""The fields that say where a service runs, by which lines were not counted in older versions."""

COUNTED = ("service", "severity", "zone", "version", *PLACES)
"""The fields lines are counted by as they are stored."""

FIELDS = (*COUNTED, "cluster", "trace", "span", "scope", "event")
"""Fields with a column of their own; any other name is that of an attribute, of the line or its resource."""

CONDITIONS_MOST = 30
_CONDITION = re.compile(r"(?P<field>[^=!>]{1,200}?)\s*(?P<sign>!=|>=|=)\s*(?P<value>.{0,1000})", re.DOTALL)


def parse_conditions(texts: Sequence[str]) -> tuple[Condition, ...]:
    """Return conditions as people write them: `service=cart`, `zone!=a`, `severity>=warn`, `http.route=/`.

    Raises:
        Invalid: a condition of another form, an unknown severity, `>=` on another field, or over 30 of them.
    """
    if len(texts) > CONDITIONS_MOST:
        raise Invalid(
            f"{len(texts)} conditions were given; at most {CONDITIONS_MOST} are allowed",
            value=str(len(texts)),
            rule=f"at most {CONDITIONS_MOST} conditions",
        )
    return tuple(condition for text in texts for condition in _conditions(text))


def _conditions(text: str) -> list[Condition]:
    match = _CONDITION.fullmatch(text.strip())
    if match is None:
        raise Invalid(
            f"the condition {text[:100]!r} is not FIELD=VALUE, FIELD!=VALUE or severity>=VALUE",
            value=text[:100],
            rule="FIELD=VALUE, FIELD!=VALUE or severity>=VALUE",
        )
    field, sign, value = match["field"].strip(), match["sign"], match["value"]
    if field == "severity":
        return _severities(value, sign)
    if sign == ">=":
        raise Invalid(
            f"the condition {text[:100]!r} compares {field!r}, which has no order; only severity has",
            value=text[:100],
            rule=">= is for severity",
        )
    return [Condition(field, _compared(field, value), is_excluded=sign == "!=")]


def _compared(field: str, value: str) -> str:
    """Return a value as it is compared; the absent environment or namespace is called `default`."""
    if field in ("trace", "span"):
        return value.strip().lower()
    if field == "environment":
        return environment_of(value)
    return namespace_of(value) if field == "namespace" else value


def _severities(value: str, sign: str) -> list[Condition]:
    try:
        least = Severity(value.lower())
    except ValueError:
        raise Invalid(
            f"{value[:100]!r} is not a severity; write one of {', '.join(LEVELS)}",
            value=value[:100],
            rule="a severity is one of " + ", ".join(LEVELS),
        ) from None
    found = LEVELS[least.level :] if sign == ">=" else (least,)
    return [Condition("severity", one.value, is_excluded=sign == "!=") for one in found]


@dataclass(frozen=True, slots=True)
class Place:
    """The place in the list, newest first, where the next page begins.

    It begins after `passed` lines of exactly this instant: many lines may share an instant, and none is
    shown twice or skipped because of that.
    """

    at_nanoseconds: int
    passed: int

    def __str__(self) -> str:
        return f"{self.at_nanoseconds}.{self.passed}"


def parse_place(cursor: str) -> Place:
    """Return the place in a cursor.

    Raises:
        Invalid: it is not a cursor of this list.
    """
    match = re.fullmatch(r"(\d{1,19})\.(\d{1,7})", cursor)
    if match is None or int(match[1]) >= 2**63:
        raise Invalid(
            f"{cursor[:100]!r} is not a cursor of this list; begin again without one",
            value=cursor[:100],
            rule="the cursor is the `next` of the page before",
        )
    return Place(int(match[1]), int(match[2]))
