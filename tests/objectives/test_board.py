"""The snapshot holds presence of the services that objectives name, and of no other."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from tests.objectives.cases import a_catalog, an_objective

from holdfast.objectives.board import Board
from holdfast.objectives.counts import MemoryCounts, Numbers
from holdfast.objectives.windows import epoch


class Listening(MemoryCounts):
    """Counts in memory that note which services' presence was read, and from when on."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[tuple[str, ...], int]] = []

    def presence(self, services: Sequence[str], start: int, end: int) -> Mapping[str, Numbers]:
        """Return presence, having noted what was asked."""
        self.asked.append((tuple(services), start))
        return super().presence(services, start, end)


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
    board = Board(_world())
    snapshot = board.refresh(a_catalog(an_objective(service="name-7")), NOW)
    assert set(snapshot.presence.minutes) == {"name-7"}
    assert board.refresh(a_catalog(), NOW).presence.minutes == {}


def test_a_service_named_later_has_its_past() -> None:
    """A newly named service is read over its whole window once; of others the last minutes are read again."""
    counts = _world()
    board, first = Board(counts), an_objective("first", service="name-7")
    board.refresh(a_catalog(first), NOW)
    both = a_catalog(first, an_objective("second", sli=2, service="name-8"))
    counts.asked.clear()
    found = board.refresh(both, NOW + timedelta(seconds=10)).presence
    since = {name: start for names, start in counts.asked for name in names}
    assert since["name-7"] > epoch(NOW - timedelta(hours=1)) > since["name-8"]
    for name in ("name-7", "name-8"):
        whole = found.coverage(name, start=found.start, end=found.end, since=0)
        assert whole.covered == 2
