"""Reconciles the tracked names with the incoming ones and the catalog, within the caps."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from holdfast.catalog.model import Catalog
from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.names.store import Flood, Name, NameStore, Used
from holdfast.telemetry.spans.operation_names import folded_name
from holdfast.telemetry.warehouse.name_caps import LENGTH_MOST, OTHER, NameKind

log = logging.getLogger(__name__)

EVERY_SECONDS = 2
QUIET_SECONDS = 20
"""How long turns are omitted while this process stores nothing."""
FULL_EVERY_SECONDS = 60
"""How often unused names are searched for once a cap is reached: the search reads an hour of minutes."""
CAPPED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Capped:
    """A kind of names that exceeds its cap; `scope` is the service they belong to."""

    kind: NameKind
    scope: str
    kept: int
    seen: int
    sender: str

    @property
    def sentence(self) -> str:
        """Return what was capped, and the service that sends most of it."""
        of = f" of {self.scope}" if self.scope else ""
        seen = f"{self.seen:,} names seen recently, " if self.seen > self.kept else ""
        by = f"; most are sent by {self.sender}" if self.sender else ""
        return f"{self.kind.words}{of}: {seen}{self.kept:,} kept; the rest is shown as {OTHER!r}{by}"


class NameReconciler:
    """Reloads, admits and drops names; lives as long as the process.

    Its state is in the warehouse, except for its findings about floods, which it makes at its first turn.
    `inserts` changes whenever this process stores something.
    """

    def __init__(
        self,
        store: NameStore,
        clock: Clock,
        *,
        catalog: Callable[[], Catalog],
        inserts: Callable[[], int],
    ) -> None:
        self._store = store
        self._clock = clock
        self._catalog = catalog
        self._inserts = inserts
        self._turned: tuple[int, float] | None = None
        self._noted: Catalog | None = None
        self._totals: dict[NameKind, int] | None = None
        self._full: list[Used] = []
        self._looked_at_seconds: float | None = None
        self._capped: tuple[Capped, ...] = ()

    @property
    def capped(self) -> tuple[Capped, ...]:
        """The kinds of names beyond their caps, as of the last check."""
        return self._capped

    def run(self, stop: threading.Event) -> None:
        """Take turns until `stop` is set; an unavailable warehouse is retried."""
        while not stop.is_set():
            try:
                if self.is_due():
                    self.turn()
            except Unavailable as error:
                log.warning("names are folded as before, the warehouse is unavailable: %s", error.detail)
            self._clock.wait(stop, EVERY_SECONDS)

    def is_due(self) -> bool:
        """Return whether there may be new names: something was stored, the catalog changed, or time passed.

        Other servers may store in the same warehouse, and names of which there are too many are reviewed.
        """
        if self._turned is None or self._catalog() is not self._noted:
            return True
        inserts, at_seconds = self._turned
        return inserts != self._inserts() or self._clock.monotonic_seconds() - at_seconds >= QUIET_SECONDS

    def turn(self) -> None:
        """Record the catalog's names, free capacity where a cap is reached, and reload the dictionaries."""
        now, turned = int(self._clock.now().timestamp()), (self._inserts(), self._clock.monotonic_seconds())
        is_new = self._note_named(now)
        totals = self._store.totals()
        is_new = is_new or totals != self._totals
        if is_new or self._full:
            self._full = self._store.full(totals)
        if not self._full:
            self._capped = ()
        elif self._is_time():
            self._make_room(now)
            totals, is_new = self._store.totals(), True
            self._full = self._store.full(totals)
            self._capped = self._described(now)
        if is_new:
            self._store.reload()
            self._totals = totals
        self._turned = turned

    def _note_named(self, now: int) -> bool:
        catalog = self._catalog()
        if catalog is self._noted:
            return False
        self._store.put_named(sorted(named_by(catalog)), now=now)
        self._noted = catalog
        return True

    def _is_time(self) -> bool:
        seconds = self._clock.monotonic_seconds()
        if self._looked_at_seconds is not None and seconds - self._looked_at_seconds < FULL_EVERY_SECONDS:
            return False
        self._looked_at_seconds = seconds
        return True

    def _make_room(self, now: int) -> None:
        kinds = sorted({one.kind for one in self._full})
        if NameKind.SERVICE in kinds:
            self._store.make_room_for_services(now=now)
        for kind in kinds:
            if kind is NameKind.VERSION:
                self._store.make_room_for_versions(now=now)
            elif kind is not NameKind.SERVICE:
                self._store.make_room(kind, now=now)
            self._store.trim(kind)

    def _described(self, now: int) -> tuple[Capped, ...]:
        capped = []
        for one in self._full[:CAPPED_SHOWN]:
            try:
                flood = self._store.flood(one, now=now)
            except Unavailable as error:
                log.warning("the sender of too many %s is not known: %s", one.kind.words, error.detail)
                flood = Flood(0, "", "")
            example = f" (such as {flood.example[:100]!r})" if flood.example else ""
            sender = f"{flood.sender[:LENGTH_MOST]}{example}" if flood.sender else ""
            capped.append(Capped(one.kind, one.scope, one.kept, flood.seen, sender))
        return tuple(capped)


def named_by(catalog: Catalog) -> set[Name]:
    """Return the names in a catalog: services by both of their names, and what SLIs are limited to."""
    names: set[Name] = {(NameKind.SERVICE, "", service.name) for service in catalog.services}
    for sli in catalog.slis:
        names |= {(NameKind.SERVICE, "", service) for service in sli.total.services}
        places = (NameKind.ENVIRONMENT, sli.total.environment), (NameKind.NAMESPACE, sli.total.namespace)
        names |= {(kind, "", name) for kind, name in places if name}
        operations = {folded_name(name) for name in sli.total.operations if name}
        names |= {(NameKind.OPERATION, *of) for of in product(sli.total.services, operations)}
    return names
