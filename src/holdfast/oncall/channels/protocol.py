"""What a channel does: hand one letter to a provider, and say what it answered."""

from dataclasses import dataclass
from typing import Protocol

from holdfast.oncall.pages.delivery import ProviderReply


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent to one contact: the same words through every channel, only their length differs.

    `key` names it to the provider: one sent again, because the answer was lost, has the same.
    `answer_url` is the page with the one button that acknowledges; `url` is the page about it.
    """

    key: str
    to: str
    subject: str
    lines: tuple[str, ...]
    answer_url: str | None = None
    url: str | None = None
    runbook: str | None = None
    is_urgent: bool = True


class Provider(Protocol):
    """Hands letters to a provider, within a time limit. All that the provider does becomes a reply."""

    def send(self, address: str, letter: Letter) -> ProviderReply:
        """Hand over one letter and return what the provider said."""
        ...
