"""`holdfast oncall`: who is on call, who will be, and where nobody is, on a running server."""

from typing import Annotated

import typer

from holdfast.runtime.addresses import segment
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.columns import Column
from holdfast.runtime.output import Output, OutputOption, emit, say

app = typer.Typer(no_args_is_help=True, help="Who is on call, who will be, and where nobody is.")

AtOption = Annotated[str, typer.Option("--at", help="An ISO 8601 instant; now by default.")]
DaysOption = Annotated[int, typer.Option("--days", min=1, max=400, help="How many days ahead.")]


@app.command("who")
def who(at: AtOption = "", url: UrlOption = "", output: OutputOption = Output.TABLE) -> None:
    """Show who is on call for each schedule, until when, and who is next."""
    with Client(url) as client:
        rows = client.get("/oncall", **_given(at))["items"]
    emit(rows, columns=("schedule", Column("people", "on call"), "until", "next", "teams"), output=output)
    if not rows and output is Output.TABLE:
        say("No schedule is in the catalog: see docs/guide/oncall.md.")


@app.command("preview")
def preview(
    schedule: Annotated[str, typer.Argument(help="The schedule's name, as `oncall who` shows it.")],
    at: AtOption = "",
    days: DaysOption = 14,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Show who will be on call for a schedule."""
    with Client(url) as client:
        path = f"/oncall/schedules/{segment(schedule)}/duties"
        rows = client.get(path, days=days, **_given(at))["items"]
    emit(rows, columns=("start", "end", "people", Column("layer", "layer", is_number=True)), output=output)


@app.command("gaps")
def gaps(
    at: AtOption = "", days: DaysOption = 28, url: UrlOption = "", output: OutputOption = Output.TABLE
) -> None:
    """Show the times in which nobody is on call. Exit 1 if there is one."""
    with Client(url) as client:
        rows = client.get("/oncall/gaps", days=days, **_given(at))["items"]
    emit(rows, columns=("schedule", "start", "end"), output=output)
    if rows:
        raise typer.Exit(1)
    if output is Output.TABLE:
        say(f"Somebody is on call in each of the next {days} days.")


def _given(at: str) -> dict[str, str]:
    return {"at": at} if at else {}
