"""A million changed bodies: only declared errors, one verdict whole and in pieces, the rows of the twin."""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from tests.progress import Progress
from tests.telemetry.fuzz import rounds, seeds
from tests.telemetry.fuzz.engine import Engine
from tests.telemetry.fuzz.rounds import Outcome

from holdfast.telemetry import otlp_large
from holdfast.telemetry.model import Signal
from holdfast.telemetry.otlp import parse
from holdfast.telemetry.warehouse_chdb import ChdbWarehouse

BODIES = int(os.environ.get("PROVE_BODIES", "1000000"))
BODIES_PER_ROUND = 10_000
WORKERS = 2
ROUND_SECONDS = 600.0
GROWTH_BYTES = 64 << 20
RAW = 12
"""Records of each signal of a round that the engine reads one by one as they came."""


@pytest.fixture
def engine(warehouse: ChdbWarehouse, tmp_path: Path) -> Engine:
    """An engine that stores what the door took."""
    return Engine(warehouse, tmp_path)


def engine_faults(engine: Engine, outcome: Outcome) -> list[str]:
    """Store what a round took, as it came where the engine reads it so, and all of it in plain form."""
    found = []
    for signal, records in outcome.records.items():
        as_sent = [record for record in records[:RAW] if engine.reads(signal, record)]
        known = [record for record in as_sent if has_known_fields_only(signal, record)]
        outcome.counts["read as sent"] += len(as_sent)
        outcome.counts["stored"] += len(records)
        # A field in another wire type is unknown to the parser; the engine stores something for it. Such a
        # row is its sender's own harm, but everybody has to be able to read it.
        engine.faults(signal, as_sent)
        for faults in (engine.faults(signal, known), engine.plain_faults(signal, records)):
            found += [f"round {outcome.number}, {signal} in the engine: {one}" for one in faults]
    return found


def has_known_fields_only(signal: Signal, record: bytes) -> bool:
    """Whether the parser knows every field of a record."""
    request = parse(signal, record)
    size_bytes = request.ByteSize()
    request.DiscardUnknownFields()
    return request.ByteSize() == size_bytes


def test_a_round_of_changed_bodies(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand bodies: only declared errors, one verdict, a record that can be read, the twin's rows."""
    monkeypatch.setattr(otlp_large, "_PIECE_BYTES", rounds.SMALL_PIECE_BYTES)
    outcome = rounds.run(seeds.drawn(8), seed=1, number=0, count=1_000)
    assert outcome.faults[:3] == []
    assert min(outcome.counts[name] for name in ("taken", "rejected", "refused", "taken as JSON")) > 20
    assert engine_faults(engine, outcome)[:3] == []


def test_a_seed_names_its_bodies() -> None:
    """The same seed and round make the same bodies, in any process; another round makes others."""
    drawn = seeds.drawn(3)
    first, other, again = (list(rounds.bodies(drawn, 7, number, 1_000)) for number in (1, 2, 1))
    assert first == again != other


@pytest.mark.prove
def test_a_million_changed_bodies(engine: Engine) -> None:
    """Over a million bodies nothing is raised that is not declared, nothing hangs, and memory stays flat."""
    progress = Progress("otlp-fuzz", -(-BODIES // BODIES_PER_ROUND))
    resident: dict[int, list[int]] = {}
    for outcome in outcomes(progress):
        faults = [*outcome.faults, *engine_faults(engine, outcome)]
        print(f"seed {progress.seed}, {outcome}", flush=True)
        assert faults[:3] == []
        resident.setdefault(outcome.pid, []).append(outcome.resident_bytes)
        progress.did(outcome.number)
    for sizes in resident.values():
        # The first rounds fill what is kept for good: parsed descriptors, the allocator's arenas.
        assert max(sizes[2:], default=0) - max(sizes[:2]) < GROWTH_BYTES, [size >> 20 for size in sizes]
    progress.finish()


def outcomes(progress: Progress) -> Iterator[Outcome]:
    """Run what is left on both cores, few rounds ahead of who looks at them."""
    drawn = seeds.drawn(40)
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        waiting: list[Future[Outcome]] = []
        for number in progress.left():
            waiting.append(pool.submit(rounds.run, drawn, progress.seed, number, BODIES_PER_ROUND))
            if len(waiting) > WORKERS:
                yield waiting.pop(0).result(ROUND_SECONDS)
        for future in waiting:
            yield future.result(ROUND_SECONDS)
