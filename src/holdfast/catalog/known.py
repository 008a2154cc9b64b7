"""What has been read so far, by kind and name, so that a reference finds its document or says why not."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from holdfast.catalog.documents import Key, Kind
from holdfast.catalog.fields import Fields
from holdfast.catalog.model import NotificationTarget, Service
from holdfast.catalog.problems import Rule, clipped, did_you_mean

if TYPE_CHECKING:
    from holdfast.catalog.indicators import Indicator
    from holdfast.catalog.policies import Condition, Policy
    from holdfast.catalog.sources import DataSource

Value = TypeVar("Value")


class Shelf(Generic[Value]):
    """The documents of one kind: each name leads to its value, or to None when the document is broken."""

    def __init__(self, kind: Kind, missing: set[Key]) -> None:
        self._kind = kind
        self._missing = missing
        self._values: dict[str, Value | None] = {}

    def put(self, name: str, value: Value | None) -> None:
        """Store what a document says, or None when it has errors."""
        self._values[name] = value

    def sound(self) -> tuple[Value, ...]:
        """Return every value without errors, in the order of names."""
        return tuple(value for _, value in sorted(self._values.items()) if value is not None)

    def find(self, fields: Fields, key: str, *, required: bool = False) -> Value | None:
        """Return what the reference in field `key` stands for, noting one that leads nowhere."""
        name = fields.text(key, required=required)
        if name is None:
            return None
        value = self._values.get(name)
        if value is not None:
            return value
        if name in self._values:
            message = f'the {self._kind} "{name}" has errors of its own; mend it first'
            fields.error(Rule.BROKEN_REFERENCE, key, message)
            return None
        self._missing.add((self._kind, name))
        message = f'there is no {self._kind} called "{clipped(name)}"; {did_you_mean(name, self._values)}'
        fields.error(Rule.UNKNOWN_REFERENCE, key, message)
        return None


@dataclass(slots=True)
class Known:
    """All shelves, and the keys that were looked for in vain."""

    missing: set[Key] = field(default_factory=set)
    data_sources: "Shelf[DataSource]" = field(init=False)
    services: Shelf[Service] = field(init=False)
    targets: Shelf[NotificationTarget] = field(init=False)
    conditions: "Shelf[Condition]" = field(init=False)
    policies: "Shelf[Policy]" = field(init=False)
    indicators: "Shelf[Indicator]" = field(init=False)

    def __post_init__(self) -> None:
        """Put up an empty shelf for every kind that can be referred to."""
        self.data_sources = Shelf(Kind.DATA_SOURCE, self.missing)
        self.services = Shelf(Kind.SERVICE, self.missing)
        self.targets = Shelf(Kind.NOTIFICATION_TARGET, self.missing)
        self.conditions = Shelf(Kind.CONDITION, self.missing)
        self.policies = Shelf(Kind.POLICY, self.missing)
        self.indicators = Shelf(Kind.SLI, self.missing)
