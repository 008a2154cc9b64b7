"""Alerts and standings in the state database. An alert row is one firing of one tier, kept for ever."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    String,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from holdfast.catalog.model import Objective, Severity
from holdfast.objectives.alerting.burn import Tier
from holdfast.objectives.alerting.condition import Alert, Phase
from holdfast.objectives.alerting.decision import Transition
from holdfast.objectives.alerting.explain import AlertStatus
from holdfast.objectives.model import State
from holdfast.objectives.places import PLACE_CHARACTERS, stored_in
from holdfast.runtime.database import BigId, Instant, Reader, Word, Writer, metadata
from holdfast.telemetry.identity.model import EVERYWHERE, PlaceFilter

objective_alerts = Table(
    "objective_alerts",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("objective", String(200), nullable=False),
    Column("objective_display_name", String(200), nullable=False),
    Column("service", String(200), nullable=False),
    Column("environment", String(PLACE_CHARACTERS), nullable=True),
    Column("namespace", String(PLACE_CHARACTERS), nullable=True),
    Column("severity", Word(Severity, 16), nullable=False),
    Column("tier", String(100), nullable=False),
    Column("tier_key", String(200), nullable=False),
    Column("fired_at", Instant, nullable=False),
    Column("resolved_at", Instant, nullable=True),
    Column("spent", Boolean, nullable=False),
    Column("edge", Instant, nullable=False),
    Column("reset_window_seconds", Integer, nullable=False),
    Column("quiet_since", Instant, nullable=True),
    Column("inhibited_by", String(200), nullable=True),
    Column("long_rate", Double, nullable=True),
    Column("short_rate", Double, nullable=True),
    Column("threshold", Double, nullable=False),
    Column("refers_to", String(300), nullable=True),
    Index("ix_objective_alerts_objective_fired_at", "objective", "fired_at"),
    Index("ix_objective_alerts_edge", "edge"),
    # Two evaluations at once cannot both open an alert: the second one's insert is refused.
    Index(
        "uq_objective_alerts_firing",
        "objective",
        "tier_key",
        unique=True,
        sqlite_where=text("resolved_at IS NULL"),
        postgresql_where=text("resolved_at IS NULL"),
    ),
)

objective_standings = Table(
    "objective_standings",
    metadata,
    Column("objective", String(200), primary_key=True),
    Column("state", Word(State, 16), nullable=False),
    Column("held", Boolean, nullable=False),
    Column("since", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """A stored alert as it is shown: `state` is firing, inhibited or resolved, `status` the word people read.

    `environment` and `namespace` are those its objective was limited to when it fired; None is any.
    `alert` is the same alert as decisions know it. `still_firing` is the tier that fires on after the end of
    this one, in the same episode.
    """

    id: int
    objective: str
    objective_display_name: str
    service: str
    environment: str | None
    namespace: str | None
    severity: Severity
    tier: str
    tier_key: str
    state: str
    fired_at: datetime
    resolved_at: datetime | None
    long_rate: float | None
    short_rate: float | None
    threshold: float
    refers_to: str | None
    status: AlertStatus
    alert: Alert
    still_firing: str | None = None


@dataclass(frozen=True, slots=True)
class StandingRow:
    """The state an objective was in when it was last evaluated, and since when."""

    state: State
    suspended: bool
    since: datetime


def live_alerts(tx: Reader, *, since: datetime) -> dict[str, list[Alert]]:
    """Return what an evaluation has to know, by objective.

    That is: alerts that fire or are spent, and those resolved at edge `since` or later, which a short window
    may still hold, or a clock that stepped back. Oldest first, so that of one tier the newest wins.
    """
    columns = objective_alerts.c
    live = or_(columns.resolved_at.is_(None), columns.spent, columns.edge >= since)
    found: dict[str, list[Alert]] = {}
    for row in tx.execute(select(objective_alerts).where(live).order_by(columns.id)).mappings():
        found.setdefault(row["objective"], []).append(_alert(row))
    return found


def last_resolved(tx: Reader, objectives: Sequence[str]) -> dict[str, datetime]:
    """Return when the last alert of each of these objectives was resolved; those without one are left out."""
    columns = objective_alerts.c
    newest = select(columns.objective, func.max(columns.resolved_at)).group_by(columns.objective)
    found = tx.execute(newest.where(columns.objective.in_(objectives)))
    return {name: resolved_at for name, resolved_at in found if resolved_at is not None}


def insert_alert(tx: Writer, objective: Objective, tier: Tier, alert: Alert, transition: Transition) -> int:
    """Store a new firing and return its id."""
    values = {
        "objective": objective.name,
        "objective_display_name": objective.display_name,
        "service": objective.service,
        "environment": objective.sli.total.environment,
        "namespace": objective.sli.total.namespace,
        "severity": tier.severity.value,
        "tier": tier.name,
        "tier_key": tier.key,
        "fired_at": alert.fired_at,
        "resolved_at": None,
        "threshold": float(tier.threshold),
        **_mutable(alert),
        **_rates(transition),
    }
    stored = tx.execute(insert(objective_alerts).values(values).returning(objective_alerts.c.id))
    return int(stored.scalar_one())


def update_alert(
    tx: Writer, alert: Alert, *, resolved_at: datetime | None = None, transition: Transition | None = None
) -> None:
    """Store what changed about an alert; `resolved_at` ends it."""
    values = _mutable(alert) | (_rates(transition) if transition is not None else {})
    if resolved_at is not None:
        values["resolved_at"] = resolved_at
    tx.execute(update(objective_alerts).where(objective_alerts.c.id == alert.id).values(values))


def set_reference(tx: Writer, alert_id: int, refers_to: str) -> None:
    """Note the record (`incident/7`) an alert belongs to."""
    mine = objective_alerts.c.id == alert_id
    tx.execute(update(objective_alerts).where(mine).values(refers_to=refers_to))


def refer_alerts(tx: Writer, objective: str, *, fired_since: datetime, refers_to: str) -> None:
    """Note the record of an objective's alerts that fire, tickets too, and of new pages without one."""
    columns = objective_alerts.c
    pages = (columns.severity == Severity.PAGE) & columns.refers_to.is_(None)
    ended = pages & (columns.fired_at >= fired_since)
    mine = (columns.objective == objective) & or_(columns.resolved_at.is_(None), ended)
    tx.execute(update(objective_alerts).where(mine).values(refers_to=refers_to))


def replace_reference(tx: Writer, *, refer_to: str, instead_of: str) -> None:
    """Note another record for all alerts of one."""
    mine = objective_alerts.c.refers_to == instead_of
    tx.execute(update(objective_alerts).where(mine).values(refers_to=refer_to))


def alert_rows(
    tx: Reader,
    *,
    firing_only: bool = False,
    objective: str | None = None,
    scope: PlaceFilter = EVERYWHERE,
    before_id: int | None = None,
    limit: int = 100,
) -> list[AlertRow]:
    """Return alerts, newest first."""
    columns = objective_alerts.c
    query = select(objective_alerts).order_by(columns.id.desc()).limit(limit)
    query = query.where(*stored_in(objective_alerts, scope))
    if firing_only:
        query = query.where(columns.resolved_at.is_(None))
    if objective is not None:
        query = query.where(columns.objective == objective)
    if before_id is not None:
        query = query.where(columns.id < before_id)
    return [_row(row) for row in tx.execute(query).mappings()]


def firing_rows(tx: Reader) -> dict[str, list[AlertRow]]:
    """Return the alerts that fire now, by objective."""
    columns = objective_alerts.c
    query = select(objective_alerts).where(columns.resolved_at.is_(None)).order_by(columns.id)
    found: dict[str, list[AlertRow]] = {}
    for row in tx.execute(query).mappings():
        found.setdefault(row["objective"], []).append(_row(row))
    return found


def firing_count(tx: Reader) -> int:
    """Return how many alerts fire that no faster tier covers."""
    columns = objective_alerts.c
    shown = columns.resolved_at.is_(None) & columns.inhibited_by.is_(None)
    return int(tx.execute(select(func.count()).select_from(objective_alerts).where(shown)).scalar_one())


def ended_alerts(tx: Reader, objective: str, *, since: datetime) -> list[Alert]:
    """Return the alerts of an objective that are over, decided at or after `since` or spent; oldest first."""
    columns = objective_alerts.c
    query = (
        select(objective_alerts)
        .where(columns.objective == objective)
        .where(columns.resolved_at.is_not(None))
        .where(or_(columns.spent, columns.edge >= since))
        .order_by(columns.id)
    )
    return [_alert(row) for row in tx.execute(query).mappings()]


def standings(tx: Reader) -> dict[str, StandingRow]:
    """Return the standing of every objective at the last evaluation."""
    rows = tx.execute(select(objective_standings)).mappings()
    return {row["objective"]: StandingRow(row["state"], row["held"], row["since"]) for row in rows}


def suspended(tx: Reader) -> set[str]:
    """Return the objectives whose alerts were suspended at the last evaluation."""
    columns = objective_standings.c
    return set(tx.execute(select(columns.objective).where(columns.held)).scalars())


def write_standings(tx: Writer, changed: Mapping[str, StandingRow], gone: Iterable[str] = ()) -> None:
    """Store the standings that changed and forget those of objectives that are gone."""
    gone = list(gone)
    if gone:
        tx.execute(delete(objective_standings).where(objective_standings.c.objective.in_(gone)))
    if not changed:
        return
    build = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert
    statement = build(objective_standings)
    replaced = {name: statement.excluded[name] for name in ("state", "held", "since")}
    upsert = statement.on_conflict_do_update(index_elements=["objective"], set_=replaced)
    rows = [
        {"objective": name, "state": row.state.value, "held": row.suspended, "since": row.since}
        for name, row in changed.items()
    ]
    tx.execute(upsert, rows)


def _mutable(alert: Alert) -> dict[str, Any]:
    return {
        "spent": alert.phase is Phase.SPENT,
        "edge": alert.edge,
        "reset_window_seconds": int(alert.reset_window.total_seconds()),
        "quiet_since": alert.quiet_since,
        "inhibited_by": alert.inhibited_by,
    }


def _rates(transition: Transition) -> dict[str, Any]:
    return {"long_rate": _float(transition.long_rate), "short_rate": _float(transition.short_rate)}


def _float(rate: Fraction | None) -> float | None:
    return None if rate is None else float(rate)


def _alert(row: Mapping[Any, Any]) -> Alert:
    ended = Phase.SPENT if row["spent"] else Phase.RESOLVED
    return Alert(
        tier_key=row["tier_key"],
        phase=Phase.FIRING if row["resolved_at"] is None else ended,
        fired_at=row["fired_at"],
        edge=row["edge"],
        reset_window=timedelta(seconds=row["reset_window_seconds"]),
        quiet_since=row["quiet_since"],
        inhibited_by=row["inhibited_by"],
        ended_at=row["resolved_at"],
        id=row["id"],
    )


def _row(row: Mapping[Any, Any]) -> AlertRow:
    over = row["resolved_at"] is not None
    state, status = (
        ("inhibited", AlertStatus.COVERED) if row["inhibited_by"] else ("firing", AlertStatus.FIRING)
    )
    names = ("objective", "objective_display_name", "service", "environment", "namespace", "tier", "tier_key")
    rates = ("long_rate", "short_rate", "threshold", "refers_to")
    return AlertRow(
        id=row["id"],
        severity=row["severity"],
        state="resolved" if over else state,
        status=AlertStatus.RESOLVED if over else status,
        alert=_alert(row),
        fired_at=row["fired_at"],
        resolved_at=row["resolved_at"],
        **{name: row[name] for name in (*names, *rates)},
    )
