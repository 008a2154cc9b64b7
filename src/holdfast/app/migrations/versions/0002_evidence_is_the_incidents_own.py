"""Evidence is kept in the incident's own form (2), where 0.1 kept the shapes of the API (1)."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from holdfast.runtime.database import BigId

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BATCH = 200
"""Evidence is some 10 kB an incident: this many are held in memory at once."""

incidents = sa.table("incidents", sa.column("id", BigId), sa.column("evidence", sa.JSON()))


def upgrade() -> None:
    """Apply this step."""
    connection, after = op.get_bind(), 0
    while rows := _some(connection, after):
        for row in rows:
            after = row.id
            if isinstance(row.evidence, Mapping):
                mine = incidents.c.id == row.id
                connection.execute(sa.update(incidents).where(mine).values(evidence=_form_2(row.evidence)))


def _some(connection: sa.Connection, after: int) -> list[Any]:
    query = sa.select(incidents).where(incidents.c.id > after).order_by(incidents.c.id).limit(_BATCH)
    return list(connection.execute(query))


def _form_2(kept: Mapping[str, Any]) -> dict[str, Any]:
    empty = {"step_seconds": 10, "times_epoch": [], "bad": [], "total": []}
    return {
        "form": 2,
        "measured_at": kept["measured_at"],
        "burn": kept.get("burn", []),
        "budget_spent_ratio": kept.get("budget_spent_ratio"),
        "series": kept.get("series", empty),
        "contributors": kept.get("contributors", []),
        "exemplars": [_exemplar(one) for one in kept.get("exemplars", [])],
    }


def _exemplar(kept: Mapping[str, Any]) -> dict[str, Any]:
    same = ("trace_id", "at", "duration_seconds", "message", "status_code")
    return {name: kept[name] for name in same} | {
        "path": kept["path"].split(" → "),
        "service": kept["culprit_service"],
        "operation": kept["culprit_operation"],
    }
