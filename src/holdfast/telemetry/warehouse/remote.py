"""The remote warehouse: a ClickHouse server or cluster over HTTP."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.exceptions import Error

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.arrow import ArrowQueries
from holdfast.telemetry.warehouse.loading.loader import Insertion
from holdfast.telemetry.warehouse.loading.otlp_format import InputFormat
from holdfast.telemetry.warehouse.loading.statements import Insert, insert_settings, read_settings
from holdfast.telemetry.warehouse.protocol import NO_PARAMETERS, Parameters
from holdfast.telemetry.warehouse.remote_address import connect, without_password
from holdfast.telemetry.warehouse.sql_text import json_lines, literal, quoted


class ClickHouseWarehouse(ArrowQueries):
    """A ClickHouse server or cluster over its HTTP interface.

    The form of `url` is in `remote_address`. It connects at first use.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
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
                raise self._meaning(str(error), of_segment=of_segment) from error
            raise self._silent(error) from error
        except OSError as error:
            raise self._silent(error) from error

    def _silent(self, error: Exception) -> Unavailable:
        sentence = (str(error).splitlines() or [""])[0][:300]
        return Unavailable(f"the warehouse at {without_password(self._url)} did not answer: {sentence}")

    def command(self, sql: str, parameters: Parameters = NO_PARAMETERS) -> None:
        """Run a statement that returns nothing."""
        with self._translating():
            self._connected().command(sql, parameters=_bound(parameters))

    def insert_rows(self, table: str, structure: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows, passed in the body, because an address holds only a few kilobytes."""
        sql = f"INSERT INTO {table} SELECT * FROM input({quoted(structure)}) FORMAT JSONEachRow"
        with self._translating():
            self._connected().command(sql, data=json_lines(rows))

    def insert_segment(self, signal: Signal, path: Path, token: str) -> None:
        """Send the segment's bytes; the server reads them with `input`."""

        def attempt(insert: Insert, form: InputFormat, path: Path) -> None:
            self._send(insert.sql(form, _source(insert, form)), path, insert_settings(signal, form, token))

        self._insertion.store(signal, path, attempt)

    def read_segment(self, signal: Signal, path: Path) -> None:
        """Send the segment's bytes; the server reads them with `input`."""

        def attempt(insert: Insert, form: InputFormat, path: Path) -> None:
            self._send(insert.reading(form, _source(insert, form)), path, read_settings(signal, form))

        self._insertion.store(signal, path, attempt)

    def _send(self, sql: str, path: Path, settings: dict[str, object]) -> None:
        data = path.read_bytes()
        with self._translating(of_segment=True):
            self._connected().command(f"{sql} FORMAT Protobuf", data=data, settings=settings)

    def still(self) -> AbstractContextManager[Path | None]:
        """Pause nothing: the server's files are not on this machine."""
        return nullcontext()

    def restart(self) -> None:
        """Do nothing: the server is not Holdfast's to restart."""

    def close(self) -> None:
        """Close the HTTP connections."""
        if self._client is not None:
            self._client.close()


def _source(insert: Insert, form: InputFormat) -> str:
    return f"input({quoted(insert.structure_in(form))})"


def _bound(parameters: Parameters) -> dict[str, object]:
    """Return values as the HTTP client needs them: it quotes text itself, and accepts arrays as lists."""
    return {name: _bound_value(value) for name, value in parameters.items()}


def _bound_value(value: object) -> object:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(value)
    return literal(value) if isinstance(value, bool) else value
