"""Timelines: a page is made, minutes pass, phones ring; a phone that should not ring fails the test."""

from datetime import timedelta

import pytest
from tests.oncall.pages.conftest import ACCEPTED, ORDERS, TEAM_TEXT, Phones, Tower, catalog_of

from holdfast.oncall.contacts import Urgency
from holdfast.oncall.pages.delivery import ProviderAnswer, ProviderReply
from holdfast.oncall.pages.model import PageState
from holdfast.oncall.pages.pager import Acknowledging
from holdfast.oncall.routing import Concern
from holdfast.runtime import journal


def test_nobody_answers(tower: Tower) -> None:
    """Each step follows one that was not answered; the ladder is climbed twice, then it is said."""
    tower.page()
    tower.passes(minutes=60)
    once = [(0, "first"), (5, "second"), (10, "lead")]
    assert tower.rang() == [*once, *((minute + 20, who) for minute, who in once)]
    assert tower.stored().state is PageState.UNANSWERED


def test_an_acknowledgement_ends_it(tower: Tower) -> None:
    """After an acknowledgement nobody else is asked."""
    tower.page()
    tower.passes(minutes=6)
    assert tower.pager.acknowledge(1, by="second").outcome is Acknowledging.DONE
    tower.passes(minutes=60)
    assert tower.rang() == [(0, "first"), (5, "second")]
    assert tower.stored().acknowledged_by == "second"


def test_what_is_over_pages_nobody(tower: Tower) -> None:
    """Once the thing is over its page is too, and a press on an old message changes nothing."""
    tower.page()
    tower.passes(minutes=1)
    with tower.database.write() as tx:
        tower.pager.resolve(tx, "incident/7", tower.clock.now())
    tower.passes(minutes=60)
    assert tower.rang() == [(0, "first")]
    assert tower.pager.acknowledge(1, by="first").outcome is Acknowledging.OVER
    assert tower.stored().state is PageState.RESOLVED


def test_a_refused_message_is_the_next_step(tower: Tower) -> None:
    """A message that a provider refuses for good escalates at once, as if nobody had answered."""
    tower.phones.says = lambda address, _: (
        ProviderReply(ProviderAnswer.REFUSED, "550 no such mailbox")
        if address.startswith("first")
        else ACCEPTED
    )
    tower.page()
    tower.passes(minutes=4)
    assert tower.rang() == [(0, "first"), (0, "second")]


def test_a_provider_that_is_down_is_tried_for_two_minutes(tower: Tower) -> None:
    """Faults are tried again under one key, with growing patience; then the next step is taken."""
    tower.phones.says = lambda address, _: (
        ProviderReply(ProviderAnswer.FAULT, "421 try later") if address.startswith("first") else ACCEPTED
    )
    tower.page()
    tower.passes(minutes=4, step_seconds=1)
    first = [at * 60 for at, who in tower.rang() if who == "first"]
    assert [round(at) for at in first] == [0, 5, 15, 35, 75, 115]
    assert len({letter.key for _, to, letter in tower.phones.got if to.startswith("first")}) == 1
    assert next(at for at, who in tower.rang() if who == "second") * 60 == pytest.approx(115, abs=1)


def test_a_provider_may_ask_for_patience(tower: Tower) -> None:
    """Retry-After is kept to."""
    tower.phones.says = lambda _, tries: (
        ProviderReply(ProviderAnswer.THROTTLED, "429", timedelta(seconds=50)) if tries == 1 else ACCEPTED
    )
    tower.page()
    tower.passes(minutes=2, step_seconds=1)
    assert [round(at * 60) for at, _ in tower.rang()] == [0, 50]


def test_somebody_without_a_verified_contact_costs_no_time(database, clock) -> None:  # type: ignore[no-untyped-def]
    """The next step is taken at once, and the journal says why."""
    tower = Tower(database, clock, catalog_of(TEAM_TEXT), Phones(clock))
    with database.write() as tx:
        tower.verify(tx, "lead")
    tower.page()
    tower.passes(minutes=1)
    assert tower.rang() == [(0, "lead")]
    with database.read() as tx:
        words = [one.summary for one in journal.entries(tx, subject="page/1", kinds=("page.passed",))]
    assert words == [
        "Step 2 passed over second: has no verified contact",
        "Step 1 passed over first: has no verified contact",
    ]


def test_nobody_to_be_found_is_an_outcome(tower: Tower) -> None:
    """Where neither targets nor a team are known and there is no fallback, the journal says so."""
    tower.page(concern=Concern(targets=("email",), team="search"))
    tower.passes(minutes=60)
    assert tower.rang() == []
    with tower.database.read() as tx:
        found = journal.entries(tx, kinds=("page.not_routed",))
    assert [one.refers_to for one in found] == ["incident/7"]
    assert "the catalog has no policy, team or user called email and search" in found[0].summary


def test_the_fallback_is_asked_when_nobody_answered(tower: Tower) -> None:
    """After the last step of the policy the installation's fallback is paged."""
    tower.fallback = "lead"
    tower.restart()
    tower.page()
    tower.passes(minutes=41)
    assert tower.rang()[-1] == (40, "lead")
    assert tower.stored(2).policy == "user/lead"


def test_many_pages_are_one_message(tower: Tower) -> None:
    """What comes faster than a contact may be used goes out as one message; none is dropped."""
    tower.page("incident/1")
    tower.passes()
    for number in range(2, 20):
        tower.page(f"incident/{number}")
    tower.passes(minutes=2, step_seconds=1)
    letters = [letter for _, to, letter in tower.phones.got if to.startswith("first")]
    assert [one.subject for one in letters] == [
        ORDERS.title,
        f"{ORDERS.title} and 17 more",
    ]
    with tower.database.read() as tx:
        assert len(journal.entries(tx, kinds=("page.accepted",))) == 19


def test_low_urgency_waits_for_the_morning(database, clock) -> None:  # type: ignore[no-untyped-def]
    """In the quiet hours of its person low urgency waits, and the step begins when they end."""
    text = TEAM_TEXT.replace(
        "spec: {email: first@shop.example}",
        "spec: {email: first@shop.example, timeZone: Asia/Tokyo, quietHours: {from: '20:00', to: '07:00'}}",
    )
    tower = Tower(database, clock, catalog_of(text), Phones(clock))
    with database.write() as tx:
        tower.verify(tx, "first", "second")
    tower.page(urgency=Urgency.LOW)
    tower.passes(minutes=11 * 60, step_seconds=60)
    assert tower.rang()[:2] == [(600, "first"), (605, "second")]


def test_a_late_press_is_fenced(tower: Tower) -> None:
    """An answer that saw an older state than the page's changes nothing."""
    tower.page()
    tower.passes(minutes=1)
    assert tower.pager.acknowledge(1, by="first", seen=0).outcome is Acknowledging.OUTDATED
    assert tower.stored().state is PageState.PAGING
    assert tower.pager.acknowledge(1, by="first", seen=1).outcome is Acknowledging.DONE
    assert tower.pager.acknowledge(1, by="second", seen=1).outcome is Acknowledging.ALREADY
