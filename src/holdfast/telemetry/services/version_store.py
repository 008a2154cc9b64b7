"""Known versions in the state database, and the requests by version in the warehouse."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Index, Integer, String, Table, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from holdfast.runtime.database import Instant, Reader, Word, Writer, metadata
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.identity.service_names import ServiceNames
from holdfast.telemetry.services.versions import Known, KnownVersion, VersionPhase, VersionRequests
from holdfast.telemetry.warehouse.instants import between
from holdfast.telemetry.warehouse.name_caps import OTHER
from holdfast.telemetry.warehouse.protocol import Warehouse

MINUTE_SECONDS = 60
NAME_CHARACTERS = 200
PLACE_CHARACTERS = 300
KEY_BYTES = 1_000
"""Most bytes of a version with its service and place: an index of PostgreSQL takes keys of 2,700."""

GONE_KEPT = timedelta(days=400)
"""A gone version is known for as long as roll-ups are; after that it would be a new one."""

service_versions = Table(
    "service_versions",
    metadata,
    Column("environment", String(PLACE_CHARACTERS), primary_key=True),
    Column("namespace", String(PLACE_CHARACTERS), primary_key=True),
    Column("service", String(NAME_CHARACTERS), primary_key=True),
    Column("version", String(NAME_CHARACTERS), primary_key=True),
    Column("phase", Word(VersionPhase, 16), nullable=False),
    Column("since", Instant, nullable=False),
    Column("first_seen", Instant, nullable=False),
    Index("ix_service_versions_phase_since", "phase", "since"),
)

service_versions_judged = Table(
    "service_versions_judged",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("until", Instant, nullable=False),
)
"""One row: up to which minute versions have been judged."""

_COLUMNS, _JUDGED = service_versions.c, service_versions_judged.c
_THE_ROW = 1
_ID = "Service, Namespace, Environment"


def judged_until(tx: Reader) -> int | None:
    """Return the minute up to which versions have been judged."""
    found = tx.execute(select(_JUDGED.until)).scalar()
    return None if found is None else minute_of(found)


def advance(tx: Writer, until: int, *, was: int | None) -> bool:
    """Move the end of what is judged; return whether no other server moved it meanwhile."""
    values = {"until": instant_of(until)}
    if was is not None:
        old = _JUDGED.until == instant_of(was)
        return bool(tx.execute(update(service_versions_judged).where(old).values(values)).rowcount)
    statement = _insert(tx)(service_versions_judged).values(id=_THE_ROW, **values)
    stored = tx.execute(statement.on_conflict_do_nothing().returning(_JUDGED.id)).scalar()
    return stored is not None


def serving(tx: Reader) -> dict[ServiceId, set[str]]:
    """Return the versions that serve, by service."""
    found = defaultdict[ServiceId, set[str]](set)
    query = select(_COLUMNS.service, _COLUMNS.namespace, _COLUMNS.environment, _COLUMNS.version)
    for *of, version in tx.execute(query.where(_COLUMNS.phase == VersionPhase.SERVING)):
        found[ServiceId(*of)].add(version)
    return found


def known(tx: Reader, services: Collection[ServiceId]) -> Mapping[ServiceId, Known]:
    """Return what is known of the versions of some services."""
    found = defaultdict[ServiceId, dict[str, KnownVersion]](dict)
    names = sorted({one.name for one in services})
    query = select(service_versions).where(_COLUMNS.service.in_(names))
    for row in tx.execute(query).mappings():
        one = ServiceId(row["service"], row["namespace"], row["environment"])
        since, first = minute_of(row["since"]), minute_of(row["first_seen"])
        found[one][row["version"]] = KnownVersion(row["phase"], since, first)
    return {one: found.get(one, {}) for one in services}


def save(tx: Writer, service: ServiceId, versions: Known) -> None:
    """Store what is known of these versions of a service."""
    for version, one in versions.items():
        key = {"environment": service.environment, "namespace": service.namespace}
        key |= {"service": service.name, "version": version}
        values = {
            "phase": one.phase,
            "since": instant_of(one.since),
            "first_seen": instant_of(one.first),
        }
        statement = _insert(tx)(service_versions).values(**key, **values)
        tx.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


def forget_gone(tx: Writer, now: datetime) -> None:
    """Delete versions that have been gone for longer than they are kept."""
    is_old = (_COLUMNS.phase == VersionPhase.GONE) & (_COLUMNS.since < now - GONE_KEPT)
    tx.execute(delete(service_versions).where(is_old))


def instant_of(minute: int) -> datetime:
    """Return the instant at which a minute begins."""
    return datetime.fromtimestamp(minute * MINUTE_SECONDS, UTC)


def minute_of(at: datetime) -> int:
    """Return the minute in which an instant lies, counted since 1970."""
    return int(at.timestamp()) // MINUTE_SECONDS


class VersionCounts:
    """Reads the requests of services by version."""

    def __init__(self, warehouse: Warehouse, names: ServiceNames) -> None:
        self._warehouse = warehouse
        self._names = names

    def present(self, first: int, until: int) -> dict[ServiceId, set[str]]:
        """Return the named versions that sent spans in some minutes, by service: a few rows per slice."""
        rows = self._warehouse.query(
            f"SELECT {_ID}, groupUniqArrayArray(Versions) FROM holdfast_red_services "
            f"WHERE {between('Slice', 'from', 'to')} GROUP BY {_ID}",
            _seconds(first, until),
        )
        found = defaultdict[ServiceId, set[str]](set)
        for *of, versions in rows:
            one = self._called(*of)
            found[one].update(v for v in versions if v not in ("", OTHER) and _is_kept(one, v))
        return {one: versions for one, versions in found.items() if versions and one.name != OTHER}

    def handled(
        self, services: Collection[ServiceId], first: int, until: int
    ) -> Mapping[ServiceId, list[VersionRequests]]:
        """Return what some services, and others of their names, handled by version, minute and place.

        As in lists of services, one that handles no requests is measured by all its spans.
        """
        sent = {name for one in services for name in self._names.sent_as(one.name)}
        rows = self._warehouse.query(
            f"SELECT {_ID}, Version, intDiv(toUInt32(Slice), {MINUTE_SECONDS}) AS minute, Zone, Region, "
            "sumIf(Requests, Kind IN ('Server', 'Consumer')), sum(Requests) FROM holdfast_red "
            f"WHERE {between('Slice', 'from', 'to')} AND Service IN {{names:Array(String)}} "
            f"GROUP BY {_ID}, Version, minute, Zone, Region",
            {"names": sorted(sent), **_seconds(first, until)},
        )
        return self._by_service(rows)

    def _by_service(self, rows: Iterable[tuple[Any, ...]]) -> Mapping[ServiceId, list[VersionRequests]]:
        found = defaultdict[ServiceId, list[tuple[VersionRequests, int]]](list)
        for name, namespace, environment, version, minute, zone, region, handled, every in rows:
            one = self._called(name, namespace, environment)
            # A name too long to be kept counts in the whole, as what has no version does.
            named = version if _is_kept(one, version) else ""
            found[one].append((VersionRequests(named, minute, every, zone, region), handled))
        return {one: _handled(sides) for one, sides in found.items()}

    def _called(self, name: str, namespace: str, environment: str) -> ServiceId:
        return ServiceId(self._names.called(name), namespace, environment)


def _handled(sides: list[tuple[VersionRequests, int]]) -> list[VersionRequests]:
    if not any(handled for _, handled in sides):
        return [one for one, _ in sides]
    return [replace(one, requests=handled) for one, handled in sides]


def _is_kept(service: ServiceId, version: str) -> bool:
    """Return whether the state database can hold the names of a version."""
    names, places = (service.name, version), (service.namespace, service.environment)
    is_short = max(map(len, names)) <= NAME_CHARACTERS and max(map(len, places)) <= PLACE_CHARACTERS
    text = "".join((*names, *places))
    return is_short and len(text.encode(errors="replace")) <= KEY_BYTES and "\0" not in text


def _seconds(first: int, until: int) -> dict[str, int]:
    return {"from": first * MINUTE_SECONDS, "to": until * MINUTE_SECONDS}


def _insert(tx: Writer) -> Any:
    return sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert
