"""Lets Alembic work in the caller's transaction, so that a failed step leaves nothing behind."""

from typing import Any, Literal

from alembic import context

from holdfast.app.tables import metadata
from holdfast.runtime.database import BigId, Instant


def _rendered(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    """Write our own column types by the names they have in the code."""
    if kind == "type" and isinstance(thing, Instant):
        return "Instant()"
    if kind == "type" and thing is BigId:
        return "BigId"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=_rendered,
    compare_type=True,
    # The caller's transaction is the only one, on SQLite too, where Alembic would commit every step.
    transaction_per_migration=False,
)
context.run_migrations()
