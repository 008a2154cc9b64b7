"""`holdfast log ls|tail|patterns|facets`: log lines, live too, their patterns and facets."""

from typing import Annotated, Any

import typer

from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.columns import Column, cell
from holdfast.runtime.options import FromOption, ToOption
from holdfast.runtime.output import Output, OutputOption, emit, emit_event, say
from holdfast.runtime.places import shown
from holdfast.telemetry.identity.model import ServiceId, labels
from holdfast.telemetry.identity.options import ClusterOption, EnvironmentOption, RegionOption, in_query

app = typer.Typer(no_args_is_help=True, help="Logs: search, facets, patterns and a live tail.")

KNOWN_MOST = 1_000
REMEMBERED_MOST = 10_000
"""Printed lines a tail remembers: after an interruption it receives late ones again."""

Words = Annotated[
    list[str] | None,
    typer.Argument(help='Words, "phrases", beginnings* and -excluded ones (after -- on the command line).'),
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where", "-w", help="service=cart, severity>=warn, zone!=a, trace=ID, or any attribute; repeatable."
    ),
]
# `-n` is the number of lines here.
NamespaceOption = Annotated[
    str, typer.Option("--namespace", help="Only this namespace; `default` is services without one.")
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


def searched(
    words: list[str] | None, start: str, end: str, where: list[str] | None, places: dict[str, str]
) -> dict[str, Any]:
    """Return the parameters of a search; an argument that contains spaces is a phrase."""
    text = " ".join(word if " " not in word or '"' in word else f'"{word}"' for word in words or [])
    conditions = [*(where or []), *(f"{field}={value}" for field, value in places.items())]
    named = {"from": start, "to": end, "q": text, "where": conditions}
    return {name: value for name, value in named.items() if value}


@app.command("ls")
def list_lines(  # noqa: PLR0913 - each option of the command is a parameter
    words: Words = None,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "",
    end: ToOption = "",
    where: WhereOption = None,
    environment: EnvironmentOption = "",
    namespace: NamespaceOption = "",
    region: RegionOption = "",
    cluster: ClusterOption = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1_000, help="How many lines.")] = 50,
    cursor: Annotated[str, typer.Option("--cursor", help="The `next` of the page before.")] = "",
) -> None:
    """List log lines, newest first."""
    search = searched(words, start, end, where, in_query(environment, namespace, region, cluster))
    with Client(url) as client:
        found = client.get("/logs", **search, limit=limit, cursor=cursor or None)
    called = labels(map(_writer, found["items"]))
    rows = [line | {"service": called[_writer(line)]} for line in found["items"]]
    emit(found if output is not Output.TABLE else rows, columns=_LINE, output=output)
    if output is Output.TABLE and found["next"]:
        say(f"More lines follow: --cursor {found['next']}")
    elif output is Output.TABLE and not found["items"]:
        say("No line matches in this range; try a longer --from, or fewer words.")


_PATTERN = (
    Column("new", "new", lambda new: "?" if new is None else "new" if new else "–"),
    Column("severity", "level", _level),
    Column("lines", is_number=True),
    Column("first_seen", "first seen"),
    "services",
    Column("template", "pattern"),
)


@app.command("patterns")
def list_patterns(  # noqa: PLR0913 - each option of the command is a parameter
    words: Words = None,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "",
    end: ToOption = "",
    where: WhereOption = None,
    environment: EnvironmentOption = "",
    namespace: NamespaceOption = "",
    region: RegionOption = "",
    cluster: ClusterOption = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="How many patterns.")] = 30,
) -> None:
    """Show the patterns of lines: those new against the previous range first, then the most frequent."""
    search = searched(words, start, end, where, in_query(environment, namespace, region, cluster))
    with Client(url) as client:
        found = client.get("/logs/patterns", **search, limit=limit)
    emit(found if output is not Output.TABLE else found["items"], columns=_PATTERN, output=output)
    if output is Output.TABLE and not found["exact"]:
        say(f"Estimated from {found['mined']:,} of {found['of']:,} lines.")


@app.command("tail")
def tail_lines(  # noqa: PLR0913 - each option of the command is a parameter
    words: Words = None,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    where: WhereOption = None,
    environment: EnvironmentOption = "",
    namespace: NamespaceOption = "",
    region: RegionOption = "",
    cluster: ClusterOption = "",
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Continue with new lines.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, max=1_000, help="How many lines to print first.")
    ] = 20,
) -> None:
    """Print the newest lines, oldest first, and with -f new ones until Ctrl-C; JSON is one line each."""
    search = searched(words, "", "", where, in_query(environment, namespace, region, cluster))
    with Client(url) as client:
        newest = client.get("/logs", **search, limit=KNOWN_MOST)["items"]
        # A tail begins shortly before its last line: lines read already, printed or not, are skipped.
        printed = dict.fromkeys(line["id"] for line in reversed(newest[limit:]))
        writers = set(map(_writer, newest))
        for line in reversed(newest[:limit]):
            _print_once(line, output, printed, writers)
        while follow:
            # The server ends a tail after a while; the next one continues there.
            for name, event in client.events("/logs/tail", **search, after=next(reversed(printed), None)):
                if name == "line":
                    _print_once(event, output, printed, writers)
                elif name == "gap":
                    say("More lines arrive than can be shown; narrow the search.")


def _print_once(
    line: dict[str, Any], output: Output, printed: dict[str, None], writers: set[ServiceId]
) -> None:
    """Print a line unless it was printed before; its service as it is called among the writers so far."""
    if line["id"] in printed:
        return
    printed[line["id"]] = None
    if len(printed) > REMEMBERED_MOST:
        del printed[next(iter(printed))]
    writers.add(_writer(line))
    service = labels(writers)[_writer(line)]
    where = "/".join(part for part in (service, line["zone"]) if part)
    trace = f"  trace={line['trace_id']}" if line["trace_id"] else ""
    text = f"{cell(line['at'])}  {_level(line['severity']):<5}  {where}  {line['body']}{trace}"
    emit_event(line, text=text, output=output)


@app.command("facets")
def list_facets(  # noqa: PLR0913 - each option of the command is a parameter
    words: Words = None,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    field: Annotated[str, typer.Option("--field", "-f", help="Only this field or attribute.")] = "",
    start: FromOption = "",
    end: ToOption = "",
    where: WhereOption = None,
    environment: EnvironmentOption = "",
    namespace: NamespaceOption = "",
    region: RegionOption = "",
    cluster: ClusterOption = "",
) -> None:
    """Show the most frequent values of services, severities, zones and attributes."""
    search = searched(words, start, end, where, in_query(environment, namespace, region, cluster))
    with Client(url) as client:
        found = client.get("/logs/facets", **search, field=field or None)
    if output is not Output.TABLE:
        emit(found, output=output)
        return
    facets = found["items"]
    rows = [_facet_row(facet["field"], value) for facet in facets for value in facet["values"]]
    emit(rows, columns=("field", "value", Column("lines", is_number=True)))
    for facet in facets:
        if not facet["basis"]["exact"]:
            say(f"{facet['field']}: estimated from {_basis_words(facet['basis'])}")


def _facet_row(field: str, value: dict[str, Any]) -> dict[str, Any]:
    is_identity = field in ("environment", "namespace")
    return {"field": field, **value, "value": shown(value["value"]) if is_identity else value["value"]}


def _writer(line: dict[str, Any]) -> ServiceId:
    return ServiceId(line["service"], line["namespace"], line["environment"])


def _basis_words(basis: dict[str, Any]) -> str:
    return f"{basis['looked_at']:,} of {basis['of']:,} lines"
