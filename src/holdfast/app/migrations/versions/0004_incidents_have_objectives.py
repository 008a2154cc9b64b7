"""An incident has one or more objectives: each stored incident becomes one with its own objective."""

import sqlalchemy as sa
from alembic import op

from holdfast.runtime.database import BigId, Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SAME = (
    *("objective", "objective_display_name", "service", "events", "environment", "namespace", "tier_key"),
    *("title", "alert_over", "onset_at", "bad_events", "total_events", "measured_at", "evidence"),
)
"""Columns that an incident had and its objective has now, under the same name."""

ENDED = "CASE WHEN state = 'resolved' THEN COALESCE(resolved_at, opened_at) END"


def upgrade() -> None:
    """Apply this step."""
    _create_episodes()
    columns = ", ".join(SAME)
    op.execute(
        f"INSERT INTO incident_episodes ({columns}, incident_id, placed, fired_at, joined_at, resolved_at) "
        f"SELECT {columns}, id, 'first', opened_at, opened_at, {ENDED} FROM incidents ORDER BY id"
    )
    op.drop_index("uq_incidents_active", "incidents")
    op.drop_index("ix_incidents_objective", "incidents")
    for name in SAME:
        if name != "title":
            op.drop_column("incidents", name)
    op.add_column("incidents", sa.Column("merged_into", sa.BigInteger(), nullable=True))
    op.create_index("ix_incidents_merged_into", "incidents", ["merged_into"])


def _create_episodes() -> None:
    op.create_table(
        "incident_episodes",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=True),
        sa.Column("merged_from", sa.BigInteger(), nullable=True),
        sa.Column("placed", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("objective", sa.String(length=200), nullable=False),
        sa.Column("objective_display_name", sa.String(length=200), nullable=False),
        sa.Column("service", sa.String(length=200), nullable=False),
        sa.Column("events", sa.String(length=100), nullable=False),
        sa.Column("environment", sa.String(length=300), nullable=True),
        sa.Column("namespace", sa.String(length=300), nullable=True),
        sa.Column("tier_key", sa.String(length=200), nullable=False),
        sa.Column("follows_at", Instant(), nullable=True),
        sa.Column("fired_at", Instant(), nullable=False),
        sa.Column("joined_at", Instant(), nullable=True),
        sa.Column("alert_over", sa.Boolean(), nullable=False),
        sa.Column("resolved_at", Instant(), nullable=True),
        sa.Column("onset_at", Instant(), nullable=True),
        sa.Column("bad_events", sa.BigInteger(), nullable=False),
        sa.Column("total_events", sa.BigInteger(), nullable=False),
        sa.Column("measured_at", Instant(), nullable=True),
        sa.Column("cause", sa.JSON(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_episodes")),
    )
    for name in ("incident_id", "merged_from", "objective"):
        op.create_index(f"ix_incident_episodes_{name}", "incident_episodes", [name])
    op.create_index(
        "uq_incident_episodes_active",
        "incident_episodes",
        ["objective"],
        unique=True,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
