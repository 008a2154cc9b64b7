"""Alerts and incidents have the environment and namespace of their objective; before, none had any."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    for table in ("incidents", "objective_alerts"):
        for name in ("environment", "namespace"):
            op.add_column(table, sa.Column(name, sa.String(length=300), nullable=True))
