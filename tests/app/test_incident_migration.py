"""Stored incidents become incidents with one objective, and nothing of them is lost."""

import sqlite3
import tarfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from holdfast.app.state import alembic_config, migrate
from holdfast.incidents import store
from holdfast.incidents.model import IncidentState, Placing
from holdfast.runtime.database import Database

FILLED = Path(__file__).parent.parent / "acceptance" / "upgrade" / "data-0.1.0.tar.xz"

ROW = text(
    "INSERT INTO incidents (title, state, severity, objective, objective_display_name, service, events,"
    " tier_key, opened_at, alert_over, onset_at, acknowledged_at, acknowledged_by, resolved_at, resolved_by,"
    " bad_events, total_events, measured_at, environment, namespace) VALUES ('Orders burn', :state, 'page',"
    " :objective, 'Orders', 'checkout', 'orders', 'page-1h-5m', '2026-03-01 12:01:30.000000', :over,"
    " '2026-03-01 12:01:00.000000', '2026-03-01 12:02:00.000000', 'ada', :resolved_at, :by, 480, 600,"
    " '2026-03-01 12:03:00.000000', 'production', '')"
)
ENDED = "2026-03-01 12:30:00.000000"


@pytest.fixture
def before(state_url: str) -> Database:
    """A database of the revision before, on each engine: an active incident, an ended one, one by hand."""
    database = Database(state_url)
    with database.write() as tx:
        command.upgrade(alembic_config(tx), "0003")
        ended = {"state": "resolved", "objective": "orders", "resolved_at": ENDED}
        tx.execute(ROW, ended | {"over": True, "by": "alert"})
        tx.execute(ROW, ended | {"over": False, "by": "ada"})
        active = {"state": "acknowledged", "objective": "orders", "resolved_at": None}
        tx.execute(ROW, active | {"over": False, "by": None})
    return database


def test_each_incident_has_its_objective(before: Database) -> None:
    """What the incident had of its objective is the objective's now, under its number, with its end."""
    assert migrate(before) is True
    with before.read() as tx:
        found = [store.find(tx, number) for number in (1, 2, 3)]
    incidents = [one for one in found if one is not None]
    assert [one.state for one in incidents] == [
        IncidentState.RESOLVED,
        IncidentState.RESOLVED,
        IncidentState.ACKNOWLEDGED,
    ]
    assert [len(one.episodes) for one in incidents] == [1, 1, 1]
    assert [one.first.incident_id for one in incidents] == [1, 2, 3]
    assert [one.first.alert_over for one in incidents] == [True, False, False]
    assert [one.first.is_over for one in incidents] == [True, True, False]
    assert {one.first.placed for one in incidents} == {Placing.FIRST}
    first = incidents[0].first
    assert (first.objective, first.environment, first.namespace) == ("orders", "production", "")
    assert (first.bad_events, first.total_events, first.tier_key) == (480, 600, "page-1h-5m")
    assert first.resolved_at == incidents[0].resolved_at
    assert first.fired_at == first.joined_at == incidents[0].opened_at
    assert incidents[0].acknowledged_by == "ada"


def test_an_objective_has_one_active_episode_after_the_upgrade(before: Database) -> None:
    """A second one is refused by the database, as before; one that follows an end is not."""
    migrate(before)
    again = text(
        "INSERT INTO incident_episodes (placed, title, objective, objective_display_name, service, events,"
        " tier_key, fired_at, alert_over, bad_events, total_events) VALUES ('waits', 'Orders burn', :name,"
        " 'Orders', 'checkout', 'orders', 'page-1h-5m', '2026-03-01 13:00:00.000000', :over, 0, 0)"
    )
    with before.write() as tx:
        tx.execute(again, {"name": "cart", "over": False})
    with pytest.raises(IntegrityError, match=r"(?i)unique"), before.write() as tx:
        tx.execute(again, {"name": "orders", "over": False})


def test_the_incident_of_a_database_of_0_1_0_is_kept_field_by_field(tmp_path: Path) -> None:
    """Every column that 0.1.0 stored reads the same from the incident or its objective."""
    with tarfile.open(FILLED) as archive:
        archive.extractall(tmp_path, filter="tar")
    (path,) = tmp_path.rglob("state.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute("SELECT * FROM incidents")]
    database = Database(f"sqlite:///{path}")
    migrate(database)
    assert rows
    with database.read() as tx:
        for row in rows:
            found = store.find(tx, row["id"])
            assert found is not None
            for name in row.keys() - {"evidence"}:
                holder = found if hasattr(found, name) and name != "resolved_at" else found.first
                kept, was = getattr(holder, name), row[name]
                if isinstance(kept, datetime):
                    was = datetime.fromisoformat(was).replace(tzinfo=UTC)
                assert kept == was, name
            assert found.first.evidence is not None
            assert found.first.evidence.contributors[0].service == "payment"
    database.close()
