"""The engines of a server: the state database and the warehouse, opened once and closed last."""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from holdfast.app import state_file
from holdfast.app.readiness import PartState, ReadinessPart
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import HoldfastError
from holdfast.runtime.redaction import without_secret
from holdfast.runtime.settings import Settings
from holdfast.telemetry.counting.source import CountSource
from holdfast.telemetry.counting.store import WarehouseCounts
from holdfast.telemetry.intake.limits import IntakeLimits
from holdfast.telemetry.migrations import migrate as migrate_warehouse
from holdfast.telemetry.traces.by_sli import SpanSource, WarehouseSpans
from holdfast.telemetry.warehouse.engine_place import working_in
from holdfast.telemetry.warehouse.layout import Layout
from holdfast.telemetry.warehouse.protocol import Warehouse
from holdfast.telemetry.warehouse.starting import StartingWarehouse

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
PROBE_SECONDS = 2.0

Watermark = Callable[[], datetime | None]
"""Returns the instant up to which counts are complete."""


@dataclass(frozen=True, slots=True)
class Engines:
    """The opened engines; `prepare` migrates the warehouse's schema to this version."""

    database: Database
    warehouse: Warehouse
    layout: Layout
    counts: Callable[[Watermark], CountSource]
    spans: SpanSource
    is_embedded: bool
    prepared: threading.Event
    state_warning: str = ""

    @property
    def asked(self) -> Warehouse:
        """The warehouse for everyone except `prepare`: until it is prepared, it raises our own error."""
        return StartingWarehouse(self.warehouse, self.prepared)

    def prepare(self) -> None:
        """Create or migrate the warehouse's tables."""
        migrate_warehouse(self.warehouse, self.layout)
        self.prepared.set()

    def probe_state(self) -> ReadinessPart:
        """Ask the state database for an answer."""
        with self.database.read() as tx:
            tx.exec_driver_sql("SELECT 1")
        if self.database.write_trouble:
            return ReadinessPart(
                "state", PartState.DEGRADED, f"it can be read, but not written: {self.database.write_trouble}"
            )
        if self.state_warning:
            return ReadinessPart("state", PartState.DEGRADED, self.state_warning)
        return ReadinessPart("state", PartState.OK, without_secret(self.database.url))

    def probe_warehouse(self) -> ReadinessPart:
        """Ask the warehouse for an answer."""
        if not self.prepared.is_set():
            return ReadinessPart("warehouse", PartState.DOWN, "its tables are not made yet; the log says why")
        self.warehouse.query("SELECT 1", timeout_seconds=PROBE_SECONDS)
        if damage := self.warehouse.damage():
            return ReadinessPart("warehouse", PartState.DEGRADED, "; ".join(damage))
        return ReadinessPart("warehouse", PartState.OK, "it answers")


@contextmanager
def opened(settings: Settings) -> Iterator[Engines]:
    """Open both engines for the length of the block, the state migrated to this version."""
    with _opened(settings, lambda database: _prepare_state(database, settings)) as engines:
        yield engines


@contextmanager
def opened_as_they_are(settings: Settings) -> Iterator[Engines]:
    """Open both engines for the length of the block, without migrating or changing anything."""
    with _opened(settings, lambda _database: "") as engines:
        yield engines


@contextmanager
def _opened(settings: Settings, prepare: Callable[[Database], str]) -> Iterator[Engines]:
    database = Database(settings.state_url)
    try:
        warning = prepare(database)
        warehouse, layout = _warehouse(settings)
        prepared = threading.Event()
        asked = StartingWarehouse(warehouse, prepared)
        try:
            yield Engines(
                database=database,
                warehouse=warehouse,
                layout=layout,
                counts=lambda watermark: WarehouseCounts(asked, watermark),
                spans=WarehouseSpans(asked),
                is_embedded=_is_embedded(settings.warehouse_url),
                prepared=prepared,
                state_warning=warning,
            )
        finally:
            warehouse.close()
    finally:
        database.close()


def _prepare_state(database: Database, settings: Settings) -> str:
    warning = state_file.beside_older_data(database, settings.data / "warehouse")
    state_file.prepare(database)
    if warning:
        log.warning("%s", warning)
    return warning


def prepare_until_done(engines: Engines, clock: Clock, stop: threading.Event) -> None:
    """Prepare the warehouse, retrying while it is unavailable; people are still paged meanwhile."""
    while not engines.prepared.is_set() and not stop.is_set():
        try:
            engines.prepare()
        except HoldfastError as error:
            log.warning("the warehouse is not ready yet: %s", error.detail)
            clock.wait(stop, RETRY_SECONDS)


def _is_embedded(url: str) -> bool:
    return url.startswith("chdb://")


def _warehouse(settings: Settings) -> tuple[Warehouse, Layout]:
    url = settings.warehouse_url
    if _is_embedded(url):
        return _embedded(url), Layout(retention_days=settings.retention_days)
    from holdfast.telemetry.warehouse.remote import ClickHouseWarehouse

    parts = urlsplit(url)
    cluster = parse_qs(parts.query).get("cluster", [None])[0]
    name = parts.path.strip("/") or "holdfast"
    layout = Layout(database=name, retention_days=settings.retention_days, cluster=cluster)
    return ClickHouseWarehouse(url), layout


def _embedded(url: str) -> Warehouse:
    place = Path(re.sub(r"^chdb://", "", url))
    with working_in(place):
        from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

    warehouse = ChdbWarehouse(place, inserters=IntakeLimits().inserters)
    try:
        warehouse.open()
    except HoldfastError:
        warehouse.close()
        raise
    return warehouse
