"""The warehouse: where telemetry is kept and counted. One small interface, the same SQL on both engines.

`Warehouse` is all the rest of Holdfast knows. `ChdbWarehouse` runs ClickHouse inside this process over one
directory; `ClickHouseWarehouse` speaks to a server or cluster over HTTP. Values reach SQL only as named
parameters (`{name:Type}`).
"""

import json
import queue
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import chdb
import numpy as np
import pyarrow as pa
from clickhouse_connect.driver.exceptions import Error

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.clickhouse_address import connect, without_password
from holdfast.telemetry.errors import SegmentRefused
from holdfast.telemetry.insertion import Insertion, NestedFound
from holdfast.telemetry.inserts import Insert, insert_settings
from holdfast.telemetry.model import Signal
from holdfast.telemetry.segments import NESTED_FOUND, Form

Row = tuple[Any, ...]
Parameters = Mapping[str, object]

NO_PARAMETERS: Parameters = MappingProxyType({})
QUERY_TIMEOUT_SECONDS = 10.0
CLOSE_WAIT_SECONDS = 15.0
"""How long closing waits for what still runs; queries of people are cut off before."""

READERS = 4
"""Queries that run at once in the embedded engine; more wait for a free connection."""

INSERT_WAIT_SECONDS = 600.0

_UNREADABLE = frozenset({6, 27, 32, 33, 117, 434, 436, 444, 508, 601})
"""Engine error codes that say the segment's bytes are at fault, so that trying again cannot help."""

_TIMED_OUT = 159


class Warehouse(Protocol):
    """Keeps spans, metrics and logs, and answers questions about them. Safe to call from many threads."""

    def query(
        self,
        sql: str,
        parameters: Parameters = NO_PARAMETERS,
        *,
        timeout_seconds: float = QUERY_TIMEOUT_SECONDS,
    ) -> list[Row]:
        """Return the rows of a SELECT. Instants come back as the numbers the SELECT makes of them."""
        ...

    def columns(
        self,
        sql: str,
        parameters: Parameters = NO_PARAMETERS,
        *,
        timeout_seconds: float = QUERY_TIMEOUT_SECONDS,
    ) -> dict[str, "np.ndarray[Any, Any]"]:
        """Return a SELECT's result as arrays by column name: for many numbers."""
        ...

    def command(self, sql: str, parameters: Parameters = NO_PARAMETERS) -> None:
        """Run a statement that returns nothing."""
        ...

    def insert_rows(self, table: str, structure: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows given as values by column name; `structure` is the table's columns with their types."""
        ...

    def insert_segment(self, signal: Signal, path: Path, token: str) -> None:
        """Store a spool segment; repeating it under the same token changes nothing."""
        ...

    def close(self) -> None:
        """Release the engine."""
        ...


def literal(value: object) -> str:
    """Return a parameter value in the engine's text form.

    A list becomes an array literal, in which strings are quoted; a plain string stays as it is.
    """
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Sequence):
        return f"[{','.join(_element(item) for item in value)}]"
    return str(value)


def _element(value: object) -> str:
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return literal(value)


def settings_clause(settings: Mapping[str, object]) -> str:
    """Return ` SETTINGS …` with values quoted."""
    parts = (f"{name} = {_element(str(v)) if isinstance(v, str) else v}" for name, v in settings.items())
    return f" SETTINGS {', '.join(parts)}"


def _rows(stream: bytes) -> list[Row]:
    table = _table(stream)
    return (
        list(zip(*(column.to_pylist() for column in table.columns), strict=True)) if table.num_columns else []
    )


def _columns(stream: bytes) -> dict[str, "np.ndarray[Any, Any]"]:
    table = _table(stream)
    return {name: table.column(name).to_numpy() for name in table.column_names}


def _table(stream: bytes) -> pa.Table:
    return pa.ipc.open_stream(stream).read_all() if stream else pa.table({})


class ChdbWarehouse:
    """ClickHouse inside this process, over the directory `path`. One process may open it at a time.

    `inserters` segments may be inserted at once. Table names without a database are looked up in `database`,
    which is created when it is missing.
    """

    def __init__(self, path: Path, *, database: str = "holdfast", inserters: int = 1) -> None:
        self._path = path
        self._inserters = inserters
        self._database = database
        self._connections: queue.LifoQueue[Any] = queue.LifoQueue()
        self._inserting = queue.LifoQueue[Any]()
        self._is_open = False
        self._insertion = Insertion()

    def open(self) -> None:
        """Start the engine.

        Raises:
            Unavailable: another process has the directory open, or it cannot be used.
        """
        self._path.mkdir(parents=True, exist_ok=True)
        for _ in range(READERS):
            self._connections.put(self._connect())
        for _ in range(self._inserters):
            self._inserting.put(self._connect())
        self._is_open = True

    def _connect(self) -> Any:
        try:
            connection = chdb.connect(str(self._path))
        except RuntimeError as error:
            raise Unavailable(
                f"the warehouse directory {self._path} could not be opened: another process may be using it. "
                "Stop that process, or give this one another --data directory.",
                value=str(self._path),
                rule="one process per warehouse directory",
            ) from error
        connection.query(f"CREATE DATABASE IF NOT EXISTS {self._database}")
        connection.query(f"USE {self._database}")
        return connection

    @contextmanager
    def _borrowed(self, pool: "queue.LifoQueue[Any]", seconds: float) -> Iterator[Any]:
        if not self._is_open:
            raise Unavailable(f"the warehouse in {self._path} is not open")
        try:
            connection = pool.get(timeout=seconds)
        except queue.Empty:
            raise Unavailable(
                f"the warehouse was busy with other queries for {seconds:g} s; try again"
            ) from None
        try:
            yield connection
        except RuntimeError:
            # What a failed query had written so far would come out with the next one's answer.
            connection.close()
            connection = self._connect()
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
            raise _translated(str(error), of_segment=pool is self._inserting) from error

    def _select(self, sql: str, parameters: Parameters, timeout_seconds: float) -> bytes:
        limited = sql + settings_clause({"max_execution_time": timeout_seconds})
        return self._run(limited, parameters, "ArrowStream", self._connections, timeout_seconds)

    def query(
        self,
        sql: str,
        parameters: Parameters = NO_PARAMETERS,
        *,
        timeout_seconds: float = QUERY_TIMEOUT_SECONDS,
    ) -> list[Row]:
        """Return the rows of a SELECT."""
        return _rows(self._select(sql, parameters, timeout_seconds))

    def columns(
        self,
        sql: str,
        parameters: Parameters = NO_PARAMETERS,
        *,
        timeout_seconds: float = QUERY_TIMEOUT_SECONDS,
    ) -> dict[str, "np.ndarray[Any, Any]"]:
        """Return a SELECT's result as arrays by column name."""
        return _columns(self._select(sql, parameters, timeout_seconds))

    def command(self, sql: str, parameters: Parameters = NO_PARAMETERS) -> None:
        """Run a statement that returns nothing."""
        self._run(sql, parameters, "Null", self._connections, 600)

    def insert_rows(self, table: str, structure: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows; they travel as one parameter, so that no value becomes SQL."""
        sql = f"INSERT INTO {table} SELECT * FROM format(JSONEachRow, {_element(structure)}, {{rows:String}})"
        self.command(sql, {"rows": _json_lines(rows)})

    def insert_segment(self, signal: Signal, path: Path, token: str) -> None:
        """Let the engine read and store the segment file."""

        def attempt(insert: Insert, form: Form) -> None:
            source = f"file({_element(str(path))}, Protobuf, {_element(insert.structure_in(form))})"
            sql = insert.sql(form, source) + settings_clause(insert_settings(signal, form, token))
            self._run(sql, {}, "Null", self._inserting, INSERT_WAIT_SECONDS)

        self._insertion.store(signal, path, attempt)

    def close(self) -> None:
        """Close all connections once they are idle; the engine flushes and stops with the last."""
        if not self._is_open:
            return
        self._is_open = False
        for pool, size in ((self._connections, READERS), (self._inserting, self._inserters)):
            for _ in range(size):
                with suppress(queue.Empty):
                    pool.get(timeout=CLOSE_WAIT_SECONDS).close()


class ClickHouseWarehouse:
    """A ClickHouse server or cluster over its HTTP interface.

    `url` is as in `clickhouse_address`. Connects at the first use.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: Any = None
        self._connecting = threading.Lock()
        self._insertion = Insertion()

    def _connected(self) -> Any:
        with self._connecting:
            if self._client is None:
                self._client = connect(self._url)
            return self._client

    def _select(self, sql: str, parameters: Parameters, timeout_seconds: float) -> bytes:
        settings = {"max_execution_time": timeout_seconds}
        with self._translating():
            client = self._connected()
            bound = _bound(parameters)
            return bytes(client.raw_query(sql, parameters=bound, settings=settings, fmt="ArrowStream"))

    @contextmanager
    def _translating(self, *, of_segment: bool = False) -> Iterator[None]:
        try:
            yield
        except Error as error:
            if error.code is not None:
                raise _translated(str(error), of_segment=of_segment) from error
            raise self._silent(error) from error
        except OSError as error:
            raise self._silent(error) from error

    def _silent(self, error: Exception) -> Unavailable:
        sentence = (str(error).splitlines() or [""])[0][:300]
        return Unavailable(f"the warehouse at {without_password(self._url)} did not answer: {sentence}")

    def query(
        self,
        sql: str,
        parameters: Parameters = NO_PARAMETERS,
        *,
        timeout_seconds: float = QUERY_TIMEOUT_SECONDS,
    ) -> list[Row]:
        """Return the rows of a SELECT."""
        return _rows(self._select(sql, parameters, timeout_seconds))

    def columns(
        self,
        sql: str,
        parameters: Parameters = NO_PARAMETERS,
        *,
        timeout_seconds: float = QUERY_TIMEOUT_SECONDS,
    ) -> dict[str, "np.ndarray[Any, Any]"]:
        """Return a SELECT's result as arrays by column name."""
        return _columns(self._select(sql, parameters, timeout_seconds))

    def command(self, sql: str, parameters: Parameters = NO_PARAMETERS) -> None:
        """Run a statement that returns nothing."""
        with self._translating():
            self._connected().command(sql, parameters=_bound(parameters))

    def insert_rows(self, table: str, structure: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows; they travel in the body, because an address holds a few kilobytes only."""
        sql = f"INSERT INTO {table} SELECT * FROM input({_element(structure)}) FORMAT JSONEachRow"
        with self._translating():
            self._connected().command(sql, data=_json_lines(rows))

    def insert_segment(self, signal: Signal, path: Path, token: str) -> None:
        """Send the segment's bytes; the server reads them with `input`."""
        data = path.read_bytes()

        def attempt(insert: Insert, form: Form) -> None:
            sql = insert.sql(form, f"input({_element(insert.structure_in(form))})") + " FORMAT Protobuf"
            with self._translating(of_segment=True):
                self._connected().command(sql, data=data, settings=insert_settings(signal, form, token))

        self._insertion.store(signal, path, attempt)

    def close(self) -> None:
        """Close the HTTP connections."""
        if self._client is not None:
            self._client.close()


def _bound(parameters: Parameters) -> dict[str, object]:
    """Return values as the HTTP client wants them: it quotes text itself, and takes arrays as lists."""
    return {name: _bound_value(value) for name, value in parameters.items()}


def _bound_value(value: object) -> object:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(value)
    return literal(value) if isinstance(value, bool) else value


def _translated(message: str, *, of_segment: bool) -> Unavailable | SegmentRefused | NestedFound:
    if NESTED_FOUND in message:
        return NestedFound(message)
    match = re.search(r"Code: (\d+)", message)
    code = int(match.group(1)) if match else 0
    sentence = (message.split("DB::Exception: ", 1)[-1].splitlines() or [""])[0][:300]
    if of_segment and code in _UNREADABLE:
        return SegmentRefused(f"the engine cannot read it: {sentence}", rule=f"engine code {code}")
    if code == _TIMED_OUT:
        return Unavailable(f"the query was cut off: {sentence}", rule="query time limit")
    return Unavailable(f"the warehouse answered: {sentence}", rule=f"engine code {code}")


def _json_lines(rows: Sequence[Mapping[str, object]]) -> str:
    return "\n".join(json.dumps(row) for row in rows)
