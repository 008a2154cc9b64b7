"""Reconciles the SLIs that the engine counts with the catalog, in the background.

A change of the catalog takes effect for people at once; the counters of a new SLI follow as soon as the
stored spans have been counted. Until then the SLI correctly shows no data.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from holdfast.catalog.model import Catalog
from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.counting.selectors import Selectors

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
_IDLE_SECONDS = 1.0


class SelectorReconciler:
    """Installs the selectors of the current catalog; lives as long as the process.

    `settled` is entered around every installation: inside it no segment is inserted, and no insert is in
    doubt. Otherwise a segment counted by a backfill could be counted again when its insert is repeated.
    """

    def __init__(
        self,
        selectors: Selectors,
        clock: Clock,
        *,
        catalog: Callable[[], Catalog],
        settled: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._selectors = selectors
        self._clock = clock
        self._catalog = catalog
        self._settled = settled
        self._installed: frozenset[int] | None = None
        self._news = threading.Event()

    def notice(self, _old: Catalog, _new: Catalog) -> None:
        """Schedule a reconciliation; for `CatalogService.subscribe`."""
        self._news.set()

    def run(self, stop: threading.Event) -> None:
        """Reconcile until `stop` is set."""
        while not stop.is_set():
            pause_seconds = _IDLE_SECONDS if self.step() else RETRY_SECONDS
            self._clock.wait(self._news, pause_seconds)
            self._news.clear()

    def step(self) -> bool:
        """Install the current selectors if they changed; return whether the engine is up to date."""
        slis = self._catalog().slis
        wanted = frozenset(sli.id for sli in slis)
        if wanted == self._installed:
            return True
        try:
            with self._settled():
                fresh = self._selectors.install(slis, now=self._clock.now())
        except Unavailable as error:
            log.warning("the counters are not up to date with the catalog yet: %s", error.detail)
            return False
        self._installed = wanted
        if fresh:
            log.info("counted stored spans for %d new SLIs", len(fresh))
        return True
