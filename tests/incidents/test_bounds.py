"""Where an incident's story begins and ends: changes before its onset, and the reading of its last spans."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.acceptance.stage import Stage
from tests.incidents.test_model import an_incident

from holdfast.incidents import store
from holdfast.incidents.model import IncidentState
from holdfast.incidents.service import EVIDENCE
from holdfast.runtime import agenda, journal
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database

NOW = datetime(2026, 3, 1, 12, 0, 3, 141_592, tzinfo=UTC)
ONSET = NOW - timedelta(hours=2)
SECOND, MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def stage(sqlite_database: Database, make_api: Callable[..., TestClient], tmp_path: Path) -> Stage:
    """A shop within a slice of its day."""
    return Stage(sqlite_database, ManualClock(NOW), make_api, tmp_path)


def _add(stage: Stage, state: IncidentState = IncidentState.OPEN, **given: Any) -> int:
    with stage.database.write() as tx:
        return store.add(tx, an_incident(state, **given))


@pytest.mark.parametrize(
    ("at", "is_shown"),
    [
        (ONSET - HALF_HOUR - MICROSECOND, False),
        (ONSET - HALF_HOUR, True),
        (ONSET, True),
        (NOW - SECOND - MICROSECOND, True),
        (NOW - SECOND, False),
    ],
)
def test_changes_of_the_half_hour_before_the_onset_belong_to_an_incident(
    stage: Stage, at: datetime, *, is_shown: bool
) -> None:
    """From 30 minutes before the errors began until the end: not before the opening, which comes later."""
    number = _add(
        stage,
        IncidentState.RESOLVED,
        onset_at=ONSET,
        opened_at=ONSET + timedelta(minutes=5),
        resolved_at=NOW - SECOND,
    )
    with stage.database.write() as tx:
        journal.append(tx, journal.Entry(at, "change.deploy", "ada", "service/checkout", "v42 is out"))
        journal.append(tx, journal.Entry(at, "catalog.applied", "ada", "catalog", "Revision 3 applied"))
    kinds = [entry.kind for entry in stage.incidents.view(number).timeline]
    assert kinds == (["change.deploy"] if is_shown else [])


@pytest.mark.parametrize(("before", "count"), [(HALF_HOUR, 1), (HALF_HOUR + MICROSECOND, 0)])
def test_while_the_onset_is_not_known_the_opening_stands_for_it(
    stage: Stage, before: timedelta, count: int
) -> None:
    """The half hour is counted from the opening until the errors' beginning has been found."""
    opened_at = NOW - timedelta(hours=1)
    number = _add(stage, opened_at=opened_at)
    with stage.database.write() as tx:
        entry = journal.Entry(opened_at - before, "change.flag", "ada", "service/checkout", "on")
        journal.append(tx, entry)
    assert len(stage.incidents.view(number).timeline) == count


def _due(stage: Stage, number: int) -> datetime | None:
    with stage.database.write() as tx:
        agenda.schedule(tx, kind=EVIDENCE, subject=str(number), due_at=stage.clock.now())
    stage.agenda.run_due(limit=1)
    with stage.database.read() as tx:
        table = agenda.agenda_tasks
        found = tx.execute(table.select().where(table.c.kind == EVIDENCE)).mappings().first()
    return None if found is None else found["due_at"]


@pytest.mark.parametrize(
    ("ended", "next_at"),
    [
        (NOW + MICROSECOND, None),
        (NOW, NOW + timedelta(minutes=1)),
        (NOW - 59 * SECOND, NOW + SECOND),
        (NOW - timedelta(minutes=1) + MICROSECOND, NOW + MICROSECOND),
        (NOW - timedelta(minutes=1), None),
        (NOW - timedelta(hours=1), None),
    ],
)
def test_evidence_is_read_for_the_last_time_a_minute_after_the_end(
    stage: Stage, ended: datetime, next_at: datetime | None
) -> None:
    """Until then late spans may come; the reading at the minute itself is the last, and asks for no other."""
    number = _add(stage, IncidentState.RESOLVED, resolved_at=ended, resolved_by="alert", alert_over=True)
    assert _due(stage, number) == next_at


def test_evidence_of_what_goes_on_is_read_every_thirty_seconds(stage: Stage) -> None:
    """Counted from the reading, at whatever second it was."""
    assert _due(stage, _add(stage)) == NOW + 30 * SECOND


def test_spans_that_come_within_a_minute_of_the_end_are_counted(stage: Stage) -> None:
    """A bad order that is stored 50 s late stays in the evidence; one that is later still is not."""
    ended = NOW - SECOND
    number = _add(
        stage,
        IncidentState.RESOLVED,
        onset_at=NOW - timedelta(minutes=10),
        resolved_at=ended,
        resolved_by="alert",
        alert_over=True,
    )
    first = _due(stage, number)
    before = stage.incidents.view(number).incident.first.bad_events
    stage.clock.advance(50 * SECOND)
    stage.counts.record(1, ended - timedelta(minutes=1), good=0, bad=7)
    stage.clock.advance(9 * SECOND)
    stage.agenda.run_due()
    found = stage.incidents.view(number).incident.first
    assert (first, before, found.bad_events) == (ended + timedelta(minutes=1), 0, 7)
    assert found.measured_at == ended + timedelta(minutes=1)
    stage.counts.record(1, ended - timedelta(minutes=1), good=0, bad=7)
    stage.clock.advance(timedelta(hours=1))
    stage.agenda.run_due()
    assert stage.incidents.view(number).incident.first.bad_events == 7
