"""What must hold of what the door took, in the engine: it reads it as the rows plain Python makes of it."""

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.telemetry import otlp_twin
from tests.telemetry.intake.fuzz.door import rows

from holdfast.telemetry.errors import SegmentRefused
from holdfast.telemetry.intake.spool.segment_files import plain
from holdfast.telemetry.intake.varint import varint
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

_ORDER = {"otel_traces": "SpanId", "otel_logs": "SpanId"}
_tokens = itertools.count(1)


class Engine:
    """An embedded warehouse whose tables are emptied before each segment."""

    def __init__(self, warehouse: ChdbWarehouse, directory: Path) -> None:
        self._warehouse = warehouse
        self._directory = directory

    def reads(self, signal: Signal, record: bytes) -> bool:
        """Whether the engine reads a record just as it came."""
        path = self._segment([record])
        try:
            self._warehouse.read_segment(signal, path)
        except SegmentRefused:
            return False
        finally:
            path.unlink()
        return True

    def faults(self, signal: Signal, records: list[bytes]) -> list[str]:
        """Store records as they are; return where the stored rows differ from those of plain Python."""
        expected: dict[str, list[dict[str, Any]]] = {}
        for record in records:
            for table, row in rows(signal, record):
                expected.setdefault(table, []).append(row)
        for table in expected:
            self._warehouse.command(f"TRUNCATE TABLE {table}")
        path = self._segment(records)
        try:
            self._warehouse.insert_segment(signal, path, f"fuzz-{next(_tokens)}")
        except SegmentRefused as error:
            return [f"the engine refuses what it should read: {error.detail[:300]}"]
        finally:
            path.unlink()
        return [
            f"{table}: {one}"
            for table, wanted in expected.items()
            for one in self._differences(table, wanted)
        ]

    def plain_faults(self, signal: Signal, records: Iterable[bytes]) -> list[str]:
        """The same after the records were rewritten in plain form, as for a segment that is refused."""
        rewritten = [form for record in records if (form := plain(signal, record)) is not None]
        return self.faults(signal, rewritten)

    def _differences(self, table: str, wanted: list[dict[str, Any]]) -> list[str]:
        """Say what differs, rows with the same key put in pairs that fit where there are any."""
        order = _ORDER.get(table, "StartTimeUnix")
        stored: dict[Any, list[dict[str, Any]]] = {}
        for row in self._stored(table):
            stored.setdefault(row[order], []).append(row)
        found = []
        for row in wanted:
            alike = stored.get(row[order], [])
            fits = next((one for one in alike if not _differences_of(row, [one])), None)
            if fits is not None:
                alike.remove(fits)
            else:
                found += _differences_of(row, alike[:1])
        left = sum(map(len, stored.values()))
        return [*found, f"{left} rows too many"] if left and not found else found

    def _stored(self, table: str) -> list[dict[str, Any]]:
        columns = self._warehouse.query(
            "SELECT name, type FROM system.columns "
            "WHERE database = currentDatabase() AND table = {table:String}",
            {"table": table},
        )
        names = [name for name, _ in columns]
        select = ", ".join(_readable(name, kind) for name, kind in columns)
        return [
            dict(zip(names, row, strict=True))
            for row in self._warehouse.query(f"SELECT {select} FROM {table}")
        ]

    def _segment(self, records: list[bytes]) -> Path:
        path = self._directory / f"{next(_tokens):08d}.segment"
        path.write_bytes(b"".join(varint(len(record)) + record for record in records))
        return path


def _differences_of(row: dict[str, Any], stored: list[dict[str, Any]]) -> list[str]:
    try:
        return otlp_twin.differences([row], iter(stored))
    except (ValueError, TypeError) as error:  # what should be JSON or a number is none
        return [f"{stored} cannot be compared with {row}: {error}"]


def _readable(name: str, kind: str) -> str:
    if kind == "DateTime64(9)":
        return f"toUnixTimestamp64Nano(`{name}`)"
    if kind == "Array(DateTime64(9))":
        return f"arrayMap(t -> toUnixTimestamp64Nano(t), `{name}`)"
    return f"`{name}`"
