"""`holdfast map ls|nodes|show`: who calls whom, and how that goes."""

from typing import Annotated, Any

import typer

from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.output import Column, Output, OutputOption, emit, say
from holdfast.telemetry.cli import FromOption, ToOption, duration, rate, ratio

app = typer.Typer(
    no_args_is_help=True, help="The service map: who calls whom, how often, how long, how it ends."
)

ZoneOption = Annotated[str, typer.Option("--zone", help="Only calls with either end in this zone.")]
VersionOption = Annotated[str, typer.Option("--version", help="Only calls with either end of this version.")]


_CALLS = (
    Column("rate_per_second", "rate", rate, is_number=True),
    Column("calls", is_number=True),
    Column("errors", is_number=True),
    Column("error_ratio", "of calls", ratio, is_number=True),
    Column("proxy_errors", "by the mesh", is_number=True),
)
_LATENCY = (
    Column("p50_seconds", "p50", duration, is_number=True),
    Column("p99_seconds", "p99", duration, is_number=True),
)
_EDGE = ("source", "target", *_CALLS, Column("retries", is_number=True), *_LATENCY)
_NODE = ("kind", "name", "team", "worst_state", *_CALLS, *_LATENCY)


@app.command("ls")
def list_edges(
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "now-1h",
    end: ToOption = "now",
    zone: ZoneOption = "",
    version: VersionOption = "",
) -> None:
    """List the edges: every pair of caller and called, busiest first."""
    found = _found(url, start, end, zone=zone, version=version)
    emit(found if output is not Output.TABLE else found["edges"], columns=_EDGE, output=output)
    _tell_if_empty(found)


@app.command("nodes")
def list_nodes(
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "now-1h",
    end: ToOption = "now",
    zone: ZoneOption = "",
    version: VersionOption = "",
) -> None:
    """List the nodes: services, stores, queues and what lies outside, with the calls that came in at each."""
    found = _found(url, start, end, zone=zone, version=version)
    emit(found if output is not Output.TABLE else found["nodes"], columns=_NODE, output=output)
    _tell_if_empty(found)


@app.command("show")
def show_service(
    service: Annotated[str, typer.Argument(help="The service's name, as telemetry calls it.")],
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "now-1h",
    end: ToOption = "now",
    zone: ZoneOption = "",
    version: VersionOption = "",
    steps: Annotated[int, typer.Option("--steps", help="How many calls away, up and down: 1 to 5.")] = 1,
) -> None:
    """Show who calls one service and whom it calls."""
    found = _found(url, start, end, zone=zone, version=version, around=service, steps=steps)
    emit(found if output is not Output.TABLE else found["edges"], columns=_EDGE, output=output)
    _tell_if_empty(found)


def _found(url: str, start: str, end: str, **filters: Any) -> Any:
    with Client(url) as client:
        return client.get("/map", **{"from": start, "to": end}, **filters)


def _tell_if_empty(found: Any) -> None:
    if not found["edges"]:
        say("No calls are on the map in this range; the newest are put on it some 20 seconds after they end.")
