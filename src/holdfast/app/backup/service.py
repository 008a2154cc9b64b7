"""Makes backups of a running server, one at a time."""

import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Self

from holdfast.app.backup.archive import written
from holdfast.app.backup.model import Header
from holdfast.app.backup.snapshot import BackupSnapshot, Subject, discard_left_over, taken
from holdfast.runtime import journal
from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Conflict

log = logging.getLogger(__name__)


class Backup:
    """A backup that is being read; close it, whether it was read to its end or not."""

    def __init__(self, instant: BackupSnapshot, stack: ExitStack) -> None:
        self.header: Header = instant.header
        self._pieces = written(instant.header, instant.sources)
        self._stack = stack

    def __iter__(self) -> Iterator[bytes]:
        """Yield its bytes."""
        return self._pieces

    def __enter__(self) -> Self:
        """Return this backup."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Release the files; another backup may be made."""
        self._stack.close()


class BackupService:
    """Makes backups of the server it belongs to; lives as long as the server."""

    def __init__(self, subject: Subject, clock: Clock) -> None:
        self._subject = subject
        self._clock = clock
        self._making = threading.Lock()

    def discard_left_over(self) -> None:
        """Remove the files of a backup that ended with its process; called once, at the start."""
        with self._subject.warehouse.still() as engine:
            if engine is not None:
                discard_left_over(engine)

    def begin(self, actor: str) -> Backup:
        """Gather the files of this instant; reading them may take any time.

        Raises:
            Conflict: another backup is being made.
            StateDamaged: the state database is damaged, and so would be the backup.
        """
        if not self._making.acquire(blocking=False):
            raise Conflict(
                "another backup of this server is being made; wait for it", rule="one backup at a time"
            )
        with ExitStack() as stack:
            stack.callback(self._making.release)
            self._record(actor)
            instant = stack.enter_context(taken(self._subject, self._clock))
            return Backup(instant, stack.pop_all())

    def _record(self, actor: str) -> None:
        summary = f"{actor} began a backup of state, spool and warehouse"
        entry = journal.Entry(self._clock.now(), "backup.begun", actor, "server/holdfast", summary)
        with self._subject.database.write() as tx:
            journal.append(tx, entry)
