"""`holdfast incident ls|show|ack|resolve|note`: which are open, who works on them, and what is known."""

from typing import Annotated, Any

import typer

from holdfast.incidents.model import IncidentFilter
from holdfast.runtime import figures
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.columns import Column
from holdfast.runtime.output import Output, OutputOption, emit, say
from holdfast.telemetry.identity.options import EnvironmentOption, NamespaceOption, in_query

app = typer.Typer(no_args_is_help=True, help="Incidents: which are open, who works on them, what is known.")

NumberArgument = Annotated[
    int, typer.Argument(min=1, help="The incident's number, as `incident ls` shows it.")
]


def _named(objectives: list[dict[str, Any]]) -> str:
    """Return the first objective and how many others there are: `orders-succeed +2`."""
    names: list[str] = list(dict.fromkeys(one["objective"] for one in objectives))
    return names[0] + (f" +{len(names) - 1}" if len(names) > 1 else "")


def _party(cause: dict[str, str] | None) -> str:
    """Return `payline in staging`, or the name alone; a dash where it is not known."""
    if cause is None:
        return "–"
    return f"{cause['party']} in {cause['environment']}" if cause["environment"] else cause["party"]


def _headline(incident: dict[str, Any]) -> dict[str, Any]:
    """Return an incident with the cause beside its title, as on the page: `Orders slow · payline · 504`."""
    cause = incident["cause"]
    return incident | {"title": f"{incident['title']} · {cause['words']}" if cause else incident["title"]}


def _numbers(incidents: list[int]) -> str:
    return ", ".join(map(str, incidents)) or "–"


_LIST = (
    Column("id", is_number=True),
    "state",
    "title",
    Column("objectives", shown=_named),
    "began_at",
    "acknowledged_by",
    Column("bad_events", "bad", figures.count, is_number=True),
    Column("duration_seconds", "lasted", figures.duration, is_number=True),
)

_ONE = (
    "id",
    "title",
    "state",
    "merged_into",
    "moved_to",
    Column("now_failing", "now fails at", _party),
    Column("merged", shown=_numbers),
    Column("cause", "fails at", _party),
    "service",
    "onset_at",
    "opened_at",
    "acknowledged_at",
    "acknowledged_by",
    "resolved_at",
    "resolved_by",
    Column("evidence.budget_spent_ratio", "budget spent", figures.whole_percent),
    Column("duration_seconds", "lasted", figures.duration),
)

_OBJECTIVES = (
    "objective",
    "onset_at",
    "fired_at",
    "joined_at",
    "resolved_at",
    Column("bad_events", "bad", figures.count, is_number=True),
    Column("total_events", "total", figures.count, is_number=True),
    "events",
    "reason",
)

_CONTRIBUTORS = (
    "service",
    "operation",
    "zone",
    "version",
    "answer",
    Column("bad", shown=figures.count, is_number=True),
    Column("share", shown=figures.whole_percent, is_number=True),
)

_EXEMPLARS = (
    "trace_id",
    "at",
    "path",
    "message",
    Column("status_code", "status", is_number=True),
)

_SHOWN_KINDS = {
    "alert.inhibited": "alert.covered",
    "alert.held": "alert.suspended",
}
"""Stored words beside those of the guide (docs/guide/alerts.md)."""

_TIMELINE = ("at", Column("kind", shown=lambda kind: _SHOWN_KINDS.get(kind, kind)), "actor", "summary")


@app.command("ls")
def list_incidents(
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    state: Annotated[
        IncidentFilter | None, typer.Option(help="Only open, acknowledged, resolved, or active ones.")
    ] = None,
    environment: EnvironmentOption = "",
    namespace: NamespaceOption = "",
) -> None:
    """List incidents, newest first."""
    place = in_query(environment, namespace)
    with Client(url) as client:
        rows = list(client.pages("/incidents", state=state, **place))
    if output is Output.TABLE:
        rows = [_headline(row) | {"began_at": row["onset_at"] or row["opened_at"]} for row in rows]
    emit(rows, columns=_LIST, output=output)
    if not rows and output is Output.TABLE:
        say("No incident so far." if state is None and not place else "No incident matches.")


@app.command("show")
def show_incident(number: NumberArgument, url: UrlOption = "", output: OutputOption = Output.TABLE) -> None:
    """Show one incident with its evidence and timeline."""
    with Client(url) as client:
        found = client.get(f"/incidents/{number}")
    _show(found, output)


@app.command("ack")
def acknowledge_incident(
    number: NumberArgument, url: UrlOption = "", output: OutputOption = Output.TABLE
) -> None:
    """Acknowledge an incident: you work on it."""
    _change(url, f"/incidents/{number}/ack", {}, output)


@app.command("resolve")
def resolve_incident(
    number: NumberArgument,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    note: Annotated[str, typer.Option(help="What resolved it; goes to the timeline.")] = "",
) -> None:
    """Resolve manually. Stays resolved until the alert clears and fires again."""
    _change(url, f"/incidents/{number}/resolve", {"note": note}, output)


@app.command("note")
def note_incident(
    number: NumberArgument,
    text: Annotated[str, typer.Argument(help="What you see or do.")],
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Add a note to the timeline."""
    _change(url, f"/incidents/{number}/notes", {"text": text}, output, done="The note is added. ")


def _change(url: str, path: str, body: dict[str, str], output: Output, *, done: str = "") -> None:
    with Client(url) as client:
        found = client.post(path, body)
    if output is Output.TABLE:
        say(f"{done}Incident {found['id']} is {found['state']}: {_headline(found)['title']}")
    else:
        emit(found, output=output)


def _show(found: dict[str, Any], output: Output) -> None:
    if output is not Output.TABLE:
        emit(found, output=output)
        return
    emit(_headline(found), columns=_ONE)
    emit(found["objectives"], columns=_OBJECTIVES)
    several = ("objective",) if len({one["objective"] for one in found["objectives"]}) > 1 else ()
    for part, columns in (("contributors", _CONTRIBUTORS), ("exemplars", _EXEMPLARS)):
        if rows := _evidence(found, part):
            emit(rows, columns=(*several, *columns))
    emit(found["timeline"], columns=_TIMELINE)
    if (moved_to := found["moved_to"]) is not None:
        say(f"Its alert goes on in incident {moved_to}: `holdfast incident show {moved_to}`.")
    if found["merged_into"] is not None:
        say(f"Merged into incident {found['merged_into']}: `holdfast incident show {found['merged_into']}`.")


def _evidence(found: dict[str, Any], part: str) -> list[dict[str, Any]]:
    of = found["objectives"]
    return [{"objective": one["objective"]} | row for one in of for row in one["evidence"][part]]
