"""Versions of services are known, and what telemetry shows of changes is stored."""

import sqlalchemy as sa
from alembic import op

from holdfast.runtime.database import BigId, Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    _create_observations()
    op.create_table(
        "service_versions",
        sa.Column("environment", sa.String(length=300), nullable=False),
        sa.Column("namespace", sa.String(length=300), nullable=False),
        sa.Column("service", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=200), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("first_seen", Instant(), nullable=False),
        sa.PrimaryKeyConstraint(
            "environment", "namespace", "service", "version", name=op.f("pk_service_versions")
        ),
    )
    op.create_index("ix_service_versions_phase_since", "service_versions", ["phase", "since"])
    op.create_table(
        "service_versions_judged",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_versions_judged")),
    )


def _create_observations() -> None:
    op.create_table(
        "change_observations",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("service", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=200), nullable=False),
        sa.Column("environment", sa.String(length=300), nullable=False),
        sa.Column("namespace", sa.String(length=300), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("detected_at", Instant(), nullable=False),
        sa.Column("arrival", sa.String(length=16), nullable=False),
        sa.Column("zones", sa.JSON(), nullable=False),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("total_requests", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("change_id", sa.BigInteger(), nullable=True),
        sa.Column("superseded_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_observations")),
        sa.UniqueConstraint(
            *("environment", "namespace", "service", "version", "since"),
            name=op.f("uq_change_observations_seen"),
        ),
    )
    for columns in (("change_id",), ("superseded_id",), ("service", "since")):
        op.create_index(f"ix_change_observations_{'_'.join(columns)}", "change_observations", list(columns))
