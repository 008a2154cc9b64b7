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
    ("POST", "/api/v1/catalog/apply"): documents(SERVICES, "first"),
    ("POST", "/api/v1/changes"): {"kind": "deploy", "summary": "deployed"},
    ("POST", "/api/v1/incidents/{number}/ack"): {},
    ("POST", "/api/v1/incidents/{number}/notes"): {"text": "looking"},
    ("POST", "/api/v1/incidents/{number}/resolve"): {},
    ("PUT", "/api/v1/views/{name}"): {"address": "/services"},
    ("DELETE", "/api/v1/views/{name}"): None,
}
SAVED = "worst"


def test_every_write_is_in_this_test() -> None:
    """Whoever adds a write adds it here, with a body that changes something."""
    assert set(BODIES) == set(WRITES)


@pytest.mark.parametrize("write", BODIES, ids=" ".join)
def test_a_write_without_a_reply_counts_as_carried_out(
    served: Served, settings: Settings, write: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction that carries it out says so: a process that dies before the reply loses nothing."""
    monkeypatch.setattr(Replies, "complete", lambda *_: None)
    database = Database(f"sqlite:///{settings.data / 'fake-state.db'}")
    with database.write() as tx:
        number = store.add(tx, an_incident())
    served.made.views.save("local", SAVED, address="/map", is_pinned=False)
    method, path = write
    address = path.format(number=number, name=SAVED)
    answer = served.client.request(method, address, json=BODIES[write], headers={"Idempotency-Key": "k"})
    assert answer.status_code < 300, answer.text
    with database.read() as tx:
        assert tx.execute(select(idempotent_replies.c.status)).scalar_one() == CARRIED_OUT
    database.close()
