"""The warehouse: where telemetry is kept and counted. One small interface, the same SQL on both engines.

`Warehouse` is all the rest of Holdfast knows. `ChdbWarehouse` runs ClickHouse inside this process over one
directory; `ClickHouseWarehouse` speaks to a server or cluster over HTTP. Values reach SQL only as named
parameters (`{name:Type}`).
"""

import queue
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import chdb
import clickhouse_connect
import numpy as np
import pyarrow as pa
from clickhouse_connect.driver.exceptions import Error

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.errors import SegmentRefused
from holdfast.telemetry.inserts import Insert, insert_settings, inserts_for
from holdfast.telemetry.model import Signal

Row = tuple[Any, ...]
Parameters = Mapping[str, object]

NO_PARAMETERS: Parameters = MappingProxyType({})
QUERY_TIMEOUT_SECONDS = 10.0
READERS = 4
"""Queries that run at once in the embedded engine; more wait for a free connection."""

INSERT_WAIT_SECONDS = 600.0

_UNREADABLE = frozenset({6, 27, 33, 117, 434, 436, 444, 508, 601})
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
        self._all: list[Any] = []
        self._inserting = queue.LifoQueue[Any]()

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
        self._all.append(connection)
        connection.query(f"CREATE DATABASE IF NOT EXISTS {self._database}")
        connection.query(f"USE {self._database}")
        return connection

    @contextmanager
    def _borrowed(self, pool: "queue.LifoQueue[Any]", seconds: float) -> Iterator[Any]:
        try:
            connection = pool.get(timeout=seconds)
        except queue.Empty:
            raise Unavailable(
                f"the warehouse was busy with other queries for {seconds:g} s; try again"
            ) from None
        try:
            yield connection
        finally:
            pool.put(connection)

    def _run(
        self, sql: str, parameters: Parameters, form: str, pool: "queue.LifoQueue[Any]", wait: float
    ) -> bytes:
        texts = {name: literal(value) for name, value in parameters.items()}
        with self._borrowed(pool, wait) as connection:
            try:
                return bytes(connection.query(sql, form, params=texts).bytes())
            except RuntimeError as error:  # chDB raises its engine errors as RuntimeError
                raise _translated(str(error)) from error

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

    def insert_segment(self, signal: Signal, path: Path, token: str) -> None:
        """Let the engine read and store the segment file."""
        for insert in inserts_for(signal):
            source = f"file({_element(str(path))}, Protobuf, {_element(insert.structure)})"
            sql = _insert_sql(insert, source) + settings_clause(insert_settings(signal, token))
            self._run(sql, {}, "Null", self._inserting, INSERT_WAIT_SECONDS)

    def close(self) -> None:
        """Close all connections; the engine flushes and stops with the last."""
        while self._all:
            self._all.pop().close()


class ClickHouseWarehouse:
    """A ClickHouse server or cluster over its HTTP interface.

    `url` is `clickhouse://[user[:password]@]host[:port]/database[?secure=true]`. Connects at the first use.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: Any = None

    def _connected(self) -> Any:
        if self._client is None:
            try:
                self._client = clickhouse_connect.get_client(dsn=self._url, autogenerate_session_id=False)
            except (Error, OSError) as error:
                raise Unavailable(
                    f"the warehouse at {_without_password(self._url)} did not answer: {error}"
                ) from error
        return self._client

    def _select(self, sql: str, parameters: Parameters, timeout_seconds: float) -> bytes:
        settings = {"max_execution_time": timeout_seconds}
        with self._translating():
            client = self._connected()
            texts = {name: literal(value) for name, value in parameters.items()}
            return bytes(client.raw_query(sql, parameters=texts, settings=settings, fmt="ArrowStream"))

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except Error as error:
            raise _translated(str(error)) from error
        except OSError as error:
            raise Unavailable(
                f"the warehouse at {_without_password(self._url)} did not answer: {error}"
            ) from error

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
        texts = {name: literal(value) for name, value in parameters.items()}
        with self._translating():
            self._connected().command(sql, parameters=texts)

    def insert_segment(self, signal: Signal, path: Path, token: str) -> None:
        """Send the segment's bytes; the server reads them with `input`."""
        data = path.read_bytes()
        for insert in inserts_for(signal):
            sql = _insert_sql(insert, f"input({_element(insert.structure)})") + " FORMAT Protobuf"
            with self._translating():
                self._connected().command(sql, data=data, settings=dict(insert_settings(signal, token)))

    def close(self) -> None:
        """Close the HTTP connections."""
        if self._client is not None:
            self._client.close()


def _insert_sql(insert: Insert, source: str) -> str:
    return f"INSERT INTO {insert.table} ({insert.columns}) {insert.select.replace('{source}', source)}"


def _translated(message: str) -> Unavailable | SegmentRefused:
    match = re.search(r"Code: (\d+)", message)
    code = int(match.group(1)) if match else 0
    sentence = message.split("DB::Exception: ", 1)[-1].splitlines()[0][:300]
    if code in _UNREADABLE:
        return SegmentRefused(f"the engine cannot read it: {sentence}", rule=f"engine code {code}")
    if code == _TIMED_OUT:
        return Unavailable(f"the query was cut off: {sentence}", rule="query time limit")
    return Unavailable(f"the warehouse answered: {sentence}", rule=f"engine code {code}")


def _without_password(url: str) -> str:
    return re.sub(r"//[^@/]*@", "//…@", url)
