"""The problems of catalog documents, all of them at once: each names its place, value and rule."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

VALUE_CHARACTERS = 120


class ProblemLevel(StrEnum):
    """An error keeps its document out of force; a warning is advice."""

    ERROR = "error"
    WARNING = "warning"


class Rule(StrEnum):
    """The catalog's own rules; a kind may bring more. `docs/reference/catalog.md` explains each one."""

    UNREADABLE = "unreadable"
    NO_DOCUMENTS = "no-documents"
    NOT_UTF8 = "not-utf8"
    INVALID_YAML = "invalid-yaml"
    TOO_LARGE = "too-large"
    TOO_DEEP = "too-deep"
    ALIAS_EXPANSION = "alias-expansion"
    DUPLICATE_KEY = "duplicate-key"
    NON_STRING_KEY = "non-string-key"
    UNKNOWN_API_VERSION = "unknown-api-version"
    UNKNOWN_KIND = "unknown-kind"
    UNKNOWN_FIELD = "unknown-field"
    UNKNOWN_ANNOTATION = "unknown-annotation"
    UNKNOWN_VALUE = "unknown-value"
    MISSING_FIELD = "missing-field"
    MISPLACED_FIELD = "misplaced-field"
    EXCLUSIVE_FIELDS = "exclusive-fields"
    WRONG_TYPE = "wrong-type"
    WRONG_FORMAT = "wrong-format"
    OUT_OF_RANGE = "out-of-range"
    DUPLICATE_NAME = "duplicate-name"
    UNKNOWN_REFERENCE = "unknown-reference"
    BROKEN_REFERENCE = "broken-reference"
    UNSUPPORTED = "unsupported"
    SELECTOR_NOT_NARROWER = "selector-not-narrower"
    NEVER_FIRES = "never-fires"
    TARGET_VERY_HIGH = "target-very-high"
    WINDOW_SHORT = "window-short"
    TIER_LEFT_OUT = "tier-left-out"
    FIRES_TOO_LATE = "fires-too-late"
    NO_ALERTS = "no-alerts"


_NOT_SHOWN = "; the file names no apiVersion of a catalog document, so nothing of it is shown here"
_UNQUOTED: dict[StrEnum, str] = {
    Rule.INVALID_YAML: f"not YAML{_NOT_SHOWN}",
    Rule.NON_STRING_KEY: f"a key must be text{_NOT_SHOWN}",
    Rule.DUPLICATE_KEY: f"a key is there twice{_NOT_SHOWN}",
    Rule.ALIAS_EXPANSION: f"an alias stands for too much, or for nothing{_NOT_SHOWN}",
    Rule.NOT_UTF8: f"the text is not UTF-8{_NOT_SHOWN}",
}
"""The message instead of one that would quote the file."""


@dataclass(frozen=True, slots=True, order=True)
class CatalogProblem:
    """One broken rule: `file` and `line`, the `path` inside the document, the value, and what to do."""

    file: str
    line: int
    path: str
    value: str
    rule: StrEnum
    message: str
    level: ProblemLevel = ProblemLevel.ERROR


@dataclass(slots=True)
class Report:
    """Collects the problems of one file or document while it is being read.

    A file that is no catalog document may hold anything, even a password: nothing of it `is_shown`.
    """

    file: str
    problems: list[CatalogProblem] = field(default_factory=list)
    is_shown: bool = True

    def error(self, rule: StrEnum, *, line: int, message: str, path: str = "", value: str = "") -> None:
        """Note a broken rule that keeps the document out of force."""
        if not self.is_shown:
            value, message = "", _UNQUOTED.get(rule, message)
        self._add(CatalogProblem(self.file, line, path, clipped(value), rule, message))

    def warning(self, rule: StrEnum, *, line: int, message: str, path: str = "", value: str = "") -> None:
        """Note advice; the document stays in force."""
        self._add(CatalogProblem(self.file, line, path, clipped(value), rule, message, ProblemLevel.WARNING))

    @property
    def has_errors(self) -> bool:
        """Whether anything noted so far keeps the document out of force."""
        return any(one.level is ProblemLevel.ERROR for one in self.problems)

    def _add(self, problem: CatalogProblem) -> None:
        if problem not in self.problems[-20:]:
            self.problems.append(problem)


def ordered(problems: Iterable[CatalogProblem]) -> tuple[CatalogProblem, ...]:
    """Return each problem once, in the order a person reads the files."""
    return tuple(sorted(set(problems)))


def errors_of(problems: Iterable[CatalogProblem]) -> tuple[CatalogProblem, ...]:
    """Return the problems that keep a document out of force."""
    return tuple(one for one in problems if one.level is ProblemLevel.ERROR)


def clipped(value: str) -> str:
    """Return `value` fit for one line of a report: printable and not endless."""
    shown = "".join(one if one.isprintable() else repr(one)[1:-1] for one in value[: VALUE_CHARACTERS + 1])
    return shown if len(shown) <= VALUE_CHARACTERS else shown[:VALUE_CHARACTERS] + "…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `did you mean "x"?` or the list of what is known, as the end of a sentence."""
    words = sorted(known)
    near = difflib.get_close_matches(word[:100], words, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{near[0]}"?'
    if not words:
        return "there is none yet"
    more = f" and {len(words) - 12} more" if len(words) > 12 else ""
    return "known: " + ", ".join(words[:12]) + more
