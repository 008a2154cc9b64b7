"""The tables of pages and messages in the state database, and their queries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    Select,
    String,
    Table,
    func,
    insert,
    select,
    text,
    update,
)

from holdfast.oncall.contacts import Channel, Contact, Urgency
from holdfast.oncall.pages.model import OPEN, Message, MessageState, Page, PageFacts, PageState
from holdfast.runtime.database import BigId, Instant, Reader, Word, Writer, metadata

NAME_CHARACTERS, ADDRESS_CHARACTERS, REFERENCE_CHARACTERS, ACTOR_CHARACTERS = 63, 400, 300, 200
POLICY_CHARACTERS = 80
ANSWER_CHARACTERS = 400
BUNDLE_MOST = 200
"""Most messages that one goes out for; the rest follow in the next."""

_OPEN = ", ".join(f"'{one.value}'" for one in OPEN)

oncall_pages = Table(
    "oncall_pages",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("reference", String(REFERENCE_CHARACTERS), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("urgency", Word(Urgency, 8), nullable=False),
    Column("policy", String(POLICY_CHARACTERS), nullable=False),
    Column("reason", String(400), nullable=False),
    Column("state", Word(PageState, 16), nullable=False),
    Column("step", Integer, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("next_at", Instant, nullable=True),
    Column("acknowledged_at", Instant, nullable=True),
    Column("acknowledged_by", String(ACTOR_CHARACTERS), nullable=True),
    Column("ended_at", Instant, nullable=True),
    Index("ix_oncall_pages_policy", "policy"),
    # One thing has at most one open page of one policy; the insert of a second is refused.
    Index(
        "uq_oncall_pages_open",
        "reference",
        "policy",
        unique=True,
        sqlite_where=text(f"state IN ({_OPEN})"),
        postgresql_where=text(f"state IN ({_OPEN})"),
    ),
)

oncall_messages = Table(
    "oncall_messages",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("page_id", BigInteger, nullable=False),
    Column("step", Integer, nullable=False),
    Column("person", String(NAME_CHARACTERS), nullable=False),
    Column("by", String(NAME_CHARACTERS + 16), nullable=False),
    Column("contact", String(NAME_CHARACTERS), nullable=False),
    Column("channel", Word(Channel, 16), nullable=False),
    Column("address", String(ADDRESS_CHARACTERS), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("state", Word(MessageState, 16), nullable=False),
    Column("key", String(64), nullable=False),
    Column("sent_as", String(64), nullable=True),
    Column("tries", Integer, nullable=False),
    Column("answer", String(ANSWER_CHARACTERS), nullable=False),
    Column("first_sent_at", Instant, nullable=True),
    Column("sent_at", Instant, nullable=True),
    Column("answered_at", Instant, nullable=True),
    Index("ix_oncall_messages_page_id", "page_id"),
    Index("ix_oncall_messages_contact", "channel", "address", "state", "due_at"),
    Index("ix_oncall_messages_sent_at", "channel", "address", "sent_at"),
)

_PAGES, _MESSAGES = oncall_pages.c, oncall_messages.c


def add_page(tx: Writer, page: Page) -> int:
    """Store a page and return its number."""
    values = {column.name: getattr(page, column.name) for column in _PAGES if column.name != "id"}
    values["facts"] = facts_document(page.facts)
    return int(tx.execute(insert(oncall_pages).values(values).returning(_PAGES.id)).scalar_one())


def change_page(tx: Writer, page_id: int, **values: Any) -> None:
    """Store new values of a page's fields."""
    tx.execute(update(oncall_pages).where(_PAGES.id == page_id).values(values))


def page(tx: Reader, page_id: int) -> Page | None:
    """Return a page, or None."""
    return _one_page(tx, select(oncall_pages).where(_PAGES.id == page_id))


def locked_page(tx: Writer, page_id: int) -> Page | None:
    """Return a page, locked against other writers, or None."""
    return _one_page(tx, select(oncall_pages).where(_PAGES.id == page_id).with_for_update())


def open_pages(tx: Writer, reference: str) -> list[Page]:
    """Return the open pages for a thing, locked against other writers, in the order they were made."""
    query = select(oncall_pages).where(_PAGES.reference == reference, _PAGES.state.in_(OPEN))
    return _pages(tx, query.order_by(_PAGES.id).with_for_update())


def listed(
    tx: Reader, *, states: Collection[PageState], reference: str | None, before_id: int | None, limit: int
) -> list[Page]:
    """Return pages, newest first."""
    query = select(oncall_pages).order_by(_PAGES.id.desc()).limit(limit)
    if states:
        query = query.where(_PAGES.state.in_(states))
    if reference is not None:
        query = query.where(_PAGES.reference == reference)
    if before_id is not None:
        query = query.where(_PAGES.id < before_id)
    return _pages(tx, query)


def pages_of(tx: Reader, policy: str) -> int:
    """Return how many pages a policy has had."""
    query = select(func.count()).select_from(oncall_pages).where(_PAGES.policy == policy)
    return int(tx.execute(query).scalar_one())


def add_message(tx: Writer, message: Message) -> int:
    """Store a message and return its number."""
    values = {
        "page_id": message.page_id,
        "step": message.step,
        "person": message.person,
        "by": message.by,
        "contact": message.contact.name,
        "channel": message.contact.channel,
        "address": message.contact.address,
        "due_at": message.due_at,
        "state": message.state,
        "key": message.key,
        "tries": message.tries,
        "answer": message.answer,
    }
    return int(tx.execute(insert(oncall_messages).values(values).returning(_MESSAGES.id)).scalar_one())


def messages(tx: Reader, page_id: int) -> list[Message]:
    """Return the messages of a page, in the order they were planned."""
    return _messages(tx, select(oncall_messages).where(_MESSAGES.page_id == page_id).order_by(_MESSAGES.id))


def messages_of(tx: Writer, ids: Sequence[int]) -> list[Message]:
    """Return messages by their numbers, locked against other writers."""
    query = select(oncall_messages).where(_MESSAGES.id.in_(ids)).order_by(_MESSAGES.id)
    return _messages(tx, query.with_for_update())


def pending(tx: Writer, channel: Channel, address: str) -> list[Message]:
    """Return what waits for one contact or is being sent to it, locked, the most urgent page first.

    Of equal urgency the oldest page comes first: it has waited longest for somebody.
    """
    query = (
        select(oncall_messages)
        .join(oncall_pages, _PAGES.id == _MESSAGES.page_id)
        .where(
            _MESSAGES.channel == channel,
            _MESSAGES.address == address,
            _MESSAGES.state.in_((MessageState.WAITING, MessageState.SENDING)),
        )
        .order_by(_PAGES.urgency, _PAGES.opened_at, _MESSAGES.id)
        .limit(BUNDLE_MOST)
        .with_for_update(of=oncall_messages)
    )
    return _messages(tx, query)


def sent_since(tx: Reader, channel: Channel, address: str, since: datetime) -> list[datetime]:
    """Return when one contact was used since an instant, once for each message that went out."""
    query = (
        select(func.max(_MESSAGES.sent_at))
        .where(_MESSAGES.channel == channel, _MESSAGES.address == address, _MESSAGES.sent_at >= since)
        .group_by(_MESSAGES.sent_as)
    )
    return list(tx.execute(query).scalars())


def change_messages(tx: Writer, ids: Sequence[int], **values: Any) -> None:
    """Store new values of the fields of messages."""
    tx.execute(update(oncall_messages).where(_MESSAGES.id.in_(ids)).values(values))


def cancel_waiting(tx: Writer, page_id: int, answer: str, at: datetime) -> None:
    """Cancel the messages of a page that were not sent yet."""
    mine = (_MESSAGES.page_id == page_id) & (_MESSAGES.state == MessageState.WAITING)
    values = {"state": MessageState.CANCELLED, "answer": answer, "answered_at": at}
    tx.execute(update(oncall_messages).where(mine).values(values))


def first_due(tx: Reader, channel: Channel, address: str) -> datetime | None:
    """Return when the first message that waits for a contact is due."""
    mine = (_MESSAGES.channel == channel) & (_MESSAGES.address == address)
    query = select(func.min(_MESSAGES.due_at)).where(mine, _MESSAGES.state == MessageState.WAITING)
    due_at: datetime | None = tx.execute(query).scalar_one()
    return due_at


def facts_document(facts: PageFacts) -> dict[str, Any]:
    """Return facts as they are stored."""
    times = {name: at.isoformat() for name in _TIMES if (at := getattr(facts, name)) is not None}
    return {**asdict(facts), **dict.fromkeys(_TIMES), **times}


_TIMES = ("since", "complete_until")


def _facts(stored: Mapping[str, Any]) -> PageFacts:
    times = {name: datetime.fromisoformat(stored[name]) for name in _TIMES if stored[name] is not None}
    return PageFacts(**{**stored, "lines": tuple(stored["lines"]), **times})


def _one_page(tx: Reader, query: Select[Any]) -> Page | None:
    found = _pages(tx, query)
    return found[0] if found else None


def _pages(tx: Reader, query: Select[Any]) -> list[Page]:
    return [Page(**{**row, "facts": _facts(row["facts"])}) for row in tx.execute(query).mappings()]


def _messages(tx: Reader, query: Select[Any]) -> list[Message]:
    return [_message(row) for row in tx.execute(query).mappings()]


def _message(row: Mapping[Any, Any]) -> Message:
    kept = {name: value for name, value in row.items() if name not in ("contact", "channel", "address")}
    return Message(**kept, contact=Contact(row["contact"], row["channel"], row["address"]))
