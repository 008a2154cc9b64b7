"""What telemetry showed of changes, in the state database; the changes themselves are in the journal.

The journal is never changed. A deploy that is reported after it was detected takes the detected one's place:
`superseded_id` names the entry that is hidden from then on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    String,
    Table,
    UniqueConstraint,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from holdfast.changes.model import DETECTOR, JOIN_WITHIN, Arrival, Observation, is_about
from holdfast.runtime import journal
from holdfast.runtime.database import BigId, Instant, Reader, Word, Writer, metadata
from holdfast.runtime.places import Placement

PLATFORM = "platform"
"""The subject of a change that names no service."""

NAME_CHARACTERS = 200
"""Most characters of a service or a version in a change."""

PLACE_CHARACTERS = 300

change_observations = Table(
    "change_observations",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("service", String(NAME_CHARACTERS), nullable=False),
    Column("version", String(NAME_CHARACTERS), nullable=False),
    Column("environment", String(PLACE_CHARACTERS), nullable=False),
    Column("namespace", String(PLACE_CHARACTERS), nullable=False),
    Column("since", Instant, nullable=False),
    Column("detected_at", Instant, nullable=False),
    Column("arrival", Word(Arrival, 16), nullable=False),
    Column("zones", JSON, nullable=False),
    Column("regions", JSON, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("total_requests", BigInteger, nullable=False),
    Column("seconds", BigInteger, nullable=False),
    Column("before", JSON, nullable=False),
    Column("change_id", BigInteger, nullable=True),
    Column("superseded_id", BigInteger, nullable=True),
    UniqueConstraint(
        *("environment", "namespace", "service", "version", "since"), name="uq_change_observations_seen"
    ),
    Index("ix_change_observations_change_id", "change_id"),
    Index("ix_change_observations_superseded_id", "superseded_id"),
    Index("ix_change_observations_service_since", "service", "since"),
)

_COLUMNS = change_observations.c
_LISTS = ("zones", "regions", "before")
_SUPERSEDED = select(_COLUMNS.superseded_id).where(_COLUMNS.superseded_id.is_not(None))


def entries(tx: Reader, **limits: Any) -> list[journal.Entry]:
    """Return entries of the journal as `journal.entries` does, without detected ones that were superseded."""
    return journal.entries(tx, hidden=_SUPERSEDED, **limits)


def keep_apart(tx: Writer) -> None:
    """Wait for other writers of deploys: neither of two that are one change would find the other."""
    if tx.dialect.name == "postgresql":
        tx.exec_driver_sql(f"LOCK TABLE {change_observations.name} IN SHARE ROW EXCLUSIVE MODE")


def add(tx: Writer, seen: Observation) -> int | None:
    """Store what was seen and return its id; None if it is stored already."""
    build = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert
    values = {field.name: getattr(seen, field.name) for field in fields(seen)}
    values |= {name: list(values[name]) for name in _LISTS}
    statement = build(change_observations).values(values).on_conflict_do_nothing().returning(_COLUMNS.id)
    found: int | None = tx.execute(statement).scalar()
    return found


def shown_as(tx: Writer, observation_id: int, change_id: int) -> None:
    """Make a change the one that shows an observation."""
    row = _COLUMNS.id == observation_id
    tx.execute(update(change_observations).where(row).values(change_id=change_id))


def supersede(tx: Writer, observation_id: int, change_id: int) -> None:
    """Make a reported change show an observation, and hide the detected one that did."""
    row = _COLUMNS.id == observation_id
    values = {"superseded_id": _COLUMNS.change_id, "change_id": change_id}
    tx.execute(update(change_observations).where(row).values(values))


def detected(tx: Reader, service: str, version: str, at: datetime) -> list[tuple[int, Observation]]:
    """Return observations of a version near an instant that no report shows, with their ids."""
    entry = journal.journal_entries.c
    query = (
        select(change_observations)
        .where(_COLUMNS.service == service, _COLUMNS.version == version)
        .where(_COLUMNS.since >= at - JOIN_WITHIN, _COLUMNS.since <= at + JOIN_WITHIN)
        .where(_COLUMNS.superseded_id.is_(None), _COLUMNS.change_id == entry.id, entry.actor == DETECTOR)
        .where(_COLUMNS.arrival != Arrival.GONE)
    )
    return [(row["id"], _observation(row)) for row in tx.execute(query).mappings()]


def reported(tx: Reader, seen: Observation) -> journal.Entry | None:
    """Return the reported deploy nearest in time that may be what was seen, and shows nothing else there."""
    found = entries(
        tx,
        kinds=("change.deploy",),
        subject=f"service/{seen.service}",
        since=seen.since - JOIN_WITHIN,
        until=seen.since + JOIN_WITHIN + timedelta(microseconds=1),
        limited_to=seen.place.limits,
        limit=1000,
    )
    of_version = [one for one in found if one.data.get("version") == seen.version]
    taken = observed(tx, [one.id for one in of_version])
    free = [
        one
        for one in of_version
        if is_about(placement(one), seen)
        and not any(_is_same_place(other, seen) for other in taken.get(one.id, ()))
    ]
    return min(free, key=lambda one: (abs(one.at - seen.since), one.id), default=None)


def observed(tx: Reader, change_ids: Iterable[int]) -> Mapping[int, tuple[Observation, ...]]:
    """Return what telemetry showed of these changes, by their ids."""
    query = select(change_observations).where(_COLUMNS.change_id.in_(list(change_ids)))
    found = defaultdict[int, tuple[Observation, ...]](tuple)
    for row in tx.execute(query.order_by(_COLUMNS.since, _COLUMNS.id)).mappings():
        found[row["change_id"]] += (_observation(row),)
    return found


def mark(entry: journal.Entry) -> journal.Mark:
    """Return a change as a chart shows it: what was changed comes first, for there is little room."""
    named = (entry.subject.removeprefix("service/"), entry.data.get("version"))
    subject = " ".join(one for one in named if one and one != PLATFORM)
    is_named = entry.summary.casefold().startswith(subject.casefold())
    label = entry.summary if is_named else f"{subject}: {entry.summary}"
    return journal.Mark(entry.at, "change", label, f"/changes?change={entry.id}")


def placement(entry: journal.Entry) -> Placement:
    """Return where the change of a journal entry was made."""
    return Placement(*(entry.data.get(name) for name in ("environment", "namespace", "region")))


def _is_same_place(one: Observation, other: Observation) -> bool:
    return (one.environment, one.namespace) == (other.environment, other.namespace)


def _observation(row: Mapping[Any, Any]) -> Observation:
    values = {field.name: row[field.name] for field in fields(Observation)}
    return Observation(**(values | {name: tuple(values[name]) for name in _LISTS}))
