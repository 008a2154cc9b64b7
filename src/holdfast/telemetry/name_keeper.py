"""Keeps the names that are kept apart in step: with what comes in, with the catalog, and within the caps."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from holdfast.catalog.model import Catalog
from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.name_caps import LENGTH_MOST, OTHER, NameKind
from holdfast.telemetry.name_store import Flood, Name, NameStore, Used
from holdfast.telemetry.operations import folded_name

log = logging.getLogger(__name__)

EVERY_SECONDS = 2
FULL_EVERY_SECONDS = 60
"""Where there is no room, names that are gone are looked for so often: it reads an hour of minutes."""
CAPPED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Capped:
    """A kind of names of which more are sent than are kept apart; `scope` is the service they belong to."""

    kind: NameKind
    scope: str
    kept: int
    seen: int
    sender: str

    @property
    def sentence(self) -> str:
        """Say what was capped, and who sends most of it."""
        of = f" of {self.scope}" if self.scope else ""
        seen = f"{self.seen:,} names seen lately, " if self.seen > self.kept else ""
        by = f"; most are sent by {self.sender}" if self.sender else ""
        return f"{self.kind.words}{of}: {seen}{self.kept:,} kept; the rest is shown as {OTHER!r}{by}"


class NameKeeper:
    """Reloads, admits and drops names; lives as long as the process.

    All it knows is in the warehouse, but for what it says about floods, which it works out at its first turn.
    """

    def __init__(self, store: NameStore, clock: Clock, *, catalog: Callable[[], Catalog]) -> None:
        self._store = store
        self._clock = clock
        self._catalog = catalog
        self._noted: Catalog | None = None
        self._totals: dict[NameKind, int] | None = None
        self._full: list[Used] = []
        self._looked_at_seconds: float | None = None
        self._capped: tuple[Capped, ...] = ()

    @property
    def capped(self) -> tuple[Capped, ...]:
        """What there is more of than is kept apart, as of the last look."""
        return self._capped

    def run(self, stop: threading.Event) -> None:
        """Take turns until `stop` is set; a warehouse that is away is asked again."""
        while not stop.is_set():
            try:
                self.turn()
            except Unavailable as error:
                log.warning("names are folded as they were, the warehouse is away: %s", error.detail)
            self._clock.wait(stop, EVERY_SECONDS)

    def turn(self) -> None:
        """Note what the catalog names, make room where there is none, and have the engine fold by it."""
        now = int(self._clock.now().timestamp())
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
            if kind is not NameKind.SERVICE:
                self._store.make_room(kind, now=now)
            self._store.trim(kind)

    def _described(self, now: int) -> tuple[Capped, ...]:
        capped = []
        for one in self._full[:CAPPED_SHOWN]:
            try:
                flood = self._store.flood(one, now=now)
            except Unavailable as error:
                log.warning("who sends so many %s is not known: %s", one.kind.words, error.detail)
                flood = Flood(0, "", "")
            example = f" (such as {flood.example[:100]!r})" if flood.example else ""
            sender = f"{flood.sender[:LENGTH_MOST]}{example}" if flood.sender else ""
            capped.append(Capped(one.kind, one.scope, one.kept, flood.seen, sender))
        return tuple(capped)


def named_by(catalog: Catalog) -> set[Name]:
    """Return the names in a catalog: services by both of their names, and the operations of SLIs."""
    names: set[Name] = {(NameKind.SERVICE, "", service.name) for service in catalog.services}
    for sli in catalog.slis:
        names.add((NameKind.SERVICE, "", sli.total.service))
        operations = {folded_name(name) for name in sli.total.operations if name}
        names |= {(NameKind.OPERATION, sli.total.service, name) for name in operations}
    return names
