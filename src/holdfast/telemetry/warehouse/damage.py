"""Damaged parts of the warehouse, as the engine reports them: in failed reads, or at a start.

A part is a directory of files with some thousand to millions of rows. The engine verifies what it reads and
fails the query; all other parts stay readable.
"""

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.telemetry.errors import WarehouseDamaged

_CODES = frozenset({32, 33, 40, 107, 117, 128, 131, 226, 246, 271, 432})
"""Engine error codes that mean, while reading a part, that its files are damaged."""
_KINDS = (
    "('CHECKSUM_DOESNT_MATCH', 'UNKNOWN_CODEC', 'CANNOT_DECOMPRESS', 'CORRUPTED_DATA', "
    "'NO_FILE_IN_DATA_PART')"
)
_CODE = re.compile(r"Code: (\d+)")
_READING = re.compile(r"while reading from part (\S+?)/? in table (\S+)")
_SHOWN_MOST = 3
_FAILED = f"SELECT last_error_message FROM system.errors WHERE name IN {_KINDS}"
"""Failures in the background, such as those of merges, which are reported to nobody."""
_ACTIVE = "SELECT path FROM system.parts WHERE active AND database = currentDatabase()"
_SET_ASIDE = (
    "SELECT table, count(), min(path) FROM system.detached_parts "
    "WHERE database = currentDatabase() AND startsWith(reason, 'broken') GROUP BY table ORDER BY table"
)

Query = Callable[[str], Sequence[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class DamagedPart:
    """A part that cannot be read: its table, its directory, and the engine's reason."""

    table: str
    path: str
    reason: str

    def __str__(self) -> str:
        """Return what is damaged, where, and what to do."""
        return (
            f"part {self.path.rpartition('/')[2]} of {self.table} is damaged ({self.reason}): reads of its "
            "rows fail; restore a backup (`holdfast restore FILE --data NEW`), or, to give up its rows, stop "
            f"Holdfast and move {self.path} away"
        )


def damaged_part(message: str) -> DamagedPart | None:
    """Return the damaged part that an engine's error names, or None if it names none."""
    code, reading = _CODE.search(message), _READING.search(message)
    if reading is None or (code is not None and int(code[1]) not in _CODES):
        return None
    reason = message.split("DB::Exception: ", 1)[-1].partition(":")[0].partition(". ")[0][:120]
    return DamagedPart(reading[2].rpartition(".")[2], reading[1], reason)


class Damage:
    """Remembers the parts that could not be read; lives as long as its warehouse, used by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parts: dict[str, DamagedPart] = {}

    def note(self, message: str) -> WarehouseDamaged | None:
        """Remember the damaged part that an engine's error names; return the error to raise for it."""
        part = damaged_part(message)
        if part is None:
            return None
        with self._lock:
            self._parts[part.path] = part
        return WarehouseDamaged(str(part), value=part.path, rule="the engine can read its own files")

    def found(self, query: Query) -> tuple[str, ...]:
        """Return a sentence for each damaged part, including those the engine found in the background."""
        for (message,) in query(_FAILED):
            self.note(message)
        active = {str(path).rstrip("/") for (path,) in query(_ACTIVE)} if self._parts else set()
        with self._lock:
            # A part that was moved away or has expired no longer counts.
            self._parts = {path: part for path, part in self._parts.items() if path in active}
            parts = [str(part) for part in self._parts.values()]
        shown = parts[:_SHOWN_MOST]
        if len(parts) > _SHOWN_MOST:
            shown.append(f"{len(parts) - _SHOWN_MOST} more parts are damaged")
        return (*shown, *(_set_aside(*row) for row in query(_SET_ASIDE)))


def _set_aside(table: str, count: int, path: str) -> str:
    return (
        f"{count} damaged parts of {table} were set aside at a start, such as {path}: their rows are "
        "missing; restore a backup, or delete the parts to give those rows up"
    )
