"""The response bodies of the logs' endpoints."""

from datetime import datetime

from pydantic import BaseModel, Field

from holdfast.telemetry.logs.model import Severity


class LogLineBody(BaseModel):
    """One line. `time_unix_nano` is its time in nanoseconds as text, because it exceeds JSON's numbers.

    Environment, namespace and region are empty if its sender names none.
    """

    id: str
    at: datetime
    time_unix_nano: str
    service: str
    environment: str
    namespace: str
    region: str
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
    """The number of lines of one severity in each step."""

    severity: Severity
    lines: list[int]
    total: int


class LogHistogram(BaseModel):
    """Lines per step; severities without lines are omitted, the worst comes first."""

    step_seconds: int
    times_epoch: list[int]
    severities: list[SeverityLine]
    total: int


class FacetValue(BaseModel):
    """A value and the number of lines that have it."""

    value: str
    lines: int


class BasisBody(BaseModel):
    """The basis of numbers: lines examined (`looked_at`) of all (`of`). They are estimates unless `exact`."""

    exact: bool
    looked_at: int = Field(description="Lines examined, before words and attributes narrowed them down")
    of: int = Field(description="Lines in the range, counted in the same way")


class FacetBody(BaseModel):
    """The most frequent values of a field."""

    field: str
    attribute: bool = Field(description="Whether it is an attribute and not a field every line has")
    values: list[FacetValue]
    basis: BasisBody


class PatternBody(BaseModel):
    """A pattern of lines. `lines` is an estimate unless the list is exact; `query` finds them all."""

    template: str
    query: str = Field(
        description="The search text that finds its lines; empty if no word is the same in all of them"
    )
    example: str
    severity: Severity = Field(description="The worst severity among its lines")
    lines: int
    sampled: int
    services: list[str]
    first_seen: datetime
    last_seen: datetime
    new: bool | None = Field(
        description="Whether no line of the previous range matches; null if that was not checked"
    )
    sparkline: list[int]


class PatternList(BaseModel):
    """Patterns, new ones first, then the most frequent; mined from `mined` of `of` lines."""

    items: list[PatternBody]
    exact: bool
    mined: int
    of: int
    before: int = Field(description="Lines mined from the previous range to find what is new")


class FacetList(BaseModel):
    """Facets: the fields every line has, then the most frequent attributes."""

    items: list[FacetBody]
