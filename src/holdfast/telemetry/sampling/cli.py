"""`holdfast sampling`: services whose spans are a sample without weights."""

from typing import Annotated

import typer

from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.options import FromOption, ToOption
from holdfast.runtime.output import Output, OutputOption, emit, say
from holdfast.telemetry.identity.options import EnvironmentOption, NamespaceOption, in_query

app = typer.Typer(no_args_is_help=True, help="Sampling: services whose spans stand for only some requests.")


@app.command("ls")
def list_warnings(
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "now-1h",
    end: ToOption = "now",
    service: Annotated[str, typer.Option("--service", "-s", help="Only this service.")] = "",
    environment: EnvironmentOption = "",
    namespace: NamespaceOption = "",
) -> None:
    """List services whose spans are a sample without weights, and what shows it."""
    asked = {"from": start, "to": end} | ({"service": service} if service else {})
    with Client(url) as client:
        found = client.get("/sampling", **asked, **in_query(environment, namespace))
    emit(found if output is not Output.TABLE else found["warnings"], columns=("detail",), output=output)
    if not found["warnings"]:
        say("No service's spans look like a sample without weights in this range.")
