"""Pages, and the messages that carry them. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from holdfast.oncall.contacts import Contact, Urgency


class PageState(StrEnum):
    """Where a page stands. `paging` and `snoozed` have a next instant; the others have none."""

    PAGING = "paging"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    UNANSWERED = "unanswered"


OPEN = (PageState.PAGING, PageState.ACKNOWLEDGED, PageState.SNOOZED, PageState.UNANSWERED)
"""The states of a page whose cause is not over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """What a page says, handed down as values by who asks for it.

    `title` is the headline, `since` when it began; `lines` are the sentences below, what fails and how many
    first; `complete_until` is how far the numbers are complete, `href` the page about it, as a path.
    """

    title: str
    since: datetime | None = None
    lines: tuple[str, ...] = ()
    complete_until: datetime | None = None
    href: str = ""
    runbook: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: what for (`reference`), by which policy, and how far it has escalated.

    `step` is the number of the next step; `fence` rises with each change of state, so that an answer that
    saw an older state changes nothing. `turn` counts the pages of its policy.
    """

    id: int
    reference: str
    facts: PageFacts
    urgency: Urgency
    policy: str
    reason: str
    state: PageState
    step: int
    turn: int
    fence: int
    opened_at: datetime
    next_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    ended_at: datetime | None = None

    @property
    def is_paging(self) -> bool:
        """Whether nobody has answered yet."""
        return self.state in (PageState.PAGING, PageState.UNANSWERED)


class MessageState(StrEnum):
    """Where a message stands. Accepted by the provider is not delivered, and neither is acknowledged."""

    WAITING = "waiting"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


MAY_REACH = (MessageState.WAITING, MessageState.SENDING, MessageState.ACCEPTED, MessageState.DELIVERED)
"""The states of a message that has reached somebody or still can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a page to one contact of one person, in one step.

    `key` is its own; `sent_as` is that of the message it went out with, which names both to the provider and
    stays the same when they are sent again, because the answer was lost. `tries` are those made; `answer` is
    the provider's last word.
    """

    id: int
    page_id: int
    step: int
    person: str
    by: str
    contact: Contact
    due_at: datetime
    state: MessageState
    key: str
    sent_as: str | None = None
    tries: int = 0
    answer: str = ""
    first_sent_at: datetime | None = None
    sent_at: datetime | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """The messages that go to one contact as one: the first in full, the others by their titles.

    `key` names it to the provider.
    """

    key: str
    messages: tuple[Message, ...]

    @property
    def contact(self) -> Contact:
        """To where it goes."""
        return self.messages[0].contact
