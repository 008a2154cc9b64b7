"""Small segments are unfolded before the engine sees them: to the very rows it would have made of them."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from tests.conftest import opened_copy
from tests.telemetry import otlp_strategies
from tests.telemetry.bodies import now_nanoseconds, traces
from tests.telemetry.otlp_builders import of_service, segment, span
from tests.telemetry.otlp_builders import traces as of_resources
from tests.telemetry.warehouse.test_otlp_format import FEW_LARGE

from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.layout import Layout
from holdfast.telemetry.warehouse.loading.loader import kinds_in
from holdfast.telemetry.warehouse.loading.otlp_format import InputFormat
from holdfast.telemetry.warehouse.loading.rows import ROWS_MOST, SMALL_BYTES, requests_in, written_rows
from holdfast.telemetry.warehouse.loading.statements import Insert, inserts_for, read_settings
from holdfast.telemetry.warehouse.protocol import Warehouse
from holdfast.telemetry.warehouse.sql_text import quoted, settings_clause

DOUBLES = [0.0, -0.0, 0.1, 5.0, 1e20, 1e21, 1.5e300, 1e-6, 1e-7, -2.5e-9, 5e-324, 2.0**53 + 2, 123456789.125]
COUNTED = ("otel_traces", "otel_traces_trace_id_ts", "holdfast_map_halves", "holdfast_presence_1m")


class Both:
    """Has the engine read a request in either form, as text."""

    def __init__(self, warehouse: ChdbWarehouse, directory: Path) -> None:
        self._warehouse = warehouse
        self._directory = directory
        warehouse.command("CREATE TABLE IF NOT EXISTS seen (number UInt64, text String) ENGINE = Memory")

    def differences(self, signal: Signal, request: Any) -> list[Any]:
        """Return what one form makes of the request and the other does not."""
        path = segment(self._directory, request)
        found = []
        for insert in inserts_for(signal, kinds_in([request]) if signal is Signal.METRICS else ()):
            copy = self._directory / "rows"
            copy.write_bytes(written_rows(signal, requests_in(signal, path.read_bytes()), insert.kind) or b"")
            here = self._read(signal, insert, InputFormat.ROWS, copy, "RowBinary")
            engine = self._read(signal, insert, InputFormat.NESTED, path, "Protobuf")
            found += [pair for pair in zip(here, engine, strict=True) if pair[0] != pair[1]]
        return found

    def _read(self, signal: Signal, insert: Insert, form: InputFormat, path: Path, read_as: str) -> list[Any]:
        source = f"file({quoted(str(path))}, {read_as}, {quoted(insert.structure_in(form))})"
        self._warehouse.command("TRUNCATE TABLE seen")
        self._warehouse.command(
            "INSERT INTO seen SELECT rowNumberInAllBlocks(), toString(tuple(*)) FROM "
            f"({insert.select_from(form, source)}){settings_clause(read_settings(signal, form))}"
        )
        return self._warehouse.query("SELECT text FROM seen ORDER BY number")


@pytest.fixture
def both(warehouse: ChdbWarehouse, tmp_path: Path) -> Both:
    """An engine that reads both forms."""
    return Both(warehouse, tmp_path)


@FEW_LARGE
@given(values=otlp_strategies.PAIRS_OF_ENGINE)
def test_attributes_are_written_as_the_engine_writes_them(both: Both, values: list[Any]) -> None:
    """Every value is the same text, letter for letter: hashes of attributes number series and lines."""
    request = of_resources(of_service("cart", [span()]))
    request.resource_spans[0].scope_spans[0].spans[0].attributes.extend(values)
    assert both.differences(Signal.TRACES, request) == []


def test_doubles_are_written_as_the_engine_writes_them(both: Both) -> None:
    """A double has the engine's digits and exponent, alone and in a list."""
    attributes = {str(number): value for number, value in enumerate([*DOUBLES, DOUBLES])}
    request = of_resources(of_service("cart", [span(attributes=attributes)]))
    assert both.differences(Signal.TRACES, request) == []


def test_a_replay_in_another_form_stores_nothing_twice(
    tmp_path: Path, layout: Layout, migrated_directory: Path
) -> None:
    """A segment stored by a version that let the engine unfold it is recognised when it comes as rows."""
    at, directory = now_nanoseconds(), tmp_path / "warehouse"
    path = segment(tmp_path, traces(at, 1, name="one"), traces(at, 2, 3, name="two"))
    with opened_copy(migrated_directory, directory, layout, unfolds_small=False) as before:
        before.insert_segment(Signal.TRACES, path, "token")
        counted = _counts(before)
    after = ChdbWarehouse(directory, database=layout.database)
    after.open()
    try:
        for _ in range(2):
            after.insert_segment(Signal.TRACES, path, "token")
        assert _counts(after) == counted
    finally:
        after.close()


@pytest.mark.parametrize(("spans", "resource_bytes"), [(ROWS_MOST, 100), (7_000, 2_000)])
def test_the_largest_small_segment_is_one_block_in_either_form(
    tmp_path: Path, layout: Layout, migrated_directory: Path, spans: int, resource_bytes: int
) -> None:
    """At either bound, of rows and of what they unfold to, a replay in the other form stores nothing."""
    request = of_resources(of_service("cart", [span() for _ in range(spans)]))
    request.resource_spans[0].resource.attributes.add(key="filler").value.string_value = "x" * resource_bytes
    path = segment(tmp_path, request)
    assert path.stat().st_size <= SMALL_BYTES
    written = written_rows(Signal.TRACES, [request])
    assert written is not None
    for unfolds_small in (False, True):
        directory = tmp_path / f"warehouse-{unfolds_small}"
        with opened_copy(migrated_directory, directory, layout, unfolds_small=unfolds_small) as first:
            first.insert_segment(Signal.TRACES, path, "token")
            counted = _counts(first)
        second = ChdbWarehouse(directory, database=layout.database, unfolds_small=not unfolds_small)
        second.open()
        try:
            second.insert_segment(Signal.TRACES, path, "token")
            assert _counts(second) == counted
        finally:
            second.close()


def test_what_unfolds_to_too_much_is_left_to_the_engine(warehouse: ChdbWarehouse, tmp_path: Path) -> None:
    """Empty spans take two bytes each: a segment of very many is stored, and not unfolded here."""
    request = of_resources(of_service("cart", [span() for _ in range(ROWS_MOST + 1)]))
    assert written_rows(Signal.TRACES, [request]) is None
    warehouse.insert_segment(Signal.TRACES, segment(tmp_path, request), "token")
    assert warehouse.query("SELECT count() FROM otel_traces") == [(ROWS_MOST + 1,)]


def _counts(warehouse: Warehouse) -> list[Any]:
    counts = [warehouse.query(f"SELECT count() FROM {table}") for table in COUNTED]
    return [*counts, warehouse.query("SELECT sum(Requests), sum(Errors) FROM holdfast_red")]
