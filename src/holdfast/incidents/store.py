"""Incidents and their episodes in the state database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Select,
    String,
    Table,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from holdfast.incidents.evidence import Evidence, contributor_of, document_of, evidence_of
from holdfast.incidents.model import Episode, FailingParty, Incident, IncidentFilter, IncidentState, Placing
from holdfast.objectives.places import PLACE_CHARACTERS, stored_in
from holdfast.runtime.database import BigId, Instant, Reader, Word, Writer, metadata
from holdfast.telemetry.identity.model import EVERYWHERE, PlaceFilter

incidents = Table(
    "incidents",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("title", String(400), nullable=False),
    Column("state", Word(IncidentState, 16), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("acknowledged_at", Instant, nullable=True),
    Column("acknowledged_by", String(200), nullable=True),
    Column("resolved_at", Instant, nullable=True),
    Column("resolved_by", String(200), nullable=True),
    Column("merged_into", BigInteger, nullable=True),
    Column("moved_to", BigInteger, nullable=True),
    Index("ix_incidents_state", "state"),
    Index("ix_incidents_merged_into", "merged_into"),
)

incident_episodes = Table(
    "incident_episodes",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("incident_id", BigInteger, nullable=True),
    Column("merged_from", BigInteger, nullable=True),
    Column("placed", Word(Placing, 16), nullable=False),
    Column("title", String(400), nullable=False),
    Column("objective", String(200), nullable=False),
    Column("objective_display_name", String(200), nullable=False),
    Column("service", String(200), nullable=False),
    Column("events", String(100), nullable=False),
    Column("environment", String(PLACE_CHARACTERS), nullable=True),
    Column("namespace", String(PLACE_CHARACTERS), nullable=True),
    Column("tier_key", String(200), nullable=False),
    Column("follows_at", Instant, nullable=True),
    Column("fired_at", Instant, nullable=False),
    Column("joined_at", Instant, nullable=True),
    Column("alert_over", Boolean, nullable=False),
    Column("resolved_at", Instant, nullable=True),
    Column("onset_at", Instant, nullable=True),
    Column("bad_events", BigInteger, nullable=False),
    Column("total_events", BigInteger, nullable=False),
    Column("measured_at", Instant, nullable=True),
    Column("cause", JSON(none_as_null=True), nullable=True),
    Column("evidence", JSON, nullable=True),
    Index("ix_incident_episodes_incident_id", "incident_id"),
    Index("ix_incident_episodes_merged_from", "merged_from"),
    Index("ix_incident_episodes_objective", "objective"),
    # One objective has at most one active episode; the insert of a second is refused.
    Index(
        "uq_incident_episodes_active",
        "objective",
        unique=True,
        sqlite_where=text("resolved_at IS NULL"),
        postgresql_where=text("resolved_at IS NULL"),
    ),
)

_WITHOUT_EVIDENCE = [column for column in incident_episodes.c if column.name != "evidence"]
_WITH_CONTRIBUTORS = [
    *_WITHOUT_EVIDENCE,
    *(incident_episodes.c.evidence[part].label(part) for part in ("contributors", "lately")),
]
_STORED = {column.name for column in incident_episodes.c} - {"id"}
_ACTIVE = incidents.c.state.in_([state.value for state in IncidentFilter.ACTIVE.states])


def add(tx: Writer, incident: Incident) -> int:
    """Store a new incident and return its id; its episodes that are stored already become part of it."""
    values = {one.name: getattr(incident, one.name) for one in fields(Incident)}
    values = {name: value for name, value in values.items() if name not in ("id", "episodes")}
    stored = tx.execute(insert(incidents).values(values).returning(incidents.c.id))
    number = int(stored.scalar_one())
    for episode in incident.episodes:
        if episode.id:
            placing = {"placed": episode.placed, "joined_at": episode.joined_at}
            change_episode(tx, episode.id, incident_id=number, **placing)
        else:
            add_episode(tx, replace(episode, incident_id=number))
    return number


def add_episode(tx: Writer, episode: Episode) -> int:
    """Store a new episode and return its id."""
    values = {name: getattr(episode, name) for name in _STORED}
    values["cause"] = None if episode.cause is None else asdict(episode.cause)
    values["evidence"] = None if episode.evidence is None else document_of(episode.evidence)
    stored = tx.execute(insert(incident_episodes).values(values).returning(incident_episodes.c.id))
    return int(stored.scalar_one())


def change(tx: Writer, incident_id: int, **values: Any) -> None:
    """Store new values of an incident's fields."""
    tx.execute(update(incidents).where(incidents.c.id == incident_id).values(values))


def change_episode(tx: Writer, episode_id: int, **values: Any) -> None:
    """Store new values of an episode's fields."""
    mine = incident_episodes.c.id == episode_id
    tx.execute(update(incident_episodes).where(mine).values(values))


def end_episodes(tx: Writer, incident_id: int, at: datetime) -> None:
    """End every episode of an incident that is not over."""
    columns = incident_episodes.c
    mine = (columns.incident_id == incident_id) & columns.resolved_at.is_(None)
    tx.execute(update(incident_episodes).where(mine).values(resolved_at=at))


def move_episodes(tx: Writer, newer: int, into: int, at: datetime) -> None:
    """Make an incident part of another: its episodes, and what was merged into it, belong to that one."""
    columns = incident_episodes.c
    mine = update(incident_episodes).where(columns.incident_id == newer)
    origin = func.coalesce(columns.merged_from, newer)
    tx.execute(mine.values(incident_id=into, merged_from=origin, joined_at=at))
    tx.execute(update(incidents).where(incidents.c.merged_into == newer).values(merged_into=into))


def keep_evidence(tx: Writer, episode_id: int, evidence: Evidence, **values: Any) -> None:
    """Store an episode's evidence and the fields that follow from it."""
    change_episode(tx, episode_id, evidence=document_of(evidence), **values)


def keep_cause(tx: Writer, episode_id: int, cause: FailingParty | None) -> None:
    """Store an episode's cause."""
    change_episode(tx, episode_id, cause=None if cause is None else asdict(cause))


def find(tx: Reader, incident_id: int) -> Incident | None:
    """Return an incident with its episodes and their evidence, or None."""
    found = _with_episodes(tx, _of(incident_id), list(incident_episodes.c))
    return found[0] if found else None


def find_locked(tx: Writer, incident_id: int) -> Incident | None:
    """Return an incident without evidence, locked against other writers, or None."""
    found = _with_episodes(tx, _of(incident_id).with_for_update(), _WITHOUT_EVIDENCE)
    return found[0] if found else None


def episode(tx: Reader, episode_id: int) -> Episode | None:
    """Return an episode, or None."""
    return _one(tx, select(incident_episodes).where(incident_episodes.c.id == episode_id))


def locked(tx: Writer, episode_id: int) -> Episode | None:
    """Return an episode, locked against other writers, or None."""
    mine = select(incident_episodes).where(incident_episodes.c.id == episode_id)
    return _one(tx, mine.with_for_update())


def latest(tx: Writer, objective: str) -> Episode | None:
    """Return the newest episode of an objective, locked against other writers, or None."""
    columns = incident_episodes.c
    newest = select(incident_episodes).where(columns.objective == objective).order_by(columns.id.desc())
    return _one(tx, newest.limit(1).with_for_update())


def active(tx: Writer) -> list[Incident]:
    """Return the active incidents, oldest first and without evidence, locked against other writers.

    Whoever decides on them locks them first, and episodes after that.
    """
    query = select(incidents).where(_ACTIVE).order_by(incidents.c.id).with_for_update()
    return _with_episodes(tx, query, _WITHOUT_EVIDENCE)


def merged_into(tx: Reader, incident_id: int) -> list[int]:
    """Return the incidents that were merged into this one, oldest first."""
    columns = incidents.c
    query = select(columns.id).where(columns.merged_into == incident_id).order_by(columns.id)
    return list(tx.execute(query).scalars())


def active_count(tx: Reader) -> int:
    """Return how many incidents are active."""
    return int(tx.execute(select(func.count()).select_from(incidents).where(_ACTIVE)).scalar_one())


def listed(
    tx: Reader,
    *,
    states: Sequence[IncidentState] = (),
    scope: PlaceFilter = EVERYWHERE,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Incident]:
    """Return incidents of which an objective is in scope, newest first; of the evidence, the contributors."""
    query = select(incidents).order_by(incidents.c.id.desc()).limit(limit)
    if limits := stored_in(incident_episodes, scope):
        query = query.where(select(incident_episodes.c.id).where(_belongs(), *limits).exists())
    if states:
        query = query.where(incidents.c.state.in_([state.value for state in states]))
    if before_id is not None:
        query = query.where(incidents.c.id < before_id)
    return _with_episodes(tx, query, _WITH_CONTRIBUTORS)


def _of(incident_id: int) -> Select[Any]:
    return select(incidents).where(incidents.c.id == incident_id)


def _belongs() -> Any:
    columns = incident_episodes.c
    return or_(columns.incident_id == incidents.c.id, columns.merged_from == incidents.c.id)


def _with_episodes(tx: Reader, query: Select[Any], columns: Iterable[Any]) -> list[Incident]:
    rows = list(tx.execute(query).mappings())
    of = incident_episodes.c
    numbers = [row["id"] for row in rows]
    mine = or_(of.incident_id.in_(numbers), of.merged_from.in_(numbers))
    found = select(*columns).where(mine).order_by(of.joined_at, of.id)
    episodes = [_episode(row) for row in tx.execute(found).mappings()] if rows else []
    return [
        Incident(
            **row,
            episodes=tuple(one for one in episodes if row["id"] in (one.incident_id, one.merged_from)),
        )
        for row in rows
    ]


def _one(tx: Reader, query: Select[Any]) -> Episode | None:
    row = tx.execute(query).mappings().first()
    return None if row is None else _episode(row)


def _episode(row: Mapping[Any, Any]) -> Episode:
    kept, cause = row.get("evidence"), row["cause"]
    known = row if kept is None else kept
    values = {
        "cause": None if cause is None else FailingParty(**cause),
        "evidence": None if kept is None else evidence_of(kept),
        "contributors": tuple(contributor_of(one) for one in known.get("contributors") or ()),
        "lately": tuple(contributor_of(one) for one in known.get("lately") or ()),
    }
    return Episode(**{**row, **values})
