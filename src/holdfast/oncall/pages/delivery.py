"""Delivery: what a provider's answer means, when to try again, and how often one contact is used. Pure.

A message that was not accepted is tried again until `GIVE_UP`; then it counts as not delivered, and its page
escalates as if nobody had acknowledged. A provider that asks for patience gets it, but not beyond that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from holdfast.oncall.contacts import Channel

RETRY_BASE, RETRY_MOST = timedelta(seconds=5), timedelta(seconds=40)
GIVE_UP = timedelta(minutes=2)
"""How long a message is tried: a step should not wait longer for a provider that is down."""


class ProviderAnswer(StrEnum):
    """What a provider said."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    THROTTLED = "throttled"
    FAULT = "fault"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class ProviderReply:
    """A provider's answer: `words` are its proof or its complaint, `retry_after` the patience it asks for."""

    answer: ProviderAnswer
    words: str
    retry_after: timedelta | None = None


NO_CHANNEL = ProviderReply(ProviderAnswer.REFUSED, "this installation does not send through this channel")


def is_final(answer: ProviderAnswer) -> bool:
    """Return whether trying again cannot change the answer."""
    return answer in (ProviderAnswer.ACCEPTED, ProviderAnswer.REFUSED)


def next_try(reply: ProviderReply, *, tries: int, first_sent_at: datetime, now: datetime) -> datetime | None:
    """Return when a message is tried again after a reply, None if not: it is accepted, or given up.

    `tries` are those made. The delay doubles from five seconds up to forty.
    """
    if is_final(reply.answer):
        return None
    doublings = 2 ** min(tries - 1, 10)
    delay = max(min(RETRY_BASE * doublings, RETRY_MOST), reply.retry_after or timedelta(0))
    again = now + delay
    return again if again <= first_sent_at + GIVE_UP else None


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` messages to one contact within `within`."""

    most: int
    within: timedelta


LIMITS: Mapping[Channel, tuple[Limit, ...]] = {
    Channel.MAIL: (Limit(3, timedelta(minutes=1)), Limit(30, timedelta(hours=1))),
    Channel.WEBHOOK: (Limit(30, timedelta(minutes=1)),),
}
"""How often one contact is used. What comes sooner waits and goes out as one message; nothing is dropped."""


def free_at(channel: Channel, sent: Sequence[datetime], now: datetime) -> datetime:
    """Return the first instant from `now` on at which a contact may be used that was used at `sent`."""
    earliest = now
    for limit in LIMITS[channel]:
        newest = sorted(sent)[-limit.most :]
        if len(newest) == limit.most:
            earliest = max(earliest, newest[0] + limit.within)
    return earliest
