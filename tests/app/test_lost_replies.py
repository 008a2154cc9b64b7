"""Every write of the API is known to be carried out even if its reply is lost."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.app.conftest import Served
from tests.app.test_access_matrix import WRITES
from tests.app.walk_catalog import SERVICES, documents
from tests.incidents.test_model import an_incident
from tests.oncall.pages.conftest import ORDERS, catalog_of

from holdfast.catalog.service import CatalogStatus
from holdfast.incidents import store
from holdfast.oncall import store as oncall_store
from holdfast.oncall.contacts import Channel, Contact, Urgency
from holdfast.oncall.routing import Concern
from holdfast.oncall.schedule import Override
from holdfast.runtime.database import Database, Writer
from holdfast.runtime.replies import CARRIED_OUT, Replies, idempotent_replies
from holdfast.runtime.settings import Settings

CODE = "123456"
PEOPLE = """
apiVersion: holdfast.dev/v1
kind: User
metadata: {name: first}
spec: {contacts: [{name: bot, channel: webhook, address: "https://127.0.0.1/pages"}]}
---
apiVersion: holdfast.dev/v1
kind: Rotation
metadata: {name: always}
spec: {users: first, timeZone: UTC, firstHandoff: 2026-01-05 09:00, turns: {unit: weeks}}
---
apiVersion: holdfast.dev/v1
kind: Schedule
metadata: {name: worst}
spec: {layers: [{rotations: always}]}
"""
BODIES = {
    ("POST", "/api/v1/catalog/apply"): documents(SERVICES, "first"),
    ("POST", "/api/v1/changes"): {"kind": "deploy", "summary": "deployed"},
    ("POST", "/api/v1/incidents/{number}/ack"): {},
    ("POST", "/api/v1/incidents/{number}/notes"): {"text": "looking"},
    ("POST", "/api/v1/incidents/{number}/resolve"): {},
    ("PUT", "/api/v1/views/{name}"): {"address": "/services"},
    ("DELETE", "/api/v1/views/{name}"): None,
    ("POST", "/api/v1/oncall/schedules/{name}/overrides"): {
        "person": "first",
        "start": "now",
        "end": "2026-03-02T12:00:00Z",
    },
    ("DELETE", "/api/v1/oncall/schedules/{name}/overrides/{number}"): None,
    ("POST", "/api/v1/oncall/contacts/{person}/{contact}/code"): {},
    ("POST", "/api/v1/oncall/contacts/{person}/{contact}/verify"): {"code": CODE},
    ("POST", "/api/v1/oncall/contacts/{person}/test"): {},
    ("POST", "/api/v1/pages/{number}/ack"): {},
}
SAVED = "worst"


def on_call(served: Served, tx: Writer) -> None:
    """Let there be people, a schedule with an override, a contact that was sent a code, and a page."""
    served.made.catalog._status = CatalogStatus(catalog_of(PEOPLE))
    now = served.clock.now()
    override = Override(now, now + timedelta(hours=1), "first")
    oncall_store.add(tx, SAVED, override, by="local", at=now)
    contact = Contact("bot", Channel.WEBHOOK, "https://127.0.0.1/pages")
    code = hashlib.sha256(CODE.encode()).hexdigest()
    oncall_store.keep_code(tx, "first", contact, code, now + timedelta(minutes=1))
    served.made.oncall.pager.page(tx, "incident/1", Urgency.HIGH, ORDERS, Concern(targets=("first",)))


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
        on_call(served, tx)
    served.made.views.save("local", SAVED, address="/map", is_pinned=False)
    method, path = write
    address = path.format(number=number, name=SAVED, person="first", contact="bot")
    answer = served.client.request(method, address, json=BODIES[write], headers={"Idempotency-Key": "k"})
    assert answer.status_code < 300, answer.text
    with database.read() as tx:
        assert tx.execute(select(idempotent_replies.c.status)).scalar_one() == CARRIED_OUT
    database.close()
