"""What lines have in common: templates, and how to search for the lines of one."""

import re
from dataclasses import dataclass, field

from holdfast.telemetry.logs.words import cut, words_of

BODY_MOST = 500
"""Characters of a line that are looked at: stack traces differ long after they have told what they are."""

QUERY_WORDS_MOST = 12

_HOLE = re.compile(r"[0-9A-Za-z\u0080-\U0010ffff]*<(?:\*|uuid|ip|hex|num)>[0-9A-Za-z\u0080-\U0010ffff]*")


@dataclass(frozen=True, slots=True)
class Sampled:
    """A line that was looked at; `weight_class` names the part of the sample it is of."""

    at_nanoseconds: int
    level: int
    service: str
    body: str
    weight_class: int
    is_before: bool = False


@dataclass(slots=True)
class Template:
    """Lines that say the same: `found` of the range by part of the sample, and how many `before` it."""

    text: str
    example: str = ""
    found: dict[int, int] = field(default_factory=dict)
    before: int = 0
    first_nanoseconds: int = 0
    last_nanoseconds: int = 0
    level: int = 0
    services: dict[str, int] = field(default_factory=dict)
    instants: list[tuple[int, int]] = field(default_factory=list)


def query_of(template: str) -> str:
    """Return the search text that finds every line of a template: its whole words outside of its holes.

    Empty if it has none. Other lines may hold the same words.
    """
    words = dict.fromkeys(words_of(_HOLE.sub(" ", cut(template))))
    longest = sorted(words, key=len, reverse=True)[:QUERY_WORDS_MOST]
    return " ".join(word for word in words if word in longest)
