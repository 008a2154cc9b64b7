"""`holdfast log ls|tail|patterns|facets`: log lines, as they come in too, and what they say."""

from typing import Annotated, Any

import typer

from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.output import (
    Column,
    Output,
    OutputOption,
    cell,
    emit,
    emit_event,
    say,
)

app = typer.Typer(no_args_is_help=True, help="Logs: search, facets, patterns and a live tail.")

KNOWN_MOST = 1_000
REMEMBERED_MOST = 10_000
"""Lines a tail remembers to have printed: after an interruption it is told late ones twice."""

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


_PATTERN = (
    Column("new", "new", lambda new: "?" if new is None else "new" if new else "–"),
    Column("severity", "level", _level),
    Column("lines", is_number=True),
    Column("first_seen", "first seen"),
    "services",
    Column("template", "pattern"),
)


@app.command("patterns")
def list_patterns(
    words: Words = None,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "",
    end: ToOption = "",
    where: WhereOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="How many patterns.")] = 30,
) -> None:
    """Show what lines say, as templates: what was not said in the range before first, then the commonest."""
    with Client(url) as client:
        found = client.get("/logs/patterns", **searched(words, start, end, where), limit=limit)
    emit(found if output is not Output.TABLE else found["items"], columns=_PATTERN, output=output)
    if output is Output.TABLE and not found["exact"]:
        say(f"Estimated from {found['mined']:,} of {found['of']:,} lines.")


@app.command("tail")
def tail_lines(
    words: Words = None,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    where: WhereOption = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes in.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, max=1_000, help="How many to begin with.")
    ] = 20,
) -> None:
    """Print the newest lines, oldest first, and with -f what comes in until Ctrl-C; JSON is one line each."""
    search = searched(words, "", "", where)
    with Client(url) as client:
        newest = client.get("/logs", **search, limit=KNOWN_MOST)["items"]
        # A tail begins shortly before its last line: what was there already, printed or not, is no news.
        told = dict.fromkeys(line["id"] for line in reversed(newest[limit:]))
        for line in reversed(newest[:limit]):
            _tell(line, output, told)
        while follow:
            # The server ends a tail after a while; it goes on where it ended.
            for name, event in client.events("/logs/tail", **search, after=next(reversed(told), None)):
                if name == "line":
                    _tell(event, output, told)
                elif name == "gap":
                    say("More lines come in than can be told; narrow the search.")


def _tell(line: dict[str, Any], output: Output, told: dict[str, None]) -> None:
    """Print a line that was not printed before."""
    if line["id"] in told:
        return
    told[line["id"]] = None
    if len(told) > REMEMBERED_MOST:
        del told[next(iter(told))]
    where = "/".join(part for part in (line["service"], line["zone"]) if part)
    trace = f"  trace={line['trace_id']}" if line["trace_id"] else ""
    text = f"{cell(line['at'])}  {_level(line['severity']):<5}  {where}  {line['body']}{trace}"
    emit_event(line, text=text, output=output)


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
