"""What others send, from the file to the segment the engine reads, over the intake's own parser and rules."""

from datetime import datetime, timedelta
from pathlib import Path

from tests.telemetry.bodies import nanoseconds

from holdfast.telemetry.model import Signal
from holdfast.telemetry.otlp import Window
from holdfast.telemetry.otlp_batch import Batch
from holdfast.telemetry.otlp_json import decode_json

FILES = Path(__file__).parents[2] / "data" / "otlp"
RETENTION, LEAD = timedelta(days=30), timedelta(minutes=10)


def batch_of(name: str, signal: Signal, now: datetime) -> Batch:
    """What the intake takes of `name`.json at an instant."""
    window = Window(nanoseconds(now - RETENTION), nanoseconds(now + LEAD), nanoseconds(now), 1_000)
    return decode_json(signal, (FILES / f"{name}.json").read_bytes(), window)
