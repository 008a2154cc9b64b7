"""An incident whose alert goes on in another names that one."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.add_column("incidents", sa.Column("moved_to", sa.BigInteger(), nullable=True))
