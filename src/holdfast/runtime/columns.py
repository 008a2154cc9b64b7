"""Columns of a table that a command prints, and what each shows of a row."""

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from holdfast.runtime.plain_text import harmless

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
"""How the API writes an instant."""

# With the spaces around it: what follows in a stack trace or a JSON body is set in.
_LINE_BREAK = re.compile(r"\s*[\r\n]\s*")

NARROWEST_COLUMNS = 40


UNLIMITED_COLUMNS = 10_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: where its value is (`key`, dotted), its head, and how it is shown."""

    key: str
    title: str = ""
    shown: Callable[[Any], str] | None = None
    is_number: bool = False


def width_columns() -> int:
    """Return how wide tables may be: the terminal's width, or unlimited into a pipe."""
    if "COLUMNS" in os.environ and os.environ["COLUMNS"].isdigit():
        return max(NARROWEST_COLUMNS, int(os.environ["COLUMNS"]))
    try:
        return max(NARROWEST_COLUMNS, os.get_terminal_size(sys.stdout.fileno()).columns)
    except (OSError, ValueError):
        return UNLIMITED_COLUMNS


def cell(value: object) -> str:
    """Show one value in a table: nothing as a dash, a list with commas, a flag as a word, local instants."""
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


def shown(row: Mapping[str, Any], column: Column) -> str:
    """Return what a column shows of a row: on one line, without characters that could control a terminal."""
    value: Any = row
    for part in column.key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    text = column.shown(value) if column.shown is not None else cell(value)
    return harmless(_LINE_BREAK.sub(" ", text))
