"""Secrets by name: from `HOLDFAST_SECRET_NAME`, or from the file NAME in one directory given at start.

A document names a secret and never holds one. What is read is not logged, not shown again and not kept.
"""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from holdfast.runtime.errors import Unavailable

PREFIX = "HOLDFAST_SECRET_"
LONGEST_BYTES = 16_384
NAME_RULE = "1 to 63 small letters, digits and hyphens"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def is_name(name: str) -> bool:
    """Return whether a secret can have this name."""
    return _NAME.fullmatch(name) is not None


class Secrets:
    """Reads a secret each time it is asked for one."""

    def __init__(self, environment: Mapping[str, str] = os.environ, directory: Path | None = None) -> None:
        self._environment = environment
        self._directory = directory

    def find(self, name: str) -> str | None:
        """Return a secret without the line's end, None if there is none of this name.

        Raises:
            Unavailable: its file is a link, no ordinary file, too long, no UTF-8 text, or not readable.
        """
        if not is_name(name):
            return None
        variable = PREFIX + name.upper().replace("-", "_")
        if (value := self._environment.get(variable)) is not None:
            return value
        return None if self._directory is None else self._read(self._directory / name)

    def _read(self, path: Path) -> str | None:
        # A link could lead anywhere; O_NOFOLLOW refuses one that appears between a look and the opening.
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"the secret {path.name} cannot be read: {error.strerror}") from error
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise Unavailable(f"the secret {path.name} is no ordinary file")
            content = os.read(descriptor, LONGEST_BYTES + 1)
        finally:
            os.close(descriptor)
        if len(content) > LONGEST_BYTES:
            raise Unavailable(f"the secret {path.name} is longer than {LONGEST_BYTES} bytes")
        try:
            return content.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise Unavailable(f"the secret {path.name} is not UTF-8 text") from error
