"""The values of OpenSLO's smaller kinds: the parts that objectives consist of. Pure."""

from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction

from holdfast.catalog.model import NOWHERE, Comparison, Severity, SourceLocation, SpanSelector


@dataclass(frozen=True, slots=True)
class DataSource:
    """A named source of telemetry; `type` is always `traces` for now."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """The value of an SLI document or an inline indicator."""

    name: str
    display_name: str
    total: SpanSelector
    good: SpanSelector


@dataclass(frozen=True, slots=True)
class NotificationTarget:
    """Where alerts may be sent; stored for the on-call rota, which delivers them."""

    name: str
    display_name: str
    description: str
    target: str
    origin: SourceLocation = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Condition:
    """When an alert fires: burn over `long` and over `short` past `threshold`."""

    severity: Severity
    comparison: Comparison
    threshold: Fraction
    long: timedelta
    short: timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """A condition, and whom to notify."""

    name: str
    condition: Condition
    targets: tuple[NotificationTarget, ...]
    notify_resolved: bool
