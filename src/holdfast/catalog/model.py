"""The reliability catalog's content, once every rule has been checked: frozen values. Pure.

Ratios are `Fraction` (0.999 is exactly 999/1000), times are `timedelta`, span durations nanoseconds.
Where a value came from (`origin`) takes no part in equality, so moving a document to another line or
file is not a change.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Generic, TypeVar, cast

Value = TypeVar("Value")

Labels = tuple[tuple[str, tuple[str, ...]], ...]
"""Labels in the order of their keys; each key may have several values."""


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """Where a document is: its file as the sender named it, and the line it begins on (from 1)."""

    file: str
    line: int


NOWHERE = SourceLocation("", 0)


@dataclass(frozen=True, slots=True)
class KindOf(Generic[Value]):
    """A kind of document by its name, and the type of value such a document becomes.

    It is all that is needed to refer to a kind or to ask for its values, even from a package below the one
    that defines the kind.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Values:
    """The values of sound documents by kind, in the order of their documents' names."""

    by_kind: tuple[tuple[str, tuple[object, ...]], ...] = ()

    def of(self, kind: KindOf[Value]) -> tuple[Value, ...]:
        """Return the values of `kind`; none if no document of it is in force."""
        found = next((values for name, values in self.by_kind if name == kind.name), ())
        # Values are added by `replacing` alone, which requires the kind's type.
        return cast("tuple[Value, ...]", found)

    def replacing(self, kind: KindOf[Value], values: Iterable[Value]) -> "Values":
        """Return these values with others for `kind`."""
        kept = tuple(one for one in self.by_kind if one[0] != kind.name)
        new = tuple(values)
        return Values(tuple(sorted((*kept, (kind.name, new)), key=lambda one: one[0])) if new else kept)


class SpanKind(StrEnum):
    """The OpenTelemetry kind of a span."""

    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"
    INTERNAL = "internal"


class SpanStatus(StrEnum):
    """Whether a span failed. `OK` is every span whose status is not Error: most good spans say Unset."""

    OK = "ok"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class SpanSelector:
    """Which spans count: those that meet every condition here.

    `operations` are exact span names, empty for all. `kind` None stands for the kinds that handle work,
    server and consumer, so that a caller's client span does not count the same request twice.
    `attributes` are (key, allowed values); span and resource attributes are compared as text.
    `max_duration_nanoseconds` is inclusive. `environment` and `namespace` None stand for any; empty is the
    absent one, which people call `default`. `also` are other names that telemetry has for the service.
    """

    service: str
    operations: tuple[str, ...] = ()
    kind: SpanKind | None = None
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    status: SpanStatus | None = None
    max_duration_nanoseconds: int | None = None
    environment: str | None = None
    namespace: str | None = None
    also: tuple[str, ...] = ()

    @property
    def services(self) -> tuple[str, ...]:
        """The names of the service in telemetry, that of the selector first."""
        return (self.service, *self.also)

    @property
    def kinds(self) -> tuple[SpanKind, ...]:
        """The span kinds that count, the default written out."""
        return (self.kind,) if self.kind else (SpanKind.SERVER, SpanKind.CONSUMER)


@dataclass(frozen=True, slots=True)
class Sli:
    """A service level indicator: `total` selects the events, `good` the good ones among them.

    `good` always selects a part of `total`. `id` is the number its counters are stored under; it changes
    whenever a selector changes, so that counts of two definitions never mix. It is 0 until stored.
    """

    id: int
    name: str
    display_name: str
    total: SpanSelector
    good: SpanSelector


class NoData(StrEnum):
    """What a slice without any measurement means. Zero traffic is a measurement, not missing data."""

    FREEZE = "freeze"
    GOOD = "good"
    BAD = "bad"
    IGNORE = "ignore"


class Severity(StrEnum):
    """Where an alert goes: to a person now, or to a queue for working hours."""

    PAGE = "page"
    TICKET = "ticket"


class Comparison(StrEnum):
    """How a burn rate is compared with a threshold."""

    AT_LEAST = "gte"
    ABOVE = "gt"


@dataclass(frozen=True, slots=True)
class AlertTier:
    """One burn-rate alert: it fires while the burn over `long` and over `short` are past `threshold`.

    `budget_share` is the part of the whole budget gone when it fires (threshold x long / window); None
    when it has not been worked out. `policy` is the AlertPolicy document it was written in, `targets`
    what the AlertNotificationTargets named there have as `target`.
    """

    severity: Severity
    budget_share: Fraction | None
    long: timedelta
    short: timedelta
    threshold: Fraction
    comparison: Comparison = Comparison.AT_LEAST
    policy: str | None = None
    targets: tuple[str, ...] = ()
    notify_resolved: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A page elsewhere, by its name and its https address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the catalog, with users and an owner: `team` and `tier` come from its labels.

    `aliases` are other names telemetry has for it, of which `catalog.aliases` knows the meaning.
    """

    name: str
    display_name: str
    description: str = ""
    team: str | None = None
    tier: str | None = None
    labels: Labels = ()
    aliases: tuple[str, ...] = ()
    runbook: str | None = None
    links: tuple[Link, ...] = ()
    origin: SourceLocation = field(default=NOWHERE, compare=False)


UNNAMED = "events"
"""What events are called where the objective gives them no noun."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A service level objective: over any `window`, at least `target` of the events of `sli` are good.

    `events_noun` is what one event is called in sentences ("orders"). `coverage_floor` is the part of a
    window that must have been measured before an alert may change. `alert_tiers` None means the default
    four, scaled to the window; an empty tuple means no alerts. `slo` is the document it was written in.
    `runbook` is its service's unless it has one of its own; `links` are its own and then its service's.
    """

    name: str
    display_name: str
    description: str
    service: str
    team: str | None
    tier: str | None
    sli: Sli
    target: Fraction
    window: timedelta
    events_noun: str = UNNAMED
    no_data: NoData = NoData.FREEZE
    coverage_floor: Fraction = Fraction(9, 10)
    alert_tiers: tuple[AlertTier, ...] | None = None
    labels: Labels = ()
    slo: str = ""
    runbook: str | None = None
    links: tuple[Link, ...] = ()
    origin: SourceLocation = field(default=NOWHERE, compare=False)


SERVICES: KindOf[Service] = KindOf("Service")
SLOS: KindOf[tuple[Objective, ...]] = KindOf("SLO")
"""The two kinds that every package reads; `openslo` defines them."""

OBJECTIVE = "objective"
"""What an objective is called in references: `objective/orders-succeed`."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything in force at one revision, each tuple in the order of names; revision 0 is empty.

    `services` and `objectives` are fields because every package reads them; `of` returns the values of any
    kind, these two included.
    """

    revision: int = 0
    services: tuple[Service, ...] = ()
    objectives: tuple[Objective, ...] = ()
    values: Values = Values()

    def of(self, kind: KindOf[Value]) -> tuple[Value, ...]:
        """Return the values of the documents of `kind`, in the order of their names."""
        return self.values.of(kind)

    def objective(self, name: str) -> Objective | None:
        """Return the objective called `name`, or None."""
        return next((one for one in self.objectives if one.name == name), None)

    def service(self, name: str) -> Service | None:
        """Return the service called `name`, or None."""
        return next((one for one in self.services if one.name == name), None)

    def measured_as(self, service: str) -> str:
        """Return the name telemetry has for a service of the catalog: its own, or the one it is measured by.

        Names in the catalog have no dots, those of telemetry may: `reviews` is measured as `reviews.default`
        if all its objectives count what that one does, and the catalog has no service of that very name.
        """
        names = {one.sli.total.service for one in self.objectives if one.service == service}
        other = names.pop() if len(names) == 1 else service
        return service if self.service(other) else other

    def described(self, telemetry_name: str) -> Service | None:
        """Return the service that telemetry knows by this name, or None."""
        named = self.service(telemetry_name)
        if named:
            return named
        owners = (one.service for one in self.objectives if one.sli.total.service == telemetry_name)
        return next((self.service(one) for one in owners if self.measured_as(one) == telemetry_name), None)

    @property
    def slis(self) -> tuple[Sli, ...]:
        """Every SLI in use, each once, by id."""
        return tuple({one.sli.id: one.sli for one in self.objectives}.values())
