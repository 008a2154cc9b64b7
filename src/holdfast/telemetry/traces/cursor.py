"""The cursor of a list of traces: where one page ends and the next begins. Pure."""

from dataclasses import dataclass

from holdfast.runtime import pages


@dataclass(frozen=True, slots=True)
class Place:
    """A span's place in the order of a search; ties are broken by trace and span id."""

    value: int
    trace_id: str
    span_id: str


def written(place: Place) -> str:
    """Return a place as a cursor."""
    return pages.written(place.value, place.trace_id, place.span_id)


def read(word: str) -> Place:
    """Return the place in a cursor.

    Raises:
        Invalid: it is not a cursor of a search.
    """
    value, trace_id, span_id = pages.read(word, int, str, str)
    return Place(int(value), str(trace_id), str(span_id))
