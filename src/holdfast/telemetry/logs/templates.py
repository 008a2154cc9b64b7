"""Templates of lines, and the search text that finds the lines of one."""

import re
from dataclasses import dataclass, field

from holdfast.telemetry.logs.words import cut, words_of

BODY_MOST = 500
"""Characters of a line that are mined: stack traces differ only long after their meaning is clear."""

QUERY_WORDS_MOST = 12

_HOLE = re.compile(r"[0-9A-Za-z\u0080-\U0010ffff]*<(?:\*|uuid|ip|hex|num)>[0-9A-Za-z\u0080-\U0010ffff]*")


@dataclass(frozen=True, slots=True)
class Sampled:
    """A sampled line; `weight_class` is its stratum of the sample."""

    at_nanoseconds: int
    level: int
    service: str
    body: str
    weight_class: int
    is_before: bool = False


@dataclass(slots=True)
class Template:
    """A template: its lines `found` in the range by stratum of the sample, and the number `before` it."""

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
    """Return the search text that finds every line of a template: its whole words outside placeholders.

    It is empty if there are none. Other lines may contain the same words.
    """
    words = dict.fromkeys(words_of(_HOLE.sub(" ", cut(template))))
    longest = sorted(words, key=len, reverse=True)[:QUERY_WORDS_MOST]
    return " ".join(word for word in words if word in longest)
