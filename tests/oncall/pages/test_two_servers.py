"""Two servers on one database, and two senders of one page: each message once, and nobody waits for ever."""

import threading
from collections import Counter

import pytest
from tests.oncall.pages.conftest import ACCEPTED, TEAM_TEXT, Phones, Tower, catalog_of

from holdfast.oncall import store
from holdfast.oncall.channels.protocol import Letter
from holdfast.oncall.contacts import Channel
from holdfast.oncall.pages.delivery import ProviderAnswer, ProviderReply
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database

TWO_CONTACTS = TEAM_TEXT.replace(
    "spec: {email: first@shop.example}",
    "spec: {contacts: [{name: one, channel: mail, address: first@shop.example}, "
    "{name: two, channel: mail, address: first@other.example}]}",
)


class MeetingPhones(Phones):
    """Holds back each of the first two letters until the other is there, then refuses both."""

    meeting: threading.Barrier

    def send(self, address: str, letter: Letter) -> ProviderReply:
        """Meet, then refuse; accept what comes later."""
        is_first = address.startswith("first")
        reply = super().send(address, letter)
        if is_first:
            self.meeting.wait(timeout=20)
        return ProviderReply(ProviderAnswer.REFUSED, "550") if is_first else reply


def together(*towers: Tower) -> None:
    """Let each do what is due, at the same time."""
    threads = [threading.Thread(target=one.agenda.run_due, kwargs={"limit": 1000}) for one in towers]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)
    assert not any(one.is_alive() for one in threads)


@pytest.mark.parametrize("_round", range(3))
def test_two_senders_of_one_page(database: Database, clock: ManualClock, _round: int) -> None:
    """Both contacts of the first refuse at once: neither waits for the other, and the second is asked."""
    phones = MeetingPhones(clock)
    phones.meeting = threading.Barrier(2)
    tower = Tower(database, clock, catalog_of(TWO_CONTACTS), phones)
    with database.write() as tx:
        tower.verify(tx, "second")
        for address in ("first@shop.example", "first@other.example"):
            store.keep_verified(tx, "first", Channel.MAIL, address, clock.now())
    tower.page()
    tower.agenda.run_due(limit=1)
    together(tower, tower)
    tower.passes()
    assert Counter(to for _, to, _ in phones.got) == {
        "first@shop.example": 1,
        "first@other.example": 1,
        "second@shop.example": 1,
    }


def test_two_servers_send_each_message_once(database: Database, clock: ManualClock) -> None:
    """Whoever is quicker sends; no key is handed over twice, and no page is left out."""
    phones = Phones(clock)
    phones.says = lambda _address, _tries: ACCEPTED
    catalog = catalog_of(TEAM_TEXT)
    towers = [Tower(database, clock, catalog, phones) for _ in range(2)]
    with database.write() as tx:
        towers[0].verify(tx, "first", "second", "lead")
    for number in range(12):
        towers[0].page(f"incident/{number}")
    together(*towers)
    together(*towers)
    keys = Counter(letter.key for _, _, letter in phones.got)
    assert set(keys.values()) == {1}
    assert "first" in {to.partition("@")[0] for _, to, _ in phones.got}
    assert all(towers[0].stored(number).step == 1 for number in range(1, 13))
