"""Words of logs: how bad a line is, the line itself, what narrows a search, and places in a list. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from holdfast.runtime.errors import Invalid
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.logs.text import Term


class Severity(StrEnum):
    """How bad a line says it is: OpenTelemetry's six ranges, and lines that do not say."""

    UNSPECIFIED = "unspecified"
    TRACE = "trace"
    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"
    FATAL = "fatal"

    @property
    def level(self) -> int:
        """Its number as stored: 0 for lines that do not say, 1 to 6 from trace to fatal."""
        return LEVELS.index(self)


LEVELS = tuple(Severity)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log record as stored; `at_nanoseconds` since 1970, `id` the same whenever it is read."""

    id: str
    at_nanoseconds: int
    service: str
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
    """Return the id of a line: its instant, and what tells it from others of the same."""
    return f"{at_nanoseconds}-{number:016x}"


@dataclass(frozen=True, slots=True)
class Condition:
    """A field has a value or, `is_excluded`, has it not. What a line has not, has the value ''.

    Several values asked for in one field are alternatives; conditions on different fields all hold.
    """

    field: str
    value: str
    is_excluded: bool = False


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines are asked for."""

    within: TimeRange
    terms: tuple[Term, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def is_counted(self) -> bool:
        """Whether the roll-up knows how many lines it means."""
        fields = {condition.field for condition in self.conditions}
        return not self.terms and fields <= set(COUNTED)

    @property
    def traces(self) -> tuple[str, ...]:
        """The traces it is about; none if it is not about traces."""
        return tuple(one.value for one in self.conditions if one.field == "trace" and not one.is_excluded)


COUNTED = ("service", "severity", "zone", "version")
"""The fields lines are counted by as they are stored."""

FIELDS = (*COUNTED, "trace", "span", "scope", "event")
"""Fields with a column of their own; any other name is that of an attribute, of the line or its resource."""

CONDITIONS_MOST = 30
_CONDITION = re.compile(r"(?P<field>[^=!>]{1,200}?)\s*(?P<sign>!=|>=|=)\s*(?P<value>.{0,1000})", re.DOTALL)


def parse_conditions(texts: Sequence[str]) -> tuple[Condition, ...]:
    """Return conditions as people write them: `service=cart`, `zone!=a`, `severity>=warn`, `http.route=/`.

    Raises:
        Invalid: not of that form, an unknown severity, `>=` on another field, or more than 30.
    """
    if len(texts) > CONDITIONS_MOST:
        raise Invalid(
            f"{len(texts)} conditions were given and {CONDITIONS_MOST} may be",
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
    if field in ("trace", "span"):
        value = value.strip().lower()
    return [Condition(field, value, is_excluded=sign == "!=")]


def _severities(value: str, sign: str) -> list[Condition]:
    try:
        least = Severity(value.lower())
    except ValueError:
        raise Invalid(
            f"no severity is called {value[:100]!r}; there are {', '.join(LEVELS)}",
            value=value[:100],
            rule="a severity is one of " + ", ".join(LEVELS),
        ) from None
    found = LEVELS[least.level :] if sign == ">=" else (least,)
    return [Condition("severity", one.value, is_excluded=sign == "!=") for one in found]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the list, newest first, the next page begins.

    After `passed` lines of exactly this instant: many lines may share one, and no line is shown twice or
    left out for it.
    """

    at_nanoseconds: int
    passed: int

    def __str__(self) -> str:
        return f"{self.at_nanoseconds}.{self.passed}"


def parse_place(cursor: str) -> Place:
    """Return the place a cursor means.

    Raises:
        Invalid: not a cursor of this list.
    """
    match = re.fullmatch(r"(\d{1,19})\.(\d{1,7})", cursor)
    if match is None or int(match[1]) >= 2**63:
        raise Invalid(
            f"{cursor[:100]!r} is not a cursor of this list; begin again without one",
            value=cursor[:100],
            rule="the cursor is what `next` of the page before said",
        )
    return Place(int(match[1]), int(match[2]))
