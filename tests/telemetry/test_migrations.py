"""The schema reaches the newest version from anywhere: an empty directory, a crash, an exporter's tables."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import keep_forever
from tests.telemetry.bodies import logs
from tests.telemetry.counted_world import an_sli, stored_counters
from tests.telemetry.otlp_builders import T0, LogsRequest, MetricsRequest, of_service, segment, span, traces

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry import migrations
from holdfast.telemetry.counting.selectors import Selectors
from holdfast.telemetry.counting.slo_counters import selector_tables
from holdfast.telemetry.logs.counting import LogCounts
from holdfast.telemetry.logs.model import LogFilter
from holdfast.telemetry.logs.service import Asked, LogsService
from holdfast.telemetry.logs.store import LogStore
from holdfast.telemetry.logs.tables import word_index
from holdfast.telemetry.logs.text import parse
from holdfast.telemetry.metrics.service import Ask, MetricsService
from holdfast.telemetry.migrations import STEPS, migrate
from holdfast.telemetry.model import Signal
from holdfast.telemetry.servicemap.sides import sides_select
from holdfast.telemetry.services import tables
from holdfast.telemetry.traces.store import TraceStore
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.layout import Layout

NOW = datetime.fromtimestamp(T0, UTC)
PLACES_OF_LOGS = 20
"""The step since which lines are counted by where their services run."""
MAP = "Map(LowCardinality(String), String) CODEC(ZSTD(1))"
COMMON = f"""ResourceAttributes {MAP}, ResourceSchemaUrl String, ScopeName String, ScopeVersion String,
    ScopeAttributes {MAP}, ScopeDroppedAttrCount UInt32, ScopeSchemaUrl String,
    ServiceName LowCardinality(String), MetricName String, MetricDescription String, MetricUnit String,
    Attributes {MAP}, StartTimeUnix DateTime64(9), TimeUnix DateTime64(9)"""
EXEMPLARS = """Exemplars Nested (FilteredAttributes Map(LowCardinality(String), String),
    TimeUnix DateTime64(9), Value Float64, SpanId String, TraceId String)"""
TRACES = f"""Timestamp DateTime64(9) CODEC(Delta, ZSTD(1)), TraceId String, SpanId String,
    ParentSpanId String, TraceState String, SpanName LowCardinality(String),
    SpanKind LowCardinality(String),
    ServiceName LowCardinality(String), ResourceAttributes {MAP}, ScopeName String, ScopeVersion String,
    SpanAttributes {MAP}, Duration UInt64 CODEC(ZSTD(1)), StatusCode LowCardinality(String),
    StatusMessage String,
    Events Nested (Timestamp DateTime64(9), Name LowCardinality(String),
    Attributes Map(LowCardinality(String), String)), Links Nested (TraceId String, SpanId String,
    TraceState String, Attributes Map(LowCardinality(String), String))"""
SETTINGS = "SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1"

OLDER = (
    f"CREATE TABLE otel_traces ({TRACES}) ENGINE = MergeTree PARTITION BY toDate(Timestamp) "
    f"ORDER BY (ServiceName, SpanName, toDateTime(Timestamp)) {SETTINGS}",
    "CREATE TABLE otel_traces_trace_id_ts (TraceId String, Start DateTime, End DateTime, "
    "INDEX idx_trace_id TraceId TYPE bloom_filter(0.01) GRANULARITY 1) "
    f"ENGINE = MergeTree PARTITION BY toDate(Start) ORDER BY (TraceId, Start) {SETTINGS}",
    "CREATE MATERIALIZED VIEW otel_traces_trace_id_ts_mv TO otel_traces_trace_id_ts AS SELECT TraceId, "
    "min(Timestamp) AS Start, max(Timestamp) AS End FROM otel_traces WHERE TraceId != '' GROUP BY TraceId",
    f"CREATE TABLE otel_logs (Timestamp DateTime64(9), TimestampTime DateTime DEFAULT toDateTime(Timestamp), "
    "TraceId String, SpanId String, TraceFlags UInt8, SeverityText LowCardinality(String), "
    "SeverityNumber UInt8, "
    f"ServiceName LowCardinality(String), Body String, ResourceSchemaUrl LowCardinality(String), "
    f"ResourceAttributes {MAP}, ScopeSchemaUrl LowCardinality(String), ScopeName String, "
    f"ScopeVersion LowCardinality(String), ScopeAttributes {MAP}, LogAttributes {MAP}) ENGINE = MergeTree "
    f"PARTITION BY toDate(TimestampTime) PRIMARY KEY (ServiceName, TimestampTime) "
    f"ORDER BY (ServiceName, TimestampTime, Timestamp) {SETTINGS}",
    f"CREATE TABLE otel_metrics_gauge ({COMMON}, Value Float64, Flags UInt32, {EXEMPLARS}) "
    "ENGINE = MergeTree PARTITION BY toDate(TimeUnix) ORDER BY "
    f"(ServiceName, MetricName, Attributes, toUnixTimestamp64Nano(TimeUnix)) {SETTINGS}",
)
NEWER = (
    f"CREATE TABLE otel_traces ({TRACES}, INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1) "
    "ENGINE = MergeTree PARTITION BY toDate(Timestamp) "
    "PRIMARY KEY (ServiceName, SpanName, toDateTime(Timestamp)) "
    f"ORDER BY (ServiceName, SpanName, toDateTime(Timestamp), Timestamp) {SETTINGS}",
    f"CREATE TABLE otel_metrics_gauge ({COMMON.replace('DateTime64(9)', 'DateTime CODEC(Delta, ZSTD(1))')}, "
    f"Value Float64, Flags UInt32, {EXEMPLARS.replace('DateTime64(9)', 'DateTime')}) ENGINE = MergeTree "
    "PARTITION BY toDate(TimeUnix) ORDER BY (ServiceName, MetricName, toStartOfHour(TimeUnix), "
    f"cityHash64(Attributes), TimeUnix) {SETTINGS}",
)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[ChdbWarehouse]:
    """A warehouse without any table."""
    warehouse = ChdbWarehouse(tmp_path / "warehouse")
    warehouse.open()
    yield warehouse
    warehouse.close()


@pytest.mark.parametrize("existing", [OLDER, NEWER], ids=["older", "newer"])
def test_an_exporters_tables_are_taken_over(
    empty: ChdbWarehouse, tmp_path: Path, existing: tuple[str, ...]
) -> None:
    """Over tables of either generation the views count what the exporter inserts and what we insert."""
    for statement in existing:
        empty.command(statement)
    migrate(empty, Layout())
    keep_forever(empty)
    Selectors(empty, Layout()).install([an_sli(1)], now=NOW)
    empty.command(
        "INSERT INTO otel_traces (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, StatusCode) "
        f"SELECT fromUnixTimestamp64Nano(toInt64({T0 * 10**9})), 'aa', 'bb', 'GET', 'Server', 'cart', 'Error'"
    )
    _store_twice(empty, tmp_path)
    assert empty.query("SELECT count() FROM otel_traces") == [(2,)]
    assert stored_counters(empty, "1h") == {(1, T0): (1, 2)}
    assert empty.query("SELECT sum(Requests), sum(Errors) FROM holdfast_red") == [(2, 1)]
    assert [found.operation for found in TraceStore(empty).spans("aa")] == ["GET"]
    assert empty.query("SELECT Body, EventName FROM otel_logs") == [("hello", "said")]
    assert empty.query("SELECT toUInt32(toDateTime(TimeUnix)), Value FROM otel_metrics_gauge") == [(T0, 0.5)]
    around = TimeRange(NOW - timedelta(minutes=1), NOW + timedelta(minutes=1))
    (line,) = MetricsService(empty, ManualClock(NOW)).plot("g", around, Ask("last")).lines
    assert line.latest == 0.5


def test_what_was_stored_before_has_rows_per_service(
    warehouse: ChdbWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RED of an older version is summed up by service once, however often the step is run or cut off."""
    for place in (tables, migrations):
        monkeypatch.setattr(place, "RED_COARSE_DAYS", 36_500)
    kept = Layout(retention_days=36_500)
    _store_twice(warehouse, tmp_path)
    stored = ("holdfast_red_services", "holdfast_red_services_5m")
    sums = [f"SELECT sum(Requests), any(Service), max(Newest) = max(Slice) FROM {table}" for table in stored]
    before = [warehouse.query(sql) for sql in sums]
    assert before[0] == [(1, "cart", 1)]
    for left in ("nothing", "tables", "everything"):
        warehouse.command("DROP VIEW holdfast_red_services_mv")
        if left == "nothing":
            warehouse.command("DROP VIEW holdfast_red_services_5m_mv")
            for table in stored:
                warehouse.command(f"DROP TABLE {table} SYNC")
        if left == "tables":
            warehouse.command("TRUNCATE TABLE holdfast_red_services")
        warehouse.command(
            "ALTER TABLE holdfast_schema_version DELETE WHERE version >= 8 SETTINGS mutations_sync = 1"
        )
        migrate(warehouse, kept)
        assert [warehouse.query(sql) for sql in sums] == before, left
    path = segment(tmp_path, traces(of_service("cart", [span()])))
    warehouse.insert_segment(Signal.TRACES, path, "after")
    assert [warehouse.query(sql)[0][0] for sql in sums] == [2, 2]


def test_views_of_before_read_spans_as_this_version_does(warehouse: ChdbWarehouse, tmp_path: Path) -> None:
    """The map's view of an older version is changed in its place, and what it stored stays."""
    _store_twice(warehouse, tmp_path)
    spans = sides_select("holdfast.otel_traces")
    warehouse.command(f"ALTER TABLE holdfast_map_halves_mv MODIFY QUERY {spans} WHERE ServiceName != 'cart'")
    warehouse.command(
        "ALTER TABLE holdfast_schema_version DELETE WHERE version >= 9 SETTINGS mutations_sync = 1"
    )
    migrate(warehouse, Layout())
    warehouse.insert_segment(Signal.TRACES, segment(tmp_path, traces(of_service("cart", [span()]))), "after")
    assert warehouse.query("SELECT count() FROM holdfast_map_halves") == [(2,)]


def test_errors_are_told_by_this_versions_rule(warehouse: ChdbWarehouse, tmp_path: Path) -> None:
    """Spans stored from now on fail by the rule of now; those of before keep what they were counted as."""
    failed = {"component": "proxy", "grpc.status_code": "14"}
    warehouse.command("ALTER TABLE otel_traces MODIFY COLUMN IsError UInt8 MATERIALIZED StatusCode = 'Error'")
    for token in ("before", "after"):
        request = traces(of_service("cart", [span(token, attributes=failed)]))
        warehouse.insert_segment(Signal.TRACES, segment(tmp_path, request), token)
        warehouse.command(
            "ALTER TABLE holdfast_schema_version DELETE WHERE version >= 10 SETTINGS mutations_sync = 1"
        )
        migrate(warehouse, Layout())
    rows = warehouse.query("SELECT SpanName, IsError FROM otel_traces ORDER BY SpanName")
    assert rows == [("after", 1), ("before", 0)]


def test_lines_of_before_are_found_by_what_is_a_word_now(warehouse: ChdbWarehouse, tmp_path: Path) -> None:
    """After the step, lines stored before it are found at once; the older index of words is gone."""
    add, *_ = word_index(Layout())
    warehouse.command(add.replace("ADD INDEX IF NOT EXISTS", "DROP INDEX IF EXISTS").split(" if(")[0])
    warehouse.command(
        "ALTER TABLE otel_logs ADD INDEX idx_holdfast_text lowerUTF8(Body) "
        "TYPE text(tokenizer = splitByNonAlpha)"
    )
    logs = LogsRequest()
    record = logs.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=T0 * 10**9)
    record.body.string_value = "\x1b[31mERROR\x1b[0m 支付失败"
    warehouse.insert_segment(Signal.LOGS, segment(tmp_path, logs), "before")
    warehouse.command(
        "ALTER TABLE holdfast_schema_version DELETE WHERE version >= 13 SETTINGS mutations_sync = 1"
    )
    migrate(warehouse, Layout())
    around = TimeRange(NOW - timedelta(minutes=1), NOW + timedelta(minutes=1))
    for text in ("error", "失败"):
        wanted = LogFilter(around, terms=parse(text))
        assert [line.body for line in LogStore(warehouse, LogCounts(warehouse)).page(wanted, None, 9)] == [
            "ERROR 支付失败"
        ]
    indexes = warehouse.query("SELECT name FROM system.data_skipping_indices WHERE table = 'otel_logs'")
    assert {name for (name,) in indexes if "holdfast" in name} == {"idx_holdfast_words"}


def test_lines_counted_before_places_were_are_found_by_them(
    empty: ChdbWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines of an older version are found and counted by environment, by reading them."""
    logs = LogsRequest()
    lines = logs.resource_logs.add()
    lines.resource.attributes.add(key="deployment.environment").value.string_value = "Prod"
    lines.scope_logs.add().log_records.add(time_unix_nano=T0 * 10**9).body.string_value = "hello"
    is_older = [step for step in STEPS if step[0] < PLACES_OF_LOGS]
    monkeypatch.setattr("holdfast.telemetry.migrations.STEPS", is_older)
    migrate(empty, Layout())
    keep_forever(empty)
    empty.insert_segment(Signal.LOGS, segment(tmp_path, logs), "before")
    monkeypatch.undo()
    migrate(empty, Layout())
    service = LogsService(empty, ManualClock(NOW + timedelta(minutes=1)))
    for where, found in ((["environment=prod"], 1), (["environment=default"], 0)):
        wanted = service.filter(Asked(where=where))
        assert service.histogram(wanted).total == found
        assert len(service.search(wanted, cursor=None, limit=9).lines) == found
    (facet,) = [one for one in service.facets(service.filter(Asked())) if one.field == "environment"]
    assert facet.values == (("prod", 1),)


def test_slis_of_before_count_on_and_new_ones_go_by_their_environment(
    warehouse: ChdbWarehouse, tmp_path: Path
) -> None:
    """The step leaves the selectors in force, which know no environment, and counts new SLIs by theirs."""
    before = ("limits", "environment", "namespace")
    old = next(one for one in selector_tables(Layout()) if "holdfast_conditions_dictionary" in one)
    for column in (
        ", limits UInt8",
        ", environment String",
        ", namespace String",
        *(f", {one}" for one in before),
    ):
        old = old.replace(column, "", 1)
    for view in ("mv", "conditional_mv"):
        warehouse.command(f"ALTER TABLE holdfast_slo_10s_{view} MODIFY QUERY {_NO_COUNTERS}")
    warehouse.command("DROP DICTIONARY holdfast_conditions_dictionary")
    for column in before:
        warehouse.command(f"ALTER TABLE holdfast_conditions DROP COLUMN {column}")
    warehouse.command(old)
    warehouse.command(_OLD_CONDITION)
    warehouse.command("INSERT INTO holdfast_selectors VALUES (1, 'cart', '', 'Server', [1], [])")
    warehouse.command("INSERT INTO holdfast_selectors_in_force VALUES (1)")
    for name in ("conditions", "selectors"):
        warehouse.command(f"SYSTEM RELOAD DICTIONARY holdfast_{name}_dictionary")
    warehouse.command(
        "ALTER TABLE holdfast_schema_version DELETE WHERE version >= 19 SETTINGS mutations_sync = 1"
    )
    migrate(warehouse, Layout())
    request = traces(
        of_service("cart", [span()], environment="staging"),
        of_service("cart", [span()], environment="production"),
    )
    warehouse.insert_segment(Signal.TRACES, segment(tmp_path, request), "first")
    assert stored_counters(warehouse, "1h") == {(1, T0): (2, 2)}
    live = an_sli(2, environment="production")
    assert Selectors(warehouse, Layout()).install([an_sli(1), live], now=NOW) == (1, 2)
    assert stored_counters(warehouse, "1h") == {(1, T0): (2, 2), (2, T0): (1, 1)}


_NO_COUNTERS = (
    "SELECT toUInt64(0) AS sli, toDateTime(0, 'UTC') AS slice, toUInt64(0) AS good, toUInt64(0) AS total "
    "FROM holdfast.otel_traces WHERE 0"
)
_OLD_CONDITION = (
    "INSERT INTO holdfast_conditions (revision, sli, status, max_duration) "
    "VALUES (1, 1, 1, 18446744073709551615)"
)


def _store_twice(warehouse: ChdbWarehouse, directory: Path) -> None:
    logs, metrics = LogsRequest(), MetricsRequest()
    record = logs.resource_logs.add().scope_logs.add().log_records.add(event_name="said")
    record.time_unix_nano, record.body.string_value = T0 * 10**9, "hello"
    gauge = metrics.resource_metrics.add().scope_metrics.add().metrics.add(name="g").gauge
    gauge.data_points.add(time_unix_nano=T0 * 10**9, as_double=0.5)
    for signal, request in (
        (Signal.TRACES, traces(of_service("cart", [span()]))),
        (Signal.LOGS, logs),
        (Signal.METRICS, metrics),
    ):
        path = segment(directory, request)
        for _ in range(2):
            warehouse.insert_segment(signal, path, "one")


class Cut(Exception):
    """The process died here."""


class Dying:
    """A warehouse that takes a number of commands and then dies."""

    def __init__(self, warehouse: ChdbWarehouse, commands: int) -> None:
        self._warehouse = warehouse
        self._left = commands

    def __getattr__(self, name: str) -> Any:
        """Everything but commands is the real one's."""
        return getattr(self._warehouse, name)

    def command(self, sql: str, parameters: Mapping[str, object] | None = None) -> None:
        """Run a statement while there are any left."""
        if not self._left:
            raise Cut
        self._left -= 1
        self._warehouse.command(sql, parameters or {})


def test_a_migration_cut_off_anywhere_is_finished(empty: ChdbWarehouse) -> None:
    """A crash at any statement leaves a schema that the next start completes, each version noted once."""
    for commands in range(1, 150, 8):
        dying: Any = Dying(empty, commands)
        with suppress(Cut):
            migrate(dying, Layout())
    assert migrate(empty, Layout()) == STEPS[-1][0]
    versions = empty.query("SELECT version FROM holdfast_schema_version ORDER BY version")
    assert versions == sorted((version,) for version, *_ in STEPS)


def test_every_table_merges_all_that_came_in(empty: ChdbWarehouse) -> None:
    """Tables made now and tables an exporter made take small parts together, not one after the other."""
    for statement in OLDER:
        empty.command(statement)
    migrate(empty, Layout())
    made = dict(empty.query("SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()"))
    replayed = {name: text for name, text in made.items() if "deduplication_window" in text}
    assert {"otel_traces", "otel_logs", "holdfast_red"} <= replayed.keys()
    assert [name for name, text in replayed.items() if "small_parts_at_right = 0" not in text] == []


def test_versions_are_numbered_in_order() -> None:
    """Steps count from one without a gap, though they may run in another order; the newest runs last."""
    versions = [version for version, *_ in STEPS]
    assert sorted(versions) == list(range(1, len(STEPS) + 1))
    assert versions[-1] == len(STEPS)


def _rows(warehouse: ChdbWarehouse) -> dict[str, int]:
    query = "SELECT table, sum(rows) FROM system.parts WHERE active AND database = 'holdfast' GROUP BY table"
    return dict(warehouse.query(query))


@pytest.mark.parametrize("first", [1, 8, 12, len(STEPS)])
def test_what_was_stored_after_a_migration_is_recognised_after_a_restart(
    tmp_path: Path, layout: Layout, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A segment of any earlier version, replayed after a crash, adds no row to any table."""
    spans = segment(tmp_path, traces(of_service("cart", [span("GET /cart"), span("GET /")])))
    lines = segment(tmp_path, logs(T0 * 10**9, 1, 2))
    warehouse = ChdbWarehouse(tmp_path / "warehouse")
    warehouse.open()
    monkeypatch.setattr("holdfast.telemetry.migrations.STEPS", STEPS[:first])
    migrate(warehouse, layout)
    monkeypatch.undo()
    migrate(warehouse, layout)
    keep_forever(warehouse)
    seen = []
    for _ in range(3):
        warehouse.command("SYSTEM STOP MERGES")
        warehouse.insert_segment(Signal.TRACES, spans, "spans")
        warehouse.insert_segment(Signal.LOGS, lines, "lines")
        seen.append(_rows(warehouse))
        warehouse.close()
        warehouse.open()
    warehouse.close()
    assert seen[0]["holdfast_red"] > 0
    assert seen[1] == seen[2] == seen[0]
