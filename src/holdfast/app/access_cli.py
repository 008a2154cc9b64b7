"""`holdfast access`: makes, lists and revokes tokens, directly in the state database.

It works with and without a running server, because the first token is needed before anybody can reach one.
"""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from holdfast.app import state_file
from holdfast.app.private_files import private_files
from holdfast.runtime import settings
from holdfast.runtime.access import Access, Role, Session, Token
from holdfast.runtime.actors import on_command_line
from holdfast.runtime.clock import SystemClock
from holdfast.runtime.columns import Column
from holdfast.runtime.database import Database
from holdfast.runtime.output import Output, OutputOption, emit, print_secret, say

app = typer.Typer(help="Who may do what.", no_args_is_help=True)
token_app = typer.Typer(help="Make, list and revoke tokens.", no_args_is_help=True)
app.add_typer(token_app, name="token")
session_app = typer.Typer(help="List and end sign-ins on the page.", no_args_is_help=True)
app.add_typer(session_app, name="session")

DataOption = Annotated[
    Path | None, typer.Option("--data", help="The server's data directory, if not the default.")
]
_COLUMNS = (
    Column("name"),
    Column("role"),
    Column("created_at", "created"),
    Column("last_used_at", "last used"),
    Column("revoked_at", "revoked"),
)


@token_app.command()
def create(
    role: Annotated[Role, typer.Option(help="What the token allows.")],
    name: Annotated[
        str | None, typer.Option(help="Name of its owner; by default your login and the role.")
    ] = None,
    data: DataOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Make a token and print it once: only its hash is stored."""
    with _access(data) as access:
        issued = access.create_token(
            name=name or f"{_login()}-{role}", role=role, actor=on_command_line(_login())
        )
    if output is not Output.TABLE:
        emit({**_row(issued.token), "token": issued.secret}, output=output)
        return
    print_secret(issued.secret)
    say(f"This is the token {issued.token.name} with role {role}. Keep it now: it cannot be shown again.")
    say(_next_step(role))


@token_app.command("ls")
def ls(data: DataOption = None, output: OutputOption = Output.TABLE) -> None:
    """List tokens, newest first, without their secrets."""
    with _access(data) as access:
        emit([_row(token) for token in access.tokens()], columns=_COLUMNS, output=output)


@token_app.command()
def revoke(
    name: Annotated[str, typer.Argument(help="The token's name, as `ls` shows it.")], data: DataOption = None
) -> None:
    """Revoke a token and end its sessions."""
    with _access(data) as access:
        token = access.revoke_token(name, actor=on_command_line(_login()))
    say(f"Token {token.name} ({token.role}) is revoked; a running server refuses it within seconds.")


@session_app.command("ls")
def list_sessions(data: DataOption = None, output: OutputOption = Output.TABLE) -> None:
    """List the sign-ins on the page, newest first."""
    with _access(data) as access:
        rows = [_session_row(session) for session in access.sessions()]
    columns = (Column("name"), Column("role"), Column("created_at", "since"), Column("expires_at", "ends"))
    emit(rows, columns=columns, output=output)


@session_app.command("end")
def end_sessions(
    name: Annotated[str, typer.Argument(help="The token's name, as `ls` shows it.")], data: DataOption = None
) -> None:
    """End every session of a token; the token itself stays valid."""
    with _access(data) as access:
        ended = access.end_sessions(name, actor=on_command_line(_login()))
    say(f"{ended} sessions of {name} are over; a running server refuses them within seconds.")


@contextmanager
def _access(data: Path | None) -> Iterator[Access]:
    database = Database(settings.load(data=data).state_url)
    try:
        with private_files():
            state_file.prepare(database)
            yield Access(database, SystemClock())
    finally:
        database.close()


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _next_step(role: Role) -> str:
    if role is Role.INGEST:
        return "Senders need it from now on: OTEL_EXPORTER_OTLP_HEADERS='authorization=Bearer TOKEN'."
    return "Everybody needs one from now on: sign in on the page with it, or export HOLDFAST_TOKEN=TOKEN."


def _row(token: Token) -> dict[str, Any]:
    return {
        "name": token.name,
        "role": token.role.value,
        "created_at": _shown(token.created_at),
        "last_used_at": _shown(token.last_used_at),
        "revoked_at": _shown(token.revoked_at),
    }


def _session_row(session: Session) -> dict[str, Any]:
    return {
        "name": session.name,
        "role": session.role.value,
        "created_at": _shown(session.created_at),
        "expires_at": _shown(session.expires_at),
    }


def _shown(at: Any) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")
