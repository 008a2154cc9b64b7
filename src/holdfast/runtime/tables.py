"""Draws tables for stdout, as wide as the terminal."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from holdfast.runtime.columns import NARROWEST_COLUMNS, UNLIMITED_COLUMNS, Column, shown, width_columns
from holdfast.runtime.plain_text import harmless


def _drawn(table: Table) -> str:
    width = width_columns()
    console = Console(
        file=sys.stdout, width=width, no_color=bool(os.environ.get("NO_COLOR")), highlight=False
    )
    if width < UNLIMITED_COLUMNS:
        with console.capture() as captured:
            console.print(table)
        return captured.get()
    # In a pipe a line is as long as its content: rich would pad each with spaces.
    console.width = max(NARROWEST_COLUMNS, console.measure(table).maximum)
    with console.capture() as captured:
        console.print(table)
    return "".join(line.rstrip() + "\n" for line in captured.get().split("\n")[:-1])


def _table() -> Table:
    return Table(box=None, pad_edge=False, show_edge=False, header_style="bold", padding=(0, 2, 0, 0))


def drawn_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> str:
    """Draw one line per row; without columns, all keys of the first row."""
    columns = columns or [Column(key) for key in (rows[0] if rows else ())]
    table = _table()
    for column in columns:
        title = (column.title or column.key.replace("_", " ")).upper()
        table.add_column(
            Text(harmless(title)), justify="right" if column.is_number else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*(Text(shown(row, column)) for column in columns))
    return _drawn(table)


def drawn_object(data: Mapping[str, Any], columns: Sequence[Column]) -> str:
    """Draw one line per value, its name in front."""
    columns = columns or [Column(key) for key in data]
    table = _table()
    table.show_header = False
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for column in columns:
        title = column.title or column.key.replace("_", " ")
        table.add_row(Text(harmless(title), style="bold"), Text(shown(data, column)))
    return _drawn(table)
