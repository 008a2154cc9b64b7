"""Rounds of changed bodies: each has a seed and can be repeated by it, alone and in any process."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import psutil
from tests.telemetry.intake.fuzz import door
from tests.telemetry.intake.fuzz.mutations import mutated, mutated_json
from tests.telemetry.intake.fuzz.seeds import Seeds

from holdfast.runtime.clock import SystemClock
from holdfast.telemetry.intake.otlp import large_bodies
from holdfast.telemetry.model import Signal

JSON_SHARE = 0.15
DEEP_EVERY = 20
SAMPLE = 60
"""Most records of each signal of a round that are given to the engine."""
SMALL_PIECE_BYTES = 100
SLOWEST_SECONDS = 2.0
"""Longest that one body of a kilobyte or so may take, on a machine that does much else."""


@dataclass
class Outcome:
    """What came of a round: how many bodies were taken, rejected and refused, and what is wrong."""

    number: int
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    records: dict[Signal, list[bytes]] = field(default_factory=dict)
    slowest_seconds: float = 0.0
    resident_bytes: int = 0
    pid: int = 0

    def __str__(self) -> str:
        """Return one line."""
        counts = ", ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))
        return (
            f"round {self.number}: {counts}; slowest {self.slowest_seconds * 1000:.0f} ms, "
            f"{self.resident_bytes >> 20} MiB"
        )


@dataclass(frozen=True)
class Body:
    """One body as it is sent."""

    signal: Signal
    content: bytes
    is_json: bool = False


def bodies(seeds: Seeds, seed: int, number: int, count: int) -> Iterator[Body]:
    """Yield the bodies of one round."""
    random = Random(f"{seed}/{number}")
    signals = list(Signal)
    for _ in range(count):
        signal = random.choice(signals)
        if random.random() < JSON_SHARE:
            document = random.choice(seeds.documents[signal])
            yield Body(signal, mutated_json(random, document), is_json=True)
        else:
            tree = random.choice(seeds.trees[signal])
            yield Body(signal, mutated(random, tree, seeds.bodies[signal]))


def run(seeds: Seeds, seed: int, number: int, count: int) -> Outcome:
    """Judge the bodies of one round."""
    large_bodies._PIECE_BYTES = SMALL_PIECE_BYTES  # this process does nothing else
    outcome = Outcome(number, records={signal: [] for signal in Signal})
    clock, process = SystemClock(), psutil.Process()
    for place, body in enumerate(bodies(seeds, seed, number, count)):
        before = clock.monotonic_seconds()
        try:
            verdict = _judged(body, deep=place % DEEP_EVERY == 0)
        except Exception as error:
            error.add_note(f"seed {seed}, round {number}, body {place}: {body.content.hex()}")
            raise
        _note(outcome, body, verdict, place, clock.monotonic_seconds() - before)
    outcome.resident_bytes, outcome.pid = process.memory_info().rss, process.pid
    return outcome


def _judged(body: Body, *, deep: bool) -> door.Verdict:
    if body.is_json:
        return door.judge_json(body.signal, body.content)
    return door.judge(body.signal, body.content, deep=deep)


def _note(outcome: Outcome, body: Body, verdict: door.Verdict, place: int, seconds: float) -> None:
    outcome.slowest_seconds = max(outcome.slowest_seconds, seconds)
    fault = verdict.fault or (f"it took {seconds:.1f} s" if seconds > SLOWEST_SECONDS else "")
    if fault:
        form = "JSON" if body.is_json else "protobuf"
        where = f"round {outcome.number}, body {place}, {body.signal} in {form}"
        outcome.faults.append(f"{where}: {fault}: {body.content.hex()}")
    name = "refused" if verdict.is_refused else "taken" if verdict.accepted else "rejected"
    outcome.counts[f"{name} as JSON" if body.is_json else name] += 1
    records = outcome.records[body.signal]
    if verdict.record and len(records) < SAMPLE:
        records.append(verdict.record)
