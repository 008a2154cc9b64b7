"""The tables of overrides and of verified contacts in the state database, and their queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, String, Table, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from holdfast.oncall.contacts import Channel, Contact
from holdfast.oncall.schedule import Override
from holdfast.runtime.database import BigId, Instant, Reader, Word, Writer, metadata

NAME_CHARACTERS, ACTOR_CHARACTERS, ADDRESS_CHARACTERS = 63, 200, 400
OVERRIDES_MOST = 1000
"""Most overrides of one schedule that a reading takes: one for every day of two and a half years."""

oncall_overrides = Table(
    "oncall_overrides",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("schedule", String(NAME_CHARACTERS), nullable=False),
    Column("person", String(NAME_CHARACTERS), nullable=False),
    Column("instead_of", String(NAME_CHARACTERS), nullable=True),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("made_by", String(ACTOR_CHARACTERS), nullable=False),
    Column("made_at", Instant, nullable=False),
    Index("ix_oncall_overrides_schedule_ends_at", "schedule", "ends_at"),
)

oncall_contacts = Table(
    "oncall_contacts",
    metadata,
    Column("person", String(NAME_CHARACTERS), primary_key=True),
    Column("channel", Word(Channel, 16), primary_key=True),
    Column("address", String(ADDRESS_CHARACTERS), primary_key=True),
    Column("verified_at", Instant, nullable=True),
    Column("code_hash", String(64), nullable=True),
    Column("code_ends_at", Instant, nullable=True),
    Column("code_tries", Integer, nullable=False),
)

_COLUMNS = oncall_overrides.c
_CONTACTS = oncall_contacts.c


def overrides(tx: Reader, schedule: str, start: datetime, end: datetime) -> list[Override]:
    """Return the overrides of a schedule that touch [start, end), in the order they were made."""
    touching = (_COLUMNS.schedule == schedule) & (_COLUMNS.starts_at < end) & (_COLUMNS.ends_at > start)
    query = select(oncall_overrides).where(touching).order_by(_COLUMNS.id.desc()).limit(OVERRIDES_MOST)
    return [_override(row) for row in tx.execute(query).mappings()][::-1]


def add(tx: Writer, schedule: str, override: Override, *, by: str, at: datetime) -> int:
    """Store an override and return its id."""
    values = {
        "schedule": schedule,
        "person": override.person,
        "instead_of": override.instead_of,
        "starts_at": override.start,
        "ends_at": override.end,
        "made_by": by,
        "made_at": at,
    }
    stored = tx.execute(insert(oncall_overrides).values(values).returning(_COLUMNS.id))
    return int(stored.scalar_one())


def remove(tx: Writer, schedule: str, override_id: int) -> int:
    """Remove an override of a schedule; return how many there were: one, or none."""
    mine = (_COLUMNS.schedule == schedule) & (_COLUMNS.id == override_id)
    return tx.execute(delete(oncall_overrides).where(mine)).rowcount


def verified(tx: Reader, person: str) -> set[tuple[Channel, str]]:
    """Return the channels and addresses at which a person has shown to be reached."""
    mine = (_CONTACTS.person == person) & _CONTACTS.verified_at.is_not(None)
    return {(row[0], row[1]) for row in tx.execute(select(_CONTACTS.channel, _CONTACTS.address).where(mine))}


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """What is known of a contact: since when it is verified, and the code that was sent to it."""

    verified_at: datetime | None
    code_hash: str | None
    code_ends_at: datetime | None
    code_tries: int


def contact_records(tx: Reader) -> dict[tuple[str, Channel, str], ContactRecord]:
    """Return what is known of every contact, by person, channel and address."""
    return {
        (row["person"], row["channel"], row["address"]): _contact_record(row)
        for row in tx.execute(select(oncall_contacts)).mappings()
    }


def contact_record(tx: Writer, person: str, contact: Contact) -> ContactRecord | None:
    """Return what is known of a contact, locked against other writers, or None."""
    row = tx.execute(select(oncall_contacts).where(_at(person, contact)).with_for_update()).mappings().first()
    return None if row is None else _contact_record(row)


def keep_code(tx: Writer, person: str, contact: Contact, code_hash: str, ends_at: datetime) -> None:
    """Store the hash of a code that is sent to a contact; one that was verified stays so."""
    known = {"code_hash": code_hash, "code_ends_at": ends_at, "code_tries": 0}
    _keep_contact(tx, person, contact.channel, contact.address, known)


def count_try(tx: Writer, person: str, contact: Contact) -> None:
    """Count a wrong code."""
    tries = {"code_tries": _CONTACTS.code_tries + 1}
    tx.execute(update(oncall_contacts).where(_at(person, contact)).values(tries))


def keep_verified(tx: Writer, person: str, channel: Channel, address: str, at: datetime) -> None:
    """Store that a person is reached at an address."""
    known = {"verified_at": at, "code_hash": None, "code_ends_at": None, "code_tries": 0}
    _keep_contact(tx, person, channel, address, known)


def _keep_contact(
    tx: Writer, person: str, channel: Channel, address: str, known: Mapping[str, object]
) -> None:
    build = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert
    values = {"person": person, "channel": channel, "address": address, "code_tries": 0, **known}
    statement = build(oncall_contacts).values(values)
    keys = ["person", "channel", "address"]
    tx.execute(statement.on_conflict_do_update(index_elements=keys, set_=dict(known)))


def _at(person: str, contact: Contact) -> Any:
    mine = (_CONTACTS.person == person) & (_CONTACTS.channel == contact.channel)
    return mine & (_CONTACTS.address == contact.address)


def _contact_record(row: Mapping[Any, Any]) -> ContactRecord:
    return ContactRecord(row["verified_at"], row["code_hash"], row["code_ends_at"], row["code_tries"])


def _override(row: Mapping[Any, Any]) -> Override:
    return Override(row["starts_at"], row["ends_at"], row["person"], row["instead_of"], row["id"])
