"""The directories the embedded engine writes to, and the reason when it does not start.

The engine keeps format schemas below the working directory in which a process used the first one; it
remembers that directory and follows no later change. A service may not write where it was started, so the
process works inside the warehouse's directory while the engine reads its first schema. Temporary files go
below `TMPDIR`, even while the library is imported: `app.data_directory` points that below `--data`.
"""

import fcntl
import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.errors import WarehouseDamaged

log = logging.getLogger(__name__)

STATUS = "status"
"""File in the engine's directory that the process using it keeps locked."""
SCRATCH = "scratch"
"""Directory for files that the engine recreates at every start; backups omit it."""
TRIAL_SECONDS = 60.0
_TRIAL = "import sys, chdb; chdb.connect(sys.argv[1]).close()"
_WORDS = re.compile(r"Code: \d+\. DB::Exception: (.+)")
FIRST_SCHEMA = (
    "SELECT * FROM format(Protobuf, 'a UInt8', '') SETTINGS format_schema_source = 'string', "
    "format_schema = 'syntax = \"proto3\"; message M { uint32 a = 1; }', format_schema_message_name = 'M'"
)
"""A query that makes the engine choose where it keeps schemas."""

FORGET_SCHEMAS = "SYSTEM DROP FORMAT SCHEMA CACHE"
COPIES = "__cache__"
"""Directory, in the one it chose, in which the engine keeps schemas."""
_SCHEMA_FAULT = re.compile(r"Code: 434\.|in the schema file|__cache__")

_one_at_a_time = threading.Lock()
_chosen: list[Path] = []
"""Where this process's engine keeps schemas, once it has chosen."""


def keep_schemas_below(directory: Path, run: Callable[[str], object]) -> None:
    """Make the engine keep its schemas below `directory`; `run` runs a statement.

    Copies left by an earlier process are dropped: an incomplete one would fail every insert.
    """
    scratch = directory / SCRATCH
    with _one_at_a_time, working_in(scratch):
        if _chosen:
            # A process may open a second warehouse after the first one's directory was removed.
            _chosen[0].mkdir(mode=0o700, parents=True, exist_ok=True)
        run(FIRST_SCHEMA)
        if not _chosen:
            _chosen.append(scratch)
    forget_schemas(run)


def forget_schemas(run: Callable[[str], object]) -> None:
    """Make the engine write its copies of schemas again when it next needs them."""
    for copy in (_chosen[0] / COPIES).glob("*"):
        copy.unlink(missing_ok=True)
    run(FORGET_SCHEMAS)


def drop_empty_mutations(directory: Path) -> None:
    """Delete the files of mutations (such as `DELETE FROM`) that a full disk left empty.

    The engine writes the deletion to a file; on a full disk the file stays empty, and at its next start the
    engine refuses the whole warehouse because of it. The empty file holds no deletion, so nothing is lost.
    """
    for path in directory.glob("store/*/*/mutation_*.txt"):
        if not path.stat().st_size:
            log.warning("deleted %s, a deletion that a full disk left empty", path)
            path.unlink()


def make(directory: Path) -> None:
    """Make `directory` if it is missing; raise `Unavailable` if that fails."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(directory, error) from error


@contextmanager
def working_in(directory: Path) -> Iterator[None]:
    """Change to `directory`, made if it is missing, while the block runs.

    The library returns to the working directory by name when it is imported, which fails in a directory that
    was removed, or that this user may not enter, as after `sudo -u` in another user's home.
    """
    make(directory)
    try:
        before = os.open(".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        os.chdir(directory)
    except OSError as error:
        raise _unusable(directory, error) from error
    try:
        yield
    finally:
        with suppress(PermissionError):
            os.fchdir(before)
        os.close(before)


def is_about_a_schema(message: str) -> bool:
    """Whether an engine's error is about its copy of a schema, and not about the segment.

    The engine writes each schema to a file first; on a full disk the file stays empty, and every insert fails
    until the copy is dropped, even with free space again.
    """
    return _SCHEMA_FAULT.search(message) is not None


def why_not(directory: Path, said: str) -> Unavailable:
    """Return why the engine refused to start in `directory`; `said` is the error of its Python library.

    The engine writes its reason only to stderr, so it is started once more in a process whose stderr is read.
    """
    if is_in_use(directory):
        return Unavailable(
            f"the warehouse directory {directory} is in use by another process. "
            "Stop that process, or give this one another --data directory.",
            value=str(directory),
            rule="one process per warehouse directory",
        )
    reason = _reason(directory) or said
    return WarehouseDamaged(
        f"the engine cannot open the warehouse in {directory}: {reason}. If its files are damaged, restore a "
        "backup (`holdfast restore FILE --data NEW`); without one, move the directory away: the server then "
        "starts with an empty warehouse, and objectives, alerts and incidents stay.",
        value=str(directory),
        rule="the engine can read its own files",
    )


def is_in_use(directory: Path) -> bool:
    """Whether a process has the engine's directory open."""
    with suppress(OSError), (directory / STATUS).open("rb") as status:
        try:
            fcntl.flock(status, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _unusable(directory: Path, error: OSError) -> Unavailable:
    return Unavailable(
        f"the warehouse directory {directory} cannot be used: {error.strerror}; name another with --data",
        value=str(directory),
    )


def _reason(directory: Path) -> str:
    command = [sys.executable, "-c", _TRIAL, str(directory)]
    scratch = directory / SCRATCH
    environment = {**os.environ, "TMPDIR": str(scratch)}
    make(scratch)
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=TRIAL_SECONDS, check=False, cwd=scratch, env=environment
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    found = _WORDS.findall(done.stderr.decode(errors="replace"))
    return str(found[0])[:400].rstrip(".") if found else ""
