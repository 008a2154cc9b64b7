"""The output of commands: data on stdout as a table, JSON or YAML; messages on stderr.

Colour is used only on a terminal and never when `NO_COLOR` is set. JSON and YAML have everything, untrimmed
and in UTC; tables show instants in the reader's time zone, and name it.
"""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import ModuleType
from typing import Annotated, Any

import typer
import yaml

from holdfast.runtime.columns import Column
from holdfast.runtime.plain_text import escaped, harmless, harmless_line, harmless_lines, is_harmless


class Output(StrEnum):
    """How a command prints its data."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


OutputOption = Annotated[Output, typer.Option("--output", "-o", help="How to print: table, json or yaml.")]


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
        _print(_tables().drawn_object(data, [_column(column) for column in columns]))
    else:
        _print(_tables().drawn_rows(data, [_column(column) for column in columns]))


def _tables() -> ModuleType:
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
    """Print a message on stderr, so that it never mixes with data."""
    sys.stderr.write(harmless(words) + "\n")


def says_in_place() -> bool:
    """Whether `say_progress` replaces its previous line, as on a terminal."""
    return sys.stderr.isatty()


def say_progress(words: str, *, is_done: bool) -> None:
    """Report progress on stderr: in place of the previous report, or on a line of its own."""
    if not says_in_place():
        say(words)
        return
    sys.stderr.write(f"\r{harmless_line(words)}\x1b[K" + ("\n" if is_done else ""))
    sys.stderr.flush()


def print_lines(lines: Iterable[str]) -> None:
    """Print lines of data on stdout; a line end inside one is escaped."""
    for line in lines:
        _print(harmless_line(line) + "\n")


def print_secret(secret: str) -> None:
    """Print a new secret on stdout, once and alone on its line."""
    _print(f"{secret}\n")


def _print(text: str) -> None:
    sys.stdout.write(text)


def _json(data: object, indent: int | None = None) -> str:
    return escaped(json.dumps(data, indent=indent, ensure_ascii=False, default=str)) + "\n"


class _Quoting(yaml.SafeDumper):
    """Writes texts with unusual characters in double quotes, where such characters have escapes."""


def _quoted(dumper: _Quoting, text: str) -> yaml.ScalarNode:
    is_odd = not all(is_harmless(sign) or sign == "\n" for sign in text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if is_odd else None)


_Quoting.add_representer(str, _quoted)


def _yaml(data: object) -> str:
    written: str = yaml.dump(data, Dumper=_Quoting, sort_keys=False, allow_unicode=True, width=math.inf)
    return escaped(written)


def _column(column: "str | Column") -> Column:
    return Column(column) if isinstance(column, str) else column
