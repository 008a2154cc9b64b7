"""What must hold of any body at the door, whole and in pieces, in protobuf and in JSON."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.telemetry import otlp_twin
from tests.telemetry.intake.fuzz.seeds import WINDOW

from holdfast.runtime.errors import TooLarge
from holdfast.telemetry.errors import BadBody
from holdfast.telemetry.intake.otlp.json_bodies import decode_json
from holdfast.telemetry.intake.otlp.large_bodies import decode_large
from holdfast.telemetry.intake.otlp.rules import Batch, decode, parse
from holdfast.telemetry.model import Signal


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a body: the record that goes to the spool, empty if there is none, or what is wrong."""

    record: bytes = b""
    accepted: int = 0
    is_refused: bool = False
    fault: str = ""


def judge(signal: Signal, body: bytes, *, deep: bool) -> Verdict:
    """Read a protobuf body whole and in pieces; `deep` compares the rows they stand for too."""
    whole, pieces = _batch(decode, signal, body), _batch(decode_large, signal, body)
    if whole is None or pieces is None:
        same = whole is None and pieces is None
        found = "refused whole" if whole is None else "taken whole"
        return Verdict(is_refused=whole is None, fault="" if same else f"{found}, and not so in pieces")
    if _counts(whole) != _counts(pieces):
        return Verdict(fault=f"whole {_counts(whole)}, in pieces {_counts(pieces)}")
    fault = _record_fault(signal, whole) or _record_fault(signal, pieces)
    if not fault and deep and rows(signal, whole.record) != rows(signal, pieces.record):
        fault = "the rows of the whole are not those of the pieces"
    return Verdict(pieces.record if whole.accepted else b"", whole.accepted, fault=fault)


def judge_json(signal: Signal, body: bytes) -> Verdict:
    """Read a JSON body."""
    try:
        batch = decode_json(signal, body, WINDOW)
    except (BadBody, TooLarge):
        return Verdict(is_refused=True)
    return Verdict(
        batch.record if batch.accepted else b"", batch.accepted, fault=_record_fault(signal, batch)
    )


def rows(signal: Signal, record: bytes) -> list[tuple[str, dict[str, Any]]]:
    """Return the rows a record stands for, each with its table."""
    request = parse(signal, record)
    if signal is Signal.TRACES:
        return [("otel_traces", row) for row in otlp_twin.span_rows(request)]
    if signal is Signal.LOGS:
        return [("otel_logs", row) for row in otlp_twin.log_rows(request)]
    tables = otlp_twin.METRIC_TABLES.items()
    return [(table, row) for kind, table in tables for row in otlp_twin.metric_rows(request, kind)]


def _batch(read: Callable[..., Batch], signal: Signal, body: bytes) -> Batch | None:
    try:
        batch = read(signal, body, WINDOW)
    except (BadBody, TooLarge):
        return None
    return None if batch.is_unreadable else batch


def _counts(batch: Batch) -> tuple[int, dict[str, int]]:
    return batch.accepted, {one.rule.value: one.count for one in batch.rejections}


def _record_fault(signal: Signal, batch: Batch) -> str:
    """What is wrong with the record of a batch: it has to be taken whole when it is read again."""
    again = _batch(decode, signal, batch.record)
    if again is None:
        return "the record of a body that was taken cannot be parsed"
    if (again.accepted, again.rejected) != (batch.accepted, 0):
        return f"of {batch.accepted} items taken {again.accepted} are taken again, {again.rejected} rejected"
    return ""
