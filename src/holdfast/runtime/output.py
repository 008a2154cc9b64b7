"""What commands print: data on stdout as a table, JSON or YAML; words on stderr.

Colour is used only on a terminal and never when `NO_COLOR` is set. JSON and YAML hold everything, untrimmed
and in UTC; tables show instants in the zone of the person who reads them, and say which that is.
"""

import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import ModuleType
from typing import Annotated, Any

import typer
import yaml

from holdfast.runtime.plain_text import escaped, harmless, harmless_line, harmless_lines, is_harmless

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
"""How the API writes an instant."""

NARROWEST_COLUMNS = 40
UNLIMITED_COLUMNS = 10_000


class Output(StrEnum):
    """How a command prints its data."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


OutputOption = Annotated[Output, typer.Option("--output", "-o", help="How to print: table, json or yaml.")]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: where its value is (`key`, dotted), its head, and how it is shown."""

    key: str
    title: str = ""
    shown: Callable[[Any], str] | None = None
    is_number: bool = False


def emit(
    data: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    columns: Sequence["str | Column"] = (),
    output: Output = Output.TABLE,
) -> None:
    """Print one object or a list of rows on stdout; `columns` choose and order what a table shows."""
    if output is Output.JSON:
        _print(_json(data, indent=2))
    elif output is Output.YAML:
        _print(_yaml(json.loads(json.dumps(data, default=str))))
    elif isinstance(data, Mapping):
        _table_printer().print_object(data, [_column(column) for column in columns])
    else:
        _table_printer().print_rows(data, [_column(column) for column in columns])


def _table_printer() -> ModuleType:
    from holdfast.runtime import tables  # drawing them takes a library that a server never needs

    return tables


def emit_event(data: Mapping[str, Any], *, text: str, output: Output = Output.TABLE) -> None:
    """Print one thing as it happens, at once: `text` on a line, JSON on a line, or a YAML document."""
    if output is Output.JSON:
        _print(_json(data))
    elif output is Output.YAML:
        _print("---\n" + _yaml(dict(data)))
    else:
        _print(harmless_lines(text) + "\n")
    sys.stdout.flush()


def say(words: str) -> None:
    """Tell the person something on stderr, so that it never mixes with data."""
    sys.stderr.write(harmless(words) + "\n")


def says_in_place() -> bool:
    """Whether `say_progress` replaces what it said before, as on a terminal."""
    return sys.stderr.isatty()


def say_progress(words: str, *, is_done: bool) -> None:
    """Say how far something is, on stderr: in place of what was said before, or on a line of its own."""
    if not says_in_place():
        say(words)
        return
    sys.stderr.write(f"\r{harmless_line(words)}\x1b[K" + ("\n" if is_done else ""))
    sys.stderr.flush()


def print_lines(lines: Iterable[str]) -> None:
    """Print lines of data on stdout, each of which stays one."""
    for line in lines:
        _print(harmless_line(line) + "\n")


def print_secret(secret: str) -> None:
    """Print a secret that has just been made on stdout, this once and alone on its line."""
    _print(f"{secret}\n")


def print_table(drawn: str) -> None:
    """Print a table that was drawn of harmless cells: its colours are for the terminal to obey."""
    _print(drawn)


def _print(text: str) -> None:
    sys.stdout.write(text)


def _json(data: object, indent: int | None = None) -> str:
    return escaped(json.dumps(data, indent=indent, ensure_ascii=False, default=str)) + "\n"


class _Quoting(yaml.SafeDumper):
    """Writes texts with odd signs in double quotes, where such a sign has an escape."""


def _quoted(dumper: _Quoting, text: str) -> yaml.ScalarNode:
    is_odd = not all(is_harmless(sign) or sign == "\n" for sign in text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if is_odd else None)


_Quoting.add_representer(str, _quoted)


def _yaml(data: object) -> str:
    written: str = yaml.dump(data, Dumper=_Quoting, sort_keys=False, allow_unicode=True, width=math.inf)
    return escaped(written)


def width_columns() -> int:
    """Return how wide tables may be: the terminal's width, or unlimited into a pipe."""
    if "COLUMNS" in os.environ and os.environ["COLUMNS"].isdigit():
        return max(NARROWEST_COLUMNS, int(os.environ["COLUMNS"]))
    try:
        return max(NARROWEST_COLUMNS, os.get_terminal_size(sys.stdout.fileno()).columns)
    except (OSError, ValueError):
        return UNLIMITED_COLUMNS


def cell(value: object) -> str:
    """Show one value in a table: nothing as a dash, a list with commas, a flag as a word, an instant here."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(cell(item) for item in value) or "–"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return f"{datetime.fromisoformat(value).astimezone():%Y-%m-%d %H:%M:%S %Z}"
    return str(value)


def _column(column: "str | Column") -> Column:
    return Column(column) if isinstance(column, str) else column


def shown(row: Mapping[str, Any], column: Column) -> str:
    """Return what a column shows of a row, without signs that could steer a terminal."""
    value: Any = row
    for part in column.key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return harmless(column.shown(value) if column.shown is not None else cell(value))
