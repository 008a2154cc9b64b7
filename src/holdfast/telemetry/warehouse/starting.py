"""The warehouse while its tables are being made: queries fail with a request to retry."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.errors import WarehouseStarting
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.protocol import (
    NO_PARAMETERS,
    NOT_OPEN,
    QUERY_TIMEOUT_SECONDS,
    Parameters,
    Row,
    Warehouse,
    engine_rule,
)

if TYPE_CHECKING:
    import numpy as np

RETRY_SECONDS = 5
_NOT_MADE = frozenset({NOT_OPEN, *map(engine_rule, (8, 10, 16, 47, 60, 81))})
"""The engine's errors for missing tables, columns and databases, and while it restarts."""


class StartingWarehouse:
    """A warehouse that delegates to `inner`; until `prepared`, missing tables raise `WarehouseStarting`."""

    def __init__(self, inner: Warehouse, prepared: threading.Event) -> None:
        self._inner = inner
        self._prepared = prepared

    def query(
        self,
        sql: str,
        parameters: Parameters = NO_PARAMETERS,
        *,
        timeout_seconds: float = QUERY_TIMEOUT_SECONDS,
    ) -> list[Row]:
        """Return the rows of a SELECT."""
        with self._said():
            return self._inner.query(sql, parameters, timeout_seconds=timeout_seconds)

    def columns(
        self,
        sql: str,
        parameters: Parameters = NO_PARAMETERS,
        *,
        timeout_seconds: float = QUERY_TIMEOUT_SECONDS,
    ) -> "dict[str, np.ndarray[Any, Any]]":
        """Return a SELECT's result as arrays by column name."""
        with self._said():
            return self._inner.columns(sql, parameters, timeout_seconds=timeout_seconds)

    def command(self, sql: str, parameters: Parameters = NO_PARAMETERS) -> None:
        """Run a statement that returns nothing."""
        with self._said():
            self._inner.command(sql, parameters)

    def insert_rows(self, table: str, structure: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows given as values by column name."""
        with self._said():
            self._inner.insert_rows(table, structure, rows)

    def insert_segment(self, signal: Signal, path: Path, token: str) -> None:
        """Store a spool segment."""
        with self._said():
            self._inner.insert_segment(signal, path, token)

    def read_segment(self, signal: Signal, path: Path) -> None:
        """Read a spool segment without storing it."""
        with self._said():
            self._inner.read_segment(signal, path)

    def still(self) -> AbstractContextManager[Path | None]:
        """Pause all writing statements while the block runs."""
        return self._inner.still()

    def damage(self) -> tuple[str, ...]:
        """Return a sentence for each stored part that cannot be read."""
        return self._inner.damage()

    def restart(self) -> None:
        """Restart the engine, if it runs in this process."""
        self._inner.restart()

    def close(self) -> None:
        """Release the engine."""
        self._inner.close()

    @contextmanager
    def _said(self) -> Iterator[None]:
        was_prepared = self._prepared.is_set()
        try:
            yield
        except Unavailable as error:
            if was_prepared or error.rule not in _NOT_MADE:
                raise
            raise WarehouseStarting(
                f"the server is starting and creates its warehouse's tables; try again in {RETRY_SECONDS} "
                "seconds",
                rule="tables are made before they are asked",
                retry_after_seconds=RETRY_SECONDS,
            ) from error
