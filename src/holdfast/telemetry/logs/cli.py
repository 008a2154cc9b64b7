"""`holdfast log ls|facets`: log lines, and what there is most of in them."""

from typing import Annotated, Any

import typer

from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.output import Column, Output, OutputOption, emit, say

app = typer.Typer(no_args_is_help=True, help="Logs: search, facets, patterns and a live tail.")

Words = Annotated[
    list[str] | None,
    typer.Argument(help='Words, "phrases", beginnings* and -excluded ones (after -- on the command line).'),
]
FromOption = Annotated[
    str, typer.Option("--from", help="Start of the range: ISO 8601 or now-6h; by default the last hour.")
]
ToOption = Annotated[str, typer.Option("--to", help="End of the range: ISO 8601 or now.")]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where", "-w", help="service=cart, severity>=warn, zone!=a, trace=ID, or any attribute; repeatable."
    ),
]


def _level(value: Any) -> str:
    return str(value).upper()


_LINE = (
    Column("at", "time"),
    Column("severity", "level", _level),
    "service",
    "zone",
    Column("body", "line"),
    Column("trace_id", "trace"),
)


def searched(words: list[str] | None, start: str, end: str, where: list[str] | None) -> dict[str, Any]:
    """Return the parameters of a search; a word given as one argument with blanks in it is a phrase."""
    text = " ".join(word if " " not in word or '"' in word else f'"{word}"' for word in words or [])
    named = {"from": start, "to": end, "q": text, "where": where}
    return {name: value for name, value in named.items() if value}


@app.command("ls")
def list_lines(
    words: Words = None,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "",
    end: ToOption = "",
    where: WhereOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1_000, help="How many lines.")] = 50,
    cursor: Annotated[str, typer.Option("--cursor", help="Where to go on: `next` of the page before.")] = "",
) -> None:
    """List log lines, newest first."""
    search = searched(words, start, end, where)
    with Client(url) as client:
        found = client.get("/logs", **search, limit=limit, cursor=cursor or None)
    emit(found if output is not Output.TABLE else found["items"], columns=_LINE, output=output)
    if output is Output.TABLE and found["next"]:
        say(f"There are more: --cursor {found['next']}")


@app.command("facets")
def list_facets(
    words: Words = None,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    field: Annotated[str, typer.Option("--field", "-f", help="Only this field or attribute.")] = "",
    start: FromOption = "",
    end: ToOption = "",
    where: WhereOption = None,
) -> None:
    """Show what there is most of: the commonest values of services, severities, zones and attributes."""
    search = searched(words, start, end, where)
    with Client(url) as client:
        found = client.get("/logs/facets", **search, field=field or None)
    if output is not Output.TABLE:
        emit(found, output=output)
        return
    facets = found["items"]
    rows = [{"field": facet["field"], **value} for facet in facets for value in facet["values"]]
    emit(rows, columns=("field", "value", Column("lines", is_number=True)))
    for facet in facets:
        if not facet["basis"]["exact"]:
            say(f"{facet['field']}: estimated from {_basis_words(facet['basis'])}")


def _basis_words(basis: dict[str, Any]) -> str:
    return f"{basis['looked_at']:,} of {basis['of']:,} lines"
