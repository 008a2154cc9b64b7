"""Contacts are verified and tested: one is used only after its person gave back the code that was sent to it.

A code is for one contact at one address, ends after a quarter of an hour, and allows five tries. A changed
address is another contact, which is verified again. Only a hash of the code is stored.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from holdfast.catalog.model import Catalog
from holdfast.oncall import store
from holdfast.oncall.channels.protocol import Letter, Provider
from holdfast.oncall.contacts import Channel, Contact
from holdfast.oncall.model import USERS, User
from holdfast.oncall.pages.delivery import NO_CHANNEL, ProviderReply
from holdfast.runtime import journal
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Conflict, NotFound, Unavailable

CODE_DIGITS, TRIES_MOST = 6, 5
ENDS_AFTER, WAITS_BETWEEN = timedelta(minutes=15), timedelta(seconds=30)


class ContactState(StrEnum):
    """Whether a contact is used for pages."""

    VERIFIED = "verified"
    CODE_SENT = "code_sent"
    UNVERIFIED = "unverified"


class Verifying(StrEnum):
    """What became of a code that was given back."""

    DONE = "done"
    WRONG = "wrong"
    NOT_ASKED = "not_asked"
    EXPIRED = "expired"
    TOO_MANY_TRIES = "too_many_tries"


@dataclass(frozen=True, slots=True)
class KnownContact:
    """A contact of the catalog, and whether it is used for pages."""

    person: str
    contact: Contact
    state: ContactState
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class ContactTrial:
    """A test that was sent to a contact, and what its provider said."""

    contact: Contact
    reply: ProviderReply


class Verification:
    """Sends codes and takes them back; lives as long as the process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        catalog: Callable[[], Catalog],
        providers: Mapping[Channel, Provider],
    ) -> None:
        self._database = database
        self._clock = clock
        self._catalog = catalog
        self._providers = providers

    def contacts(self) -> list[KnownContact]:
        """Return every contact of every user, in the order of the catalog."""
        now = self._clock.now()
        with self._database.read() as tx:
            stored = store.contact_records(tx)
        return [
            _known(user.name, contact, stored.get((user.name, contact.channel, contact.address)), now)
            for user in self._catalog().of(USERS)
            for contact in user.reach.contacts
        ]

    def send_code(self, person: str, name: str, *, by: str) -> ProviderReply:
        """Send a code to a contact and return what its provider said.

        Raises:
            NotFound: the catalog has no such user, or the user no contact of this name.
            Conflict: one was sent less than half a minute ago.
            Unavailable: this installation does not send through its channel.
        """
        contact, now = self._contact(person, name), self._clock.now()
        provider = self._providers.get(contact.channel)
        if provider is None:
            raise Unavailable(f"this installation does not send {contact.channel}; see docs/guide/oncall.md")
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        with self._database.write() as tx:
            record = store.contact_record(tx, person, contact)
            if record is not None and _was_sent_lately(record, now):
                raise Conflict("a code was sent less than half a minute ago; wait and look there first")
            store.keep_code(tx, person, contact, _hash(code), now + ENDS_AFTER)
            words = f"A code was sent to {contact.name} of {person}"
            journal.append(tx, journal.Entry(now, "oncall.code_sent", by, f"user/{person}", words))
        return provider.send(contact.address, _letter(person, code))

    def verify(self, person: str, name: str, code: str, *, by: str) -> Verifying:
        """Take a code back; the right one makes its contact usable.

        Raises:
            NotFound: the catalog has no such user, or the user no contact of this name.
        """
        contact, now = self._contact(person, name), self._clock.now()
        with self._database.write() as tx:
            found = _verifying(store.contact_record(tx, person, contact), code, now)
            if found is Verifying.WRONG:
                store.count_try(tx, person, contact)
            if found is Verifying.DONE:
                store.keep_verified(tx, person, contact.channel, contact.address, now)
                words = f"{contact.name} of {person} is verified"
                journal.append(tx, journal.Entry(now, "oncall.verified", by, f"user/{person}", words))
        return found

    def test(self, person: str, *, by: str) -> list[ContactTrial]:
        """Send a test to every contact of a user, verified or not, and return what each provider said.

        Raises:
            NotFound: the catalog has no such user.
        """
        user, now = self._user(person), self._clock.now()
        with self._database.write() as tx:
            words = f"A test was sent to every contact of {person}"
            journal.append(tx, journal.Entry(now, "oncall.tested", by, f"user/{person}", words))
        return [ContactTrial(one, self._tested(user, one)) for one in user.reach.contacts]

    def _tested(self, user: User, contact: Contact) -> ProviderReply:
        provider = self._providers.get(contact.channel)
        return NO_CHANNEL if provider is None else provider.send(contact.address, _test_letter(user))

    def _contact(self, person: str, name: str) -> Contact:
        user = self._user(person)
        found = next((one for one in user.reach.contacts if one.name == name), None)
        if found is None:
            known = ", ".join(one.name for one in user.reach.contacts) or "none"
            raise NotFound(f"{person} has no contact {name!r}; there is: {known}", value=name)
        return found

    def _user(self, person: str) -> User:
        found = next((one for one in self._catalog().of(USERS) if one.name == person), None)
        if found is None:
            raise NotFound(f"the catalog has no User {person!r}", value=person)
        return found


def _verifying(record: store.ContactRecord | None, code: str, now: datetime) -> Verifying:
    if record is None or record.code_hash is None or record.code_ends_at is None:
        return Verifying.NOT_ASKED
    if record.code_ends_at <= now:
        return Verifying.EXPIRED
    if record.code_tries >= TRIES_MOST:
        return Verifying.TOO_MANY_TRIES
    is_right = hmac.compare_digest(record.code_hash, _hash(code.strip()))
    return Verifying.DONE if is_right else Verifying.WRONG


def _was_sent_lately(record: store.ContactRecord, now: datetime) -> bool:
    ends_at = record.code_ends_at
    return ends_at is not None and now < ends_at - ENDS_AFTER + WAITS_BETWEEN


def _known(person: str, contact: Contact, record: store.ContactRecord | None, now: datetime) -> KnownContact:
    if record is None:
        return KnownContact(person, contact, ContactState.UNVERIFIED, None)
    if record.verified_at is not None:
        return KnownContact(person, contact, ContactState.VERIFIED, record.verified_at)
    waits = record.code_ends_at is not None and record.code_ends_at > now
    return KnownContact(person, contact, ContactState.CODE_SENT if waits else ContactState.UNVERIFIED, None)


def _letter(person: str, code: str) -> Letter:
    return Letter(
        key=secrets.token_hex(18),
        to=person,
        subject=f"{code} is your code for pages",
        lines=(
            f"Give it back with: holdfast oncall verify {person} CONTACT {code}",
            "It ends after 15 minutes.",
        ),
        is_urgent=False,
    )


def _test_letter(user: User) -> Letter:
    return Letter(
        key=secrets.token_hex(18),
        to=user.display_name,
        subject="Test: a page would reach you here",
        lines=("Nothing is wrong. Somebody tested how you are paged.",),
        is_urgent=False,
    )


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
