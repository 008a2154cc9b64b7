"""The queue of each contact: one task sends what is due to it, one message at a time."""

import hashlib

from holdfast.oncall.contacts import Channel, Contact
from holdfast.oncall.pages import store
from holdfast.runtime import agenda
from holdfast.runtime.database import Writer

SEND = "oncall.send"


def plan(tx: Writer, contact: Contact) -> None:
    """Let what waits for a contact be sent when the first of it is due."""
    due_at = store.first_due(tx, contact.channel, contact.address)
    if due_at is not None:
        payload = {"channel": contact.channel.value, "address": contact.address}
        agenda.schedule(
            tx, kind=SEND, subject=_subject(contact.channel, contact.address), due_at=due_at, payload=payload
        )


def _subject(channel: Channel, address: str) -> str:
    # An address may be longer than a subject, and has no place in the words about a task that is late.
    return f"{channel.value}/{hashlib.sha256(address.encode()).hexdigest()[:32]}"
