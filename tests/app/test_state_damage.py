"""Bytes of `state.db` flipped, zeroed and overwritten at random: it is said as damage, whatever it hits."""

import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, LargeBinary, String, insert, select
from tests.conftest import START

from holdfast.app import state_file
from holdfast.app.doctor import CheckResult, Patient, check_state, examine
from holdfast.app.tables import owned
from holdfast.runtime.access import Access, Role
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database, Instant, Word
from holdfast.runtime.errors import HoldfastError, StateDamaged
from holdfast.runtime.settings import Settings

NOWHERE = "http://127.0.0.1:9"
ROUNDS = 150
PAGE_BYTES = 4096
Change = Callable[[int, random.Random], int]
CHANGES: dict[str, Change] = {
    "flip": lambda byte, chosen: byte ^ 1 << chosen.randrange(8),
    "zero": lambda _byte, _chosen: 0,
    "ones": lambda _byte, _chosen: 0xFF,
    "random": lambda _byte, chosen: chosen.randrange(256),
}


def _value(column: Column[Any], number: int) -> object:
    kind = column.type
    if column.foreign_keys:
        return 1
    if isinstance(kind, Word):
        return list(kind.kind)[number % len(kind.kind)]
    if isinstance(kind, Instant):
        return datetime(2026, 3, 1, number % 24, tzinfo=UTC)
    if isinstance(kind, Boolean):
        return bool(number % 2)
    if isinstance(kind, JSON):
        return {"number": number, "text": "x" * 40}
    if isinstance(kind, LargeBinary):
        return b"body" * 20
    return f"{column.name}-{number}"[: kind.length or 40] if isinstance(kind, String) else number


def _fill(database: Database) -> None:
    """Store some rows in every table."""
    with database.write() as tx:
        for table in owned():
            for number in range(1000, 1008):
                values = {column.name: _value(column, number) for column in table.c}
                tx.execute(insert(table).values(values))


@pytest.fixture
def path(settings: Settings) -> Path:
    """A closed state database with rows in every table."""
    settings.data.mkdir(parents=True)
    database = Database(settings.state_url)
    state_file.prepare(database)
    Access(database, ManualClock(START)).create_token(name="ada", role=Role.ADMIN, actor="test")
    _fill(database)
    database.close()
    return settings.data / "state.db"


def _read_all(database: Database) -> None:
    with database.read() as tx:
        for table in owned():
            tx.execute(select(table)).all()


def _use(settings: Settings) -> None:
    """Open the state as a start does, read every row, and write something."""
    database = Database(settings.state_url)
    try:
        state_file.prepare(database)
        _read_all(database)
        Access(database, ManualClock(START)).create_token(name="bo", role=Role.VIEWER, actor="test")
    finally:
        database.close()


def _spoil(sound: bytes, chosen: random.Random) -> bytes:
    content, change = bytearray(sound), chosen.choice(list(CHANGES.values()))
    # Half of the damage goes to the header and to the pages that define the tables.
    reach = chosen.choice([100, PAGE_BYTES, 4 * PAGE_BYTES, len(sound), len(sound), len(sound)])
    for _ in range(chosen.choice([1, 1, 3, 20])):
        start = chosen.randrange(reach)
        for at in range(start, min(start + chosen.choice([1, 1, 4, 50, 3000]), len(content))):
            content[at] = change(content[at], chosen)
    return bytes(content)


def test_random_damage_is_never_a_bug(path: Path, settings: Settings) -> None:
    """Whatever bytes are hit, opening, migrating, reading and writing succeed or say `StateDamaged`."""
    sound, chosen, outcomes = path.read_bytes(), random.Random(7), Counter[str]()
    for number in range(ROUNDS):
        path.write_bytes(_spoil(sound, chosen))
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        try:
            _use(settings)
            outcomes["read"] += 1
        except StateDamaged:
            outcomes["damaged"] += 1
        except HoldfastError as error:
            outcomes[f"round {number}: {error!r}"] += 1
        except Exception as error:
            raise AssertionError(f"round {number}: {error!r}") from error
    assert set(outcomes) == {"read", "damaged"}


def _in_the_definition_of_a_table(content: bytes) -> bytes:
    return content.replace(b"CREATE TABLE agenda_tasks", b"CREATE \xff\xfeBLE agenda_tasks", 1)


def _in_the_name_of_a_table(content: bytes) -> bytes:
    return content.replace(b"access_tokens", b"access_tokenz")


def _in_the_format(content: bytes) -> bytes:
    return content[:44] + b"\0\0\0\x77" + content[48:]


def _in_the_version(content: bytes) -> bytes:
    return content[:18] + b"\x42" + content[19:]


@pytest.mark.parametrize(
    "spoil", [_in_the_definition_of_a_table, _in_the_name_of_a_table, _in_the_format, _in_the_version]
)
def test_a_damaged_schema_is_named(path: Path, settings: Settings, spoil: Callable[[bytes], bytes]) -> None:
    """Damage in what defines the tables stops the start and is named by doctor, as other damage is."""
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(StateDamaged, match=r"state\.db is damaged: .*holdfast restore FILE"):
        _use(settings)
    finding = examine(Patient(settings, NOWHERE, ManualClock(START)), {"state": check_state})[0]
    assert (finding.verdict, str(path) in finding.found) == (CheckResult.WRONG, True)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE access_tokens SET role = 'admjn'",
        "UPDATE access_tokens SET created_at = '2026-13-01 00:00:00.000000'",
        "UPDATE access_tokens SET created_at = 5",
        "UPDATE access_tokens SET name = CAST(x'61ff' AS TEXT)",
        "UPDATE journal_entries SET data = '{'",
        "UPDATE journal_entries SET data = x'ff'",
    ],
)
def test_a_value_nobody_wrote_is_damage(path: Path, settings: Settings, change: str) -> None:
    """A word, an instant, a text or a document that cannot be read back is damage, and the error shows it."""
    with sqlite3.connect(path) as connection:
        connection.execute(change)
    connection.close()
    database = Database(settings.state_url)
    with pytest.raises(StateDamaged, match="is damaged"):
        _read_all(database)
    database.close()
