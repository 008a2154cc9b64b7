"""What a search reads: the engine's plans, so that a change of a key or of a condition does not go unseen."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.telemetry.otlp_builders import T0
from tests.telemetry.shop_traces import shop, trace_id_of

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.traces.model import AttributeCondition, AttributeOperator, Order, Scope, Search
from holdfast.telemetry.traces.store import TraceStore
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.instants import nanoseconds
from holdfast.telemetry.warehouse.protocol import Row

Store = Callable[..., None]
HOUR = TimeRange(datetime.fromtimestamp(T0, UTC), datetime.fromtimestamp(T0, UTC) + timedelta(hours=1))
WINDOW = (nanoseconds(HOUR.start), nanoseconds(HOUR.end))


class Explained:
    """A warehouse that answers, and keeps the plan of each query it was asked."""

    def __init__(self, warehouse: ChdbWarehouse) -> None:
        self._warehouse = warehouse
        self.plans: list[str] = []

    def query(self, sql: str, parameters: Any = (), **given: Any) -> list[Row]:
        """Answer, and explain."""
        rows = self._warehouse.query(f"EXPLAIN indexes = 1 {sql}", parameters)
        self.plans.append("\n".join(row[0] for row in rows))
        return self._warehouse.query(sql, parameters, **given)


@pytest.fixture
def explained(warehouse: ChdbWarehouse, store_spans: Store) -> Explained:
    """A warehouse with two hundred orders in an hour."""
    store_spans(*shop(200, seconds=3600).resource_spans)
    return Explained(warehouse)


def conditions(plan: str, index: str) -> str:
    """What a plan says of its use of an index."""
    return "\n".join(re.findall(rf"{index}.*?Granules: \S+", plan, re.DOTALL))


def test_a_trace_is_read_by_its_seconds_and_its_id(explained: Explained) -> None:
    """Its bounds come from the index of traces; then key, time and the filter on ids all narrow the table."""
    store = TraceStore(explained)  # type: ignore[arg-type]  # what of a warehouse is used
    assert len(store.spans(trace_id_of(7))) == 14
    bounds, spans = explained.plans
    assert "TraceId" in conditions(bounds, "PrimaryKey")
    assert "toDateTime(Timestamp)" in conditions(spans, "PrimaryKey")
    assert "idx_trace_id" in spans


def test_a_search_of_a_service_reads_that_service_in_its_time(explained: Explained) -> None:
    """Service, operation and second are the table's key, and all three of a search are used."""
    store = TraceStore(explained)  # type: ignore[arg-type]  # what of a warehouse is used
    search = Search(HOUR, Scope.ANY, service="payment", operation="POST /charges")
    assert len(store.found(search, Order.NEWEST, WINDOW, None, 5)) == 5
    used = conditions(explained.plans[0], "PrimaryKey")
    assert "ServiceName in" in used
    assert "SpanName in" in used
    assert "toDateTime(Timestamp)" in used


def test_traces_found_are_listed_without_reading_their_spans(explained: Explained) -> None:
    """The index of traces holds all that a list shows of one."""
    store = TraceStore(explained)  # type: ignore[arg-type]  # what of a warehouse is used
    assert len(store.summaries([trace_id_of(3), trace_id_of(170)])) == 2
    assert "otel_traces_trace_id_ts" in conditions(explained.plans[-1], "PrimaryKey") + explained.plans[-1]
    assert not any("holdfast.otel_traces)" in plan for plan in explained.plans)


def test_spans_of_traces_are_read_from_their_seconds_only(explained: Explained) -> None:
    """Of the hour only the seconds in which the traces ran are looked at."""
    store = TraceStore(explained)  # type: ignore[arg-type]  # what of a warehouse is used
    bounds = store.bounds([trace_id_of(3), trace_id_of(170)])
    assert len(store.summaries_of_spans(bounds)) == 2
    used = conditions(explained.plans[-1], "PrimaryKey")
    assert re.search(r"toDateTime\(Timestamp\) in \d+-element set", used)
    assert "idx_trace_id" in explained.plans[-1]


def test_narrow_columns_find_and_wide_ones_show(explained: Explained) -> None:
    """Nothing that finds, sums up or draws spans reads their attributes."""
    store = TraceStore(explained)  # type: ignore[arg-type]  # what of a warehouse is used
    search = Search(HOUR, Scope.ROOT)
    store.found(search, Order.SLOWEST, WINDOW, None, 5)
    store.summaries([trace_id_of(3)])
    store.scatter(search, WINDOW, 10)
    assert explained.plans
    assert not any("SpanAttributes" in plan or "ResourceAttributes" in plan for plan in explained.plans)


def test_an_attribute_is_looked_up_once_its_part_is_merged(
    warehouse: ChdbWarehouse, explained: Explained
) -> None:
    """Inserts make no index of attribute values, merges do; both ways find the same spans."""
    store = TraceStore(explained)  # type: ignore[arg-type]  # what of a warehouse is used
    (span,) = [
        one for one in store.spans(trace_id_of(7)) if one.service == "payment" and one.kind == "server"
    ]
    key, value = span.attributes[0]
    search = Search(HOUR, Scope.ANY, attributes=(AttributeCondition(key, AttributeOperator.EQUALS, value),))
    size = (
        "SELECT sum(secondary_indices_compressed_bytes) FROM system.parts "
        "WHERE active AND database = currentDatabase() AND table = 'otel_traces'"
    )
    (fresh,), before = warehouse.query(size)[0], store.found(search, Order.NEWEST, WINDOW, None, 500)
    warehouse.command("OPTIMIZE TABLE otel_traces FINAL")
    (merged,), after = warehouse.query(size)[0], store.found(search, Order.NEWEST, WINDOW, None, 500)
    assert merged > fresh
    assert before == after != []
    assert "idx_holdfast_span_values" in explained.plans[-1]
