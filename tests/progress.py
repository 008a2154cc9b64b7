"""How far a long proof has come: kept in a file, so that the next run goes on where this one stopped."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import SystemRandom

from tests.lints.source import ROOT

DIRECTORY = ROOT / ".prove"


class Progress:
    """The rounds of one proof that are done, under one seed; a finished proof begins anew under another."""

    def __init__(self, name: str, rounds: int, directory: Path = DIRECTORY) -> None:
        self._path = directory / f"{name}.json"
        self.rounds = rounds
        kept = json.loads(self._path.read_text()) if self._path.exists() else {}
        self.seed: int = kept.get("seed", SystemRandom().getrandbits(32))
        self._done: set[int] = set(kept.get("done", ()))

    def left(self) -> Iterator[int]:
        """Yield the rounds that are not done."""
        yield from (number for number in range(self.rounds) if number not in self._done)

    def did(self, number: int) -> None:
        """Note that a round was done and found nothing."""
        self._done.add(number)
        self._path.parent.mkdir(exist_ok=True)
        written = self._path.with_suffix(".new")
        written.write_text(json.dumps({"seed": self.seed, "done": sorted(self._done)}))
        written.replace(self._path)

    def finish(self) -> None:
        """Forget all: every round is done."""
        self._path.unlink(missing_ok=True)
