"""Pages of a list: never more than `PAGE_BYTES` of items, and the word that says where the next page begins.

Senders choose names and texts, so that a number of items bounds no answer. A page ends before the item that
would take it over the bound; the first is given whatever its size, or the list could not be read past it.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel

from holdfast.runtime.errors import Invalid

PAGE_BYTES = 1_000_000
"""Most bytes of an answer that lists: what a slow connection brings in a second or two."""

ENVELOPE_BYTES = 10_000
"""Room for what stands around the items: the next cursor, a summary."""

Body = TypeVar("Body", bound=BaseModel)


def fitting(bodies: Iterable[Body], *, most_bytes: int = PAGE_BYTES - ENVELOPE_BYTES) -> list[Body]:
    """Return the items from the first on that fit into one page; always the first."""
    kept: list[Body] = []
    size = 0
    for body in bodies:
        size += len(body.model_dump_json().encode()) + 1
        if kept and size > most_bytes:
            break
        kept.append(body)
    return kept


def written(*parts: str | int) -> str:
    """Return a place in a list as one word."""
    text = json.dumps(parts, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(word: str, *kinds: type[str] | type[int]) -> tuple[str | int, ...]:
    """Return the parts of a place, which are of these kinds.

    Raises:
        Invalid: no list that works so gave this word.
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
    """Return the number a cursor is, for lists whose places are numbers; None without one.

    Raises:
        Invalid: not a number such a list could have given.
    """
    if word is None:
        return None
    if not (word.isascii() and word.isdigit() and len(word) <= 18):
        raise foreign(word)
    return int(word)


def foreign(word: str) -> Invalid:
    """Return what is wrong with a cursor that was not given by the list."""
    return Invalid(
        f"cursor {word[:50]!r} was not given by this list; start without one",
        value=word[:50],
        rule="a cursor is the `next` of the page before",
    )
