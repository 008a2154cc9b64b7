"""Answers that cross a message on its way, and channels that break: no page is kept, and none repeated."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.oncall.pages.conftest import ACCEPTED, Tower

from holdfast.oncall.channels.protocol import Letter
from holdfast.oncall.pages.delivery import ProviderAnswer, ProviderReply
from holdfast.oncall.pages.model import Message, MessageState, PageState
from holdfast.oncall.pages.sender import TRIES_MOST
from holdfast.oncall.pages.store import messages
from holdfast.runtime import journal

BUSY = ProviderReply(ProviderAnswer.FAULT, "421 try later")
REFUSED = ProviderReply(ProviderAnswer.REFUSED, "550 no such mailbox")


def sent(tower: Tower) -> list[Message]:
    """Return the messages of the first page."""
    with tower.database.read() as tx:
        return messages(tx, 1)


def answering(then: Callable[[], object], reply: ProviderReply) -> Callable[[str, int], ProviderReply]:
    """Return a provider during whose first call something happens."""

    def says(_address: str, tries: int) -> ProviderReply:
        if tries == 1:
            then()
        return reply

    return says


def test_what_was_answered_on_its_way_is_not_tried_again(tower: Tower) -> None:
    """Acknowledged while its provider is busy, a message ends there."""
    tower.phones.says = answering(lambda: tower.pager.acknowledge(1, by="second"), BUSY)
    tower.page()
    tower.passes(minutes=5)
    assert tower.rang() == [(0, "first")]
    assert [one.state for one in sent(tower)] == [MessageState.CANCELLED]


def test_a_late_refusal_says_nothing_twice(tower: Tower) -> None:
    """Nobody answered, and then the last message is refused: that nobody is left was said once."""
    tower.page()
    tower.passes(minutes=30)
    (last,) = [one for one in sent(tower) if one.step == 4]
    tower.passes(minutes=15)
    assert tower.stored().state is PageState.UNANSWERED
    with tower.database.write() as tx:
        tower.pager.not_delivered(tx, last, tower.clock.now())
    tower.passes(minutes=1)
    with tower.database.read() as tx:
        assert len(journal.entries(tx, kinds=("page.unanswered",))) == 1


def test_a_channel_that_breaks_is_given_up(tower: Tower, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of our own in a channel counts as no answer, so often; then the message is not delivered."""
    handed: list[str] = []

    def broken(address: str, _letter: Letter) -> ProviderReply:
        handed.append(address)
        if address.startswith("first"):
            raise RuntimeError("a fault of ours")
        return ACCEPTED

    monkeypatch.setattr(tower.phones, "send", broken)
    tower.page()
    tower.passes(minutes=60, step_seconds=10)
    tries = [one for one in sent(tower) if one.person == "first"]
    assert {one.state for one in tries} == {MessageState.FAILED}
    assert all(one.tries == TRIES_MOST + 1 for one in tries)
    assert handed.count("second@shop.example") >= 1


def test_a_merged_answer_counts_for_both(tower: Tower) -> None:
    """Whichever of two merged incidents was acknowledged, the pages of neither go on."""
    for acknowledged in (1, 3):
        first, second = f"incident/{acknowledged}", f"incident/{acknowledged + 1}"
        tower.page(first)
        tower.page(second)
        tower.passes(minutes=1)
        tower.pager.acknowledge(acknowledged, by="first")
        newer, older = (first, second) if acknowledged == 1 else (second, first)
        with tower.database.write() as tx:
            tower.pager.move(tx, newer, older, tower.clock.now())
    tower.passes(minutes=30)
    assert {who for _, who in tower.rang()} == {"first"}


def test_a_press_is_one_transaction(tower: Tower, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ends while the button acknowledges leaves the link as it was."""
    service = tower.service()
    tower.page()
    tower.passes()
    token = str(tower.phones.got[0][2].answer_url).rpartition("/")[2]
    with monkeypatch.context() as broken:
        broken.setattr(tower.pager, "answer", lambda *_, **__: (_ for _ in ()).throw(OSError("ended")))
        with pytest.raises(OSError, match="ended"):
            service.press(token)
    tower.clock.advance(timedelta(seconds=1))
    assert service.press(token).outcome.value == "done"
    assert tower.stored().state is PageState.ACKNOWLEDGED
