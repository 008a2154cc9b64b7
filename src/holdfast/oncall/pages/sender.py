"""Sends messages: one at a time to each contact, again until a provider has taken them or time is up.

A message is marked before the provider is called and its answer stored after. Where the answer was lost, by
a crash or a connection that broke, it is sent again under the same key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.catalog.model import Catalog
from holdfast.oncall.channels.protocol import Letter, Provider
from holdfast.oncall.contacts import Channel, Contact
from holdfast.oncall.model import UTC_ZONE
from holdfast.oncall.pages import delivery, entries, links, store
from holdfast.oncall.pages.delivery import ProviderAnswer, ProviderReply
from holdfast.oncall.pages.letters import letter
from holdfast.oncall.pages.model import Bundle, Message, MessageState, Page
from holdfast.oncall.pages.pager import Pager
from holdfast.oncall.pages.queue import SEND
from holdfast.oncall.roster import Roster
from holdfast.runtime import journal
from holdfast.runtime.agenda import Handler, Task
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database, Writer

ANSWER_WITHIN = timedelta(seconds=30)
"""A message without an answer for so long was cut off: a provider's time limit is well below."""
TRIES_MOST = 8
"""A message that was cut off so often is given up: a fault of ours in its channel must not keep a page."""
LOOK_BACK = max(limit.within for limits in delivery.LIMITS.values() for limit in limits)
GIVEN_UP = ProviderReply(ProviderAnswer.REFUSED, "no answer was stored, however often it was sent")


@dataclass(frozen=True, slots=True)
class _Claimed:
    """What goes out now, as the letter that is handed over."""

    bundle: Bundle
    letter: Letter


class MessageSender:
    """Sends what is due to each contact; lives as long as the process.

    `base_url` is the address at which people reach this installation.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        catalog: Callable[[], Catalog],
        pager: Pager,
        providers: Mapping[Channel, Provider],
        base_url: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._catalog = catalog
        self._pager = pager
        self._providers = providers
        self._base_url = base_url

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The agenda's tasks of messages."""
        return {SEND: self._on_send}

    def _on_send(self, task: Task) -> datetime | None:
        contact = Contact("", Channel(task.payload["channel"]), task.payload["address"])
        found = self._claim(contact)
        if not isinstance(found, _Claimed):
            return found
        self._keep(found.bundle, self._hand_over(contact, found))
        return self._clock.now()

    def _hand_over(self, contact: Contact, claimed: _Claimed) -> ProviderReply:
        if max(one.tries for one in claimed.bundle.messages) >= TRIES_MOST:
            return GIVEN_UP
        provider = self._providers.get(contact.channel)
        return delivery.NO_CHANNEL if provider is None else provider.send(contact.address, claimed.letter)

    def _claim(self, contact: Contact) -> _Claimed | datetime | None:
        """Mark what goes to a contact now; else return when to look again, None if nothing waits."""
        now = self._clock.now()
        with self._database.write() as tx:
            pending = store.pending(tx, contact.channel, contact.address)
            pages = {one.page_id: page for one in pending if (page := store.page(tx, one.page_id))}
            pending = self._wanted(tx, pending, pages, now)
            chosen = self._chosen(tx, contact, pending, now)
            if isinstance(chosen, Bundle):
                return _Claimed(chosen, self._marked(tx, chosen, pages, now))
            return chosen

    def _wanted(
        self, tx: Writer, pending: list[Message], pages: Mapping[int, Page], now: datetime
    ) -> list[Message]:
        """Leave out what was being sent when the process ended, if its page was answered since."""
        lost = [
            one
            for one in pending
            if one.state is MessageState.SENDING
            and _is_cut_off(one, now)
            and not pages[one.page_id].is_paging
        ]
        words = "answered meanwhile; whether this one arrived is not known"
        values = {"state": MessageState.CANCELLED, "answer": words, "answered_at": now}
        store.change_messages(tx, [one.id for one in lost], **values)
        return [one for one in pending if one not in lost]

    def _chosen(
        self, tx: Writer, contact: Contact, pending: list[Message], now: datetime
    ) -> Bundle | datetime | None:
        sending = [one for one in pending if one.state is MessageState.SENDING]
        cut_off = [one for one in sending if _is_cut_off(one, now)]
        if cut_off:
            return _again(cut_off)
        if sending:
            return min((one.sent_at or now) + ANSWER_WITHIN for one in sending)
        due = [one for one in pending if one.due_at <= now]
        if not due:
            return min((one.due_at for one in pending), default=None)
        if due[0].sent_as is not None:
            return _again(due)
        sent = store.sent_since(tx, contact.channel, contact.address, now - LOOK_BACK)
        free_at = delivery.free_at(contact.channel, sent, now)
        fresh = tuple(one for one in due if one.sent_as is None)
        return Bundle(due[0].key, fresh) if free_at <= now else free_at

    def _marked(self, tx: Writer, bundle: Bundle, pages: dict[int, Page], now: datetime) -> Letter:
        for one in bundle.messages:
            values = {
                "state": MessageState.SENDING,
                "sent_as": bundle.key,
                "tries": one.tries + 1,
                "first_sent_at": one.first_sent_at or now,
                "sent_at": now,
            }
            store.change_messages(tx, [one.id], **values)
        first = bundle.messages[0]
        token = links.issue(tx, first, pages[first.page_id].fence, now)
        user = Roster(self._catalog(), tx).user(first.person)
        zone = UTC_ZONE if user is None else user.zone
        name = first.person if user is None else user.display_name
        return letter(bundle, pages, to=name, zone=zone, base_url=self._base_url, token=token)

    def _keep(self, bundle: Bundle, reply: ProviderReply) -> None:
        """Store a provider's answer; nothing if the message was sent again meanwhile."""
        now = self._clock.now()
        sent = {one.id: one.tries + 1 for one in bundle.messages}
        with self._database.write() as tx:
            # Pages before their messages, in the order of numbers, as everywhere: two senders of one page
            # would else wait for each other.
            for page_id in sorted({one.page_id for one in bundle.messages}):
                store.locked_page(tx, page_id)
            for one in store.messages_of(tx, list(sent)):
                if one.state is MessageState.SENDING and one.tries == sent[one.id]:
                    self._keep_one(tx, one, reply, now)

    def _keep_one(self, tx: Writer, message: Message, reply: ProviderReply, now: datetime) -> None:
        again = delivery.next_try(
            reply, tries=message.tries, first_sent_at=message.first_sent_at or now, now=now
        )
        if again is None:
            self._keep_last(tx, message, reply, now)
            return
        page = store.page(tx, message.page_id)
        # Somebody may have answered the page while this message was on its way: then it ends here.
        is_wanted = page is not None and page.is_paging
        values: dict[str, object] = {"answer": reply.words[: store.ANSWER_CHARACTERS]}
        values |= {"state": MessageState.WAITING, "due_at": again} if is_wanted else {"answered_at": now}
        store.change_messages(tx, [message.id], **{"state": MessageState.CANCELLED, **values})

    def _keep_last(self, tx: Writer, message: Message, reply: ProviderReply, now: datetime) -> None:
        """Store the answer that ends a message: accepted, or not delivered."""
        words = reply.words[: store.ANSWER_CHARACTERS]
        is_accepted = reply.answer is ProviderAnswer.ACCEPTED
        state = MessageState.ACCEPTED if is_accepted else MessageState.FAILED
        store.change_messages(tx, [message.id], state=state, answer=words, answered_at=now)
        page = store.page(tx, message.page_id)
        if page is None:
            return
        said = entries.accepted if is_accepted else entries.not_delivered
        journal.append(tx, said(page, message, words, now))
        if not is_accepted:
            self._pager.not_delivered(tx, message, now)


def _is_cut_off(message: Message, now: datetime) -> bool:
    return message.sent_at is None or message.sent_at + ANSWER_WITHIN <= now


def _again(messages: list[Message]) -> Bundle:
    """Return what went out together, to go out together again."""
    key = messages[0].sent_as or messages[0].key
    return Bundle(key, tuple(one for one in messages if one.sent_as == messages[0].sent_as))
