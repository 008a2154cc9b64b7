"""The newest counts of all objectives, read once and shared by the evaluation and every reader."""

import threading
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

import numpy as np

from holdfast.catalog.model import Catalog
from holdfast.objectives.alerting.burn import SHOWN_WINDOWS
from holdfast.objectives.coverage import Presence, presence_of
from holdfast.objectives.evaluated import Snapshot, Watched, watch
from holdfast.telemetry.counting.model import Numbers, Sender
from holdfast.telemetry.counting.source import CountSource
from holdfast.telemetry.counting.windows import Grain, edge_before, epoch

PATIENCE = timedelta(minutes=2)
"""How far the edge waits behind the clock for late telemetry; what is missing after that is missing data."""

PRESENCE_KEPT = timedelta(days=45)
_REREAD = timedelta(minutes=15)
"""Presence of the last minutes is read again at each refresh, for spans that come late."""
_RELOAD = timedelta(minutes=30)
"""First slices and all presence are read again this often: a backfill may have filled the past."""


def edge_for(now: datetime, watermark: datetime | None) -> datetime:
    """Return the instant windows end at: the watermark, but neither in the future nor long past."""
    if watermark is None:
        return edge_before(now)
    return edge_before(min(now, max(watermark, now - PATIENCE)))


class SnapshotCache:
    """Reads counts from a source and keeps the newest snapshot; lives as long as the process.

    Safe to use from many threads: one refreshes while others read the snapshot before it.
    """

    def __init__(self, source: CountSource) -> None:
        self.source = source
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._watched: tuple[Catalog, dict[str, Watched]] = (Catalog(), {})
        self._first: dict[int, int] = {}
        self._loaded_at: int | None = None

    @property
    def newest(self) -> Snapshot | None:
        """The last snapshot taken, or None before the first."""
        return self._snapshot

    def watched(self, catalog: Catalog) -> Mapping[str, Watched]:
        """Return the catalog's objectives by name, each with its tiers worked out."""
        known, found = self._watched
        if known is not catalog:
            found = {objective.name: watch(objective) for objective in catalog.objectives}
            self._watched = (catalog, found)
        return found

    def refresh(self, catalog: Catalog, now: datetime) -> Snapshot:
        """Take a snapshot of every objective's counts as they are now."""
        edge = epoch(edge_for(now, self.source.watermark()))
        watched = self.watched(catalog)
        windows = sorted({*SHOWN_WINDOWS, *(w for one in watched.values() for w in one.windows)})
        with self._lock:
            if self._loaded_at is None or abs(edge - self._loaded_at) > _RELOAD.total_seconds():
                self._first, self._snapshot_presence, self._loaded_at = {}, None, edge
            self._learn_first_slices(one.objective.sli.id for one in watched.values())
            # Only what an objective asks about: senders choose names, and each is kept for weeks of minutes.
            senders = frozenset(Sender.of(one.objective.sli.total) for one in watched.values())
            presence = self._read_presence(senders, edge, max(windows))
            sums = self.source.sums(edge, windows)
            self._snapshot = Snapshot(edge, sums, presence, dict(self._first))
            return self._snapshot

    _snapshot_presence: Presence | None = None

    def _learn_first_slices(self, slis: Iterable[int]) -> None:
        unknown = {sli for sli in slis if sli not in self._first}
        if unknown:
            self._first.update(self.source.first_slices(unknown))

    def _read_presence(self, senders: Collection[Sender], edge: int, longest: timedelta) -> Presence:
        kept = min(longest, PRESENCE_KEPT)
        start = Grain.HOUR.floor(edge - int(kept.total_seconds()))
        before = self._snapshot_presence
        if before is None or start < before.start:
            before = presence_of({}, start=start, end=edge)
        since = max(start, Grain.MINUTE.floor(min(before.end, edge) - int(_REREAD.total_seconds())))
        # A sender with no row yet was named just now: its past is read once, that of the others is known.
        fresh = [one for one in senders if one not in before.minutes]
        known = [one for one in senders if one in before.minutes]
        minutes = dict.fromkeys(fresh, _NONE) | dict(self.source.presence(fresh, start, edge))
        minutes |= _joined(before, known, self.source.presence(known, since, edge), since)
        self._snapshot_presence = presence_of(minutes, start=start, end=edge)
        return self._snapshot_presence


_NONE = np.zeros(0, dtype=np.int64)


def _joined(
    before: Presence, known: Iterable[Sender], newer: Mapping[Sender, Numbers], since: int
) -> dict[Sender, Numbers]:
    joined = {}
    for sender in known:
        old = np.flatnonzero(before.minutes[sender]) * Grain.MINUTE.value + before.start
        joined[sender] = np.concatenate([old[old < since], newer.get(sender, _NONE)])
    return joined
