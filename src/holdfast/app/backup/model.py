"""The header and manifest of a backup, and which backups this version can restore. Pure.

A backup is a tar file. Its first member is the header: versions, instant and sizes. Its last member is the
manifest: the header again, and each file with its size and SHA-256. A truncated backup has no manifest.
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
SIZE_MOST = 2**63 - 1
_NAME_BYTES_MOST = 4000
_PART_BYTES_MOST = 255
"""What Linux accepts as one path, less room for the directory before it, and as one name."""


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
    """The description of a backup, at its beginning."""

    format: int
    holdfast: str = Field(pattern=r"^[!-~]{1,100}$")
    taken_at: AwareDatetime
    files: int = Field(ge=0, le=SIZE_MOST)
    size_bytes: int = Field(ge=0, le=SIZE_MOST)
    state: StatePart
    warehouse: WarehousePart


class FileEntry(_Frozen):
    """One file: its place in the data directory, its size, and the SHA-256 of its content in hex."""

    path: str
    size_bytes: int = Field(ge=0, le=SIZE_MOST)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(_Frozen):
    """The content of a whole backup."""

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


def faults_of(header: Header, names: Collection[str]) -> list[str]:
    """Return how the files called `names` differ from `header`."""
    warehouse = [name for name in names if name.startswith("warehouse/")]
    parts = (
        (STATE, header.state.included, header.state.engine == "sqlite", STATE in names),
        ("the warehouse", header.warehouse.included, header.warehouse.engine == "chdb", bool(warehouse)),
    )
    faults = []
    for what, included, is_ours, is_there in parts:
        if included is not is_ours:
            faults.append(f"its header contradicts itself about {what}")
        elif included and not is_there:
            faults.append(f"{what} is missing, and its header says it is there")
        elif is_there and not included:
            faults.append(f"{what} is in it, and its header says it is not")
    if len(names) != header.files:
        faults.append(f"it holds {len(names)} files, and its header says {header.files}")
    return faults


def place_of(name: str) -> PurePosixPath:
    """Return the place of a backup's file in a data directory; refuse a file with a place outside it."""
    if is_a_place(name):
        return PurePosixPath(name)
    raise BackupUnsound(
        f"the backup holds {name[:200]!r}, which belongs to no data directory; nothing of it is used",
        value=name[:200],
        rule=f"{STATE}, or a file below {' or '.join(PLACES)}",
    )


def is_a_place(name: str) -> bool:
    """Whether this is the normal name of a file in a data directory."""
    path = PurePosixPath(name)
    is_inside = len(path.parts) > 1 and path.parts[0] in PLACES and ".." not in path.parts
    return name == STATE or (is_inside and str(path) == name and _is_plain(path))


def _is_plain(path: PurePosixPath) -> bool:
    # Printable characters exclude lone surrogates; a backslash separates names on other systems.
    name = str(path)
    if not name.isprintable() or "\\" in name or len(name.encode()) > _NAME_BYTES_MOST:
        return False
    return all(len(part.encode()) <= _PART_BYTES_MOST for part in path.parts)


def _check(is_fine: bool, what: str, found: str, known: str, header: Header) -> None:  # noqa: FBT001 - a condition
    if not is_fine:
        raise BackupUnsound(
            f"Holdfast {header.holdfast} made this backup with {what} {found}, and this version knows {what} "
            f"{known} at most; restore it with that version or a newer one",
            value=found,
            rule=f"{what} is not newer than {known}",
        )


def _release(version: str) -> tuple[int, ...]:
    """Return year and month of an engine's version: within one month, files are compatible."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
