"""The server's own log: one line per event on stderr, in UTC."""

import logging
import os
import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime

from holdfast.runtime.plain_text import harmless_lines
from holdfast.runtime.redaction import redacted

QUIET = ("uvicorn", "uvicorn.error", "uvicorn.access", "alembic", "httpx", "sqlalchemy")


AT_ONCE = 5
"""Lines of one kind that are written one after the other."""
EVERY_SECONDS = 60.0
"""After those, a line of that kind is written once in this time, with the number of omitted ones."""
KINDS_MOST = 1000


@dataclass(slots=True)
class _Kind:
    left: float
    at: float
    unwritten: int = 0


class Seldom(logging.Filter):
    """Limits warnings and errors of one kind: reports of a full disk must not fill it.

    A kind is one call in the code, with any values, and what the call gives as `of_kind` if it limits itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._kinds: OrderedDict[tuple[str, int, str], _Kind] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is written; add to it how many before it were not."""
        if record.levelno < logging.WARNING:
            return True
        with self._lock:
            kind = self._kind(record)
            kind.left = min(float(AT_ONCE), kind.left + max(0.0, record.created - kind.at) / EVERY_SECONDS)
            kind.at = record.created
            if kind.left < 1:
                kind.unwritten += 1
                return False
            kind.left -= 1
            unwritten, kind.unwritten = kind.unwritten, 0
        if unwritten:
            record.msg, record.args = f"{record.getMessage()} ({unwritten} more like it were not written)", ()
        return True

    def _kind(self, record: logging.LogRecord) -> _Kind:
        key = (record.name, record.levelno, f"{record.msg}{getattr(record, 'of_kind', '')}")
        kind = self._kinds.setdefault(key, _Kind(AT_ONCE, record.created))
        self._kinds.move_to_end(key)
        if len(self._kinds) > KINDS_MOST:
            self._kinds.popitem(last=False)
        return kind


class UtcFormatter(logging.Formatter):
    """`2026-03-01T12:00:00.123Z warning holdfast.runtime.agenda message`."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Return the record's instant in UTC, to the millisecond."""
        at = datetime.fromtimestamp(record.created, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; text of a workload cannot begin a line of its own, nor control a terminal."""
        record.levelname = record.levelname.lower()
        return harmless_lines(redacted(super().format(record)))


def set_up(level: str) -> None:
    """Write everything from `level` up on stderr; third-party libraries only from warnings up.

    gRPC's core writes there by itself, a line for each connection that greets wrongly, which nothing limits:
    it is silent unless GRPC_VERBOSITY is set.
    """
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(UtcFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    handler.addFilter(Seldom())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))
