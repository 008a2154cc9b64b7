"""${message}."""

import sqlalchemy as sa
from alembic import op

from holdfast.runtime.database import BigId, Instant

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    ${upgrades if upgrades else "pass"}
