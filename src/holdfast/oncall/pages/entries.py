"""The journal's entries of pages: what happened, in one sentence, and the reason behind it."""

from collections.abc import Sequence
from datetime import datetime

from holdfast.oncall.escalation import Escalation, Passed, Passing
from holdfast.oncall.pages.model import Message, Page
from holdfast.oncall.routing import Routed, RouteDecision
from holdfast.runtime.journal import Entry

PAGER = "oncall"
"""The actor of what no person did."""

_PASSED = {
    Passing.OUT_OF_HOURS: "it is only taken in its hours",
    Passing.NOBODY_ON_CALL: "nobody is on call there",
    Passing.NO_CONTACT: "has no verified contact",
    Passing.UNKNOWN: "the catalog does not have it",
}
_ROUTED = {
    Routed.BY_TARGET: "its alert policy names it",
    Routed.BY_TEAM: "the team owns the service",
    Routed.BY_FALLBACK: "it is the installation's fallback",
    Routed.NOT_ROUTED: "neither alert policy nor team names anybody, and there is no fallback",
}


def reference(number: int) -> str:
    """Return how other records refer to a page."""
    return f"page/{number}"


def begun(on: str, number: int, policy: str, decided: RouteDecision, at: datetime) -> Entry:
    """Return that a page began, by which policy, and why that one."""
    words = f"Page {number} begins by {policy}: {_ROUTED[decided.reason]}{_unknown(decided)}"
    reason = decided.reason.value
    data = {"page": number, "policy": policy, "reason": reason, "unknown": list(decided.unknown)}
    return Entry(at, "page.begun", PAGER, reference(number), words, on, data)


def not_routed(on: str, decided: RouteDecision, at: datetime) -> Entry:
    """Return that nobody is paged for a thing, and why."""
    words = f"Nobody is paged: {_ROUTED[decided.reason]}{_unknown(decided)}"
    data = {"reason": decided.reason.value, "unknown": list(decided.unknown)}
    return Entry(at, "page.not_routed", PAGER, on, words, on, data)


def passed(page: Page, found: Passed, at: datetime) -> Entry:
    """Return that a step could not ask somebody, and why."""
    words = f"Step {found.step + 1} passed over {found.who}: {_PASSED[found.reason]}"
    data = {"step": found.step, "who": found.who, "reason": found.reason.value}
    return _entry("page.passed", page, at, words, data)


def asked(page: Page, found: Escalation, at: datetime) -> Entry:
    """Return whom a step asks, and until when it waits for them."""
    people = [one.person for one in found.asked]
    step = found.step or 0
    until = found.until or at
    data = {"step": step, "people": people, "until": until.isoformat()}
    return _entry("page.asked", page, at, f"Step {step + 1} pages {_and(people)}", data)


def accepted(page: Page, message: Message, answer: str, at: datetime) -> Entry:
    """Return that a provider took a message."""
    words = f"{message.contact.channel.value} to {message.person} accepted: {answer}"
    return _entry("page.accepted", page, at, words, _of(message))


def not_delivered(page: Page, message: Message, answer: str, at: datetime) -> Entry:
    """Return that a message did not arrive, and what the provider said."""
    words = f"{message.contact.channel.value} to {message.person} not delivered: {answer}"
    return _entry("page.not_delivered", page, at, words, _of(message))


def acknowledged(page: Page, by: str, at: datetime) -> Entry:
    """Return who acknowledged a page."""
    return Entry(
        at,
        "page.acknowledged",
        by,
        reference(page.id),
        f"Page {page.id} acknowledged by {by}",
        page.reference,
        {"page": page.id},
    )


def ended(page: Page, at: datetime) -> Entry:
    """Return that what a page was for is over."""
    return _entry("page.resolved", page, at, f"Page {page.id} over: what it was for is resolved", {})


def unanswered(page: Page, at: datetime, *, then: str | None = None) -> Entry:
    """Return that a policy came to its end without an answer, and who is paged then."""
    after = f"; {then} is paged" if then else "; nobody else is left to page"
    words = f"Page {page.id}: nobody answered {page.policy}{after}"
    return _entry("page.unanswered", page, at, words, {"then": then})


def _entry(kind: str, page: Page, at: datetime, words: str, data: dict[str, object]) -> Entry:
    return Entry(at, kind, PAGER, reference(page.id), words, page.reference, {"page": page.id, **data})


def _of(message: Message) -> dict[str, object]:
    return {
        "step": message.step,
        "person": message.person,
        "channel": message.contact.channel.value,
        "contact": message.contact.name,
        "tries": message.tries,
    }


def _unknown(decided: RouteDecision) -> str:
    if not decided.unknown:
        return ""
    return f"; the catalog has no policy, team or user called {_and(decided.unknown)}"


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
