"""Where tests keep their files: in memory where there is room, as nothing they write has to survive a crash.

The engine makes hundreds of small files with every insert. On a disk they are half of what a test costs, and
on a busy one most of the time it takes. `TMPDIR` or `--basetemp` chooses another place; the long proofs stay
on the disk.
"""

import os
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 * 2**30
"""What has to be free: far more than all tests hold at once, and as much as servers want to see free."""


def in_memory() -> None:
    """Have this process and those it starts make temporary files in memory, if nobody chose a place."""
    if not (os.environ.keys() & {"TMPDIR", "PYTEST_DEBUG_TEMPROOT"}) and _has_room(IN_MEMORY):
        os.environ["TMPDIR"] = tempfile.tempdir = str(IN_MEMORY)


def _has_room(place: Path) -> bool:
    """Whether tests may write there, run programs from there, and will not fill it."""
    try:
        found = os.statvfs(place)
    except OSError:
        return False
    runs_programs = not found.f_flag & os.ST_NOEXEC
    return runs_programs and os.access(place, os.W_OK) and found.f_bavail * found.f_frsize >= ROOM_BYTES
