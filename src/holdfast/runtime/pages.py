"""Pages of a list: at most `PAGE_BYTES` of items, and a cursor to the next page.

Senders choose names and texts, so a number of items does not bound an answer. A page ends before the item
that would exceed the bound; the first item is always returned, or the list could not be read past it.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from typing import TypeVar

from pydantic import BaseModel

from holdfast.runtime.errors import Invalid

PAGE_BYTES = 1_000_000
"""Most bytes of a list's answer: what a slow connection transfers in a second or two."""

ENVELOPE_BYTES = 10_000
"""Room for the rest of the answer: the next cursor, a summary."""

Body = TypeVar("Body", bound=BaseModel)
Thing = TypeVar("Thing")


def fitting(bodies: Iterable[Body], *, most_bytes: int = PAGE_BYTES - ENVELOPE_BYTES) -> list[Body]:
    """Return the first items that fit into one page, at least one."""
    kept: list[Body] = []
    size = 0
    for body in bodies:
        size += len(body.model_dump_json().encode()) + 1
        if kept and size > most_bytes:
            break
        kept.append(body)
    return kept


def written(*parts: str | int) -> str:
    """Return a place in a list as a cursor."""
    text = json.dumps(parts, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(word: str, *kinds: type[str] | type[int]) -> tuple[str | int, ...]:
    """Return the parts of a cursor, which are of these kinds.

    Raises:
        Invalid: no such list gave this cursor.
    """
    try:
        parts = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise foreign(word) from None
    is_place = isinstance(parts, list) and [type(part) for part in parts] == list(kinds)
    if not is_place or any(isinstance(part, int) and not 0 <= part < 2**63 for part in parts):
        raise foreign(word)
    return tuple(parts)


def number(word: str | None) -> int | None:
    """Return a cursor as a number, for lists whose cursors are numbers; None without one.

    Raises:
        Invalid: not a number that such a list could have given.
    """
    if word is None:
        return None
    if not (word.isascii() and word.isdigit() and len(word) <= 18):
        raise foreign(word)
    return int(word)


def foreign(word: str) -> Invalid:
    """Return the error for a cursor that the list did not give."""
    return Invalid(
        f"cursor {word[:50]!r} was not given by this list; start without one",
        value=word[:50],
        rule="a cursor is the `next` of the page before",
    )


def part(found: Sequence[Thing], cursor: str | None, limit: int) -> Sequence[Thing]:
    """Return a page of a list that was made whole; its cursor is how many come before the page."""
    start = number(cursor) or 0
    return found[start : start + limit]


def following(found: Sequence[object], cursor: str | None, items: Sequence[object]) -> str | None:
    """Return the cursor of what comes after `items`, None at the end of a list that was made whole."""
    end = (number(cursor) or 0) + len(items)
    return str(end) if end < len(found) else None
