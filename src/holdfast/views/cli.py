"""`holdfast view`: the caller's saved views of the page, on a running server."""

from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from holdfast.runtime.addresses import segment
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.columns import Column
from holdfast.runtime.errors import NotFound
from holdfast.runtime.output import Output, OutputOption, emit, say

app = typer.Typer(no_args_is_help=True, help="Saved views of the page: addresses with filters and time.")

NameArgument = Annotated[str, typer.Argument(help="The view's name, as `view ls` shows it.")]

_COLUMNS = ("name", "address", Column("is_pinned", "pinned"), "saved_at")


@app.command("ls")
def list_views(url: UrlOption = "", output: OutputOption = Output.TABLE) -> None:
    """List your saved views, by name."""
    with Client(url) as client:
        rows = list(client.pages("/views"))
    emit(rows, columns=_COLUMNS, output=output)
    if not rows and output is Output.TABLE:
        say("No view is saved yet: `holdfast view save NAME ADDRESS` saves one.")


@app.command("show")
def show_view(name: NameArgument, url: UrlOption = "", output: OutputOption = Output.TABLE) -> None:
    """Show one saved view."""
    with Client(url) as client:
        emit(_named(client, name), columns=_COLUMNS, output=output)


@app.command("save")
def save_view(
    name: Annotated[str, typer.Argument(help="What to call it; another view of that name gives way.")],
    address: Annotated[
        str,
        typer.Argument(help="An address of the page: /services?from=now-1h, or all of it from the browser."),
    ],
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    *,
    pin: Annotated[bool, typer.Option("--pin", help="Show it in the page's rail.")] = False,
) -> None:
    """Save an address of the page under a name."""
    body = {"address": within_page(address), "is_pinned": pin}
    with Client(url) as client:
        saved = client.put(f"/views/{segment(name)}", body)
    emit(saved, columns=_COLUMNS, output=output)
    say(f"View {name} is saved.")


@app.command("rm")
def remove_view(name: NameArgument, url: UrlOption = "") -> None:
    """Remove a saved view."""
    with Client(url) as client:
        client.delete(f"/views/{segment(name)}")
    say(f"View {name} is removed.")


def within_page(address: str) -> str:
    """Return path and query of an address, which may be as the browser shows it; the server checks them."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https"):
        return address
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _named(client: Client, name: str) -> dict[str, Any]:
    for view in client.pages("/views"):
        if view["name"] == name:
            return view
    raise NotFound(f"you have no view named {name!r}; see `holdfast view ls`", value=name)
