"""Reads the result of either engine, an Arrow stream, as rows or columns."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from holdfast.telemetry.warehouse.damage import Damage
from holdfast.telemetry.warehouse.engine_errors import translated
from holdfast.telemetry.warehouse.protocol import NO_PARAMETERS, QUERY_TIMEOUT_SECONDS, Parameters, Row

DAMAGE_SECONDS = 2.0


class ArrowQueries(ABC):
    """The queries of both engines, whose results are Arrow streams."""

    def __init__(self) -> None:
        self._damage = Damage()

    def damage(self) -> tuple[str, ...]:
        """Return a sentence for each part of the stored data that cannot be read."""
        return self._damage.found(lambda sql: self.query(sql, timeout_seconds=DAMAGE_SECONDS))

    def _meaning(self, message: str, *, of_segment: bool) -> Exception:
        """Return our error for an engine's error; remember the damaged part it names, if any."""
        return self._damage.note(message) or translated(message, of_segment=of_segment)

    @abstractmethod
    def _select(self, sql: str, parameters: Parameters, timeout_seconds: float) -> bytes:
        """Run a SELECT for at most `timeout_seconds`; return its result as an Arrow stream."""

    def query(
        self,
        sql: str,
        parameters: Parameters = NO_PARAMETERS,
        *,
        timeout_seconds: float = QUERY_TIMEOUT_SECONDS,
    ) -> list[Row]:
        """Return the rows of a SELECT; a map is returned as its pairs, the first of each key."""
        table = _table(self._select(sql, parameters, timeout_seconds))
        if table is None:
            return []
        return list(zip(*(_values(column) for column in table.columns), strict=True))

    def columns(
        self,
        sql: str,
        parameters: Parameters = NO_PARAMETERS,
        *,
        timeout_seconds: float = QUERY_TIMEOUT_SECONDS,
    ) -> dict[str, "np.ndarray[Any, Any]"]:
        """Return a SELECT's result as arrays by column name."""
        table = _table(self._select(sql, parameters, timeout_seconds))
        return {} if table is None else {name: _column(table.column(name)) for name in table.column_names}


def _table(stream: bytes) -> pa.Table | None:
    return pa.ipc.open_stream(stream).read_all() if stream else None


def _values(column: pa.ChunkedArray) -> list[Any]:
    found = _listed(column)
    if pa.types.is_map(column.type):
        return [_first_of_each(pairs) for pairs in found]
    if pa.types.is_list(column.type) and pa.types.is_map(column.type.value_type):
        return [[_first_of_each(pairs) for pairs in maps] for maps in found]
    return found


def _listed(column: pa.ChunkedArray | pa.Array) -> list[Any]:
    try:
        found: list[Any] = column.to_pylist()
    except UnicodeDecodeError:
        # The engine stores bytes for a text that a sender wrote as a number: that must not break a list.
        return [_readable(scalar) for scalar in column]
    return found


def _readable(scalar: pa.Scalar) -> Any:
    """Return a value whose texts may be invalid UTF-8, with U+FFFD for the invalid bytes."""
    if isinstance(scalar, pa.DictionaryScalar):
        return _readable(scalar.value)
    if isinstance(scalar, pa.StringScalar) and scalar.is_valid:
        return scalar.as_buffer().to_pybytes().decode("utf-8", "replace")
    if isinstance(scalar, pa.MapScalar) and scalar.is_valid:
        return [(_readable(pair["key"]), _readable(pair["value"])) for pair in scalar.values]
    if isinstance(scalar, pa.ListScalar) and scalar.is_valid:
        return [_readable(one) for one in scalar.values]
    return scalar.as_py()


def _first_of_each(pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    # Senders may write an attribute twice. The engine's `map[key]` is the first, which objectives count and
    # searches find; a dict made of the pairs would hold the last.
    first = dict(reversed(pairs))
    return pairs if len(first) == len(pairs) else list({key: first[key] for key, _ in pairs}.items())


def _column(column: pa.ChunkedArray) -> "np.ndarray[Any, Any]":
    if not column.num_chunks:
        is_number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
        return np.empty(0, dtype=column.type.to_pandas_dtype() if is_number else object)
    return _array(column.combine_chunks())


def _array(column: pa.Array) -> "np.ndarray[Any, Any]":
    """Return a column as an array: numbers as they are, lists of numbers as one array each, else objects."""
    if pa.types.is_list(column.type):
        return _lists(column)
    is_number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if is_number and not column.null_count:
        return np.from_dlpack(column)
    return _objects(_listed(column))


def _lists(column: pa.Array) -> "np.ndarray[Any, Any]":
    ends = np.from_dlpack(column.offsets)[1:-1] - column.offsets[0].as_py()
    return _objects(np.split(_array(column.flatten()), ends) if len(column) else [])


def _objects(values: Sequence[object]) -> "np.ndarray[Any, Any]":
    found = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        found[place] = value
    return found
