"""What became of a request: what is kept of it, what was rejected, and what its sender should know. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from holdfast.telemetry.model import Signal

ITEMS = {Signal.TRACES: "spans", Signal.METRICS: "data points", Signal.LOGS: "log records"}
"""What one item of a signal is called in a sentence."""


class Rule(StrEnum):
    """Why an item is rejected; the value names it in status, metrics and replies."""

    TOO_OLD = "too_old"
    IN_THE_FUTURE = "in_the_future"
    BAD_TRACE_ID = "bad_trace_id"
    BAD_SPAN_ID = "bad_span_id"
    TOO_MANY_ATTRIBUTES = "too_many_attributes"
    UNKNOWN_METRIC_TYPE = "unknown_metric_type"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"


_SENTENCES = {
    Rule.TOO_OLD: "older than what is kept",
    Rule.IN_THE_FUTURE: "too far in the future",
    Rule.BAD_TRACE_ID: "without a trace id of 16 bytes that are not all zero",
    Rule.BAD_SPAN_ID: "without a span id of 8 bytes that are not all zero",
    Rule.TOO_MANY_ATTRIBUTES: "with more attributes than allowed",
    Rule.UNKNOWN_METRIC_TYPE: "in a metric whose type is not known here",
    Rule.TOO_LARGE: "larger than one item may be",
    Rule.UNREADABLE: "which are not what OTLP defines",
}


class Note(StrEnum):
    """What a sender should know of a request although nothing of it is rejected for that."""

    REPAIRED_TEXT = "repaired_text"
    UNKNOWN_KEYS = "unknown_keys"
    SNAKE_CASE_KEYS = "snake_case_keys"
    OLD_SCOPES = "old_scopes"


_NOTES = {
    Note.REPAIRED_TEXT: "Text that is not valid Unicode was repaired with U+FFFD",
    Note.UNKNOWN_KEYS: "Keys that OTLP does not define were ignored with all they hold",
    Note.SNAKE_CASE_KEYS: "Keys in snake_case were read, though OTLP/JSON writes lowerCamelCase",
    Note.OLD_SCOPES: "Groups as OTLP wrote them before 0.15 were ignored",
}


@dataclass(frozen=True, slots=True)
class Rejection:
    """How many items broke one rule, with the value found in the first of them."""

    rule: Rule
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Remark:
    """How often something was found that the sender should know, with the first of it."""

    note: Note
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What is left of a request: the `record` for the spool, holding `accepted` items.

    `is_rewritten` says whether the record is other bytes than came in; `unfolded_bytes` are those of
    resources and scopes, counted once for each item (`otlp_weight`).
    """

    signal: Signal
    record: bytes
    accepted: int
    rejections: tuple[Rejection, ...] = ()
    is_rewritten: bool = False
    remarks: tuple[Remark, ...] = ()
    unfolded_bytes: int = 0

    @property
    def rejected(self) -> int:
        """How many items were rejected, over all rules."""
        return sum(rejection.count for rejection in self.rejections)

    @property
    def is_unreadable(self) -> bool:
        """Whether there were items and none of them could be read."""
        return not self.accepted and {one.rule for one in self.rejections} == {Rule.UNREADABLE}

    def explanation(self) -> str:
        """Return what the sender should know: what was rejected and why, and what was remarked; or ''."""
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
    """Counts rejected items of one request by rule, and what else its sender should know."""

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
        """Count what is worth a word; the first example stays."""
        known = self._remarks.get(note)
        total, first = (known.count + count, known.example) if known else (count, example)
        self._remarks[note] = Remark(note, total, first)

    def rejections(self) -> tuple[Rejection, ...]:
        """Return what was rejected."""
        return tuple(Rejection(rule, n, self._examples[rule]) for rule, n in self._counts.items() if n)

    def remarks(self) -> tuple[Remark, ...]:
        """Return what was remarked."""
        return tuple(self._remarks.values())
