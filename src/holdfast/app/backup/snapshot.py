"""Gathers the files of one instant: state, spool and warehouse of a running server, or of a stopped one.

The order makes the copy consistent. State comes first, so that everything it refers to is in the later parts.
Then all writers of the warehouse wait while the spool is copied and the warehouse's files are linked: an
acknowledged segment is in the copy of the spool, or stored already, or both; a segment in both is recognised
by its token, whose log is among the files. Senders are answered all the while.
"""

import logging
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from holdfast import __version__
from holdfast.app.backup.archive import Source
from holdfast.app.backup.model import FORMAT, STATE, Header, StatePart, WarehousePart, is_a_place
from holdfast.app.state import revision_of
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.intake.spool.snapshot import copy_spool
from holdfast.telemetry.migrations import version_of
from holdfast.telemetry.warehouse.engine_files import link_tree
from holdfast.telemetry.warehouse.engine_place import SCRATCH
from holdfast.telemetry.warehouse.protocol import Warehouse

log = logging.getLogger(__name__)

STAGING = "backup"
"""Directory, below the temporary ones, for the files of a backup in progress."""


@dataclass(frozen=True, slots=True)
class BackupSnapshot:
    """The files of one instant, with their header."""

    header: Header
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """The source of a backup: a data directory with its engines; a remote warehouse has its own backups."""

    data: Path
    database: Database
    warehouse: Warehouse
    is_remote: bool


@contextmanager
def taken(subject: Subject, clock: Clock) -> Iterator[BackupSnapshot]:
    """Gather the files; temporary ones are removed at the end of the block."""
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
    """Remove the links of a backup that ended with its process: they keep deleted data on the disk."""
    _discard(_links_in(warehouse))


def _gathered(subject: Subject, clock: Clock, staging: Path, stack: ExitStack) -> BackupSnapshot:
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
    return BackupSnapshot(header, sources)


def _links_in(warehouse: Path) -> Path:
    """Return the place of the links: on the engine's own file system, where the engine does not look."""
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
    named = [(f"{name}/{path.relative_to(place)}", path) for path in paths]
    for strange in (found for found, _ in named if not is_a_place(found)):
        log.warning("%r is not in the backup: Holdfast gives no file such a name", strange)
    return [Source(found, path, path.stat().st_size) for found, path in named if is_a_place(found)]
