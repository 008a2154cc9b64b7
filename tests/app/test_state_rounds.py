"""State whose process dies, or whose disk fails, at any write: what was acknowledged is there, once."""

import json
import logging
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select
from tests.app.cut_database import Died, Fault, Seam
from tests.app.state_walk import MARK, STEPS, Walk
from tests.rounds import Rounds

from holdfast.catalog.store import catalog_revisions
from holdfast.incidents.placement import CAUSE, DEADLINE
from holdfast.incidents.store import incident_episodes, incidents
from holdfast.objectives.store import objective_alerts
from holdfast.runtime import journal
from holdfast.runtime.access import access_tokens
from holdfast.runtime.agenda import agenda_tasks
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database, Reader
from holdfast.runtime.errors import Unavailable

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where files go: a process that dies, unlike a machine, loses nothing that was not synced."""


def a_round(seed: int) -> Walk:
    """Walk at random, let all be well again, and check what is in the database."""
    logging.disable()  # a failing disk says a lot
    try:
        with tempfile.TemporaryDirectory(prefix="holdfast-state-", dir=MEMORY) as directory:
            walk = Walk(Path(directory), Random(seed))
            try:
                _walk(walk)
            finally:
                walk.close()
            return walk
    finally:
        logging.disable(logging.NOTSET)


def _walk(walk: Walk) -> None:
    for _ in range(STEPS):
        walk.step()
        check_at_any_moment(walk.process.database)
    walk.settle()
    check(walk)


def check_at_any_moment(database: Database) -> None:
    """Alerts, incidents and journal belong together at every commit."""
    with database.read() as tx:
        entries = journal.entries(tx, limit=100_000)
        check_alerts(tx, entries)
        check_incidents(tx, entries)


def check(walk: Walk) -> None:
    """Once all is well, every acknowledged write is there once, and no task is left over."""
    check_at_any_moment(walk.process.database)
    with walk.process.database.read() as tx:
        assert tx.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        entries = journal.entries(tx, limit=100_000)
        check_writes(walk, entries)
        check_tokens(tx, walk, entries)
        check_catalog(tx, walk, entries)
        check_tasks(tx, walk, entries)
    assert walk.process.made.agenda.laggards() == []
    assert walk.process.marks.laggards() == []


def check_alerts(tx: Reader, entries: list[journal.Entry]) -> None:
    """Every alert has its entries in the journal, and every page that fires has its incident, or waits."""
    numbers = set(tx.execute(select(incidents.c.id).where(incidents.c.merged_into.is_(None))).scalars())
    columns = incident_episodes.c
    waiting = set(tx.execute(select(columns.objective).where(columns.incident_id.is_(None))).scalars())
    begun = Counter(one.data["alert_id"] for one in entries if one.kind in ("alert.fired", "alert.inhibited"))
    ended = Counter(one.data["alert_id"] for one in entries if one.kind == "alert.resolved")
    rows = tx.execute(select(objective_alerts)).mappings().all()
    assert {row["id"] for row in rows} == set(begun)
    for row in rows:
        assert ended[row["id"]] == (row["resolved_at"] is not None), row
        if row["severity"] == "page" and row["resolved_at"] is None and not row["inhibited_by"]:
            assert row["refers_to"] is not None or row["objective"] in waiting, row
        if row["refers_to"] is not None:
            assert int(row["refers_to"].removeprefix("incident/")) in numbers, row


def check_incidents(tx: Reader, entries: list[journal.Entry]) -> None:
    """Every incident was opened once and has one end in the journal; every episode has one, or waits."""
    rows = tx.execute(select(incidents)).mappings().all()
    by_kind = {
        kind: Counter(one.refers_to for one in entries if one.kind == f"incident.{kind}")
        for kind in ("opened", "resolved", "merged", "acknowledged")
    }
    assert by_kind["opened"] == Counter(f"incident/{row['id']}" for row in rows)
    for row in rows:
        reference, is_merged = f"incident/{row['id']}", row["merged_into"] is not None
        assert by_kind["merged"][reference] == is_merged, row
        assert by_kind["resolved"][reference] == (row["state"] == "resolved" and not is_merged), row
        assert by_kind["acknowledged"][reference] <= 1, row
    whole = {row["id"]: row["state"] == "resolved" for row in rows if row["merged_into"] is None}
    assert {row["merged_into"] for row in rows} - {None} <= set(whole)
    check_episodes(tx, whole)


def check_episodes(tx: Reader, is_over: dict[int, bool]) -> None:
    """No objective has two at once, one that pages has one, and each is in an incident or on the agenda."""
    rows = tx.execute(select(incident_episodes).order_by(incident_episodes.c.id)).mappings().all()
    active = [row for row in rows if row["resolved_at"] is None]
    assert len({row["objective"] for row in active}) == len(active), active
    assert {row["incident_id"] for row in rows} - {None} == set(is_over)
    belonging = {row["incident_id"] for row in active} - {None}
    assert belonging == {number for number, over in is_over.items() if not over}
    tasks = {(row.kind, row.subject) for row in tx.execute(select(agenda_tasks))}
    waiting = {str(row["id"]) for row in active if row["incident_id"] is None}
    for kind in (CAUSE, DEADLINE):
        assert {subject for of, subject in tasks if of == kind} == waiting
    columns = objective_alerts.c
    is_page = columns.resolved_at.is_(None) & (columns.severity == "page")
    firing = set(tx.execute(select(columns.objective).where(is_page)).scalars())
    latest = {row["objective"]: row for row in rows}
    assert all(name in latest for name in firing), firing
    assert all(row["objective"] in firing for row in active), active


def check_writes(walk: Walk, entries: list[journal.Entry]) -> None:
    """Every change and note is in the journal once; acknowledgements and resolutions left their entry."""
    said = Counter(one.summary for one in entries)
    kinds = Counter(one.kind for one in entries)
    for write in walk.writes:
        assert write.status is not None
        if write.name.startswith(("change ", "notes ")):
            assert said[write.name] == 1, (write.name, write.status, said[write.name])
        if write.name.startswith("resolve "):
            assert kinds["incident.resolved"] >= 1


def check_tokens(tx: Reader, walk: Walk, entries: list[journal.Entry]) -> None:
    """Every token is there once, and is revoked once if that was asked for."""
    rows = tx.execute(select(access_tokens)).mappings().all()
    asked = [write.name for write in walk.writes]
    assert Counter(row["name"] for row in rows) == Counter(
        name for name in asked if name.startswith("token-")
    )
    happened = Counter((one.kind, one.subject) for one in entries)
    for row in rows:
        is_revoked = f"revoke {row['name']}" in asked
        assert (row["revoked_at"] is not None) == is_revoked
        assert happened["access.token_created", f"token/{row['name']}"] == 1
        assert happened["access.token_revoked", f"token/{row['name']}"] == is_revoked


def check_catalog(tx: Reader, walk: Walk, entries: list[journal.Entry]) -> None:
    """Every catalog that was applied made one revision, which the journal tells once."""
    rows = tx.execute(select(catalog_revisions)).mappings().all()
    texts = [json.dumps(row["documents"]) for row in rows]
    for write in walk.writes:
        if write.name.startswith("catalog "):
            assert sum(f"description: {write.name}\\n" in text for text in texts) == 1, write.name
    assert sum(one.kind == "catalog.applied" for one in entries) == len(rows)
    assert walk.process.made.catalog.current().revision == max(row["id"] for row in rows)


def check_tasks(tx: Reader, walk: Walk, entries: list[journal.Entry]) -> None:
    """Every task that was put on the agenda ran and is done; what recurs is still there."""
    ran = Counter(one.subject for one in entries if one.kind == MARK)
    assert ran == Counter(walk.marks)
    tasks = tx.execute(select(agenda_tasks.c.kind, agenda_tasks.c.subject)).all()
    left = {(kind, subject) for kind, subject in tasks}
    assert MARK not in {kind for kind, _ in left}
    assert {"objectives.evaluate", "replies.forget"} <= {kind for kind, _ in left}, left
    active = tx.execute(select(incidents.c.id).where(incidents.c.state != "resolved")).scalars()
    for number in active:
        assert ("incidents.evidence", str(number)) in left


@pytest.fixture
def entry(clock: ManualClock) -> journal.Entry:
    """Something that happened."""
    return journal.Entry(clock.now(), "change.deploy", "proof", "service/checkout", "deployed" * 50)


@contextmanager
def seam_over(directory: Path) -> Iterator[tuple[Database, Seam]]:
    """A database with one table of the journal, and its seam."""
    directory.mkdir()
    database = Database(f"sqlite:///{directory / 'state.db'}")
    database.create_all()
    try:
        yield database, Seam(database, Random(1), directory.with_name("next"))
    finally:
        database.close()


def write_much(database: Database, entry: journal.Entry) -> None:
    """Write more than a full disk has room for."""
    with database.write() as tx:
        for _ in range(200):
            journal.append(tx, entry)


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault.startswith("dies")])
def test_a_death_leaves_what_a_kill_leaves(tmp_path: Path, fault: Fault, entry: journal.Entry) -> None:
    """What was committed before is there; the transaction that died is there only if it died afterwards."""
    with seam_over(tmp_path / "first") as (database, seam):
        with database.write() as tx:
            journal.append(tx, entry)
        seam.arm(fault)
        with pytest.raises(Died), database.write() as tx:
            journal.append(tx, entry)
        with pytest.raises(Died), database.write():
            pass
    left = Database(f"sqlite:///{tmp_path / 'next' / 'state.db'}")
    with left.read() as tx:
        assert len(journal.entries(tx)) == (2 if fault is Fault.DIES_AFTER_A_COMMIT else 1)
    left.close()


@pytest.mark.parametrize("fault", [Fault.A_STATEMENT_FAILS, Fault.A_COMMIT_FAILS, None])
def test_a_failing_disk_is_reported_and_nothing_stays_half_done(
    tmp_path: Path, fault: Fault | None, entry: journal.Entry
) -> None:
    """A write that fails raises what the product raises, and the next one works; so on a really full disk."""
    with seam_over(tmp_path / "first") as (database, seam):
        seam.arm(fault)
        seam.is_full = fault is None
        with pytest.raises(Unavailable):
            write_much(database, entry)
        seam.is_full = False
        with database.write() as tx:
            journal.append(tx, entry)
        with database.read() as tx:
            assert len(journal.entries(tx)) == 1


def test_a_few_rounds_hold_and_are_worth_it() -> None:
    """Some rounds of the proof hold, and in them processes die and disks fail."""
    walks = [a_round(seed) for seed in range(3)]
    assert sum(walk.deaths for walk in walks) > 5
    assert sum(walk.failures for walk in walks) > 5


@pytest.mark.prove
def test_a_thousand_rounds_keep_what_was_acknowledged_once(rounds: Rounds) -> None:
    """Whatever write the process dies at or the disk fails at, all that was acknowledged is there once."""
    rounds("state", 1000, a_round)
