"""Gathers the files of one instant: state, spool and warehouse of a server that runs, or of a stopped one.

The order makes the copy consistent. State comes first, so that whatever it speaks of is in what follows.
Then everything that writes to the warehouse waits while the spool is copied and the warehouse's files are
linked: what is acknowledged is in the copy of the spool, or stored already, or both, and then recognised by
its token, whose log is among the files. Senders are answered all the while.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from holdfast import __version__
from holdfast.app.backup.archive import Source
from holdfast.app.backup.model import FORMAT, STATE, Header, StatePart, WarehousePart
from holdfast.app.state import revision_of
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.engine_files import link_tree
from holdfast.telemetry.engine_place import SCRATCH
from holdfast.telemetry.migrations import version_of
from holdfast.telemetry.spool_copy import copy_spool
from holdfast.telemetry.warehouse import Warehouse

STAGING = "backup"
"""Directory, below the temporary ones, that holds what is being backed up."""


@dataclass(frozen=True, slots=True)
class Instant:
    """The files of one instant, and what they are."""

    header: Header
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is backed up: a data directory with its opened engines; a remote warehouse has its own backups."""

    data: Path
    database: Database
    warehouse: Warehouse
    is_remote: bool


@contextmanager
def taken(subject: Subject, clock: Clock) -> Iterator[Instant]:
    """Gather the files; those made for this are removed at the end of the block."""
    staging = subject.data / "tmp" / STAGING
    with ExitStack() as stack:
        stack.callback(_discard, staging)
        try:
            yield _gathered(subject, clock, staging, stack)
        except OSError as error:
            raise Unavailable(
                f"the backup could not be gathered: {error}", value=str(subject.data)
            ) from error


def discard_left_over(warehouse: Path) -> None:
    """Remove the links of a backup that died with its process: they keep deleted data on the disk."""
    _discard(_links_in(warehouse))


def _gathered(subject: Subject, clock: Clock, staging: Path, stack: ExitStack) -> Instant:
    _discard(staging)
    staging.mkdir(mode=0o700, parents=True)
    taken_at = clock.now()
    state = _state(subject.database, staging / STATE)
    warehouse, linked = _stored(subject, staging / "spool", stack)
    sources = (
        *_found(staging / STATE, STATE),
        *_found(staging / "spool", "spool"),
        *(_found(linked, "warehouse") if linked is not None else ()),
    )
    header = Header(
        format=FORMAT,
        holdfast=__version__,
        taken_at=taken_at,
        files=len(sources),
        size_bytes=sum(source.size_bytes for source in sources),
        state=state,
        warehouse=warehouse,
    )
    return Instant(header, sources)


def _links_in(warehouse: Path) -> Path:
    """Return where the links go: on the engine's own file system, where it looks for nothing."""
    return warehouse / SCRATCH / STAGING


def _discard(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)


def _state(database: Database, to: Path) -> StatePart:
    with database.read() as tx:
        migration = revision_of(tx)
    if not database.is_sqlite:
        return StatePart(engine="postgresql", included=False, migration=migration)
    database.copy_to(to)
    return StatePart(engine="sqlite", included=True, migration=migration)


def _stored(subject: Subject, spool: Path, stack: ExitStack) -> tuple[WarehousePart, Path | None]:
    with subject.warehouse.still() as engine:
        copy_spool(subject.data / "spool", spool)
        linked = _links_in(engine) if engine is not None else None
        if engine is not None and linked is not None:
            stack.callback(_discard, linked)
            _discard(linked)
            linked.parent.mkdir(mode=0o700, exist_ok=True)
            link_tree(engine, linked)
    if linked is None:
        kind: Literal["clickhouse", "none"] = "clickhouse" if subject.is_remote else "none"
        return WarehousePart(engine=kind, included=False, version=None, schema_version=None), None
    version = str(subject.warehouse.query("SELECT version()")[0][0])
    schema_version = version_of(subject.warehouse)
    return WarehousePart(engine="chdb", included=True, version=version, schema_version=schema_version), linked


def _found(place: Path, name: str) -> list[Source]:
    """Return the files of one part of the copy, none if that part is not copied."""
    if place.is_file():
        return [Source(name, place, place.stat().st_size)]
    paths = sorted(path for path in place.rglob("*") if path.is_file())
    return [Source(f"{name}/{path.relative_to(place)}", path, path.stat().st_size) for path in paths]
