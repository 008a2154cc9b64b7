"""Every write of the API is known to be carried out even if its reply is lost."""

import pytest
from sqlalchemy import select
from tests.app.conftest import Served
from tests.app.test_access_matrix import WRITES
from tests.app.walk_catalog import SERVICES, documents
from tests.incidents.test_model import an_incident

from holdfast.incidents import store
from holdfast.runtime.database import Database
from holdfast.runtime.replies import CARRIED_OUT, Replies, idempotent_replies
from holdfast.runtime.settings import Settings

BODIES = {
    "/api/v1/catalog/apply": documents(SERVICES, "first"),
    "/api/v1/changes": {"kind": "deploy", "summary": "deployed"},
    "/api/v1/incidents/{number}/ack": {},
    "/api/v1/incidents/{number}/notes": {"text": "looking"},
    "/api/v1/incidents/{number}/resolve": {},
}


def test_every_write_is_in_this_test() -> None:
    """Whoever adds a write adds it here, with a body that changes something."""
    assert set(BODIES) == {path for _, path in WRITES}


@pytest.mark.parametrize("path", BODIES)
def test_a_write_without_a_reply_counts_as_carried_out(
    served: Served, settings: Settings, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction that carries it out says so: a process that dies before the reply loses nothing."""
    monkeypatch.setattr(Replies, "complete", lambda *_: None)
    database = Database(f"sqlite:///{settings.data / 'fake-state.db'}")
    with database.write() as tx:
        number = store.add(tx, an_incident())
    answer = served.client.post(
        path.format(number=number), json=BODIES[path], headers={"Idempotency-Key": "k"}
    )
    assert answer.status_code < 300, answer.text
    with database.read() as tx:
        assert tx.execute(select(idempotent_replies.c.status)).scalar_one() == CARRIED_OUT
    database.close()
