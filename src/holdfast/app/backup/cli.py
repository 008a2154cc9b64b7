"""`holdfast backup` and `holdfast restore`: everything a server stores, in one file and back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer
from typer.core import TyperGroup

from holdfast.app import data_directory, state_file
from holdfast.app.backup import target
from holdfast.app.backup.api import SIZE
from holdfast.app.backup.archive import written
from holdfast.app.backup.model import Header, Manifest
from holdfast.app.backup.restore import Progress, restore, verify
from holdfast.app.backup.snapshot import Subject, taken
from holdfast.app.engines import opened_as_they_are
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.clock import Clock, SystemClock
from holdfast.runtime.output import say, say_progress, says_in_place
from holdfast.runtime.settings import Settings, load

MEBIBYTE = 1024 * 1024
STEP_SHARE = 0.1
STEP_IN_PLACE = 0.01
"""Share of the whole between two progress reports: on lines of their own, and on a terminal."""


class _Verbs(TyperGroup):
    """`holdfast backup FILE` is `holdfast backup create FILE`."""

    usual: ClassVar[str] = "create"

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the verb; a first word that is a path is the argument of the default verb."""
        if args and self.get_command(ctx, args[0]) is None:
            if args[0] == "restore":
                ctx.fail("No such command 'restore': restore with `holdfast restore FILE --data DIR`.")
            # A mistyped verb must not write a backup of that name.
            if "." in args[0] or "/" in args[0] or Path(args[0]).is_dir():
                args = [self.usual, *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(help="Backups of state, telemetry and spool.", no_args_is_help=True, cls=_Verbs)


@app.command()
def create(
    to: Annotated[Path, typer.Argument(metavar="TO", help="A new file, or a directory that gets one.")],
    url: UrlOption = "",
    data: Annotated[
        Path | None, typer.Option("--data", help="Back up this directory; no server may be running in it.")
    ] = None,
) -> None:
    """Write a backup of the running server, or of a stopped one's data directory, and check it.

    The server keeps running. The file has the hashes of tokens and all telemetry: only you can read it.
    """
    clock = SystemClock()
    path = target.chosen(to, clock.now())
    progress = _progress("read")
    with target.new_file(path) as (partial, file):
        with (
            _of_server(url) if data is None else _of_directory(load(data=data), clock) as (pieces, size_bytes)
        ):
            done = 0
            for piece in pieces:
                file.write(piece)
                done += len(piece)
                progress(done, size_bytes)
        file.flush()
        manifest = verify(partial, _progress("checked"))
    say(f"{path} is a whole backup: {_said(manifest)}")


@app.command("verify")
def verify_command(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")],
) -> None:
    """Read a backup and compare every file with its checksum. Exits with 1 if the backup is unsound."""
    say(f"{path} is a whole backup: {_said(verify(path, _progress('checked')))}")


def restore_command() -> Callable[..., None]:
    """Return the command."""

    def command(
        path: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")],
        data: Annotated[
            Path | None, typer.Option("--data", help="An empty or a new directory, if not the default.")
        ] = None,
    ) -> None:
        """Restore a backup into an empty data directory, completely or not at all, checking every checksum.

        Start the server there afterwards. Two servers on copies of the same state would both page.
        """
        place = load(data=data).data
        manifest = restore(path, place, _progress("restored"))
        say(f"{place} holds the backup: {_said(manifest)}\nStart it with `holdfast serve --data {place}`.")

    return command


@contextmanager
def _of_server(url: str) -> Iterator[tuple[Iterator[bytes], int]]:
    with Client(url) as client, client.download("/backup") as (headers, pieces):
        yield pieces, int(headers.get(SIZE, 0))


@contextmanager
def _of_directory(settings: Settings, clock: Clock) -> Iterator[tuple[Iterator[bytes], int]]:
    data_directory.must_exist(settings.data)
    with data_directory.owned(settings.data), data_directory.temporary_files_in(settings.data):
        data_directory.refuse_unfinished(settings.data)
        with opened_as_they_are(settings) as engines:
            state_file.refuse_lost(engines.database)
            subject = Subject(
                settings.data, engines.database, engines.warehouse, is_remote=not engines.is_embedded
            )
            with taken(subject, clock) as instant:
                yield written(instant.header, instant.sources), instant.header.size_bytes


def _said(manifest: Manifest) -> str:
    header = manifest.header
    lines = [
        f"{header.files} files, {header.size_bytes / MEBIBYTE:.1f} MiB, of "
        f"{header.taken_at:%Y-%m-%d %H:%M:%S} UTC, by Holdfast {header.holdfast}.",
        *_left_out(header),
    ]
    return "\n".join(lines)


def _left_out(header: Header) -> list[str]:
    lines = []
    if not header.state.included:
        lines.append("State is not in it: it is in PostgreSQL; back that up with pg_dump.")
    if header.warehouse.engine == "clickhouse":
        lines.append(
            "Telemetry is not in it: it is in a ClickHouse server; back that up with BACKUP DATABASE."
        )
    return lines


def _progress(done: str) -> Progress:
    """Return a progress reporter: on a terminal one line, elsewhere a line for each tenth."""
    shown: dict[str, Any] = {"share": 0.0}

    def progress(size_bytes: int, of_bytes: int) -> None:
        share = min(1.0, size_bytes / of_bytes) if of_bytes else 0.0
        if share - shown["share"] < (STEP_IN_PLACE if says_in_place() else STEP_SHARE):
            return
        shown["share"] = share
        words = f"{done} {size_bytes / MEBIBYTE:.1f} of {of_bytes / MEBIBYTE:.1f} MiB ({share:.0%})"
        say_progress(words, is_done=share >= 1)

    return progress
