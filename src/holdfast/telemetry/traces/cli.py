"""`holdfast trace ls|show|compare`: search traces, show where one's time went, compare two."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from holdfast.runtime import figures
from holdfast.runtime.addresses import segment
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.columns import Column
from holdfast.runtime.durations import parse_seconds
from holdfast.runtime.errors import Invalid
from holdfast.runtime.options import FromOption, ToOption
from holdfast.runtime.output import Output, OutputOption, emit, say
from holdfast.telemetry.identity.model import ServiceId, labels
from holdfast.telemetry.identity.options import (
    ClusterOption,
    EnvironmentOption,
    NamespaceOption,
    RegionOption,
    in_query,
)
from holdfast.telemetry.traces.model import Kind, Order, Outcome, Scope, SpanOutcome

app = typer.Typer(no_args_is_help=True, help="Traces: search, show, compare.")

BAR_COLUMNS = 24
INDENT = "  "


_LIST = (
    Column("started_at", "began"),
    "trace_id",
    Column("what_happened.outcome", "outcome"),
    Column("sentence", "what happened"),
    Column("duration_seconds", "duration", figures.latency, is_number=True),
    Column("most", "most in"),
    Column("spans", is_number=True),
    Column("errors", is_number=True),
    Column("root_service", "began at"),
)

_TALLY = ("outcome", Column("happened", "what happened"), Column("traces", is_number=True))

_TRACE = (
    "trace_id",
    Column("sentence", "what happened"),
    "started_at",
    Column("duration_seconds", "duration", figures.latency),
    "services",
    "errors",
    Column("orphans", "spans without parent"),
)

_SPANS = (
    Column("operation", "party and operation"),
    Column("offset_seconds", "after", figures.latency, is_number=True),
    Column("duration_seconds", "duration", figures.latency, is_number=True),
    Column("self_seconds", "self", figures.latency, is_number=True),
    Column("critical_seconds", "critical", figures.latency, is_number=True),
    Column("lane", "", str),
    "notes",
)

_ROWS = (
    Column("operation", "service and operation"),
    "change",
    Column("first.calls", "calls", is_number=True),
    Column("second.calls", "then", is_number=True),
    Column("first.duration_seconds", "took", figures.latency, is_number=True),
    Column("second.duration_seconds", "then", figures.latency, is_number=True),
    Column("slower_seconds", "slower by", figures.latency, is_number=True),
)


OutcomeOption = Annotated[Outcome | None, typer.Option(help="A span that failed, was slow, or was as usual.")]

HappenedOption = Annotated[str | None, typer.Option(help="Exactly this happened, as `trace tally` names it.")]
AttributeOption = Annotated[
    list[str] | None, typer.Option(help="key=value, or key~part of the value; repeatable.")
]

_LOGS = (Column("offset_seconds", "after", figures.latency, is_number=True), "severity", "service", "body")


@app.command("ls")
def list_traces(  # noqa: PLR0913 - one option for each thing a span can be asked
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "now-1h",
    end: ToOption = "now",
    service: Annotated[str | None, typer.Option(help="A span of this service.")] = None,
    operation: Annotated[str | None, typer.Option(help="A span of this name.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="A span of this kind.")] = None,
    status: Annotated[SpanOutcome | None, typer.Option(help="A span with this status.")] = None,
    outcome: OutcomeOption = None,
    happened: HappenedOption = None,
    zone: Annotated[str | None, typer.Option(help="A span of this zone.")] = None,
    version: Annotated[str | None, typer.Option(help="A span of this version.")] = None,
    environment: EnvironmentOption = "",
    namespace: NamespaceOption = "",
    region: RegionOption = "",
    cluster: ClusterOption = "",
    least: Annotated[str, typer.Option("--min-duration", help="A span at least this long: 800ms.")] = "",
    most: Annotated[str, typer.Option("--max-duration", help="A span at most this long.")] = "",
    attribute: AttributeOption = None,
    objective: Annotated[str | None, typer.Option(help="A span that violated this objective.")] = None,
    scope: Annotated[Scope | None, typer.Option(help="Look at spans that begin a trace, or at any.")] = None,
    sort: Annotated[Order, typer.Option(help="Which come first.")] = Order.FAILED,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most traces to list.")] = 20,
) -> None:
    """List traces in which one span meets every condition."""
    asked = {
        "from": start,
        "to": end,
        "service": service,
        "operation": operation,
        "kind": kind,
        "status": status,
        "outcome": outcome,
        "happened": happened,
        "zone": zone,
        "version": version,
        "min_duration_seconds": _seconds("--min-duration", least),
        "max_duration_seconds": _seconds("--max-duration", most),
        "attribute": attribute or None,
        "objective": objective,
        "scope": scope,
        "sort": sort,
        "limit": limit,
        **in_query(environment, namespace, region, cluster),
    }
    with Client(url) as client:
        _show_list(_listed(client, asked, limit), output)


def _show_list(found: Mapping[str, Any], output: Output) -> None:
    emit(found if output is not Output.TABLE else _list_rows(found), columns=_LIST, output=output)
    if output is Output.TABLE and not found["items"]:
        say("No trace matches in this range; try a longer --from, or fewer conditions.")


def _list_rows(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{**hit, "sentence": _sentence(hit), "most": _most(hit)} for hit in found["items"]]


def _most(hit: Mapping[str, Any]) -> str:
    """Return where most of a trace's time went: `payline 1,501 ms`."""
    first = next(iter(hit["time"]), None)
    return f"{first['party']} {figures.latency(first['duration_seconds'])}" if first else ""


def _sentence(trace: Mapping[str, Any]) -> str:
    """Return what happened in a trace, its operation first: `POST /orders · 504 at payline`."""
    happened = trace["what_happened"]
    return " · ".join(filter(None, (happened["operation"], happened["words"])))


def _allowed(trace: Mapping[str, Any]) -> str | None:
    """Return by how much a trace violates an objective: `1,886 ms, 250 ms allowed`; None if it does not."""
    happened = trace["what_happened"]
    took, allowed = happened["took_seconds"], happened["allowed_seconds"]
    if allowed is None or took <= allowed:
        return None
    return f"{figures.latency(took)}, {figures.latency(allowed)} allowed"


def _listed(client: Client, asked: Mapping[str, Any], limit: int) -> dict[str, Any]:
    """Return traces up to the limit: a page is short where a busy server ended its search early."""
    found: dict[str, Any] = client.get("/traces", **asked)
    while found["next"] and (left := limit - len(found["items"])) > 0:
        more = client.get("/traces", **{**asked, "cursor": found["next"], "limit": left})
        found = {**more, "items": found["items"] + more["items"]}
    return found


@app.command("tally")
def show_tally(
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "now-1h",
    end: ToOption = "now",
    service: Annotated[str | None, typer.Option(help="A span of this service.")] = None,
    environment: EnvironmentOption = "",
    namespace: NamespaceOption = "",
    region: RegionOption = "",
) -> None:
    """Count what happened in the newest traces that failed, and in those that were slow."""
    asked = {"from": start, "to": end, "service": service, **in_query(environment, namespace, region)}
    with Client(url) as client:
        found = client.get("/traces/tally", **asked)
    rows = [{"outcome": one["outcome"], **kind} for one in found["items"] for kind in one["kinds"]]
    emit(found if output is not Output.TABLE else rows, columns=_TALLY, output=output)
    if output is Output.TABLE and not rows:
        say("No trace failed or was slow in this range; try a longer --from.")
    for one in found["items"]:
        if output is Output.TABLE and not one["is_all"]:
            say(f"Counted among the newest {one['looked_at']} {one['outcome']} traces; there are more.")


@app.command("show")
def show_trace(
    trace_id: Annotated[str, typer.Argument(help="The trace's id, 32 hexadecimal digits.")],
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    *,
    proxies: Annotated[bool, typer.Option("--proxies", help="Also show the hops of mesh proxies.")] = False,
    logs: Annotated[bool, typer.Option("--logs", help="Also show the log lines of the trace.")] = False,
    objective: Annotated[
        str | None, typer.Option(help="Judge it by this objective, if it violates it.")
    ] = None,
) -> None:
    """Show one trace: its spans as a tree, where the time went, what failed."""
    with Client(url) as client:
        found = client.get(f"/traces/{segment(trace_id)}", objective=objective)
        if logs:
            found["logs"] = list(client.pages(f"/traces/{segment(trace_id)}/logs"))
    if output is not Output.TABLE:
        emit(found, output=output)
        return
    sentence = " · ".join(filter(None, (_sentence(found), _allowed(found))))
    emit(found | {"sentence": sentence}, columns=_TRACE)
    emit(_tree_rows(found, with_proxies=proxies), columns=_SPANS)
    if found["is_cut"]:
        shown, left_out = len(found["spans"]), found["left_out"]
        say(f"Only the first {shown} spans are shown; {left_out} later spans are omitted.")
    if logs:
        emit(
            found["logs"],
            columns=(Column("offset_seconds", "after", figures.latency), "severity", "service", "body"),
        )


@app.command("compare")
def compare_traces(
    first: Annotated[str, typer.Argument(help="The id of the trace to compare with.")],
    second: Annotated[str, typer.Argument(help="The id of the other trace.")],
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Show the calls that are new, missing, slower or failing in the second trace."""
    with Client(url) as client:
        found = client.get(f"/traces/{segment(first)}/comparison", with_=second)
    if output is not Output.TABLE:
        emit(found, output=output)
        return
    called = labels(map(_sender, found["rows"]))
    emit([row | {"operation": _indented(called, row, row["depth"])} for row in found["rows"]], columns=_ROWS)
    before, after = (_environments(found[trace]) for trace in ("first", "second"))
    if before != after:
        say(f"The first is of {before}, the second of {after}.")


def _seconds(option: str, text: str) -> float | None:
    if not text:
        return None
    try:
        return float(parse_seconds(text))
    except ValueError as error:
        raise Invalid(
            f"{option}: {error}", value=text, rule="seconds, or a duration such as 800ms or 2m"
        ) from None


def _tree_rows(trace: Mapping[str, Any], *, with_proxies: bool) -> list[dict[str, Any]]:
    """Return the spans, parents before children; a folded proxy is replaced by its children.

    A proxy without children is the only span of its call, so it is not folded.
    """
    spans = {span["span_id"]: span for span in trace["spans"]}
    called = labels(map(_sender, trace["spans"]))
    below: dict[str | None, list[str]] = {}
    for span in trace["spans"]:
        parent = None if span["is_orphan"] else span["parent_span_id"]
        below.setdefault(parent, []).append(span["span_id"])
    rows: list[dict[str, Any]] = []
    waiting = [(span_id, 0) for span_id in reversed(below.get(None, []))]
    while waiting:
        span_id, depth = waiting.pop()
        span = spans[span_id]
        is_shown = with_proxies or not span["is_proxy"] or span_id not in below
        if is_shown:
            rows.append(_span_row(trace, span) | {"operation": _indented(called, span, depth)})
        waiting += [(child, depth + is_shown) for child in reversed(below.get(span_id, []))]
    return rows


def _span_row(trace: Mapping[str, Any], span: Mapping[str, Any]) -> dict[str, Any]:
    notes = ["began here"] if span["span_id"] == trace["what_happened"]["span_id"] else []
    notes += [span["message"] or "failed"] if span["is_error"] else []
    notes += ["parent not stored"] if span["is_orphan"] else []
    if span["ahead_seconds"]:
        notes.append(f"begins {figures.latency(span['ahead_seconds'])} before its parent: clock skew")
    return {
        **span,
        "critical_seconds": span["critical_seconds"] or None,
        "lane": _lane(span, trace["duration_seconds"]),
        "notes": "; ".join(notes) or " ",
    }


def _sender(one: Mapping[str, Any]) -> ServiceId:
    return ServiceId(one["service"], one["namespace"], one["environment"])


def _indented(called: Mapping[ServiceId, str], one: Mapping[str, Any], depth: int) -> str:
    party = one.get("party", one["service"])
    name = called[_sender(one)] if party == one["service"] else party
    return f"{INDENT * depth}{name} {one['operation']}"


def _environments(trace: Mapping[str, Any]) -> str:
    return ", ".join(trace["environments"]) or "no environment"


def _lane(span: Mapping[str, Any], whole: float) -> str:
    """Draw the position of a span in its trace's time."""
    whole = whole or 1.0
    first: int = min(BAR_COLUMNS - 1, int(span["offset_seconds"] / whole * BAR_COLUMNS))
    length: int = max(1, min(BAR_COLUMNS - first, round(span["duration_seconds"] / whole * BAR_COLUMNS)))
    sign = "█" if span["critical_seconds"] else "░"
    return "·" * first + sign * length + "·" * (BAR_COLUMNS - first - length)
