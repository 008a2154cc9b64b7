"""Rounds of a long proof: every round has a seed of its own, and a stopped run resumes where it stopped.

    def test_something(rounds: Rounds) -> None:
        rounds("something", 1000, one_round)
        rounds.over("something else", list(Case), one_case)

`HOLDFAST_ROUND=SEED` runs the one round with this seed, `HOLDFAST_ROUNDS=N` fewer or more rounds, and
`HOLDFAST_SEED=N` other rounds. Progress is kept in `.prove/` until a run is complete; delete that directory
to begin again.
"""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest

from holdfast.runtime.clock import Clock, SystemClock

PROGRESS = Path(__file__).parent.parent / ".prove"
USUAL_SEED = 2026
SAY_EVERY_SECONDS = 15.0

Case = TypeVar("Case")
OneRound = Callable[[int], object]
"""Carries out the round with this seed; raises if what it proves does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """Carries out the rounds of a proof; progress goes to `directory`, sentences to `say`.

    `only_seed` asks for one round alone, `count` for another number of rounds than a proof has by itself.
    """

    directory: Path
    say: Callable[[str], None]
    clock: Clock
    base_seed: int = USUAL_SEED
    only_seed: int | None = None
    count: int | None = None

    def __call__(self, name: str, count: int, one_round: OneRound) -> None:
        """Carry out the rounds of the proof `name` that are not done yet."""
        if self.only_seed is not None:
            self.say(f"{name}: one round, seed {self.only_seed}")
            one_round(self.only_seed)
            return
        count = self.count or count
        done = self._done(name)
        if done:
            self.say(f"{name}: {done} of {count} rounds done before; delete {self.directory} to begin again")
        said_at = self.clock.monotonic_seconds()
        for number in range(done, count):
            seed = seed_of(name, self.base_seed, number)
            self._carry_out(name, number, seed, one_round)
            self._note(name, number + 1)
            if self.clock.monotonic_seconds() - said_at >= SAY_EVERY_SECONDS:
                said_at = self.clock.monotonic_seconds()
                self.say(f"{name}: {number + 1} of {count} rounds, seed {seed}")
        self.say(f"{name}: all {count} rounds done, base seed {self.base_seed}")
        self._file(name).unlink(missing_ok=True)

    def over(self, name: str, cases: Sequence[Case], one_case: Callable[[Case], object]) -> None:
        """Carry out one round for each case, in this order, of those that are not done yet."""
        by_seed = {seed_of(name, self.base_seed, number): case for number, case in enumerate(cases)}
        replace(self, count=None)(name, len(cases), lambda seed: one_case(by_seed[seed]))

    def _carry_out(self, name: str, number: int, seed: int, one_round: OneRound) -> None:
        try:
            one_round(seed)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            words = f"{name}: round {number + 1} failed, seed {seed}; HOLDFAST_ROUND={seed} runs it alone"
            error.add_note(words)
            self.say(words)
            raise

    def _done(self, name: str) -> int:
        try:
            return int(self._file(name).read_text())
        except FileNotFoundError:
            return 0

    def _note(self, name: str, done: int) -> None:
        # Renamed, so that a run that is killed never leaves half a number.
        self.directory.mkdir(parents=True, exist_ok=True)
        draft = self._file(name).with_suffix(".draft")
        draft.write_text(str(done))
        draft.rename(self._file(name))

    def _file(self, name: str) -> Path:
        return self.directory / f"{name}-{self.base_seed}.done"


def seed_of(name: str, base_seed: int, number: int) -> int:
    """Return the seed of a round: the same for ever, and unlike that of any other round."""
    return int.from_bytes(hashlib.sha256(f"{name}/{base_seed}/{number}".encode()).digest()[:6], "big")


def on_terminal(config: pytest.Config) -> Callable[[str], None]:
    """Return what says words on the terminal at once, past pytest's capture."""
    capture = config.pluginmanager.getplugin("capturemanager")
    terminal = config.pluginmanager.getplugin("terminalreporter")

    def say(words: str) -> None:
        if terminal is not None:
            with capture.global_and_fixture_disabled():
                terminal.ensure_newline()
                terminal.write_line(words, flush=True)

    return say


def asked_for(
    say: Callable[[str], None], environment: Mapping[str, str] = os.environ, directory: Path = PROGRESS
) -> Rounds:
    """Return the rounds that the environment asks for."""
    only_seed, count = environment.get("HOLDFAST_ROUND"), environment.get("HOLDFAST_ROUNDS")
    return Rounds(
        directory=directory,
        say=say,
        clock=SystemClock(),
        base_seed=int(environment.get("HOLDFAST_SEED", USUAL_SEED)),
        only_seed=int(only_seed) if only_seed else None,
        count=int(count) if count else None,
    )
