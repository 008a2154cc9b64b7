"""`holdfast map ls|nodes|show`: who calls whom, with rates, errors and durations."""

from typing import Annotated, Any

import typer

from holdfast.runtime import figures
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.columns import Column
from holdfast.runtime.options import FromOption, ToOption
from holdfast.runtime.output import Output, OutputOption, emit, say
from holdfast.telemetry.identity.options import EnvironmentOption, NamespaceOption, RegionOption, in_query

app = typer.Typer(
    no_args_is_help=True, help="The service map: who calls whom, with rates, errors and durations."
)

ZoneOption = Annotated[str, typer.Option("--zone", help="Only calls with either end in this zone.")]
VersionOption = Annotated[str, typer.Option("--version", help="Only calls with either end of this version.")]


_CALLS = (
    Column("rate_per_second", "rate", figures.rate, is_number=True),
    Column("calls", is_number=True),
    Column("errors", is_number=True),
    Column("error_ratio", "error ratio", figures.percent, is_number=True),
    Column("proxy_errors", "mesh errors", is_number=True),
)
_LATENCY = (
    Column("p50_seconds", "p50", figures.latency, is_number=True),
    Column("p99_seconds", "p99", figures.latency, is_number=True),
)
_EDGE = ("source", "target", *_CALLS, Column("retries", is_number=True), *_LATENCY)
_NODE = ("kind", Column("label", "shown as"), "name", "team", "worst_state", *_CALLS, *_LATENCY)


@app.command("ls")
def list_edges(  # noqa: PLR0913 - each option of the command is a parameter
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "now-1h",
    end: ToOption = "now",
    environment: EnvironmentOption = "",
    namespace: NamespaceOption = "",
    region: RegionOption = "",
    zone: ZoneOption = "",
    version: VersionOption = "",
) -> None:
    """List the edges: every pair of caller and callee, busiest first."""
    places = in_query(environment, namespace, region)
    found = _found(url, start, end, **places, zone=zone, version=version)
    emit(found if output is not Output.TABLE else _labelled(found), columns=_EDGE, output=output)
    _say_if_empty(found)


@app.command("nodes")
def list_nodes(  # noqa: PLR0913 - each option of the command is a parameter
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "now-1h",
    end: ToOption = "now",
    environment: EnvironmentOption = "",
    namespace: NamespaceOption = "",
    region: RegionOption = "",
    zone: ZoneOption = "",
    version: VersionOption = "",
) -> None:
    """List the nodes: services, stores, queues and external systems, with the calls each received."""
    places = in_query(environment, namespace, region)
    found = _found(url, start, end, **places, zone=zone, version=version)
    emit(found if output is not Output.TABLE else found["nodes"], columns=_NODE, output=output)
    _say_if_empty(found)


@app.command("show")
def show_service(  # noqa: PLR0913 - each option of the command is a parameter
    service: Annotated[str, typer.Argument(help="The service's name, as telemetry calls it.")],
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "now-1h",
    end: ToOption = "now",
    environment: EnvironmentOption = "",
    namespace: NamespaceOption = "",
    region: RegionOption = "",
    zone: ZoneOption = "",
    version: VersionOption = "",
    steps: Annotated[int, typer.Option("--steps", help="How many calls away, up and down: 1 to 5.")] = 1,
) -> None:
    """Show who calls one service and whom it calls."""
    places = in_query(environment, namespace, region)
    found = _found(url, start, end, **places, zone=zone, version=version, around=service, steps=steps)
    emit(found if output is not Output.TABLE else _labelled(found), columns=_EDGE, output=output)
    if not found["edges"]:
        say(f"The map has no calls of {service!r} in this range; `holdfast map nodes` lists all nodes.")


def _found(url: str, start: str, end: str, **filters: Any) -> Any:
    with Client(url) as client:
        return client.get("/map", **{"from": start, "to": end}, **filters)


def _labelled(found: Any) -> list[dict[str, Any]]:
    """Return the edges with the ends as people call them, and not by their ids."""
    written = {one["id"]: "/".join(filter(None, (one["kind"], one["label"]))) for one in found["nodes"]}
    return [
        {**edge, "source": written[edge["source"]], "target": written[edge["target"]]}
        for edge in found["edges"]
    ]


def _say_if_empty(found: Any) -> None:
    if not found["edges"]:
        say("The map has no calls in this range; new calls appear about 20 seconds after they end.")
