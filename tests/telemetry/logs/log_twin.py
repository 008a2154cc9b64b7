"""The slow, obvious way to search log lines: look at each, one after the other."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

UNSPACED = frozenset(
    {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO", "YI", "THAI", "LAO", "KHMER"}
    | {"MYANMAR", "TIBETAN", "FULLWIDTH", "HALFWIDTH"}
)
"""The first words of the names of letters whose writing sets no spaces between words."""
COLOUR = re.compile("\x1b\\[[0-9;]*m|\x1b\\]8;;[^\x1b]*\x1b\\\\")


def stands_alone(letter: str) -> bool:
    """Whether a letter is a word of its own: its writing sets no spaces, or it is a sign beyond ASCII."""
    if letter.isascii():
        return False
    name = unicodedata.name(letter, "").split(" ")[0]
    return name in UNSPACED or unicodedata.category(letter)[0] in "PSZ"


def shown(body: str) -> str:
    """A line as people see it: without the colours and links these tests write."""
    return COLOUR.sub("", body)


def words_in(text: str) -> list[str]:
    """The words of a text, one letter after the other."""
    words = [""]
    for letter in shown(text).lower():
        if stands_alone(letter):
            words += [letter, ""]
        elif letter.isascii() and not letter.isalnum():
            words.append("")
        else:
            words[-1] += letter
    return [word for word in words if word]


PLACES = {
    "environment": ("deployment.environment.name", "deployment.environment"),
    "namespace": ("service.namespace",),
    "region": ("cloud.region",),
    "cluster": ("k8s.cluster.name",),
}
"""Where a service runs, by the attributes of its resource."""


def place(name: str, resource: Mapping[str, str]) -> str:
    """An environment, namespace, region or cluster as it is compared: `default` is the absent one."""
    found = next((resource[key] for key in PLACES[name] if resource.get(key)), "")
    if name == "environment":
        found = found.strip(" ").lower()
    return "" if found == "default" and name in ("environment", "namespace") else found


@dataclass(frozen=True)
class Written:
    """One line as somebody wrote it; `at` in nanoseconds since 1970."""

    at: int
    service: str
    severity: str
    body: str
    zone: str = ""
    version: str = ""
    trace: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    resource: dict[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """Its value of a field or attribute; '' if it has none."""
        fields = {
            "service": self.service,
            "severity": self.severity,
            "zone": self.zone,
            "version": self.version,
            "trace": self.trace,
        }
        if name in fields:
            return fields[name]
        if name in PLACES:
            return place(name, self.resource)
        return self.attributes.get(name, self.resource.get(name, ""))


@dataclass(frozen=True)
class Wanted:
    """A search: `(kind, text)` terms, `(field, value)` wanted and not wanted, and nanoseconds from and to."""

    words: tuple[tuple[str, str], ...] = ()
    wanted: tuple[tuple[str, str], ...] = ()
    unwanted: tuple[tuple[str, str], ...] = ()
    start: int = 0
    end: int = 2**63 - 1


def holds(body: str, kind: str, text: str) -> bool:
    """Whether a line holds a word, a phrase, or a word that begins so."""
    words, text = words_in(body), text.lower()
    if kind == "word" and words_in(text) == [text]:
        return text in words
    if kind == "beginning":
        return any(word.startswith(text) for word in words)
    return text in shown(body).lower() and all(word in words for word in words_in(text))


def matches(line: Written, search: Wanted) -> bool:
    """Whether a line is asked for."""
    if not search.start <= line.at < search.end:
        return False
    for kind, text in search.words:
        is_unwanted = kind.startswith("no ")
        if holds(line.body, kind.removeprefix("no "), text) is is_unwanted:
            return False
    for name in {name for name, _ in search.wanted}:
        if line.value(name) not in [value for other, value in search.wanted if other == name]:
            return False
    return all(line.value(name) != value for name, value in search.unwanted)


def newest_first(lines: Sequence[Written], search: Wanted) -> list[Written]:
    """The lines asked for; of one instant in any order."""
    return sorted((line for line in lines if matches(line, search)), key=lambda line: -line.at)


def by_severity(lines: Sequence[Written], search: Wanted, step: int) -> Counter[tuple[int, str]]:
    """How many there are per step and severity."""
    return Counter(
        (line.at // 10**9 // step * step, line.severity) for line in lines if matches(line, search)
    )


def by_value(lines: Sequence[Written], search: Wanted, name: str) -> Counter[str]:
    """How many there are per value of a field."""
    return Counter(line.value(name) for line in lines if matches(line, search))
