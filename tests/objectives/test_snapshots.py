"""The snapshot holds presence of the services that objectives name, and of no other."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from tests.objectives.cases import a_catalog, an_objective

from holdfast.objectives.snapshots import SnapshotCache
from holdfast.telemetry.counting.model import Numbers, Sender
from holdfast.telemetry.counting.source import MemoryCounts
from holdfast.telemetry.counting.windows import epoch


class Listening(MemoryCounts):
    """Counts in memory that note whose presence was read, and from when on."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[tuple[Sender, ...], int]] = []

    def presence(self, senders: Sequence[Sender], start: int, end: int) -> Mapping[Sender, Numbers]:
        """Return presence, having noted what was asked."""
        self.asked.append((tuple(senders), start))
        return super().presence(senders, start, end)


NOW = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)


def _world() -> Listening:
    """Return 200 services that sent a span ten days ago and another just now."""
    counts = Listening()
    for number in range(200):
        for age in (timedelta(days=10), timedelta(minutes=1)):
            counts.see(f"name-{number}", NOW - age)
    counts.record(1, NOW - timedelta(days=10), good=1)
    counts.watermark_at = NOW
    return counts


def test_presence_is_kept_of_what_the_catalog_names() -> None:
    """Of 200 names that sent spans the snapshot holds the one that an objective names."""
    cache = SnapshotCache(_world())
    snapshot = cache.refresh(a_catalog(an_objective(service="name-7")), NOW)
    assert set(snapshot.presence.minutes) == {Sender("name-7")}
    assert cache.refresh(a_catalog(), NOW).presence.minutes == {}


def test_a_service_named_later_has_its_past() -> None:
    """A newly named service is read over its whole window once; of others the last minutes are read again."""
    counts = _world()
    cache, first = SnapshotCache(counts), an_objective("first", service="name-7")
    cache.refresh(a_catalog(first), NOW)
    both = a_catalog(first, an_objective("second", sli=2, service="name-8"))
    counts.asked.clear()
    found = cache.refresh(both, NOW + timedelta(seconds=10)).presence
    since = {name.service: start for names, start in counts.asked for name in names}
    assert since["name-7"] > epoch(NOW - timedelta(hours=1)) > since["name-8"]
    for name in ("name-7", "name-8"):
        whole = found.coverage(Sender(name), start=found.start, end=found.end, since=0)
        assert whole.covered == 2
