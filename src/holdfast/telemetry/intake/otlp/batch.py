"""The result of checking a request: accepted items, rejections, and remarks for its sender. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from holdfast.telemetry.model import Signal

ITEMS = {Signal.TRACES: "spans", Signal.METRICS: "data points", Signal.LOGS: "log records"}
"""The name of a signal's items in a sentence."""


class Rule(StrEnum):
    """A reason for which an item is rejected; the value names it in status, metrics and replies."""

    TOO_OLD = "too_old"
    IN_THE_FUTURE = "in_the_future"
    BAD_TRACE_ID = "bad_trace_id"
    BAD_SPAN_ID = "bad_span_id"
    TOO_MANY_ATTRIBUTES = "too_many_attributes"
    UNKNOWN_METRIC_TYPE = "unknown_metric_type"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    BAD_BUCKET_COUNTS = "bad_bucket_counts"
    BAD_BOUNDS = "bad_bounds"
    BAD_SCALE = "bad_scale"


_SENTENCES = {
    Rule.TOO_OLD: "older than what is kept",
    Rule.IN_THE_FUTURE: "too far in the future",
    Rule.BAD_TRACE_ID: "without a trace id of 16 bytes that are not all zero",
    Rule.BAD_SPAN_ID: "without a span id of 8 bytes that are not all zero",
    Rule.TOO_MANY_ATTRIBUTES: "with more attributes than allowed",
    Rule.UNKNOWN_METRIC_TYPE: "in a metric whose type is not known here",
    Rule.TOO_LARGE: "larger than one item may be",
    Rule.UNREADABLE: "which are not what OTLP defines",
    Rule.BAD_BUCKET_COUNTS: "of a histogram without one bucket more than it has bounds",
    Rule.BAD_BOUNDS: "of a histogram whose bounds do not increase",
    Rule.BAD_SCALE: "of an exponential histogram with a scale that is not read",
}


class Note(StrEnum):
    """A remark to the sender about a request; no item is rejected for it."""

    REPAIRED_TEXT = "repaired_text"
    UNKNOWN_KEYS = "unknown_keys"
    SNAKE_CASE_KEYS = "snake_case_keys"
    OLD_SCOPES = "old_scopes"


_NOTES = {
    Note.REPAIRED_TEXT: "Text that is not valid Unicode was repaired with U+FFFD",
    Note.UNKNOWN_KEYS: "Keys that OTLP does not define were ignored with their content",
    Note.SNAKE_CASE_KEYS: "Keys in snake_case were accepted, although OTLP/JSON uses lowerCamelCase",
    Note.OLD_SCOPES: "Groups in the format of OTLP before 0.15 were ignored",
}


@dataclass(frozen=True, slots=True)
class Rejection:
    """The number of items that broke one rule, with the value of the first of them."""

    rule: Rule
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Remark:
    """The number of times one note applied, with its first example."""

    note: Note
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Batch:
    """The accepted part of a request: the `record` for the spool, with `accepted` items.

    `is_rewritten` says whether the record differs from the received bytes, `is_doubtful` whether it may be of
    another signal (`foreign`); `unfolded_bytes` are those of resources and scopes, counted once for each item
    (`weight`).
    """

    signal: Signal
    record: bytes
    accepted: int
    rejections: tuple[Rejection, ...] = ()
    is_rewritten: bool = False
    remarks: tuple[Remark, ...] = ()
    unfolded_bytes: int = 0
    is_doubtful: bool = False

    @property
    def rejected(self) -> int:
        """How many items were rejected, over all rules."""
        return sum(rejection.count for rejection in self.rejections)

    @property
    def is_unreadable(self) -> bool:
        """Whether the request had items and none of them could be read."""
        return not self.accepted and {one.rule for one in self.rejections} == {Rule.UNREADABLE}

    def explanation(self) -> str:
        """Return the message for the sender: the rejections with their reasons, and the remarks; or ''."""
        remarks = [
            f"{_NOTES[one.note]} ({one.note.value}: {one.count}), for instance {one.example}"
            for one in self.remarks
        ]
        return ". ".join(([self._rejected()] if self.rejections else []) + remarks)

    def _rejected(self) -> str:
        total = self.accepted + self.rejected
        reasons = "; ".join(
            f"{item.count} {_SENTENCES[item.rule]} ({item.rule.value}), for instance {item.example}"
            for item in self.rejections
        )
        return f"{self.rejected} of {total} {ITEMS[self.signal]} were rejected: {reasons}"


class Tally:
    """Counts the rejected items of one request by rule, and the remarks to its sender."""

    def __init__(self) -> None:
        self.is_amended = False
        self._counts: dict[Rule, int] = {}
        self._examples: dict[Rule, str] = {}
        self._remarks: dict[Note, Remark] = {}

    def add(self, fault: tuple[Rule, str], *, count: int = 1) -> None:
        """Count items that break a rule."""
        rule, example = fault
        self._counts[rule] = self._counts.get(rule, 0) + count
        self._examples.setdefault(rule, example)

    def remark(self, note: Note, example: str, *, count: int = 1) -> None:
        """Count a remark; the first example is kept."""
        known = self._remarks.get(note)
        total, first = (known.count + count, known.example) if known else (count, example)
        self._remarks[note] = Remark(note, total, first)

    def rejections(self) -> tuple[Rejection, ...]:
        """Return the rejections."""
        return tuple(Rejection(rule, n, self._examples[rule]) for rule, n in self._counts.items() if n)

    def remarks(self) -> tuple[Remark, ...]:
        """Return the remarks."""
        return tuple(self._remarks.values())
