"""The journal: append-only, found by kind, subject, what it refers to, and time."""

from datetime import timedelta

import pytest

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.journal import Entry, append, entries


@pytest.fixture
def _told(database: Database, clock: ManualClock) -> None:
    with database.write() as tx:
        for kind, subject in (
            ("alert.fired", "objective/a"),
            ("change.deploy", "service/x"),
            ("change.flag", "service/y"),
            ("changeling", "service/z"),
        ):
            append(tx, Entry(clock.now(), kind, "me", subject, f"{kind} happened", refers_to="incident/1"))
            clock.advance(timedelta(minutes=1))


@pytest.mark.usefixtures("_told")
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["changeling", "change.flag", "change.deploy", "alert.fired"]),
        ({"kinds": ("change.",)}, ["change.flag", "change.deploy"]),
        ({"kinds": ("change.deploy", "alert.")}, ["change.deploy", "alert.fired"]),
        ({"subject": "service/y"}, ["change.flag"]),
        ({"refers_to": "incident/2"}, []),
        ({"limit": 1}, ["changeling"]),
        ({"kinds": ("%",)}, []),
    ],
)
def test_entries_are_found_newest_first(
    database: Database, asked: dict[str, object], found: list[str]
) -> None:
    """Each condition narrows the list; a kind ending in a dot takes all below it; nothing is a pattern."""
    with database.read() as tx:
        assert [entry.kind for entry in entries(tx, **asked)] == found


@pytest.mark.usefixtures("_told")
def test_a_range_holds_its_start_and_not_its_end(database: Database, clock: ManualClock) -> None:
    """Ranges are half-open, so that neighbouring ones share nothing."""
    start = clock.now() - timedelta(minutes=4)
    with database.read() as tx:
        found = entries(tx, since=start, until=start + timedelta(minutes=1))
    assert [entry.kind for entry in found] == ["alert.fired"]


@pytest.mark.usefixtures("_told")
def test_a_list_continues_before_an_entry(database: Database) -> None:
    """The id of the last entry seen is where the next page begins."""
    with database.read() as tx:
        first = entries(tx, limit=2)
        second = entries(tx, before_id=first[-1].id)
    assert [entry.kind for entry in second] == ["change.deploy", "alert.fired"]


def test_an_entry_comes_back_as_it_was(database: Database, clock: ManualClock) -> None:
    """Everything in an entry is stored, its data too."""
    entry = Entry(clock.now(), "alert.fired", "me", "objective/a", "It burns", "incident/1", {"rate": [1, 2]})
    with database.write() as tx:
        number = append(tx, entry)
    with database.read() as tx:
        (found,) = entries(tx)
    assert found == Entry(
        entry.at, entry.kind, entry.actor, entry.subject, entry.summary, entry.refers_to, entry.data, number
    )
