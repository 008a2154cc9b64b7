"""A whole server without engines: state and counts in memory, and an empty warehouse.

`holdfast serve --fake` shows that every outside world is behind a seam, and allows work on the page where no
engine runs. Telemetry sent to it is checked, acknowledged and discarded.
"""

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.app.engines import Engines
from holdfast.app.state import migrate
from holdfast.runtime.database import Database
from holdfast.runtime.settings import Settings
from holdfast.telemetry.counting.source import MemoryCounts
from holdfast.telemetry.model import Signal
from holdfast.telemetry.traces.by_sli import MemorySpans
from holdfast.telemetry.warehouse.layout import Layout
from holdfast.telemetry.warehouse.protocol import NO_PARAMETERS, QUERY_TIMEOUT_SECONDS, Parameters, Row

if TYPE_CHECKING:
    import numpy as np

_EXTREME = re.compile(r"SELECT (\w+\()*(max|min)\(")


class EmptyWarehouse:
    """A warehouse that accepts everything and stores nothing."""

    def query(
        self,
        sql: str,
        parameters: Parameters = NO_PARAMETERS,
        *,
        timeout_seconds: float = QUERY_TIMEOUT_SECONDS,
    ) -> list[Row]:
        """Return no rows, or the one row of a `SELECT max(…)` or `min(…)` over nothing."""
        return [(0,)] if _EXTREME.match(sql) else []

    def columns(
        self,
        sql: str,
        parameters: Parameters = NO_PARAMETERS,
        *,
        timeout_seconds: float = QUERY_TIMEOUT_SECONDS,
    ) -> "dict[str, np.ndarray[Any, Any]]":
        """Return no columns."""
        return {}

    def command(self, sql: str, parameters: Parameters = NO_PARAMETERS) -> None:
        """Do nothing."""

    def insert_rows(self, table: str, structure: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Keep nothing."""

    def insert_segment(self, signal: Signal, path: Path, token: str) -> None:
        """Forget the segment."""

    def read_segment(self, signal: Signal, path: Path) -> None:
        """Read nothing."""

    def still(self) -> AbstractContextManager[Path | None]:
        """Keep nothing waiting: there are no files."""
        return nullcontext()

    def damage(self) -> tuple[str, ...]:
        """Nothing is stored, so nothing is damaged."""
        return ()

    def restart(self) -> None:
        """Start nothing again."""

    def close(self) -> None:
        """Close nothing."""


@contextmanager
def opened(settings: Settings) -> Iterator[Engines]:
    """Open engines in memory, except state, which is a file that is removed at the end."""
    path = settings.data / "fake-state.db"
    path.unlink(missing_ok=True)
    database = Database(f"sqlite:///{path}")
    try:
        migrate(database)
        yield in_memory(database, MemoryCounts(), MemorySpans())
    finally:
        database.close()
        path.unlink(missing_ok=True)


def in_memory(database: Database, counts: MemoryCounts, spans: MemorySpans) -> Engines:
    """Return engines over `database` that count and find spans in memory and store no telemetry."""
    return Engines(
        database=database,
        warehouse=EmptyWarehouse(),
        layout=Layout(),
        counts=lambda _watermark: counts,
        spans=spans,
        is_embedded=True,
        prepared=threading.Event(),
    )
