"""Links that acknowledge: for one person and one page, once, and for thirty minutes.

Only a hash is stored. Each try of a message has its own, for the one before may have arrived after all.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, insert, select, update

from holdfast.oncall.pages.model import Message
from holdfast.runtime.database import Instant, Reader, Writer, metadata

ENDS_AFTER = timedelta(minutes=30)
TOKEN_BYTES = 24

oncall_links = Table(
    "oncall_links",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("page_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("person", String(63), nullable=False),
    Column("fence", Integer, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("used_at", Instant, nullable=True),
    Index("ix_oncall_links_page_id", "page_id"),
)
_COLUMNS = oncall_links.c


class LinkState(StrEnum):
    """What a link is worth."""

    GOOD = "good"
    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """For whom a link acknowledges which page, as of which state of the page."""

    state: LinkState
    page_id: int = 0
    person: str = ""
    fence: int = 0


def issue(tx: Writer, message: Message, fence: int, at: datetime) -> str:
    """Make a link for the person of a message and return its secret, which is stored nowhere."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    values = {
        "hash": _hash(token),
        "page_id": message.page_id,
        "message_id": message.id,
        "person": message.person,
        "fence": fence,
        "ends_at": at + ENDS_AFTER,
    }
    tx.execute(insert(oncall_links).values(values))
    return token


def find(tx: Reader, token: str, now: datetime) -> AnswerLink:
    """Return what a link is worth now. Looking changes nothing: scanners of mail follow links."""
    row = tx.execute(select(oncall_links).where(_COLUMNS.hash == _hash(token))).mappings().first()
    if row is None:
        return AnswerLink(LinkState.UNKNOWN)
    is_over = row["ends_at"] <= now
    state = LinkState.USED if row["used_at"] else LinkState.EXPIRED if is_over else LinkState.GOOD
    return AnswerLink(state, row["page_id"], row["person"], row["fence"])


def use(tx: Writer, token: str, now: datetime) -> LinkState:
    """Use a link up: good if this was its one use."""
    mine = (_COLUMNS.hash == _hash(token)) & _COLUMNS.used_at.is_(None) & (_COLUMNS.ends_at > now)
    is_first = tx.execute(update(oncall_links).where(mine).values(used_at=now)).rowcount == 1
    return LinkState.GOOD if is_first else LinkState.USED


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
