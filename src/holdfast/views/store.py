"""The table of saved views in the state database, and its queries."""

from sqlalchemy import Boolean, Column, String, Table, delete, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from holdfast.runtime.database import Instant, Reader, Writer, metadata
from holdfast.views.model import ADDRESS_CHARACTERS, NAME_CHARACTERS, VIEWS_MOST, View

OWNER_CHARACTERS = 200

saved_views = Table(
    "saved_views",
    metadata,
    Column("owner", String(OWNER_CHARACTERS), primary_key=True),
    Column("name", String(NAME_CHARACTERS), primary_key=True),
    Column("address", String(ADDRESS_CHARACTERS), nullable=False),
    Column("is_pinned", Boolean, nullable=False),
    Column("saved_at", Instant, nullable=False),
)

_COLUMNS = saved_views.c


def of(tx: Reader, owner: str, *, after: str = "", limit: int = VIEWS_MOST) -> list[View]:
    """Return the views of a person, by name, beginning after a name."""
    mine = (_COLUMNS.owner == owner) & (_COLUMNS.name > after)
    rows = tx.execute(select(saved_views).where(mine).order_by(_COLUMNS.name).limit(limit))
    return [
        View(name=row.name, address=row.address, is_pinned=row.is_pinned, saved_at=row.saved_at)
        for row in rows
    ]


def others(tx: Reader, owner: str, name: str) -> int:
    """Return how many views a person has beside the one of this name."""
    mine = select(func.count()).select_from(saved_views).where(_COLUMNS.owner == owner)
    return int(tx.execute(mine.where(_COLUMNS.name != name)).scalar_one())


def keep_apart(tx: Writer) -> None:
    """Wait for other writers of views: two at once would each find room for the last one."""
    if tx.dialect.name == "postgresql":
        tx.exec_driver_sql(f"LOCK TABLE {saved_views.name} IN SHARE ROW EXCLUSIVE MODE")


def put(tx: Writer, owner: str, view: View) -> None:
    """Store a view; another of the same name gives way."""
    build = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert
    values = {"address": view.address, "is_pinned": view.is_pinned, "saved_at": view.saved_at}
    statement = build(saved_views).values(owner=owner, name=view.name, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["owner", "name"], set_=values))


def remove(tx: Writer, owner: str, name: str) -> int:
    """Remove a view; return how many there were of this name: one, or none."""
    mine = (_COLUMNS.owner == owner) & (_COLUMNS.name == name)
    return tx.execute(delete(saved_views).where(mine)).rowcount
