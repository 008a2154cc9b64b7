"""A million changed bodies: only declared errors, one verdict whole and in pieces, the rows of the twin."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from tests.rounds import Rounds
from tests.telemetry.intake.fuzz import rounds as fuzz
from tests.telemetry.intake.fuzz import seeds
from tests.telemetry.intake.fuzz.engine import Engine
from tests.telemetry.intake.fuzz.rounds import Outcome

from holdfast.telemetry.intake.otlp import large_bodies
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

WORKERS = 2
BODIES_A_SHARE = 5_000
ROUNDS = 1_000_000 // (BODIES_A_SHARE * WORKERS)
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
        outcome.counts["read as sent"] += len(as_sent)
        outcome.counts["stored"] += len(records)
        for faults in (engine.faults(signal, as_sent), engine.plain_faults(signal, records)):
            found += [f"round {outcome.number}, {signal} in the engine: {one}" for one in faults]
    return found


def test_a_round_of_changed_bodies(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand bodies: only declared errors, one verdict, a record that can be read, the twin's rows."""
    monkeypatch.setattr(large_bodies, "_PIECE_BYTES", fuzz.SMALL_PIECE_BYTES)
    outcome = fuzz.run(seeds.drawn(8), seed=1, number=0, count=1_000)
    assert outcome.faults[:3] == []
    assert min(outcome.counts[name] for name in ("taken", "rejected", "refused", "taken as JSON")) > 20
    assert engine_faults(engine, outcome)[:3] == []


def test_a_seed_names_its_bodies() -> None:
    """The same seed and round make the same bodies, in any process; another round makes others."""
    drawn = seeds.drawn(3)
    first, other, again = (list(fuzz.bodies(drawn, 7, number, 1_000)) for number in (1, 2, 1))
    assert first == again != other


@pytest.mark.prove
def test_a_million_changed_bodies(engine: Engine, rounds: Rounds) -> None:
    """Over a million bodies nothing is raised that is not declared, nothing hangs, and memory stays flat."""
    drawn = seeds.drawn(40)
    resident: dict[int, list[int]] = {}
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:

        def one_round(seed: int) -> None:
            # A share of the bodies to each core; which share they are is part of what they are drawn by.
            shares = [pool.submit(fuzz.run, drawn, seed, share, BODIES_A_SHARE) for share in range(WORKERS)]
            for outcome in (share.result(ROUND_SECONDS) for share in shares):
                assert [*outcome.faults, *engine_faults(engine, outcome)][:3] == []
                resident.setdefault(outcome.pid, []).append(outcome.resident_bytes)
            for sizes in resident.values():
                # The first rounds fill what is kept for good: parsed descriptors, the allocator's arenas.
                grown = max(sizes[2:], default=0) - max(sizes[:2])
                assert grown < GROWTH_BYTES, [size >> 20 for size in sizes]

        rounds("otlp-fuzz", ROUNDS, one_round)
