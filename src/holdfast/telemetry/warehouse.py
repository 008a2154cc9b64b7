"""The warehouse: where telemetry is kept and counted. One small interface, the same SQL on both engines.

`Warehouse` is all the rest of Holdfast knows. `warehouse_chdb` runs ClickHouse inside this process over one
directory; `warehouse_clickhouse` speaks to a server or cluster over HTTP. Values reach SQL only as named
parameters (`{name:Type}`).
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.damage import Damage
from holdfast.telemetry.errors import SegmentRefused
from holdfast.telemetry.insertion import NestedFound
from holdfast.telemetry.model import Signal
from holdfast.telemetry.segments import NESTED_FOUND

Row = tuple[Any, ...]
Parameters = Mapping[str, object]

NO_PARAMETERS: Parameters = MappingProxyType({})
QUERY_TIMEOUT_SECONDS = 10.0
DAMAGE_SECONDS = 2.0

_UNREADABLE = frozenset({6, 27, 32, 33, 117, 436, 444, 508, 601})
"""Engine error codes that say the segment's bytes are at fault, so that trying again cannot help."""

_BAD_ARGUMENTS = 36
"""Says so too, but only with the words below: a wrong statement has the same code."""
_BROKEN_PROTOBUF = "Invalid protobuf data"

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

    def read_segment(self, signal: Signal, path: Path) -> None:
        """Read a spool segment as `insert_segment` does, and store nothing."""
        ...

    def still(self) -> AbstractContextManager[Path | None]:
        """Keep every statement that writes waiting while the block runs.

        Gives the directory of the engine's files, or None if they are not on this machine. Raises
        `Unavailable` if what is being written does not end.
        """
        ...

    def damage(self) -> tuple[str, ...]:
        """Return a sentence for each stored part that cannot be read: what, where, and what to do."""
        ...

    def restart(self) -> None:
        """Start the engine again, if it runs in this process: see `migrations.migrate`."""
        ...

    def close(self) -> None:
        """Release the engine."""
        ...


class ArrowQueries(ABC):
    """Reads what an engine answers: both speak Arrow."""

    def __init__(self) -> None:
        self._damage = Damage()

    def damage(self) -> tuple[str, ...]:
        """Return a sentence for each part of the stored data that cannot be read."""
        return self._damage.found(lambda sql: self.query(sql, timeout_seconds=DAMAGE_SECONDS))

    def _meaning(self, message: str, *, of_segment: bool) -> Exception:
        """Return what an engine's error means; remember the part it blames, if it does."""
        return self._damage.note(message) or translated(message, of_segment=of_segment)

    @abstractmethod
    def _select(self, sql: str, parameters: Parameters, timeout_seconds: float) -> bytes:
        """Run a SELECT for at most so long; return its result as an Arrow stream."""

    def query(
        self,
        sql: str,
        parameters: Parameters = NO_PARAMETERS,
        *,
        timeout_seconds: float = QUERY_TIMEOUT_SECONDS,
    ) -> list[Row]:
        """Return the rows of a SELECT; a map is its pairs, the first of each key."""
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


# Arrow imports pandas where it makes arrays of its own or converts them, which takes 1.5 s of the first
# answer and 60 MiB for good. What it has read from a stream is taken as it is instead.


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
        # The engine stores bytes for a text that a sender wrote as a number: such a row must break no list.
        return [_readable(scalar) for scalar in column]
    return found


def _readable(scalar: pa.Scalar) -> Any:
    """Return a value whose texts may be no text: what cannot be read of them is U+FFFD."""
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
    # Senders may write an attribute twice. The engine's `map[key]` is the first, which is what objectives
    # count and searches find; a dict made of the pairs would be the last.
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


def literal(value: object) -> str:
    """Return a parameter value in the engine's text form.

    A list becomes an array literal, in which strings are quoted; a plain string stays as it is.
    """
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Sequence):
        return f"[{','.join(quoted(item) for item in value)}]"
    return str(value)


def quoted(value: object) -> str:
    """Return a value in the engine's text form, with strings quoted."""
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return literal(value)


def settings_clause(settings: Mapping[str, object]) -> str:
    """Return ` SETTINGS …` with values quoted."""
    parts = (f"{name} = {quoted(str(v)) if isinstance(v, str) else v}" for name, v in settings.items())
    return f" SETTINGS {', '.join(parts)}"


def translated(message: str, *, of_segment: bool) -> Unavailable | SegmentRefused | NestedFound:
    """Return what an engine's error means to those who asked; `of_segment` if it was reading a segment."""
    if NESTED_FOUND in message:
        return NestedFound(message)
    match = re.search(r"Code: (\d+)", message)
    code = int(match.group(1)) if match else 0
    sentence = (message.split("DB::Exception: ", 1)[-1].splitlines() or [""])[0][:300]
    is_broken = code in _UNREADABLE or (code == _BAD_ARGUMENTS and _BROKEN_PROTOBUF in message)
    if of_segment and is_broken:
        return SegmentRefused(f"the engine cannot read it: {sentence}", rule=f"engine code {code}")
    if code == _TIMED_OUT:
        return Unavailable(f"the query was cut off: {sentence}", rule="query time limit")
    return Unavailable(f"the warehouse answered: {sentence}", rule=f"engine code {code}")


def json_lines(rows: Sequence[Mapping[str, object]]) -> str:
    """Return rows as lines of JSON."""
    return "\n".join(json.dumps(row) for row in rows)
