"""A whole server without engines: state and counts in memory, a warehouse that holds nothing.

`holdfast serve --fake` shows that every outside world is behind a seam, and lets the page be worked on where
no engine runs. What is sent to it is checked, acknowledged and forgotten.
"""

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.app.engines import Engines
from holdfast.app.state import migrate
from holdfast.objectives.counts import MemoryCounts
from holdfast.objectives.spans import MemorySpans
from holdfast.runtime.database import Database
from holdfast.runtime.settings import Settings
from holdfast.telemetry.model import Signal
from holdfast.telemetry.schema import Layout
from holdfast.telemetry.warehouse import NO_PARAMETERS, QUERY_TIMEOUT_SECONDS, Parameters, Row

if TYPE_CHECKING:
    import numpy as np

_EXTREME = re.compile(r"SELECT (\w+\()*(max|min)\(")


class EmptyWarehouse:
    """A warehouse that takes everything and holds nothing."""

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
    """Open engines that hold everything in memory but state, which is a file that is removed at the end."""
    path = settings.data / "fake-state.db"
    path.unlink(missing_ok=True)
    database = Database(f"sqlite:///{path}")
    counts = MemoryCounts()
    try:
        migrate(database)
        yield Engines(
            database=database,
            warehouse=EmptyWarehouse(),
            layout=Layout(),
            counts=lambda _watermark: counts,
            spans=MemorySpans(),
            is_embedded=True,
            prepared=threading.Event(),
        )
    finally:
        database.close()
        path.unlink(missing_ok=True)
