"""Resolves names by the aliases of the catalog in force and the services seen: one for the whole process."""

from collections.abc import Callable

from holdfast.catalog.aliases import Aliases, aliases_of
from holdfast.catalog.model import Catalog
from holdfast.runtime.clock import Clock
from holdfast.runtime.remembered import Remembered
from holdfast.telemetry.identity.parties import without_port
from holdfast.telemetry.names.folding import NAMES
from holdfast.telemetry.warehouse.protocol import Warehouse

SEEN_SECONDS = 20.0
"""How long a new name may take to be found by a pattern; names are admitted no faster."""


class CatalogNames:
    """The `ServiceNames` of a server; without aliases in the catalog it asks nothing of the warehouse."""

    def __init__(self, warehouse: Warehouse, clock: Clock, *, catalog: Callable[[], Catalog]) -> None:
        self._warehouse = warehouse
        self._catalog = catalog
        self._seen = Remembered(clock, seconds=SEEN_SECONDS)

    def called(self, sent: str) -> str:
        """Return the service of the catalog that has this alias, else the name itself."""
        return self._aliases().called(sent)

    def party(self, name: str) -> str:
        """Return the service behind a host and port if one of that name sends, else as `called`."""
        host = without_port(name)
        is_service = host != name and name not in (seen := self._services()) and host in seen
        return self.called(host if is_service else name)

    def sent_as(self, name: str) -> tuple[str, ...]:
        """Return the name of a service, its aliases, and the names seen that its patterns match.

        A name that is an alias itself is taken for the service that has it.
        """
        aliases = self._aliases()
        seen = self._services() if aliases.patterns else ()
        return aliases.sent_as(aliases.called(name), seen)

    def _aliases(self) -> Aliases:
        return aliases_of(self._catalog().services)

    def _services(self) -> tuple[str, ...]:
        return self._seen.recall("services", self._read)

    def _read(self) -> tuple[str, ...]:
        rows = self._warehouse.query(f"SELECT DISTINCT name FROM {NAMES} WHERE kind = 'service'")
        return tuple(sorted(str(name) for (name,) in rows))
