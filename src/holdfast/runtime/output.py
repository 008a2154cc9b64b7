"""What commands print: data on stdout as a table, JSON or YAML; words on stderr.

Colour is used only on a terminal and never when `NO_COLOR` is set. JSON and YAML hold everything, untrimmed
and in UTC; tables show instants in the zone of the person who reads them, and say which that is.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text

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
        sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, default=str) + "\n")
    elif output is Output.YAML:
        plain = json.loads(json.dumps(data, default=str))
        sys.stdout.write(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True))
    elif isinstance(data, Mapping):
        _print(_object_table(data, [_column(column) for column in columns]))
    else:
        _print(_rows_table(data, [_column(column) for column in columns]))


def emit_event(data: Mapping[str, Any], *, text: str, output: Output = Output.TABLE) -> None:
    """Print one thing as it happens, at once: `text` on a line, JSON on a line, or a YAML document."""
    if output is Output.JSON:
        sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")
    elif output is Output.YAML:
        sys.stdout.write("---\n" + yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True))
    else:
        sys.stdout.write(_harmless(text) + "\n")
    sys.stdout.flush()


def say(words: str) -> None:
    """Tell the person something on stderr, so that it never mixes with data."""
    sys.stderr.write(words + "\n")


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


def _print(table: Table) -> None:
    width = width_columns()
    console = Console(
        file=sys.stdout, width=width, no_color=bool(os.environ.get("NO_COLOR")), highlight=False
    )
    if width < UNLIMITED_COLUMNS:
        console.print(table)
        return
    # Into a pipe a line is as long as its content: rich would fill every one up with spaces.
    console.width = max(NARROWEST_COLUMNS, console.measure(table).maximum)
    with console.capture() as captured:
        console.print(table)
    sys.stdout.writelines(line.rstrip() + "\n" for line in captured.get().splitlines())


def _column(column: "str | Column") -> Column:
    return Column(column) if isinstance(column, str) else column


def _table() -> Table:
    return Table(box=None, pad_edge=False, show_edge=False, header_style="bold", padding=(0, 2, 0, 0))


def _rows_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> Table:
    columns = columns or [Column(key) for key in (rows[0] if rows else ())]
    table = _table()
    for column in columns:
        title = (column.title or column.key.replace("_", " ")).upper()
        table.add_column(Text(title), justify="right" if column.is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_shown(row, column)) for column in columns))
    return table


def _object_table(data: Mapping[str, Any], columns: Sequence[Column]) -> Table:
    columns = columns or [Column(key) for key in data]
    table = _table()
    table.show_header = False
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for column in columns:
        title = column.title or column.key.replace("_", " ")
        table.add_row(Text(title, style="bold"), Text(_shown(data, column)))
    return table


def _shown(row: Mapping[str, Any], column: Column) -> str:
    value: Any = row
    for part in column.key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    shown = column.shown(value) if column.shown is not None else cell(value)
    return _harmless(shown)


def _harmless(text: str) -> str:
    # What a workload sent must not steer the terminal: control characters are shown, not obeyed.
    return "".join(
        sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text
    )
