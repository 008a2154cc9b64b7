"""The engine stores exactly what a segment says, for everything that OTLP allows."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.conftest import opened_copy
from tests.telemetry import otlp_strategies, otlp_twin
from tests.telemetry.otlp_builders import (
    LogsRequest,
    MetricsRequest,
    TraceRequest,
    of_service,
    segment,
    span,
    traces,
    value,
)

from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.layout import Layout

_tokens = itertools.count(1)
# Every example is an insert of its own, so they are few and large, and not shrunk.
FEW_LARGE = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


class Shelf:
    """Stores requests in an emptied warehouse and reads the tables back as the twin writes them."""

    def __init__(self, warehouse: ChdbWarehouse, directory: Path) -> None:
        self._warehouse = warehouse
        self._directory = directory

    def store(self, signal: Signal, *requests: Any) -> None:
        """Insert the requests as one segment into empty tables."""
        for table in ("otel_traces", "otel_logs", *otlp_twin.METRIC_TABLES.values()):
            self._warehouse.command(f"TRUNCATE TABLE {table}")
        path = segment(self._directory, *requests)
        self._warehouse.insert_segment(signal, path, f"test-{next(_tokens)}")

    def rows(self, table: str, order: str) -> Iterator[dict[str, Any]]:
        """The rows of a table; instants as nanoseconds since 1970."""
        columns = self._warehouse.query(
            "SELECT name, type FROM system.columns "
            "WHERE database = currentDatabase() AND table = {table:String}",
            {"table": table},
        )
        names = [name for name, _ in columns]
        select = ", ".join(_readable(name, kind) for name, kind in columns)
        for row in self._warehouse.query(f"SELECT {select} FROM {table} ORDER BY {order}"):
            yield dict(zip(names, row, strict=True))


def _readable(name: str, kind: str) -> str:
    if kind == "DateTime64(9)":
        return f"toUnixTimestamp64Nano(`{name}`)"
    if kind == "Array(DateTime64(9))":
        return f"arrayMap(t -> toUnixTimestamp64Nano(t), `{name}`)"
    return f"`{name}`"


@pytest.fixture(params=[True, False], ids=["unfolded-here", "unfolded-by-the-engine"])
def shelf(
    request: pytest.FixtureRequest, tmp_path: Path, layout: Layout, migrated_directory: Path
) -> Iterator[Shelf]:
    """A warehouse whose tables are read as plain rows, by each of both ways to fill them."""
    copy = tmp_path / "warehouse"
    with opened_copy(migrated_directory, copy, layout, unfolds_small=request.param) as warehouse:
        yield Shelf(warehouse, tmp_path)


@FEW_LARGE
@given(request=otlp_strategies.TRACES)
def test_spans_are_stored_as_the_twin_says(shelf: Shelf, request: TraceRequest) -> None:
    """Each span becomes the row that plain Python makes of it."""
    spans = (s for r in request.resource_spans for scope in r.scope_spans for s in scope.spans)
    for number, one in enumerate(spans):
        one.span_id = number.to_bytes(8, "big")
    shelf.store(Signal.TRACES, request)
    assert otlp_twin.differences(otlp_twin.span_rows(request), shelf.rows("otel_traces", "SpanId")) == []


@FEW_LARGE
@given(request=otlp_strategies.LOGS)
def test_log_records_are_stored_as_the_twin_says(shelf: Shelf, request: LogsRequest) -> None:
    """Each log record becomes the row that plain Python makes of it."""
    records = (s for r in request.resource_logs for scope in r.scope_logs for s in scope.log_records)
    for number, one in enumerate(records):
        one.span_id = number.to_bytes(8, "big")
    shelf.store(Signal.LOGS, request)
    assert otlp_twin.differences(otlp_twin.log_rows(request), shelf.rows("otel_logs", "SpanId")) == []


@FEW_LARGE
@given(request=otlp_strategies.METRICS)
def test_points_are_stored_as_the_twin_says(shelf: Shelf, request: MetricsRequest) -> None:
    """Each point of each kind of metric becomes the row that plain Python makes of it."""
    _number_points(request)
    shelf.store(Signal.METRICS, request)
    for kind, table in otlp_twin.METRIC_TABLES.items():
        expected = otlp_twin.metric_rows(request, kind)
        assert otlp_twin.differences(expected, shelf.rows(table, "StartTimeUnix")) == []


def _number_points(request: MetricsRequest) -> None:
    metrics = (one for r in request.resource_metrics for scope in r.scope_metrics for one in scope.metrics)
    points = (p for one in metrics for p in getattr(one, one.WhichOneof("data") or "gauge").data_points)
    for number, point in enumerate(points):
        point.start_time_unix_nano = number


def test_a_segment_holds_many_requests(shelf: Shelf) -> None:
    """All requests of a segment are stored, the empty ones without a trace."""
    requests = [
        traces(of_service("cart", [span(), span()])),
        TraceRequest(),
        traces(of_service("cart", [span()])),
    ]
    shelf.store(Signal.TRACES, *requests)
    assert len(list(shelf.rows("otel_traces", "SpanId"))) == 3


def test_values_are_kept_as_deep_as_the_parser_reads(shelf: Shelf) -> None:
    """The deepest list that can be sent at all is stored whole, and the plain value beside it as ever."""
    deep: Any = "bottom"
    for _ in range(45):
        deep = [deep]
    shelf.store(Signal.TRACES, traces(of_service("cart", [span(attributes={"deep": deep, "flat": "kept"})])))
    (row,) = shelf.rows("otel_traces", "SpanId")
    assert row["SpanAttributes"] == [("deep", "[" * 45 + '"bottom"' + "]" * 45), ("flat", "kept")]


def test_what_is_nested_reads_alike_at_every_depth(shelf: Shelf) -> None:
    """One value is written the same as a list, and as a list in a list: by the engine, and before it."""
    flat = ["/a", 'say "x"', 5, True, 0.5, b"\x00\xff", None, float("nan"), "tab\t\x01ü€"]
    attributes = {"flat": flat, "deep": [flat]}
    shelf.store(Signal.TRACES, traces(of_service("cart", [span(attributes=attributes)])))
    (row,) = shelf.rows("otel_traces", "SpanId")
    stored = dict(row["SpanAttributes"])
    assert stored["deep"] == f"[{stored['flat']}]"
    assert stored["flat"] == r'["/a","say \"x\"",5,true,0.5,"AP8=",null,null,"tab\t\u0001ü€"]'


def test_a_segment_is_copied_only_for_deeper_values(shelf: Shelf, tmp_path: Path) -> None:
    """Nothing is left beside a segment, and what the form found is remembered for the next ones."""
    for attributes in ({"deep": [[1]]}, {"flat": [1]}, {"plain": 1}, {"deep": {"a": {"b": {}}}}):
        shelf.store(Signal.TRACES, traces(of_service("cart", [span(attributes=attributes)])))
        (row,) = shelf.rows("otel_traces", "SpanId")
        ((_, text),) = row["SpanAttributes"]
        assert text in ("[[1]]", "[1]", "1", '{"a":{"b":{}}}')
    assert [path.suffix for path in tmp_path.glob("*.segment*") if path.suffix != ".segment"] == []


def test_a_span_without_service_is_of_an_unknown_service(shelf: Shelf) -> None:
    """No resource, no name, or an empty name: the service is `unknown_service`, as OpenTelemetry calls it."""
    shelf.store(Signal.TRACES, traces(of_service(None, [span()]), of_service("", [span()])))
    assert [row["ServiceName"] for row in shelf.rows("otel_traces", "SpanId")] == ["unknown_service"] * 2


def test_lists_and_maps_are_stored_as_json(shelf: Shelf) -> None:
    """What cannot be written in JSON, such as infinity, is null, so that the text can always be parsed."""
    attributes = {"list": [1, "a", True, 0.5, float("inf"), None], "map": {"k": 'say "x"', "n": float("nan")}}
    shelf.store(Signal.TRACES, traces(of_service("cart", [span(attributes=attributes)])))
    (row,) = shelf.rows("otel_traces", "SpanId")
    assert row["SpanAttributes"] == [
        ("list", '[1,"a",true,0.5,null,null]'),
        ("map", '{"k":"say \\"x\\"","n":null}'),
    ]


def test_very_many_attributes_are_stored(shelf: Shelf) -> None:
    """A span with very many attributes is stored whole and takes nothing else with it."""
    many = {f"key-{number}": "v" for number in range(100_000)}
    shelf.store(Signal.TRACES, traces(of_service("cart", [span(attributes=many), span()])))
    assert [len(row["SpanAttributes"]) for row in shelf.rows("otel_traces", "SpanId")] == [100_000, 0]


def test_the_twin_reads_what_the_builders_write() -> None:
    """A value goes through the builders and the twin and comes out as the text people expect."""
    assert otlp_twin.text(value(5)) == "5"
    assert otlp_twin.text(value(b"\x00\xff")) == "AP8="
    assert otlp_twin.same_text(otlp_twin.text(value([1, "a"])), '[1,"a"]')
