"""Where a page of traces ends, so that the next begins there: written into one word and read back. Pure."""

import base64
import binascii
import json
from dataclasses import dataclass

from holdfast.runtime.errors import Invalid


@dataclass(frozen=True, slots=True)
class Place:
    """A span's place in the order of a search; ties are settled by trace and span id."""

    value: int
    trace_id: str
    span_id: str


def written(place: Place) -> str:
    """Return a place as one word."""
    text = json.dumps([place.value, place.trace_id, place.span_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(word: str) -> Place:
    """Return the place in a word.

    Raises:
        Invalid: no search gave this word.
    """
    try:
        value, trace_id, span_id = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise _foreign(word) from None
    is_place = type(value) is int and 0 <= value < 2**63
    if not (is_place and isinstance(trace_id, str) and isinstance(span_id, str)):
        raise _foreign(word)
    return Place(value, trace_id, span_id)


def _foreign(word: str) -> Invalid:
    return Invalid(
        f"cursor {word[:50]!r} was not given by this search; start without one",
        value=word[:50],
        rule="a cursor is the `next` of the page before",
    )
