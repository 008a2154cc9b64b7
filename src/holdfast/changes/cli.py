"""`holdfast change`: records and lists changes to the platform on a running server."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from holdfast.runtime import figures
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.columns import Column, cell
from holdfast.runtime.options import FromOption, ToOption
from holdfast.runtime.output import Output, OutputOption, emit, say
from holdfast.runtime.places import shown

app = typer.Typer(help="What was changed on the platform.", no_args_is_help=True)


def _traffic(observed: Sequence[Mapping[str, Any]]) -> str:
    """Write where and since when the version takes traffic; a dash where telemetry shows none."""
    return "; ".join(map(_traffic_in, observed)) or figures.NONE


def _traffic_in(seen: Mapping[str, Any]) -> str:
    total, where = seen["total_requests"], ", ".join(seen["zones"]) or shown(seen["environment"])
    share = figures.whole_percent(seen["requests"] / total if total else None)
    return f"{share} in {where} since {cell(seen['since'])}"


_COLUMNS = (
    Column("at"),
    Column("kind"),
    Column("service"),
    Column("environment"),
    Column("version"),
    Column("source"),
    Column("actor", "by"),
    Column("summary"),
    Column("observed", "traffic", shown=_traffic),
)


@app.command()
def add(  # noqa: PLR0913 - each option of the command is a parameter
    summary: Annotated[str, typer.Argument(help="What was done, in one sentence.")],
    kind: Annotated[str, typer.Option(help="deploy, config, flag, scale, catalog or other.")] = "deploy",
    service: Annotated[str | None, typer.Option(help="The service that was changed.")] = None,
    environment: Annotated[
        str | None,
        typer.Option("--environment", "-e", help="The environment changed; all if not given."),
    ] = None,
    namespace: Annotated[
        str | None,
        typer.Option("--namespace", "-n", help="The namespace changed; all if not given."),
    ] = None,
    region: Annotated[str | None, typer.Option(help="The region changed; all if not given.")] = None,
    version: Annotated[str | None, typer.Option("--version", help="The version that was deployed.")] = None,
    at: Annotated[str | None, typer.Option(help="When, if not now: 2026-03-01T12:00:00Z or now-15m.")] = None,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Record a change, so that charts and timelines show it."""
    place = {"environment": environment, "namespace": namespace, "region": region}
    body = {"kind": kind, "summary": summary, "service": service, "version": version, "at": at} | place
    with Client(url) as client:
        recorded = client.post("/changes", {key: value for key, value in body.items() if value is not None})
    emit(recorded, output=output)
    say(f"Change {recorded['id']} is recorded.")


@app.command("ls")
def ls(
    service: Annotated[str | None, typer.Option(help="Only changes to this service.")] = None,
    environment: Annotated[
        str | None, typer.Option("--environment", "-e", help="Only changes of this environment, or of all.")
    ] = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", help="Only changes of this namespace, or of all.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Only changes of this region, or of all.")] = None,
    start: FromOption = "now-1d",
    end: ToOption = "now",
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """List changes, newest first."""
    place = {"environment": environment, "namespace": namespace, "region": region}
    with Client(url) as client:
        found = list(client.pages("/changes", service=service, **place, **{"from": start, "to": end}))
    emit(found, columns=_COLUMNS, output=output)
