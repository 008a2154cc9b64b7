"""`python -m bazaar`: run the shop, break it, fix it. Data on stdout, words on stderr."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx
import typer

from bazaar.day import Day
from bazaar.errors import ShopError, UnreachableError
from bazaar.layout import DEFAULT_BASE_PORT, DEFAULT_CONTROL_PORT, HOST, Layout

app = typer.Typer(
    name="bazaar",
    help="A small shop on a real mesh, made to be watched, broken and fixed.",
    no_args_is_help=True,
    add_completion=False,
)

_EXIT_NO = 1
_EXIT_WRONG_USE = 2
_EXIT_UNREACHABLE = 3

ControlPort = Annotated[int, typer.Option(help="Port of the running shop's control.")]


@app.command()
def up(
    *,
    data: Annotated[Path, typer.Option(help="Database, logs and mesh files.")] = Path(".demo/shop"),
    telemetry: Annotated[str, typer.Option(help="OTLP/HTTP endpoint.")] = "http://127.0.0.1:4318",
    base_port: Annotated[
        int, typer.Option(help="First of the shop's fifty ports.", min=1024, max=65_000)
    ] = DEFAULT_BASE_PORT,
    control_port: ControlPort = DEFAULT_CONTROL_PORT,
    pace: Annotated[float, typer.Option(help="Shoppers' journeys per second.", min=0.1, max=200)] = 2.2,
    day_minutes: Annotated[float, typer.Option(help="Length of a day in minutes.", min=1)] = 20.0,
    swing: Annotated[
        float, typer.Option(help="How far the day's rate swings around the pace.", min=0.0, max=0.95)
    ] = 0.2,
) -> None:
    """Open the shop, and keep it open until Ctrl-C."""
    # Only this command needs the services and their engines; without them the others answer at once.
    from bazaar.supervisor import Plan, Supervisor

    plan = Plan(
        layout=Layout(base_port=base_port, control_port=control_port),
        data=data.resolve(),
        telemetry_url=telemetry.rstrip("/"),
        day=Day(journeys_per_second=pace, swing=swing, length_seconds=day_minutes * 60),
    )
    try:
        Supervisor(plan, _say).run()
    except ShopError as error:
        _refuse(str(error))


@app.command("break")
def break_(name: str, *, control_port: ControlPort = DEFAULT_CONTROL_PORT) -> None:
    """Switch a fault on, by name; `ls` lists the faults."""
    broken = _ask("POST", f"/faults/{name}", control_port)
    _say(f"{broken['name']}: {broken['sentence']}")


@app.command("mend")
def fix(*, control_port: ControlPort = DEFAULT_CONTROL_PORT) -> None:
    """Fix everything that is broken."""
    fixed = _ask("DELETE", "/faults", control_port)["mended"]
    _say(f"fixed: {', '.join(fixed)}" if fixed else "nothing was broken")


@app.command()
def ls(*, control_port: ControlPort = DEFAULT_CONTROL_PORT) -> None:
    """List what can be broken."""
    for fault in _ask("GET", "/faults", control_port)["items"]:
        mark = "broken" if fault["broken"] else "-"
        typer.echo(f"{fault['name']:<18} {mark:<7} {fault['sentence']}")


@app.command()
def status(*, control_port: ControlPort = DEFAULT_CONTROL_PORT) -> None:
    """Print the running shop as JSON."""
    typer.echo(json.dumps(_ask("GET", "/status", control_port), indent=2))


@app.command()
def inbox(
    *,
    smtp_port: Annotated[int, typer.Option(help="Port that takes mail.")],
    port: Annotated[int, typer.Option(help="Port of the page that shows it.")],
) -> None:
    """Take every mail sent to this port and show it on a page, until Ctrl-C."""
    from bazaar.inbox import Inbox, serve

    asyncio.run(serve(Inbox(), smtp_port=smtp_port, port=port))


def _ask(method: str, path: str, control_port: int) -> dict[str, Any]:
    url = f"http://{HOST}:{control_port}"
    try:
        answer = httpx.request(method, url + path, timeout=10.0, trust_env=False)
    except httpx.TransportError as error:
        _refuse(str(UnreachableError(url, type(error).__name__)))
    document: dict[str, Any] = answer.json()
    if answer.is_error:
        _refuse(document["title"], _EXIT_WRONG_USE)
    return document


def _say(words: str) -> None:
    print(f"bazaar: {words}", file=sys.stderr, flush=True)


def _refuse(words: str, code: int = _EXIT_UNREACHABLE) -> NoReturn:
    _say(words)
    raise typer.Exit(code)


def main() -> None:
    """The command."""
    app()
