"""The server's own log: one line per event on stderr, in UTC."""

import logging
import sys
from datetime import UTC, datetime

from holdfast.runtime.plain_text import harmless_lines
from holdfast.runtime.redaction import redacted

QUIET = ("uvicorn", "uvicorn.error", "uvicorn.access", "alembic", "httpx", "sqlalchemy")


class UtcFormatter(logging.Formatter):
    """`2026-03-01T12:00:00.123Z warning holdfast.runtime.agenda message`."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Return the record's instant in UTC, to the millisecond."""
        at = datetime.fromtimestamp(record.created, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; what a workload sent cannot begin a line of its own, and steers no terminal."""
        record.levelname = record.levelname.lower()
        return harmless_lines(redacted(super().format(record)))


def set_up(level: str) -> None:
    """Write everything from `level` up on stderr; third-party libraries only from warnings up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(UtcFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))
