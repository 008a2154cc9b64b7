"""The embedded warehouse: ClickHouse inside this process, over one directory."""

import queue
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import chdb

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.arrow import ArrowQueries
from holdfast.telemetry.warehouse.engine_place import (
    FORGET_SCHEMAS,
    drop_empty_mutations,
    forget_schemas,
    is_about_a_schema,
    is_in_use,
    keep_schemas_below,
    make,
    why_not,
)
from holdfast.telemetry.warehouse.loading.loader import Insertion
from holdfast.telemetry.warehouse.loading.otlp_format import InputFormat
from holdfast.telemetry.warehouse.loading.statements import Insert, insert_settings, read_settings
from holdfast.telemetry.warehouse.protocol import NO_PARAMETERS, NOT_OPEN, Parameters
from holdfast.telemetry.warehouse.sql_text import json_lines, literal, quoted, settings_clause

CLOSE_WAIT_SECONDS = 15.0
"""How long closing waits for running statements; people's queries are cancelled before."""

READERS = 4
"""Queries that run at once in the embedded engine; others wait for a free connection."""

INSERT_WAIT_SECONDS = 600.0

STILL_SECONDS = 120.0
"""How long a copy of the files waits for running writes."""

WORKERS = 2
"""Writing statements that run at once, such as the map's joins."""

# People wait for reads and not for the rest, so reads get the processor first. The engine ignores this where
# the process may not raise a priority again (CAP_SYS_NICE).
_BEHIND_READERS = ("os_threads_nice_value_query", "os_threads_nice_value_materialized_view")
_NICE = 10


class ChdbWarehouse(ArrowQueries):
    """ClickHouse inside this process, over the directory `path`. One process may open it at a time.

    `inserters` segments may be inserted at once. Table names without a database are looked up in `database`,
    which is created if missing. Without `unfolds_small` the engine unfolds small segments itself.
    """

    def __init__(
        self,
        path: Path,
        *,
        database: str = "holdfast",
        inserters: int = 1,
        unfolds_small: bool = True,
    ) -> None:
        super().__init__()
        self._path = path
        self._inserters = inserters
        self._database = database
        self._connections: queue.LifoQueue[Any] = queue.LifoQueue()
        self._working = queue.LifoQueue[Any]()
        self._inserting = queue.LifoQueue[Any]()
        self._is_open = False
        self._insertion = Insertion(unfolds_small=unfolds_small)
        self._reading = Insertion()  # reads segments to find unreadable records

    def open(self) -> None:
        """Start the engine.

        Raises:
            Unavailable: another process has the directory open, or it cannot be used.
            WarehouseDamaged: the engine cannot read its files.
        """
        make(self._path)
        if not is_in_use(self._path):
            drop_empty_mutations(self._path)
        self._fill()
        keep_schemas_below(self._path.absolute(), self._inserting.queue[0].query)
        self._is_open = True

    def _fill(self) -> None:
        for pool, size in self._pools():
            for _ in range(size):
                pool.put(self._connect(pool))

    def _pools(self) -> "tuple[tuple[queue.LifoQueue[Any], int], ...]":
        return (self._connections, READERS), (self._working, WORKERS), (self._inserting, self._inserters)

    def _connect(self, pool: "queue.LifoQueue[Any]") -> Any:
        try:
            connection = chdb.connect(str(self._path))
        except RuntimeError as error:
            if self._is_open:
                raise Unavailable(
                    f"the warehouse in {self._path} accepts no more connections: {error}"
                ) from error
            raise why_not(self._path.absolute(), str(error)) from error
        connection.query(f"CREATE DATABASE IF NOT EXISTS {self._database}")
        connection.query(f"USE {self._database}")
        if pool is not self._connections:
            for setting in _BEHIND_READERS:
                connection.query(f"SET {setting} = {_NICE}")
        return connection

    @contextmanager
    def _borrowed(self, pool: "queue.LifoQueue[Any]", seconds: float) -> Iterator[Any]:
        if not self._is_open:
            raise Unavailable(f"the warehouse in {self._path} is not open", rule=NOT_OPEN)
        try:
            connection = pool.get(timeout=seconds)
        except queue.Empty:
            raise Unavailable(
                f"the warehouse was busy with other queries for {seconds:g} s; try again"
            ) from None
        try:
            yield connection
        except RuntimeError:
            # The output a failed query has written so far would be part of the next result.
            connection.close()
            connection = self._connect(pool)
            raise
        finally:
            pool.put(connection)

    def _run(
        self, sql: str, parameters: Parameters, form: str, pool: "queue.LifoQueue[Any]", wait: float
    ) -> bytes:
        texts = {name: literal(value) for name, value in parameters.items()}
        try:
            with self._borrowed(pool, wait) as connection:
                return bytes(connection.query(sql, form, params=texts).bytes())
        except RuntimeError as error:  # chDB raises its engine errors as RuntimeError
            if is_about_a_schema(str(error)) and sql != FORGET_SCHEMAS:
                forget_schemas(self.command)  # the caller retries
            raise self._meaning(str(error), of_segment=pool is self._inserting) from error

    def _select(self, sql: str, parameters: Parameters, timeout_seconds: float) -> bytes:
        limited = sql + settings_clause({"max_execution_time": timeout_seconds})
        return self._run(limited, parameters, "ArrowStream", self._connections, timeout_seconds)

    def command(self, sql: str, parameters: Parameters = NO_PARAMETERS) -> None:
        """Run a statement that returns nothing."""
        self._run(sql, parameters, "Null", self._working, 600)

    def insert_rows(self, table: str, structure: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows, passed as one parameter, so that no value becomes SQL."""
        sql = f"INSERT INTO {table} SELECT * FROM format(JSONEachRow, {quoted(structure)}, {{rows:String}})"
        self.command(sql, {"rows": json_lines(rows)})

    def insert_segment(self, signal: Signal, path: Path, token: str) -> None:
        """Let the engine read and store the segment file."""

        def attempt(insert: Insert, form: InputFormat, path: Path) -> None:
            sql = insert.sql(form, _source(path, insert, form))
            sql += settings_clause(insert_settings(signal, form, token))
            self._run(sql, {}, "Null", self._inserting, INSERT_WAIT_SECONDS)

        self._insertion.store(signal, path, attempt)

    def read_segment(self, signal: Signal, path: Path) -> None:
        """Let the engine read the segment file."""

        def attempt(insert: Insert, form: InputFormat, path: Path) -> None:
            sql = insert.reading(form, _source(path, insert, form))
            sql += settings_clause(read_settings(signal, form))
            self._run(sql, {}, "Null", self._inserting, INSERT_WAIT_SECONDS)

        self._reading.store(signal, path, attempt)

    @contextmanager
    def still(self) -> Iterator[Path | None]:
        """Pause all writing statements while the block runs; yield the engine's directory."""
        with ExitStack() as stack:
            for pool, size in self._pools()[1:]:
                for _ in range(size):
                    stack.enter_context(self._borrowed(pool, STILL_SECONDS))
            yield self._path

    def restart(self) -> None:
        """Stop the engine and start it again; queries in the meantime fail with "not open"."""
        self.close()
        self.open()

    def close(self) -> None:
        """Close all connections once they are idle; the engine flushes and stops with the last one."""
        if not self._is_open:
            return
        self._is_open = False
        for pool, size in self._pools():
            for _ in range(size):
                with suppress(queue.Empty):
                    pool.get(timeout=CLOSE_WAIT_SECONDS).close()


def _source(path: Path, insert: Insert, form: InputFormat) -> str:
    read_as = "RowBinary" if form is InputFormat.ROWS else "Protobuf"
    return f"file({quoted(str(path))}, {read_as}, {quoted(insert.structure_in(form))})"
