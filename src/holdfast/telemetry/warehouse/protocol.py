"""The warehouse: the store of telemetry. One small interface, the same SQL on both engines.

The rest of Holdfast uses only `Warehouse`. `embedded` runs ClickHouse inside this process over one directory;
`remote` talks to a server or cluster over HTTP. Values reach SQL only as named parameters (`{name:Type}`).
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from holdfast.telemetry.model import Signal

Row = tuple[Any, ...]
Parameters = Mapping[str, object]

NO_PARAMETERS: Parameters = MappingProxyType({})
QUERY_TIMEOUT_SECONDS = 10.0


NOT_OPEN = "the engine is open"
"""The rule in errors of an engine that is not open yet, or is being restarted."""


class Warehouse(Protocol):
    """Stores spans, metrics and logs, and answers queries on them. Safe to call from many threads."""

    def query(
        self,
        sql: str,
        parameters: Parameters = NO_PARAMETERS,
        *,
        timeout_seconds: float = QUERY_TIMEOUT_SECONDS,
    ) -> list[Row]:
        """Return the rows of a SELECT. Instants are returned as the numbers the SELECT makes of them."""
        ...

    def columns(
        self,
        sql: str,
        parameters: Parameters = NO_PARAMETERS,
        *,
        timeout_seconds: float = QUERY_TIMEOUT_SECONDS,
    ) -> dict[str, "np.ndarray[Any, Any]"]:
        """Return a SELECT's result as arrays by column name, for many numbers."""
        ...

    def command(self, sql: str, parameters: Parameters = NO_PARAMETERS) -> None:
        """Run a statement that returns nothing."""
        ...

    def insert_rows(self, table: str, structure: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows given as values by column name; `structure` is the table's columns with their types."""
        ...

    def insert_segment(self, signal: Signal, path: Path, token: str) -> None:
        """Store a spool segment; a repeat under the same token changes nothing."""
        ...

    def read_segment(self, signal: Signal, path: Path) -> None:
        """Read a spool segment as `insert_segment` does, without storing it."""
        ...

    def still(self) -> AbstractContextManager[Path | None]:
        """Pause all writing statements while the block runs.

        Yields the directory of the engine's files, or None if they are not on this machine. Raises
        `Unavailable` if running writes do not end.
        """
        ...

    def damage(self) -> tuple[str, ...]:
        """Return a sentence for each stored part that cannot be read, with what to do."""
        ...

    def restart(self) -> None:
        """Restart the engine, if it runs in this process: see `migrations.migrate`."""
        ...

    def close(self) -> None:
        """Release the engine."""
        ...


# Arrow imports pandas to make or convert arrays, which costs the first answer 1.5 s and the process 60 MiB.
# So arrays read from a stream are used as they are.


def engine_rule(code: int) -> str:
    """Return the rule in our error for an engine error of this code."""
    return f"engine code {code}"
