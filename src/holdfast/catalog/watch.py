"""Keeps the catalog in step with its directory: looks for changes, waits until they settle, loads them."""

import logging
import threading

from holdfast.catalog.directory import fingerprint
from holdfast.catalog.service import CatalogService
from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import HoldfastError

log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0


class CatalogWatch:
    """Looks at the catalog's directory once a second; lives as long as the process.

    A change is loaded when two looks in a row see the same, so that an editor or `git checkout` that is half
    done does not count as a removal of files.
    """

    def __init__(self, service: CatalogService, clock: Clock) -> None:
        self._service = service
        self._clock = clock
        self._loaded: str | None = None
        self._seen: str | None = None

    def look(self) -> bool:
        """Look once; return whether the directory was loaded."""
        self._service.refresh()
        if self._service.directory is None:
            return False
        now = fingerprint(self._service.directory)
        is_settled, self._seen = now == self._seen, now
        if now == self._loaded or not is_settled:
            return False
        self._service.load_directory()
        self._loaded = now
        return True

    def run_forever(self, stop: threading.Event, *, pause_seconds: float = PAUSE_SECONDS) -> None:
        """Look until `stop` is set."""
        while not stop.is_set():
            try:
                self.look()
            except HoldfastError as error:
                # The database is unavailable: the catalog in force stays, and the next look tries again.
                log.warning("the catalog directory waits: %s", error.detail)
            self._clock.wait(stop, pause_seconds)
