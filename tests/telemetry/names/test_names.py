"""Names beyond their caps: which are tracked, which are summed as `other`, and what is never lost."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans
from tests.conftest import keep_forever, without_rows
from tests.lints.source import ROOT
from tests.objectives.cases import a_catalog, an_objective
from tests.telemetry.conftest import Store
from tests.telemetry.counted_world import an_sli, stored_counters
from tests.telemetry.otlp_builders import T0, MetricsRequest, of_service, segment, span, traces

from holdfast.catalog.model import Catalog
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.errors import NotFound
from holdfast.runtime.pages import PAGE_BYTES
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.counting.selectors import Selectors
from holdfast.telemetry.metrics.service import MetricsService
from holdfast.telemetry.metrics.store import Listed
from holdfast.telemetry.migrations import migrate
from holdfast.telemetry.model import Signal
from holdfast.telemetry.names.folding import names_taken_over
from holdfast.telemetry.names.reconciler import NameReconciler
from holdfast.telemetry.names.store import NameStore
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.layout import Layout
from holdfast.telemetry.warehouse.name_caps import NAME_CAPS, NameCap, NameCaps, NameKind

CAPS = NameCaps(
    service=NameCap(5, 5),
    operation=NameCap(3, 12),
    peer=NameCap(2, 10),
    zone=NameCap(2, 2),
    environment=NameCap(2, 2),
    namespace=NameCap(2, 2),
    region=NameCap(2, 2),
    version=NameCap(2, 10),
    metric=NameCap(3, 3),
)
LAYOUT = Layout(retention_days=36_500, caps=CAPS)
NOW = datetime.fromtimestamp(T0 + 60, UTC)
AROUND = TimeRange(NOW - timedelta(minutes=5), NOW)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChdbWarehouse]:
    """A warehouse with caps so low that a test reaches them."""
    warehouse = ChdbWarehouse(tmp_path_factory.mktemp("names") / "capped")
    warehouse.open()
    migrate(warehouse, LAYOUT)
    keep_forever(warehouse)
    yield warehouse
    warehouse.close()


@pytest.fixture
def capped(migrated: ChdbWarehouse) -> ChdbWarehouse:
    """The same one for every test, without rows."""
    without_rows(migrated)
    return migrated


@pytest.fixture
def warehouse(capped: ChdbWarehouse) -> ChdbWarehouse:
    """The warehouse that spans are stored in."""
    return capped


class Kept:
    """A reconciler over the warehouse, with a catalog and a clock of the test's own."""

    def __init__(self, warehouse: ChdbWarehouse) -> None:
        self.clock = ManualClock(NOW)
        self.catalog = Catalog()
        self.inserts = 0
        self.reconciler = NameReconciler(
            NameStore(warehouse, LAYOUT),
            self.clock,
            catalog=lambda: self.catalog,
            inserts=lambda: self.inserts,
        )


@pytest.fixture
def kept(capped: ChdbWarehouse) -> Kept:
    """A reconciler that has taken its first turn."""
    kept = Kept(capped)
    kept.reconciler.turn()
    return kept


def _red(warehouse: ChdbWarehouse, *columns: str) -> dict[object, int]:
    names = ", ".join(columns)
    rows = warehouse.query(f"SELECT {names}, sum(Requests) FROM holdfast_red GROUP BY {names}")
    return {row[0] if len(columns) == 1 else row[:-1]: row[-1] for row in rows}


def _flood(first: int, last: int, *, at: float = T0, **attributes: str) -> list[ResourceSpans]:
    return [of_service(f"name-{n:06d}", [span(at=at)], **attributes) for n in range(first, last)]


def test_services_beyond_the_cap_are_added_up(capped: ChdbWarehouse, store_spans: Store, kept: Kept) -> None:
    """Of more services than fit the busiest have rows of their own; no request is lost, none is doubled."""
    store_spans(of_service("busy", [span() for _ in range(7)]), *_flood(0, 50))
    found = _red(capped, "Service")
    assert len(found) == CAPS.service.total + 1
    assert (found["busy"], found["other"], sum(found.values())) == (7, 46, 57)
    kept.reconciler.turn()
    store_spans(of_service("busy", [span()]), *_flood(50, 500))
    assert _red(capped, "Service").keys() == found.keys()
    assert _red(capped, "Service")["other"] == 46 + 450
    for coarser in ("holdfast_red_5m", "holdfast_red_services", "holdfast_red_services_5m"):
        assert capped.query(f"SELECT sum(Requests), uniq(Service) FROM {coarser}") == [(508, 6)]


def test_a_first_name_is_kept_apart_at_once(capped: ChdbWarehouse, store_spans: Store, kept: Kept) -> None:
    """Where there is room, a new name has its own row in the insert that brings it: no release is hidden."""
    store_spans(of_service("cart", [span("GET /")], version="1.0"))
    assert _red(capped, "Service", "Operation", "Version") == {("cart", "GET /", "1.0"): 1}
    store_spans(of_service("cart", [span("GET /new")], version="1.1"))
    assert ("cart", "GET /new", "1.1") in _red(capped, "Service", "Operation", "Version")
    assert kept.reconciler.capped == ()


def test_what_the_catalog_names_needs_no_room(capped: ChdbWarehouse, store_spans: Store, kept: Kept) -> None:
    """A service and an operation of the catalog have rows of their own after any flood."""
    store_spans(*_flood(0, 50))
    kept.catalog = a_catalog(an_objective(service="checkout"))
    kept.reconciler.turn()
    many = [span(f"GET /{word}") for word in ("a", "b", "c", "d", "e")]
    store_spans(of_service("checkout", [*many, span("POST /orders")]), *_flood(50, 60))
    found = _red(capped, "Service", "Operation")
    assert found["checkout", "POST /orders"] == 1
    assert sum(number for (service, _), number in found.items() if service == "checkout") == 6


def test_the_environment_of_an_sli_needs_no_room(
    capped: ChdbWarehouse, store_spans: Store, kept: Kept
) -> None:
    """What an SLI is limited to has rows of its own after any flood of environments."""
    live = an_sli(1, service="checkout", environment="prod", namespace="shop")
    kept.catalog = a_catalog(replace(an_objective(), sli=live))
    kept.reconciler.turn()
    flood = (of_service("preview", [span()], environment=f"pr-{n}") for n in range(9))
    store_spans(*flood)
    kept.reconciler.turn()
    store_spans(of_service("checkout", [span()], environment="prod", namespace="shop"))
    assert _red(capped, "Service", "Environment", "Namespace")["checkout", "prod", "shop"] == 1
    assert {one.kind for one in kept.reconciler.capped} == {NameKind.ENVIRONMENT}


def test_counts_of_slis_are_never_folded(capped: ChdbWarehouse, store_spans: Store, kept: Kept) -> None:
    """An SLI counts the spans of its service, though the service and its operation are shown as other."""
    Selectors(capped, LAYOUT).install([an_sli(1, service="late")], now=NOW)
    store_spans(*_flood(0, 50))
    kept.reconciler.turn()
    store_spans(of_service("late", [span(status="error"), span()]))
    assert "late" not in _red(capped, "Service")
    assert stored_counters(capped, "10s") == {(1, T0): (1, 2)}
    assert capped.query("SELECT count() FROM otel_traces WHERE ServiceName = 'late'") == [(2,)]


def test_operations_peers_versions_and_zones_have_caps_of_their_own(
    capped: ChdbWarehouse, store_spans: Store, kept: Kept
) -> None:
    """What one service sends too many of takes nothing from another."""
    spans = [
        span(f"GET /{letter}", kind="client", attributes={"server.address": f"host-{letter}"})
        for letter in "abcdefgh"
    ]
    for number in range(4):
        store_spans(of_service("cart", spans, version=f"{number}.0", zone=f"zone-{number}"))
        kept.clock.advance(timedelta(seconds=61))
        kept.reconciler.turn()
    store_spans(of_service("pay", [span("POST /")], version="v7"))
    assert {column: len(_red(capped, "Service", column)) for column in ("Operation", "Peer", "Version")} == {
        "Operation": CAPS.operation.each + 1 + 1,
        "Peer": CAPS.peer.each + 1 + 1,
        "Version": CAPS.version.each + 1 + 1,
    }
    assert set(_red(capped, "Zone")) == {"zone-0", "zone-1", "other", ""}
    assert ("pay", "POST /", "v7") in _red(capped, "Service", "Operation", "Version")
    assert {(one.kind, one.scope) for one in kept.reconciler.capped} >= {
        (NameKind.OPERATION, "cart"),
        (NameKind.VERSION, "cart"),
        (NameKind.ZONE, ""),
    }


def test_a_name_too_long_to_be_asked_for_is_not_kept_apart(
    capped: ChdbWarehouse, store_spans: Store, kept: Kept
) -> None:
    """A megabyte of a name is in no list; a name of 300 bytes is."""
    store_spans(of_service("n" * 300, [span()]), of_service("n" * 301, [span()]))
    assert _red(capped, "Service") == {"n" * 300: 1, "other": 1}


def test_a_turn_is_due_when_there_may_be_new_names(capped: ChdbWarehouse) -> None:
    """At once after a start, an insert or a change of the catalog; else every twenty seconds."""
    kept = Kept(capped)
    assert kept.reconciler.is_due()
    kept.reconciler.turn()
    assert not kept.reconciler.is_due()
    kept.inserts += 1
    assert kept.reconciler.is_due()
    kept.reconciler.turn()
    kept.catalog = a_catalog(an_objective())
    assert kept.reconciler.is_due()
    kept.reconciler.turn()
    kept.clock.advance(timedelta(seconds=19.9))
    assert not kept.reconciler.is_due()
    kept.clock.advance(timedelta(seconds=0.1))
    assert kept.reconciler.is_due()


def _age(warehouse: ChdbWarehouse) -> None:
    """Have all names been kept apart for long."""
    warehouse.command(
        "ALTER TABLE holdfast_names UPDATE admitted = toDateTime(0, 'UTC') WHERE 1 "
        "SETTINGS mutations_sync = 1"
    )


def test_names_of_a_flood_make_room_for_regular_ones(
    capped: ChdbWarehouse, store_spans: Store, kept: Kept
) -> None:
    """Names that were sent once go after ten minutes; a service that keeps sending takes their place."""
    store_spans(*_flood(0, 50))
    kept.reconciler.turn()
    for minute in range(4):
        store_spans(of_service("newcomer", [span(at=T0 - 60 * minute)]))
    assert "newcomer" not in _red(capped, "Service")
    _age(capped)
    kept.clock.advance(timedelta(seconds=61))
    kept.reconciler.turn()
    assert capped.query("SELECT DISTINCT kind, scope, name FROM holdfast_names") == [
        ("service", "", "newcomer")
    ]
    store_spans(of_service("newcomer", [span("GET /")]))
    assert _red(capped, "Service", "Operation")["newcomer", "GET /"] == 1


def test_what_is_still_seen_keeps_its_place(capped: ChdbWarehouse, store_spans: Store, kept: Kept) -> None:
    """Where an operation's cap is reached, those seen within a day stay and idle ones go."""
    store_spans(of_service("cart", [span("GET /old", at=T0 - 2 * 86_400), span("GET /a"), span("GET /b")]))
    _age(capped)
    kept.reconciler.turn()
    rows = capped.query("SELECT name FROM holdfast_names WHERE kind = 'operation' ORDER BY name")
    assert rows == [("GET /a",), ("GET /b",)]


@pytest.mark.parametrize(
    ("ages_hours", "kept_versions"),
    [
        ((8 * 24, 48), ["v1"]),
        ((48, 2), ["v1"]),
        ((3, 2), []),
        ((48, 0), ["v1"]),
        ((0, 0), ["v0", "v1"]),
    ],
)
def test_versions_not_seen_for_longest_make_room(
    capped: ChdbWarehouse,
    store_spans: Store,
    kept: Kept,
    ages_hours: tuple[int, ...],
    kept_versions: list[str],
) -> None:
    """At the cap those of before a week go; if there are none, of before a day; then of before an hour."""
    for number, hours in enumerate(ages_hours):
        store_spans(of_service("cart", [span(at=T0 - hours * 3_600)], version=f"v{number}"))
    _age(capped)
    kept.reconciler.turn()
    rows = capped.query("SELECT name FROM holdfast_names WHERE kind = 'version' ORDER BY name")
    assert [name for (name,) in rows] == kept_versions


def test_a_service_at_its_cap_takes_no_version_of_another(
    capped: ChdbWarehouse, store_spans: Store, kept: Kept
) -> None:
    """Where one service has too many versions, an idle one of a service below its cap stays."""
    week = T0 - 8 * 86_400
    store_spans(of_service("pay", [span(at=week)], version="1"))
    store_spans(*(of_service("cart", [span(at=week)], version=f"v{n}") for n in range(2)))
    _age(capped)
    kept.reconciler.turn()
    rows = capped.query("SELECT scope, name FROM holdfast_names WHERE kind = 'version'")
    assert rows == [("pay", "1")]


def test_what_passed_a_cap_between_two_turns_is_dropped(
    capped: ChdbWarehouse, store_spans: Store, kept: Kept
) -> None:
    """Each insert before a turn sees the same room; after it no more names are noted than fit."""
    for first in range(0, 40, 10):
        spans = [span(f"GET /{chr(97 + first // 10)}{letter}") for letter in "abc"]
        store_spans(*_flood(first, first + 10), of_service("name-000000", spans))
    noted = "SELECT kind, uniq(scope, name) FROM holdfast_names GROUP BY kind ORDER BY kind"
    assert capped.query(noted)[1][1] > CAPS.service.total
    kept.reconciler.turn()
    assert dict(capped.query(noted))["service"] == CAPS.service.total
    assert dict(capped.query(noted))["operation"] <= CAPS.operation.total
    of_each = "SELECT uniq(name) AS n FROM holdfast_names WHERE kind = 'operation' GROUP BY scope"
    assert capped.query(f"SELECT max(n) FROM ({of_each})")[0][0] <= CAPS.operation.each


def test_a_replay_folds_no_request_twice(capped: ChdbWarehouse, tmp_path: Path, kept: Kept) -> None:
    """A segment that is inserted again under its token adds nothing, though names were noted in between."""
    path = segment(tmp_path, traces(*_flood(0, 50)))
    capped.insert_segment(Signal.TRACES, path, "one")
    before = _red(capped, "Service")
    kept.reconciler.turn()
    capped.insert_segment(Signal.TRACES, path, "one")
    assert _red(capped, "Service") == before
    capped.command("TRUNCATE TABLE holdfast_red")
    capped.insert_segment(Signal.TRACES, path, "one")
    assert sum(_red(capped, "Service").values()) == 50


def test_status_names_what_is_capped_and_who_sends_it(
    capped: ChdbWarehouse, store_spans: Store, kept: Kept
) -> None:
    """The sentence has the kind, how many were seen and are kept, and the host that sends most of them."""
    store_spans(*_flood(0, 50, host_name="worker-7"), of_service("cart", [span()]))
    kept.reconciler.turn()
    (found,) = [one for one in kept.reconciler.capped if one.kind is NameKind.SERVICE]
    assert (found.kept, found.seen) == (5, 51)
    assert re.fullmatch(
        r"services: 51 names seen recently, 5 kept; the rest is shown as 'other'; "
        r"most are sent by host.name=worker-7 \(such as 'name-0000\d\d'\)",
        found.sentence,
    )


def test_metrics_beyond_the_cap_are_one_row(capped: ChdbWarehouse, tmp_path: Path, kept: Kept) -> None:
    """Of more names than fit the rest is `other`, once a day, for any series; points are stored."""
    for number in range(3):
        request = MetricsRequest()
        metrics = request.resource_metrics.add().scope_metrics.add().metrics
        for name in range(10):
            point = metrics.add(name=f"metric-{number}-{name}").gauge.data_points.add(as_double=1.0)
            point.time_unix_nano = T0 * 10**9
        path = segment(tmp_path, request)
        capped.insert_segment(Signal.METRICS, path, f"metrics-{number}")
        kept.reconciler.turn()
    rows = capped.query(
        "SELECT MetricName, uniq(SeriesId), any(SeriesId) = 0 FROM holdfast_metric_series GROUP BY MetricName"
    )
    assert len(rows) == CAPS.metric.total + 1
    assert ("other", 1, 1) in rows
    assert capped.query("SELECT count() FROM otel_metrics_gauge") == [(30,)]
    metrics = MetricsService(capped, kept.clock)
    shown = [one.name for one in metrics.metrics(AROUND, Listed(), cursor=None, limit=9)[0]]
    assert (len(shown), "other" in shown) == (CAPS.metric.total + 1, True)
    with pytest.raises(NotFound, match="beyond the 10,000 metric names that can be plotted"):
        metrics.metric("metric-2-9", AROUND)


def test_names_before_there_were_caps_are_taken_over(capped: ChdbWarehouse, store_spans: Store) -> None:
    """The busiest names of roll-ups that are there keep their rows when a warehouse is brought up to date."""
    at = datetime.now(UTC).timestamp() - 600
    store_spans(*_flood(0, 3, at=at), of_service("cart", [span("GET /", at=at)], version="1"))
    capped.command("TRUNCATE TABLE holdfast_names")
    for statement in names_taken_over(LAYOUT):
        capped.command(statement)
    names = set(capped.query("SELECT kind, scope, name FROM holdfast_names"))
    assert {("service", "", "cart"), ("operation", "cart", "GET /"), ("version", "cart", "1")} <= names
    assert len(names) == 4 + 4 + 1


def test_the_limits_are_written_down() -> None:
    """Each cap stands in docs/reference/limits.md with its number."""
    text = (ROOT / "docs/reference/limits.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    of_kind = {kind: next(row for row in rows if row.startswith(f"| {kind}s")) for kind in NameKind}
    for kind, row in of_kind.items():
        cap = NAME_CAPS.of(kind)
        assert {f"{cap.each:,}", f"{cap.total:,}"} <= set(re.findall(r"[\d,]*\d", row)), kind
    for number in (
        NAME_CAPS.map_edges,
        NAME_CAPS.map_nodes,
        NAME_CAPS.map_bytes,
        NAME_CAPS.values,
        PAGE_BYTES,
    ):
        assert f" {number:,}" in text, number
