"""The journal: what happened, who did it, to what, and when. Append-only.

Timelines, change correlation and audit are queries on it, so nothing is ever updated or deleted here.
A domain event and its journal entry are written in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import JSON, Column, Index, Select, String, Table, Text, func, insert, or_, select

from holdfast.runtime.database import BigId, Instant, Reader, Writer, metadata
from holdfast.runtime.replies import note_carried_out

journal_entries = Table(
    "journal_entries",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("refers_to", String(300), nullable=True),
    Column("summary", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Index("ix_journal_entries_kind_at", "kind", "at"),
    Index("ix_journal_entries_subject_at", "subject", "at"),
    Index("ix_journal_entries_refers_to", "refers_to"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened.

    `kind` is dotted, noun first (`alert.fired`, `change.deploy`, `catalog.applied`); `subject` names what
    it happened to (`objective/orders-succeed`, `service/checkout`, `incident/7`); `refers_to` names the
    record it belongs to, if any (`incident/7`); `summary` is one sentence for a timeline; `data` holds
    the numbers behind it. `id` is 0 until it is stored.
    """

    at: datetime
    kind: str
    actor: str
    subject: str
    summary: str
    refers_to: str | None = None
    data: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    id: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, drawn on a chart; `href` is the page about it, if there is one."""

    at: datetime
    kind: str
    label: str
    href: str | None = None


def append(tx: Writer, entry: Entry) -> int:
    """Store `entry` in the caller's transaction and return its id.

    A request that asked for this write counts as carried out from then on, even if it is never answered.
    """
    note_carried_out(tx)
    values = {
        "at": entry.at,
        "kind": entry.kind,
        "actor": entry.actor,
        "subject": entry.subject,
        "refers_to": entry.refers_to,
        "summary": entry.summary,
        "data": dict(entry.data),
    }
    stored = tx.execute(insert(journal_entries).values(values).returning(journal_entries.c.id))
    return int(stored.scalar_one())


def entries(  # noqa: PLR0913 - each narrows the same query, by keyword
    tx: Reader,
    *,
    kinds: Sequence[str] = (),
    subject: str | None = None,
    refers_to: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limited_to: Mapping[str, str] = MappingProxyType({}),
    hidden: Select[tuple[int]] | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Entry]:
    """Return matching entries, newest first. A kind ending in `.` matches every kind below it.

    `limited_to` has values of `data`, such as its environment; an entry that lacks one is about all of them.
    `hidden` selects the ids of entries to leave out.
    """
    query = select(journal_entries).order_by(journal_entries.c.id.desc()).limit(limit)
    columns = journal_entries.c
    exact = [kind for kind in kinds if not kind.endswith(".")]
    prefixes = [columns.kind.startswith(kind, autoescape=True) for kind in kinds if kind.endswith(".")]
    if kinds:
        query = query.where(or_(columns.kind.in_(exact), *prefixes))
    conditions = (
        (subject, columns.subject == subject),
        (refers_to, columns.refers_to == refers_to),
        (since, columns.at >= since if since else None),
        (until, columns.at < until if until else None),
        (before_id, columns.id < before_id if before_id else None),
    )
    for value, condition in conditions:
        if value is not None and condition is not None:
            query = query.where(condition)
    if hidden is not None:
        query = query.where(columns.id.not_in(hidden))
    for name, value in limited_to.items():
        stored = columns.data[name].as_string()
        query = query.where(or_(stored.is_(None), stored == value))
    return [Entry(**row) for row in map(dict, tx.execute(query).mappings())]


def newest_id(tx: Reader) -> int:
    """Return the id of the newest entry, which grows with every one; 0 if there is none."""
    return int(tx.execute(select(func.max(journal_entries.c.id))).scalar_one() or 0)
