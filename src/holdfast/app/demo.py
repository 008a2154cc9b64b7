"""`holdfast demo`: Holdfast watching a real shop on this machine, until Ctrl-C; and ways to break the shop.

Bare `holdfast demo` starts both and stays. The other commands talk to the shop's control port.
"""

from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from holdfast.app.demo_processes import Places, run
from holdfast.app.demo_words import DEFAULT_CONTROL_PORT, typed
from holdfast.runtime.columns import Column
from holdfast.runtime.errors import Invalid, Unavailable
from holdfast.runtime.output import Output, OutputOption, emit, say

DEFAULT_DATA = Path(".demo")
DEFAULT_CATALOG = Path("shop/reliability")
TIMEOUT_SECONDS = 10.0

app = typer.Typer(help="A shop to watch, break and fix.", add_completion=False)
demo = app

ControlOption = Annotated[
    int,
    typer.Option("--control-port", envvar="HOLDFAST_CONTROL_PORT", help="Port of the shop's control."),
]
_FAULT_COLUMNS = (
    Column("name"),
    Column("broken"),
    Column("sentence", "what happens"),
    Column("deploys"),
    Column("burns"),
)
_PART_COLUMNS = (
    Column("name"),
    Column("pid", is_number=True),
    Column("rss_bytes", "resident MiB", lambda value: str(value >> 20), is_number=True),
)


@app.callback(invoke_without_command=True)
def up(  # noqa: PLR0913 - one parameter for each option of the command
    context: typer.Context,
    *,
    data: Annotated[Path, typer.Option(help="Directory for the demo's data.")] = DEFAULT_DATA,
    catalog: Annotated[Path, typer.Option(help="The shop's reliability catalog.")] = DEFAULT_CATALOG,
    port: Annotated[int, typer.Option(help="Port of page and API.")] = 7070,
    otlp_grpc_port: Annotated[int, typer.Option(help="Port for OTLP over gRPC.")] = 4317,
    otlp_http_port: Annotated[int, typer.Option(help="Port for OTLP over HTTP.")] = 4318,
    shop_port: Annotated[int, typer.Option(help="First of the shop's fifty ports.")] = 7100,
    control_port: ControlOption = DEFAULT_CONTROL_PORT,
    day_minutes: Annotated[
        float | None,
        typer.Option(help="Length of a whole day in minutes, from quiet night to busy evening.", min=1),
    ] = None,
) -> None:
    """Start Holdfast and the shop, and keep them running until Ctrl-C."""
    if context.invoked_subcommand is not None:
        return
    if not catalog.is_dir():
        raise Invalid(f"there is no catalog at {catalog}; run this in the checkout, or give --catalog")
    run(
        Places(
            data=data.absolute(),
            catalog=catalog.absolute(),
            port=port,
            otlp_grpc_port=otlp_grpc_port,
            otlp_http_port=otlp_http_port,
            shop_port=shop_port,
            control_port=control_port,
            day_minutes=day_minutes,
        )
    )


@app.command("break")
def break_(
    name: Annotated[str, typer.Argument(help="The fault's name, as `holdfast demo ls` shows it.")],
    control_port: ControlOption = DEFAULT_CONTROL_PORT,
) -> None:
    """Break something in the running shop."""
    fault = ask("POST", f"/faults/{name}", control_port)
    say(f"{fault['name']}: {fault['sentence']}")
    if fault.get("deploys"):
        say(f"`holdfast change ls` shows {fault['deploys']} once it has taken traffic for two minutes.")
    say(f"Watch {', '.join(fault['burns'])}; this ends it:  {typed('mend', control_port=control_port)}")


@app.command("mend")
def fix(control_port: ControlOption = DEFAULT_CONTROL_PORT) -> None:
    """Fix everything that is broken."""
    fixed = ask("DELETE", "/faults", control_port)["mended"]
    say(f"Fixed: {', '.join(fixed)}." if fixed else "Nothing was broken.")


@app.command()
def ls(control_port: ControlOption = DEFAULT_CONTROL_PORT, output: OutputOption = Output.TABLE) -> None:
    """List the faults that can be switched on, and those that are on."""
    emit(ask("GET", "/faults", control_port)["items"], columns=_FAULT_COLUMNS, output=output)


@app.command()
def status(control_port: ControlOption = DEFAULT_CONTROL_PORT, output: OutputOption = Output.TABLE) -> None:
    """Show the parts of the running shop."""
    shop = ask("GET", "/status", control_port)
    if output is not Output.TABLE:
        emit(shop, output=output)
        return
    emit(shop["parts"], columns=_PART_COLUMNS)
    say(f"Open at {' and '.join(shop['edges'])}; broken: {', '.join(shop['broken']) or 'nothing'}.")


def ask(method: str, path: str, control_port: int, *, transport: httpx.BaseTransport | None = None) -> Any:
    """Return the answer of the shop's control, or raise an error that says why there is none."""
    url = f"http://127.0.0.1:{control_port}"
    try:
        with httpx.Client(transport=transport, timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            answer = client.request(method, url + path)
            document = answer.json()
    except (httpx.TransportError, ValueError) as error:
        why = f"no shop answers at {url} ({type(error).__name__}); start one with `holdfast demo`"
        raise Unavailable(why, value=url) from error
    if answer.is_client_error:
        raise Invalid(document["title"])
    if answer.is_error:
        raise Unavailable(f"the shop at {url} answered {method} {path} with {answer.status_code}", value=url)
    return document
