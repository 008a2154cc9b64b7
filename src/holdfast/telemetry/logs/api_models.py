"""What the logs' endpoints answer."""

from datetime import datetime

from pydantic import BaseModel, Field

from holdfast.telemetry.logs.model import Severity


class LogLineBody(BaseModel):
    """One line. `time_unix_nano` is its time in nanoseconds as text, as JSON's numbers do not hold it."""

    id: str
    at: datetime
    time_unix_nano: str
    service: str
    severity: Severity
    severity_text: str
    body: str
    zone: str | None
    version: str | None
    trace_id: str | None
    span_id: str | None
    scope: str
    event: str | None
    attributes: dict[str, str]
    resource: dict[str, str]


class LogList(BaseModel):
    """Lines, newest first."""

    items: list[LogLineBody]
    next: str | None


class SeverityLine(BaseModel):
    """How many lines of one severity there are in each step."""

    severity: Severity
    lines: list[int]
    total: int


class LogHistogram(BaseModel):
    """Lines per step; severities without lines are left out, the worst comes first."""

    step_seconds: int
    times_epoch: list[int]
    severities: list[SeverityLine]
    total: int


class FacetValue(BaseModel):
    """A value and how many lines have it."""

    value: str
    lines: int


class BasisBody(BaseModel):
    """On how many lines numbers rest (`looked_at`) of how many (`of`); not `exact`, they are estimates."""

    exact: bool
    looked_at: int = Field(description="Lines looked at, before words and attributes narrowed them down")
    of: int = Field(description="Lines in the range, counted in the same way")


class FacetBody(BaseModel):
    """The commonest values of a field."""

    field: str
    attribute: bool = Field(description="Whether it is an attribute and not a field every line has")
    values: list[FacetValue]
    basis: BasisBody


class PatternBody(BaseModel):
    """Lines that say the same. `lines` is an estimate unless the list is exact; `query` finds them all."""

    template: str
    query: str = Field(
        description="The search text that finds its lines; empty if no word of it stays the same"
    )
    example: str
    severity: Severity = Field(description="The worst any of its lines has")
    lines: int
    sampled: int
    services: list[str]
    first_seen: datetime
    last_seen: datetime
    new: bool | None = Field(
        description="No line of the range before says so; null if that was not looked up"
    )
    sparkline: list[int]


class PatternList(BaseModel):
    """Patterns, new ones first, then the commonest; mined from `mined` of `of` lines."""

    items: list[PatternBody]
    exact: bool
    mined: int
    of: int
    before: int = Field(description="Lines of the range before that were mined to tell what is new")


class FacetList(BaseModel):
    """Facets: the fields every line has, then the commonest attributes."""

    items: list[FacetBody]
