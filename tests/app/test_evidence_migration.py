"""Evidence that 0.1 kept, in the shapes of its API, reads and shows the same after the upgrade."""

import json
from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import text

from holdfast.app.state import alembic_config, migrate
from holdfast.incidents import store
from holdfast.incidents.api_evidence import EvidenceBody, evidence_body
from holdfast.incidents.evidence import Burn, Contributor, Evidence, Exemplar, Series
from holdfast.runtime.database import Database

AT = datetime(2026, 3, 1, 12, 3, 0, 250_000, UTC)

KEPT = {
    "measured_at": "2026-03-01T12:03:00.250000+00:00",
    "burn": [{"window": "5m", "rate": 320.0}, {"window": "30m", "rate": None}],
    "budget_spent_ratio": 25.396825396825395,
    "series": {"step_seconds": 10, "times_epoch": [1772366460], "bad": [40], "total": [50]},
    "contributors": [
        {
            "service": "payment",
            "operation": "POST /charges",
            "zone": "zone-b",
            "version": None,
            "bad": 480,
            "share": 1.0,
        }
    ],
    "exemplars": [
        {
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
            "at": "2026-03-01T12:02:50.000001Z",
            "duration_seconds": 0.25,
            "path": "checkout → payment",
            "culprit_service": "payment",
            "culprit_operation": "POST /charges",
            "message": "slow",
            "status_code": None,
        }
    ],
}
"""Evidence as 0.1 wrote it, word for word."""

READ = Evidence(
    measured_at=AT,
    burn=(Burn("5m", 320.0), Burn("30m", None)),
    budget_spent_ratio=25.396825396825395,
    series=Series(10, (1772366460,), (40,), (50,)),
    contributors=(Contributor("payment", "POST /charges", "zone-b", None, 480, 1.0, sends_spans=False),),
    exemplars=(
        Exemplar(
            "4bf92f3577b34da6a3ce929d0e0e4736",
            datetime(2026, 3, 1, 12, 2, 50, 1, UTC),
            0.25,
            ("checkout", "payment"),
            "payment",
            "POST /charges",
            "slow",
            None,
        ),
    ),
)

ROW = text(
    "INSERT INTO incidents (id, title, state, severity, objective, objective_display_name, service, events,"
    " tier_key, opened_at, alert_over, bad_events, total_events, evidence) VALUES (:id, 'Orders burn',"
    " 'resolved', 'page', 'orders', 'Orders', 'checkout', 'orders', 'page-1h-5m',"
    " '2026-03-01 12:01:30.000000', :over, 480, 600, :evidence)"
)


@pytest.fixture
def before(state_url: str) -> Database:
    """A database of 0.1 on each engine: evidence in full, without spans, and none in both ways to say so."""
    database = Database(state_url)
    rows = [json.dumps(KEPT), json.dumps(KEPT | {"contributors": [], "exemplars": []}), "null", None]
    with database.write() as tx:
        command.upgrade(alembic_config(tx), "0001")
        for number, evidence in enumerate(rows, start=1):
            tx.execute(ROW, {"id": number, "over": True, "evidence": evidence})
        for number in range(len(rows) + 1, 450):
            tx.execute(ROW, {"id": number, "over": True, "evidence": rows[0]})
    return database


def test_what_0_1_kept_reads_as_the_incidents_own_evidence(before: Database) -> None:
    """Every row, in whichever batch it falls, and those without evidence stay without."""
    assert migrate(before) is True
    with before.read() as tx:
        found = [store.find(tx, number) for number in range(1, 450)]
    kept = [None if incident is None else incident.first.evidence for incident in found]
    without = Evidence(
        measured_at=AT,
        burn=READ.burn,
        budget_spent_ratio=READ.budget_spent_ratio,
        series=READ.series,
        contributors=(),
        exemplars=(),
    )
    assert kept[:4] == [READ, without, None, None]
    assert kept[4:] == [READ] * 445


def test_the_api_answers_the_same_as_before(before: Database) -> None:
    """Callers notice nothing: the fields and values are those that 0.1 answered."""
    migrate(before)
    with before.read() as tx:
        incident = store.find(tx, 1)
    assert incident is not None
    assert evidence_body(incident.first.evidence) == EvidenceBody.model_validate(KEPT)
