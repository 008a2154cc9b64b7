"""Verification: a contact counts once its code came back, and a changed address is verified again."""

from datetime import timedelta

import pytest
from tests.oncall.pages.conftest import ACCEPTED, TEAM_TEXT, Phones, catalog_of

from holdfast.oncall.contacts import Channel
from holdfast.oncall.verification import ENDS_AFTER, TRIES_MOST, ContactState, Verification, Verifying
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Conflict, NotFound, Unavailable


@pytest.fixture
def phones(clock: ManualClock) -> Phones:
    """A provider that accepts everything."""
    return Phones(clock)


@pytest.fixture
def verification(database: Database, clock: ManualClock, phones: Phones) -> Verification:
    """Codes are sent by mail."""
    catalog = catalog_of(TEAM_TEXT)
    return Verification(database, clock, lambda: catalog, {Channel.MAIL: phones})


def code(phones: Phones) -> str:
    """Return the code that was sent last."""
    return phones.got[-1][2].subject.split()[0]


def state(verification: Verification) -> ContactState:
    """Return the state of the first contact."""
    return verification.contacts()[0].state


def test_the_right_code_verifies(verification: Verification, phones: Phones) -> None:
    """Sent, given back, verified; a second time there is no code any more."""
    assert state(verification) is ContactState.UNVERIFIED
    assert verification.send_code("first", "mail", by="first") == ACCEPTED
    assert state(verification) is ContactState.CODE_SENT
    assert verification.verify("first", "mail", f" {code(phones)} ", by="first") is Verifying.DONE
    assert state(verification) is ContactState.VERIFIED
    assert verification.verify("first", "mail", code(phones), by="first") is Verifying.NOT_ASKED


def test_wrong_codes_are_counted(verification: Verification, phones: Phones) -> None:
    """After five wrong ones even the right one is refused."""
    verification.send_code("first", "mail", by="first")
    for _ in range(TRIES_MOST):
        assert verification.verify("first", "mail", "x", by="first") is Verifying.WRONG
    assert verification.verify("first", "mail", code(phones), by="first") is Verifying.TOO_MANY_TRIES


@pytest.mark.parametrize(
    ("after", "outcome"),
    [(ENDS_AFTER - timedelta(seconds=1), Verifying.DONE), (ENDS_AFTER, Verifying.EXPIRED)],
)
def test_a_code_ends(
    verification: Verification, phones: Phones, clock: ManualClock, after: timedelta, outcome: Verifying
) -> None:
    """After a quarter of an hour."""
    verification.send_code("first", "mail", by="first")
    clock.advance(after)
    assert verification.verify("first", "mail", code(phones), by="first") is outcome


def test_codes_are_not_sent_in_a_row(verification: Verification, clock: ManualClock) -> None:
    """Half a minute lies between two."""
    verification.send_code("first", "mail", by="first")
    clock.advance(timedelta(seconds=29))
    with pytest.raises(Conflict):
        verification.send_code("first", "mail", by="first")
    clock.advance(timedelta(seconds=1))
    verification.send_code("first", "mail", by="first")


def test_the_code_of_one_is_not_that_of_another(verification: Verification, phones: Phones) -> None:
    """Of person and contact."""
    verification.send_code("first", "mail", by="first")
    assert verification.verify("second", "mail", code(phones), by="first") is Verifying.NOT_ASKED


def test_a_changed_address_is_verified_again(database: Database, clock: ManualClock, phones: Phones) -> None:
    """What was verified is the address, not the name of the contact."""
    catalogs = [catalog_of(TEAM_TEXT), catalog_of(TEAM_TEXT.replace("first@shop", "other@shop"))]
    verification = Verification(database, clock, lambda: catalogs[0], {Channel.MAIL: phones})
    verification.send_code("first", "mail", by="first")
    verification.verify("first", "mail", code(phones), by="first")
    catalogs.reverse()
    assert state(verification) is ContactState.UNVERIFIED


def test_a_test_goes_to_every_contact(verification: Verification, phones: Phones) -> None:
    """Verified or not; what the provider said is the answer."""
    (attempt,) = verification.test("first", by="first")
    assert (attempt.contact.name, attempt.reply) == ("mail", ACCEPTED)
    assert phones.got[-1][2].subject == "Test: a page would reach you here"
    with pytest.raises(NotFound):
        verification.test("nobody", by="first")


def test_unknown_people_contacts_and_channels(database: Database, clock: ManualClock) -> None:
    """Are said to be."""
    catalog = catalog_of(TEAM_TEXT)
    verification = Verification(database, clock, lambda: catalog, {})
    with pytest.raises(NotFound, match="no User 'nobody'"):
        verification.send_code("nobody", "mail", by="x")
    with pytest.raises(NotFound, match="there is: mail"):
        verification.send_code("first", "phone", by="x")
    with pytest.raises(Unavailable):
        verification.send_code("first", "mail", by="x")
