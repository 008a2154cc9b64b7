"""Damaged parts of the warehouse: named in errors and in the state, while all else is read."""

import os
from pathlib import Path

import pytest
from tests.telemetry.otlp_builders import of_service, segment, span, traces

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.errors import WarehouseDamaged
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.damage import damaged_part
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

READING = (
    "Code: {code}. DB::Exception: {what}: (while reading column A): (while reading from part "
    "/d/warehouse/store/696/696c4bb3/20261126_2_2_0/ in table holdfast.otel_traces (696c) located on disk"
)
READ_ALL = (
    "SELECT sum(length(toString(SpanAttributes))), any(ResourceAttributes), max(Duration) FROM otel_traces"
)


def _stored(tmp_path: Path, warehouse: ChdbWarehouse, token: str) -> Path:
    """Store two hundred spans; return the directory of the part they are in."""
    spans = [span(attributes={"k": os.urandom(20).hex()}) for _ in range(200)]
    before = {path for (path,) in _parts(warehouse)}
    warehouse.insert_segment(Signal.TRACES, segment(tmp_path, traces(of_service("cart", spans))), token)
    (part,) = {path for (path,) in _parts(warehouse)} - before
    return Path(part)


def _parts(warehouse: ChdbWarehouse) -> list[tuple[str]]:
    return warehouse.query("SELECT path FROM system.parts WHERE active AND table = 'otel_traces'")  # type: ignore[return-value]


def _damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    third = len(content) // 3
    content[third : 2 * third] = os.urandom(third)
    file.write_bytes(content)


def test_a_damaged_part_is_named_until_it_is_moved_away(tmp_path: Path, warehouse: ChdbWarehouse) -> None:
    """A read that meets it says table, part and what to do; so does the state, until the part is gone."""
    warehouse.command("SYSTEM STOP MERGES")
    part = _stored(tmp_path, warehouse, "a")
    _stored(tmp_path, warehouse, "b")
    assert warehouse.damage() == ()
    _damage(part / "data.bin")
    warehouse.command("SYSTEM DROP MARK CACHE")
    with pytest.raises(WarehouseDamaged, match=f"part {part.name} of otel_traces is damaged") as caught:
        warehouse.query(READ_ALL)
    assert (caught.value.status, "holdfast restore FILE" in caught.value.detail) == (503, True)
    (sentence,) = warehouse.damage()
    assert (part.name in sentence, str(part) in sentence) == (True, True)
    assert warehouse.query("SELECT count() FROM holdfast_red") != []
    warehouse.command(f"ALTER TABLE otel_traces DETACH PART '{part.name}'")
    assert warehouse.damage() == ()
    assert warehouse.query(READ_ALL)[0][2] > 0


def test_parts_set_aside_at_a_start_are_counted(tmp_path: Path, warehouse: ChdbWarehouse) -> None:
    """Parts the engine sets aside when it starts, as their small files are damaged, are named by table."""
    part = _stored(tmp_path, warehouse, "a")
    warehouse.close()
    (part / "columns.txt").write_bytes(b"zz")
    again = ChdbWarehouse(tmp_path / "warehouse")
    again.open()
    (sentence,) = again.damage()
    assert "1 damaged parts of otel_traces were set aside at a start" in sentence
    assert "detached" in sentence
    again.close()


@pytest.mark.parametrize("code", [32, 33, 40, 107, 117, 226, 246, 271, 432])
def test_errors_of_files_blame_the_part(code: int) -> None:
    """A checksum, a codec or an end of file met while reading a part is damage of that part."""
    part = damaged_part(
        READING.format(code=code, what="Checksum doesn't match: corrupted data. Reference: 1")
    )
    assert part is not None
    assert (part.table, part.path) == ("otel_traces", "/d/warehouse/store/696/696c4bb3/20261126_2_2_0")
    assert part.reason == "Checksum doesn't match"


@pytest.mark.parametrize("code", [159, 241, 394, 395, 47])
def test_other_errors_met_while_reading_blame_nothing(code: int) -> None:
    """A query that was cut off, had no memory, or was wrong says nothing of the part it was reading."""
    assert damaged_part(READING.format(code=code, what="Timeout exceeded")) is None
    assert damaged_part("Code: 40. DB::Exception: Checksum doesn't match") is None


def test_damage_that_a_merge_met_is_found(tmp_path: Path, warehouse: ChdbWarehouse) -> None:
    """Damage met only by a background merge, which reports it to nobody, is found on request."""
    part = _stored(tmp_path, warehouse, "a")
    _stored(tmp_path, warehouse, "b")
    _damage(part / "data.bin")
    with pytest.raises(Unavailable):
        warehouse.command("OPTIMIZE TABLE otel_traces FINAL")
    assert len(warehouse.damage()) == 1
