"""`holdfast service ls|show`: which services there are and how each is doing."""

from typing import Annotated, Any

import typer

from holdfast.runtime.addresses import segment
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.output import Column, Output, OutputOption, emit

app = typer.Typer(no_args_is_help=True, help="Services: rate, errors and duration.")

PAGE_ITEMS = 1_000
FromOption = Annotated[str, typer.Option("--from", help="Start of the range: ISO 8601 or now-6h.")]
ToOption = Annotated[str, typer.Option("--to", help="End of the range: ISO 8601 or now.")]


def rate(value: Any) -> str:
    """Write events per second."""
    return f"{value:.1f}/s"


def ratio(value: Any) -> str:
    """Write a share as a percentage; a dash without events."""
    return "–" if value is None else f"{value * 100:.2f}%"


def duration(value: Any) -> str:
    """Write seconds as a person reads them; a dash without events."""
    if value is None:
        return "–"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


_RED = (
    Column("rate_per_second", "rate", rate, is_number=True),
    Column("error_ratio", "errors", ratio, is_number=True),
    Column("p50_seconds", "p50", duration, is_number=True),
    Column("p90_seconds", "p90", duration, is_number=True),
    Column("p99_seconds", "p99", duration, is_number=True),
)


@app.command("ls")
def list_services(
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "now-1h",
    end: ToOption = "now",
    text: Annotated[str, typer.Option("--search", "-q", help="Only services with this in their name.")] = "",
) -> None:
    """List services that sent spans in the range."""
    with Client(url) as client:
        items = list(client.pages("/services", **{"from": start, "to": end, "q": text, "limit": PAGE_ITEMS}))
    columns = ("name", "team", *_RED, "zones", Column("objectives", is_number=True), "worst_state")
    emit(
        {"items": items, "next": None} if output is not Output.TABLE else items,
        columns=columns,
        output=output,
    )


@app.command("show")
def show_service(
    name: Annotated[str, typer.Argument(help="The service's name, as telemetry calls it.")],
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "now-1h",
    end: ToOption = "now",
) -> None:
    """Show one service, operation by operation."""
    with Client(url) as client:
        found = client.get(f"/services/{segment(name)}", **{"from": start, "to": end})
    if output is not Output.TABLE:
        emit(found, output=output)
        return
    emit(found, columns=("name", "team", "tier", *_RED, "zones", "versions", "last_seen"))
    emit(found["operations"], columns=("operation", "kind", *_RED))
