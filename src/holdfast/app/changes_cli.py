"""`holdfast change`: records and lists changes to the platform on a running server."""

from typing import Annotated

import typer

from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.output import Column, Output, OutputOption, emit, say

app = typer.Typer(help="What was changed on the platform.", no_args_is_help=True)
_COLUMNS = (
    Column("at"),
    Column("kind"),
    Column("service"),
    Column("version"),
    Column("actor", "by"),
    Column("summary"),
)


@app.command()
def add(
    summary: Annotated[str, typer.Argument(help="What was done, in one sentence.")],
    kind: Annotated[str, typer.Option(help="deploy, config, flag, scale, catalog or other.")] = "deploy",
    service: Annotated[str | None, typer.Option(help="The service it was done to.")] = None,
    version: Annotated[str | None, typer.Option("--version", help="The version that came with it.")] = None,
    at: Annotated[str | None, typer.Option(help="When, if not now: 2026-03-01T12:00:00Z or now-15m.")] = None,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Record a change, so that it stands beside what followed it."""
    body = {"kind": kind, "summary": summary, "service": service, "version": version, "at": at}
    with Client(url) as client:
        recorded = client.post("/changes", {key: value for key, value in body.items() if value is not None})
    emit(recorded, output=output)
    say(f"Change {recorded['id']} is recorded.")


@app.command("ls")
def ls(
    service: Annotated[str | None, typer.Option(help="Only changes to this service.")] = None,
    since: Annotated[str, typer.Option("--from", help="Start of the range.")] = "now-1d",
    until: Annotated[str, typer.Option("--to", help="End of the range.")] = "now",
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """List changes, newest first."""
    with Client(url) as client:
        found = list(client.pages("/changes", service=service, **{"from": since, "to": until}))
    emit(found, columns=_COLUMNS, output=output)
