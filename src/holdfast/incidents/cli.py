"""`holdfast incident ls|show|ack|resolve|note`: what is open, who has it, and what is known."""

from typing import Annotated, Any

import typer

from holdfast.incidents.model import Choice
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.output import Column, Output, OutputOption, emit, say

app = typer.Typer(no_args_is_help=True, help="Incidents: what is open, who has it, what is known.")

NumberArgument = Annotated[
    int, typer.Argument(min=1, help="The incident's number, as `incident ls` shows it.")
]


def _count(value: Any) -> str:
    return "–" if value is None else f"{value:,}"


def _percent(value: Any) -> str:
    return "–" if value is None else f"{value * 100:.0f}%"


def _duration(seconds: Any) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


_LIST = (
    Column("id", is_number=True),
    "state",
    "title",
    "objective",
    "began_at",
    "acknowledged_by",
    Column("bad_events", "bad", _count, is_number=True),
    Column("duration_seconds", "lasted", _duration, is_number=True),
)

_ONE = (
    "id",
    "title",
    "state",
    "objective",
    "service",
    "onset_at",
    "opened_at",
    "acknowledged_at",
    "acknowledged_by",
    "resolved_at",
    "resolved_by",
    Column("bad_events", shown=_count),
    Column("total_events", shown=_count),
    "events",
    Column("evidence.budget_spent_ratio", "budget spent", _percent),
    Column("duration_seconds", "lasted", _duration),
)

_CONTRIBUTORS = (
    "service",
    "operation",
    "zone",
    "version",
    Column("bad", shown=_count, is_number=True),
    Column("share", shown=_percent, is_number=True),
)

_EXEMPLARS = ("trace_id", "at", "path", "message", Column("status_code", "status", is_number=True))

_TIMELINE = ("at", "kind", "actor", "summary")


@app.command("ls")
def list_incidents(
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    state: Annotated[
        Choice | None, typer.Option(help="Only open, acknowledged, resolved, or active ones.")
    ] = None,
) -> None:
    """List incidents, newest first."""
    with Client(url) as client:
        rows = list(client.pages("/incidents", state=state))
    if output is Output.TABLE:
        rows = [row | {"began_at": row["onset_at"] or row["opened_at"]} for row in rows]
    emit(rows, columns=_LIST, output=output)
    if not rows and output is Output.TABLE:
        say("No incident so far." if state is None else "No incident matches.")


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
    """Say that you have it."""
    _change(url, f"/incidents/{number}/ack", {}, output)


@app.command("resolve")
def resolve_incident(
    number: NumberArgument,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    note: Annotated[str, typer.Option(help="What ended it; goes to the timeline.")] = "",
) -> None:
    """End it by hand; it stays so until its alert has been over and fires anew."""
    _change(url, f"/incidents/{number}/resolve", {"note": note}, output)


@app.command("note")
def note_incident(
    number: NumberArgument,
    text: Annotated[str, typer.Argument(help="What you see or do.")],
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Write on the timeline."""
    _change(url, f"/incidents/{number}/notes", {"text": text}, output)


def _change(url: str, path: str, body: dict[str, str], output: Output) -> None:
    with Client(url) as client:
        found = client.post(path, body)
    if output is Output.TABLE:
        say(f"Incident {found['id']} is {found['state']}: {found['title']}")
    else:
        emit(found, output=output)


def _show(found: dict[str, Any], output: Output) -> None:
    if output is not Output.TABLE:
        emit(found, output=output)
        return
    emit(found, columns=_ONE)
    for part, columns in (("contributors", _CONTRIBUTORS), ("exemplars", _EXEMPLARS)):
        if found["evidence"][part]:
            emit(found["evidence"][part], columns=columns)
    emit(found["timeline"], columns=_TIMELINE)
