"""The harness of long proofs: seeds, progress, and what a failing round says."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.rounds import SAY_EVERY_SECONDS, Rounds, asked_for, seed_of

from holdfast.runtime.clock import ManualClock


class Broken(Exception):
    """What a round proves does not hold."""


class Proof:
    """Notes the seeds it was given; does not hold at `breaks_at`, counted from the first call ever."""

    def __init__(self, breaks_at: int | None = None, error: type[BaseException] = Broken) -> None:
        self.seeds: list[int] = []
        self.breaks_at = breaks_at
        self.error = error

    def __call__(self, seed: int) -> None:
        self.seeds.append(seed)
        if len(self.seeds) == self.breaks_at:
            raise self.error


MakeRounds = Callable[..., Rounds]


@pytest.fixture
def said() -> list[str]:
    """What was said."""
    return []


@pytest.fixture
def make(tmp_path: Path, said: list[str]) -> MakeRounds:
    """Make rounds whose progress is below the test's own directory."""

    def make(**given: Any) -> Rounds:
        clock = given.pop("clock", ManualClock(datetime(2026, 3, 1, tzinfo=UTC)))
        return Rounds(directory=tmp_path / "progress", say=said.append, clock=clock, **given)

    return make


def test_every_round_has_a_seed_that_stays_the_same(make: MakeRounds) -> None:
    """Two whole runs see the same seeds, all different; another base seed or name gives others."""
    first, second, other = Proof(), Proof(), Proof()
    make()("spool", 50, first)
    make()("spool", 50, second)
    make(base_seed=7)("spool", 50, other)
    assert first.seeds == second.seeds == [seed_of("spool", 2026, number) for number in range(50)]
    assert len({*first.seeds, *other.seeds, seed_of("state", 2026, 0)}) == 101


@pytest.mark.parametrize("error", [Broken, KeyboardInterrupt])
def test_a_stopped_run_resumes_at_the_first_round_not_done(
    make: MakeRounds, said: list[str], error: type[BaseException]
) -> None:
    """The round that was cut short is carried out again, those before it are not."""
    proof = Proof(breaks_at=8, error=error)
    with pytest.raises(error):
        make()("spool", 20, proof)
    cut_short = proof.seeds[-1]
    make()("spool", 20, proof)
    assert proof.seeds[8] == cut_short
    assert len(proof.seeds) == 21
    assert any("7 of 20 rounds done before" in words for words in said)


def test_cases_are_rounds(make: MakeRounds) -> None:
    """Each case is carried out once, in order, from where it was stopped, whatever number is asked for."""
    done: list[str] = []

    def one_case(case: str) -> None:
        done.append(case)
        if done == ["a", "b"]:
            raise Broken

    with pytest.raises(Broken):
        make(count=7).over("roles", "abc", one_case)
    make(count=7).over("roles", "abc", one_case)
    assert done == ["a", "b", "b", "c"]


def test_a_complete_run_leaves_no_progress(make: MakeRounds) -> None:
    """The next run begins with the first round, and what one proof has done is nothing to another."""
    proof = Proof()
    make()("spool", 5, proof)
    rounds = make()
    assert list(rounds.directory.iterdir()) == []
    rounds("spool", 5, proof)
    assert len(proof.seeds) == 10


def test_progress_of_other_rounds_is_not_mixed_up(make: MakeRounds) -> None:
    """A proof with another name or base seed begins at its own first round."""
    with pytest.raises(Broken):
        make()("spool", 20, Proof(breaks_at=8))
    for name, base_seed in (("state", 2026), ("spool", 7)):
        proof = Proof()
        make(base_seed=base_seed)(name, 5, proof)
        assert len(proof.seeds) == 5


def test_a_failing_round_says_how_to_run_it_alone(make: MakeRounds, said: list[str]) -> None:
    """Its seed stands in what is said and in the error, and given back runs that round and no other."""
    proof = Proof(breaks_at=3)
    with pytest.raises(Broken) as caught:
        make()("spool", 20, proof)
    seed = proof.seeds[-1]
    assert f"HOLDFAST_ROUND={seed}" in said[-1]
    assert said[-1] in caught.value.__notes__
    alone = Proof()
    rounds = make(only_seed=seed)
    before = [path.read_text() for path in rounds.directory.iterdir()]
    rounds("spool", 20, alone)
    assert alone.seeds == [seed]
    assert [path.read_text() for path in rounds.directory.iterdir()] == before


def test_rounds_done_are_said_at_intervals(make: MakeRounds, said: list[str]) -> None:
    """A long run says where it is every fifteen seconds, not with every round."""
    clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))

    def a_second_passes(_seed: int) -> None:
        clock.advance(timedelta(seconds=1))

    make(clock=clock)("spool", 100, a_second_passes)
    every = int(SAY_EVERY_SECONDS)
    assert [words.split(",")[0] for words in said] == [
        *(f"spool: {done} of 100 rounds" for done in range(every, 100, every)),
        "spool: all 100 rounds done",
    ]


def test_the_environment_asks_for_rounds(tmp_path: Path, said: list[str]) -> None:
    """One seed, a number of rounds and another base seed can be asked for; nothing is by default."""
    given = {"HOLDFAST_ROUND": "12", "HOLDFAST_ROUNDS": "3", "HOLDFAST_SEED": "9"}
    asked = asked_for(said.append, given, tmp_path)
    assert (asked.only_seed, asked.count, asked.base_seed) == (12, 3, 9)
    usual = asked_for(said.append, {}, tmp_path)
    assert (usual.only_seed, usual.count, usual.base_seed) == (None, None, 2026)
