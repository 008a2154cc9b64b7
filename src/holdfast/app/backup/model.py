"""What a backup says of itself, and which backups this version can restore. Pure.

A backup is a tar file. Its first member is the header: versions, instant and sizes. Its last member is the
manifest: the header again, and each file with its size and SHA-256. A file that was cut off has no manifest.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from holdfast.app.backup.errors import BackupUnsound

FORMAT = 1
HEADER = "holdfast-backup.json"
MANIFEST = "manifest.json"
STATE = "state.db"
PLACES = ("spool", "warehouse")
"""Directories of a backup, as of a data directory."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StatePart(_Frozen):
    """The state database: `included` for SQLite; PostgreSQL has tools of its own."""

    engine: Literal["sqlite", "postgresql"]
    included: bool
    migration: str | None


class WarehousePart(_Frozen):
    """The warehouse: `included` if it is embedded; `schema_version` is the number of its last migration."""

    engine: Literal["chdb", "clickhouse", "none"]
    included: bool
    version: str | None
    schema_version: int | None


class Header(_Frozen):
    """What a backup is, before any of it is read."""

    format: int
    holdfast: str
    taken_at: AwareDatetime
    files: int = Field(ge=0)
    size_bytes: int = Field(ge=0)
    state: StatePart
    warehouse: WarehousePart


class FileEntry(_Frozen):
    """One file: its place in the data directory, its size, and the SHA-256 of its content in hex."""

    path: str
    size_bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(_Frozen):
    """What a whole backup holds."""

    header: Header
    files: tuple[FileEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What this version can restore: state migrations, newest warehouse schema, and its own engine."""

    migrations: Collection[str]
    schema_version: int
    engine: str


def check(header: Header, known: Known) -> None:
    """Raise `BackupUnsound` if a newer version made the backup, in any of its parts."""
    _check(header.format <= FORMAT, "format", str(header.format), str(FORMAT), header)
    migration, schema = header.state.migration, header.warehouse.schema_version
    newest = max(known.migrations, default="none")
    _check(
        migration is None or migration in known.migrations, "state migration", str(migration), newest, header
    )
    is_known = schema is None or schema <= known.schema_version
    _check(is_known, "warehouse schema", str(schema), str(known.schema_version), header)
    if header.warehouse.engine == "chdb" and header.warehouse.version is not None:
        found = header.warehouse.version
        _check(_release(found) <= _release(known.engine), "engine", found, known.engine, header)


def place_of(name: str) -> PurePosixPath:
    """Return where a file of a backup belongs in a data directory; refuse one that would land elsewhere."""
    path = PurePosixPath(name)
    is_inside = len(path.parts) > 1 and path.parts[0] in PLACES and ".." not in path.parts
    if name == STATE or (is_inside and str(path) == name):
        return path
    raise BackupUnsound(
        f"the backup holds {name[:200]!r}, which belongs to no data directory; nothing of it is used",
        value=name[:200],
        rule=f"{STATE}, or a file below {' or '.join(PLACES)}",
    )


def _check(is_fine: bool, what: str, found: str, known: str, header: Header) -> None:  # noqa: FBT001 - a condition
    if not is_fine:
        raise BackupUnsound(
            f"Holdfast {header.holdfast} made this backup with {what} {found}, and this version knows {what} "
            f"{known} at most; restore it with that version or a newer one",
            value=found,
            rule=f"{what} is not newer than {known}",
        )


def _release(version: str) -> tuple[int, ...]:
    """Return year and month of an engine's version: within one, files are the same."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
