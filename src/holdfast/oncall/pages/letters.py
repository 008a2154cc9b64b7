"""What a message says: what fails, since when and how many, and the suspect. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from holdfast.oncall.channels.protocol import Letter
from holdfast.oncall.contacts import Urgency
from holdfast.oncall.pages.model import Bundle, Page

SUBJECT_CHARACTERS = 160
TITLES_MOST = 10


def letter(
    bundle: Bundle, pages: dict[int, Page], *, to: str, zone: ZoneInfo, base_url: str, token: str
) -> Letter:
    """Return what is sent for a bundle: its first page in full, the others by their titles.

    Times are by the clock of the person it is for.
    """
    first, *others = dict.fromkeys(one.page_id for one in bundle.messages)
    page = pages[first]
    facts = page.facts
    whole = (*facts.lines, *_complete(facts.complete_until, zone), *_others([pages[one] for one in others]))
    lines = (*whole, f"You are paged, {to}: acknowledge, or the next step is taken.")
    return Letter(
        key=bundle.key,
        to=to,
        subject=_subject(page, len(others), zone),
        lines=lines,
        answer_url=f"{base_url}/answer/{token}",
        url=f"{base_url}{facts.href}" if facts.href else None,
        runbook=facts.runbook,
        is_urgent=page.urgency is Urgency.HIGH,
    )


def titled(page: Page, zone: ZoneInfo) -> str:
    """Return the headline of a page by somebody's clock: `Orders failing since 09:14 CET`."""
    since, title = page.facts.since, page.facts.title
    began = "" if since is None else f" since {since.astimezone(zone):%H:%M %Z}"
    most = SUBJECT_CHARACTERS - len(began)
    return (title if len(title) <= most else f"{title[: most - 1]}…") + began


def _subject(page: Page, others: int, zone: ZoneInfo) -> str:
    return titled(page, zone) + (f" and {others} more" if others else "")


def _complete(until: datetime | None, zone: ZoneInfo) -> tuple[str, ...]:
    return () if until is None else (f"Complete until {until.astimezone(zone):%H:%M:%S %Z}.",)


def _others(pages: list[Page]) -> tuple[str, ...]:
    if not pages:
        return ()
    titles = [f"- {one.facts.title}" for one in pages[:TITLES_MOST]]
    left = len(pages) - len(titles)
    return ("You are paged for these too:", *titles, *((f"- and {left} more",) if left else ()))
