"""Replies to writes, stored for a day, so that a request sent twice is carried out once.

A client names a write with an `Idempotency-Key`. The first request under a key is carried out and its reply
stored; the same request again gets the stored reply; another body under the same key is refused.

The transaction of a write also notes that it was carried out, because the process may die, or the database
fail, before the reply is stored: a repeated request is then refused and not carried out twice.
"""

import hashlib
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, delete, insert, select, update

from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database, Instant, Writer, metadata
from holdfast.runtime.errors import Conflict

KEPT = timedelta(hours=24)
ABANDONED = timedelta(minutes=1)
"""A request without an answer for this long ended with its process.

Its key is free again, unless the write was carried out.
"""

CARRIED_OUT = 0
"""The status of a write that was carried out and whose reply is not stored yet."""

idempotent_replies = Table(
    "idempotent_replies",
    metadata,
    Column("request_sha256", String(64), primary_key=True),
    Column("body_sha256", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("status", Integer, nullable=True),
    Column("media_type", String(100), nullable=True),
    Column("body", LargeBinary, nullable=True),
    Index("ix_idempotent_replies_at", "at"),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A stored reply: its HTTP status, media type and body."""

    status: int
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to carry out a write, and where its reply belongs."""

    request_sha256: str


_under_way: ContextVar[Ticket | None] = ContextVar("the write that this request carries out", default=None)


def note_carried_out(tx: Writer) -> None:
    """Note in `tx` that the current request's write is carried out, if it has a key."""
    ticket = _under_way.get()
    if ticket is not None:
        columns = idempotent_replies.c
        mine = (columns.request_sha256 == ticket.request_sha256) & columns.status.is_(None)
        tx.execute(update(idempotent_replies).where(mine).values(status=CARRIED_OUT))


def carry_out(ticket: Ticket) -> None:
    """Make the current request's writes count as the write of `ticket`."""
    _under_way.set(ticket)


class Replies:
    """Stores which writes were carried out and their replies; lives as long as the process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def begin(self, *, principal: str, route: str, key: str, body: bytes) -> Ticket | Reply:
        """Return a ticket if this write is to be carried out, or the reply it got the first time."""
        request = hashlib.sha256("\0".join((principal, route, key)).encode()).hexdigest()
        body_sha256 = hashlib.sha256(body).hexdigest()
        now = self._clock.now()
        with self._database.write() as tx:
            query = select(idempotent_replies).where(idempotent_replies.c.request_sha256 == request)
            row = tx.execute(query.with_for_update()).mappings().first()
            if row is not None and not _is_stale(row, now):
                return _kept(row, body_sha256, key, now)
            tx.execute(delete(idempotent_replies).where(idempotent_replies.c.request_sha256 == request))
            values = {"request_sha256": request, "body_sha256": body_sha256, "at": now}
            tx.execute(insert(idempotent_replies).values(values))
        return Ticket(request)

    def complete(self, ticket: Ticket, reply: Reply) -> None:
        """Store the reply of a write that was carried out."""
        values = {"status": reply.status, "media_type": reply.media_type, "body": reply.body}
        mine = idempotent_replies.c.request_sha256 == ticket.request_sha256
        with self._database.write() as tx:
            tx.execute(update(idempotent_replies).where(mine).values(values))

    def abandon(self, ticket: Ticket) -> None:
        """Free the key of a write that was refused or failed, so that it can be tried again.

        A write that was carried out and failed afterwards keeps its key.
        """
        columns = idempotent_replies.c
        mine = (columns.request_sha256 == ticket.request_sha256) & columns.status.is_(None)
        with self._database.write() as tx:
            tx.execute(delete(idempotent_replies).where(mine))

    def forget_old(self) -> int:
        """Delete replies older than a day; return how many."""
        old = idempotent_replies.c.at < self._clock.now() - KEPT
        with self._database.write() as tx:
            return int(tx.execute(delete(idempotent_replies).where(old)).rowcount)


def _is_stale(row: Any, now: datetime) -> bool:
    age: timedelta = now - row["at"]
    return age > KEPT or (row["status"] is None and _is_abandoned(row, now))


def _is_abandoned(row: Any, now: datetime) -> bool:
    age: timedelta = now - row["at"]
    return abs(age) > ABANDONED


def _kept(row: Any, body_sha256: str, key: str, now: datetime) -> Reply:
    if row["body_sha256"] != body_sha256:
        raise Conflict(
            f"Idempotency-Key {key!r} was used for another request body; use a new key for a new request",
            value=key,
            rule="one key names one request",
        )
    if row["status"] == CARRIED_OUT and _is_abandoned(row, now):
        raise Conflict(
            f"the request with Idempotency-Key {key!r} was carried out, but its reply was lost; "
            "check whether its change is there before you send it under a new key",
            value=key,
            rule="one key is carried out once",
        )
    if row["status"] in (None, CARRIED_OUT):
        raise Conflict(
            f"the request with Idempotency-Key {key!r} is still being carried out; ask again shortly",
            value=key,
            rule="one key is carried out once at a time",
            retry_after_seconds=1,
        )
    return Reply(row["status"], row["media_type"], row["body"])
