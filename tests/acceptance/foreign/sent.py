"""What others send, from the file to the segment the engine reads, over the intake's own parser and rules."""

from datetime import datetime, timedelta
from pathlib import Path

from tests.telemetry.bodies import nanoseconds

from holdfast.telemetry.intake.otlp.batch import Batch
from holdfast.telemetry.intake.otlp.json_bodies import decode_json
from holdfast.telemetry.intake.otlp.rules import AdmissionLimits
from holdfast.telemetry.model import Signal

FILES = Path(__file__).parents[2] / "data" / "otlp"
RETENTION, LEAD = timedelta(days=30), timedelta(minutes=10)


def batch_of(name: str, signal: Signal, now: datetime) -> Batch:
    """What the intake takes of `name`.json at an instant."""
    window = AdmissionLimits(nanoseconds(now - RETENTION), nanoseconds(now + LEAD), nanoseconds(now), 1_000)
    return decode_json(signal, (FILES / f"{name}.json").read_bytes(), window)
