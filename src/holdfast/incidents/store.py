"""Incidents in the state database."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, String, Table, insert, select, text, update

from holdfast.incidents.evidence import Evidence, document_of, evidence_of
from holdfast.incidents.model import Incident, IncidentState
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
    Column("objective", String(200), nullable=False),
    Column("objective_display_name", String(200), nullable=False),
    Column("service", String(200), nullable=False),
    Column("events", String(100), nullable=False),
    Column("tier_key", String(200), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("alert_over", Boolean, nullable=False),
    Column("onset_at", Instant, nullable=True),
    Column("acknowledged_at", Instant, nullable=True),
    Column("acknowledged_by", String(200), nullable=True),
    Column("resolved_at", Instant, nullable=True),
    Column("resolved_by", String(200), nullable=True),
    Column("bad_events", BigInteger, nullable=False),
    Column("total_events", BigInteger, nullable=False),
    Column("measured_at", Instant, nullable=True),
    Column("evidence", JSON, nullable=True),
    Column("environment", String(PLACE_CHARACTERS), nullable=True),
    Column("namespace", String(PLACE_CHARACTERS), nullable=True),
    Index("ix_incidents_objective", "objective"),
    Index("ix_incidents_state", "state"),
    # One objective has at most one active incident; the insert of a second is refused.
    Index(
        "uq_incidents_active",
        "objective",
        unique=True,
        sqlite_where=text("state != 'resolved'"),
        postgresql_where=text("state != 'resolved'"),
    ),
)


def add(tx: Writer, incident: Incident) -> int:
    """Store a new incident and return its id."""
    values = {name: getattr(incident, name) for name in Incident.__slots__ if name != "id"}
    values["state"] = incident.state.value
    values["evidence"] = None if incident.evidence is None else document_of(incident.evidence)
    return int(tx.execute(insert(incidents).values(values).returning(incidents.c.id)).scalar_one())


def change(tx: Writer, incident_id: int, **values: Any) -> None:
    """Store new values of an incident's fields."""
    tx.execute(update(incidents).where(incidents.c.id == incident_id).values(values))


def find(tx: Reader, incident_id: int) -> Incident | None:
    """Return an incident, or None."""
    row = tx.execute(select(incidents).where(incidents.c.id == incident_id)).mappings().first()
    return None if row is None else _incident(row)


def latest(tx: Reader, objective: str) -> Incident | None:
    """Return the newest incident of an objective, locked against other writers, or None."""
    query = (
        select(incidents)
        .where(incidents.c.objective == objective)
        .order_by(incidents.c.id.desc())
        .limit(1)
        .with_for_update()
    )
    row = tx.execute(query).mappings().first()
    return None if row is None else _incident(row)


def listed(
    tx: Reader,
    *,
    states: Sequence[IncidentState] = (),
    scope: PlaceFilter = EVERYWHERE,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Incident]:
    """Return incidents, newest first, without their evidence."""
    columns = [column for column in incidents.c if column.name != "evidence"]
    query = select(*columns).order_by(incidents.c.id.desc()).limit(limit)
    query = query.where(*stored_in(incidents, scope))
    if states:
        query = query.where(incidents.c.state.in_([state.value for state in states]))
    if before_id is not None:
        query = query.where(incidents.c.id < before_id)
    return [_incident({**row, "evidence": None}) for row in tx.execute(query).mappings()]


def keep_evidence(tx: Writer, incident_id: int, evidence: Evidence, **values: Any) -> None:
    """Store an incident's evidence and the fields that follow from it."""
    change(tx, incident_id, evidence=document_of(evidence), **values)


def _incident(row: Mapping[Any, Any]) -> Incident:
    kept = row["evidence"]
    return Incident(**{**row, "evidence": None if kept is None else evidence_of(kept)})
