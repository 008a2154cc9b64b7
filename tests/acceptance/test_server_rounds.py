"""Real servers, killed under load, with bytes flipped, files damaged and the disk filled in between."""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from tests.acceptance import chaos, server_process
from tests.acceptance.server_process import ServerProcess, pause
from tests.rounds import Rounds

MIB = 1024**2
DISK_BYTES = 640 * MIB
"""Little more than the intake leaves free for the rest of the system."""


@dataclass
class Round:
    """One round: a server in a directory of its own, senders, and what may be missing in the end."""

    started_once: Path
    directory: Path
    chosen: Random
    no_small_disk: str
    excused: set[str] = field(default_factory=set)
    happened: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start the server and its senders."""
        server_process.copy(self.started_once / "data", self.directory / "data")
        self.server = self.server_in(self.directory)
        self.server.start()
        self.senders = chaos.KnownSenders(self.server.http_port)

    def server_in(self, directory: Path) -> ServerProcess:
        """Return a server over the data in a directory."""
        return ServerProcess(directory, catalog=self.started_once / "catalog")

    def carry_out(self) -> None:
        """Kill and damage at random; then everything is stored, or restored, and counted."""
        for _ in range(self.chosen.choice((1, 1, 2))):
            pause(self.chosen.uniform(0.2, 1.2))
            if not self.no_small_disk and self.chosen.random() < 0.4:
                self.disk_fills()
            self.kill()
            if self.chosen.random() < 0.6:
                self.byte_of_the_spool_flips()
            self.server.start()
        self.senders.finish()
        assert self.senders.errors == []
        end = self.chosen.random()
        if end < 0.25:
            self.state_is_damaged()
        elif end < 0.5:
            self.part_is_damaged()
        self.server.wait_until_stored()
        self.damage_is_named()
        self.note("stopped")
        assert self.server.stop() == 0

    def kill(self) -> None:
        """Kill the server, as a power cut would."""
        self.note("killed")
        self.server.kill()

    def note(self, words: str) -> None:
        """Note what happened, for whoever looks at a failed round."""
        self.happened.append(words)

    def byte_of_the_spool_flips(self) -> None:
        """Flip a byte of a record that waits, if any does; that record alone may be missing."""
        hit = chaos.flip_in_spool(self.server.data / "spool", self.chosen)
        if hit is not None:
            self.note(f"a byte of a record of {len(hit)} spans flipped")
            self.excused |= hit

    def disk_fills(self) -> None:
        """Fill the disk below what the intake leaves free, or wholly, while senders go on."""
        leave_bytes = self.chosen.choice((0, 1 * MIB, 100 * MIB, 400 * MIB))
        self.note(f"the disk was filled up to {leave_bytes} bytes")
        with chaos.filled(self.server.data, leave_bytes):
            chaos.wait_for(self.says_that_there_is_no_room, "/readyz says that the intake has no room")
            if self.chosen.random() < 0.5:
                self.kill()
        if self.happened[-1] == "killed":
            self.server.start()
        pause(self.chosen.uniform(0, 0.5))

    def says_that_there_is_no_room(self) -> bool:
        """Whether the server reports that nothing can be taken for want of room."""
        part = chaos.ready_parts(self.server).get("intake", {})
        return part.get("state") != "ok" and "free" in str(part.get("detail"))

    def damage_is_named(self) -> None:
        """What was flipped in the spool is reported by the doctor; a sound server reports no damage."""
        found = chaos.doctor(self.server)
        assert ("damaged" in found) is bool(self.excused), found

    def state_is_damaged(self) -> None:
        """Damage the state database of a killed server: it is named, and a backup restores everything."""
        self.kill()
        backup = self.backup()
        chaos.damage_state(self.server.data / "state.db", self.chosen)
        self.note("a page of the state database was overwritten")
        found = chaos.doctor(self.server)
        assert "state.db is damaged" in found, found
        self.restore(backup)

    def part_is_damaged(self) -> None:
        """Damage a part of the warehouse: it is named once it is read, and a backup restores everything."""
        self.server.wait_until_stored()
        self.kill()
        backup = self.backup()
        part = chaos.damage_a_part(self.server.data / "warehouse", self.chosen)
        assert part is not None
        self.note(f"part {part.name} was damaged")
        self.server.start()
        chaos.wait_for(lambda: self.read_finds(part), f"a read finds part {part.name} damaged")
        assert part.name in chaos.doctor(self.server)
        self.server.kill()
        self.restore(backup)

    def read_finds(self, part: Path) -> bool:
        """Read spans, as the page does, and return whether `/readyz` names the damaged part."""
        chaos.get(self.server, "/traces?from=now-1h&limit=100")
        return part.name in str(chaos.ready_parts(self.server))

    def backup(self) -> Path:
        """Back up what the killed server left."""
        file = self.directory.with_name(f"{self.directory.name}.backup")
        file.unlink(missing_ok=True)
        done = chaos.holdfast("backup", "create", str(file), "--data", str(self.server.data))
        assert done.returncode == 0, done.stderr
        return file

    def restore(self, backup: Path) -> None:
        """Restore a backup into another directory, and go on there."""
        directory = self.directory.with_name(f"{self.directory.name}.restored")
        directory.mkdir()
        done = chaos.holdfast("restore", str(backup), "--data", str(directory / "data"))
        assert done.returncode == 0, done.stderr
        self.note("restored")
        self.server = self.server_in(directory)
        self.server.start()

    def check(self) -> None:
        """Everything acknowledged and undamaged is stored once, and counted once everywhere."""
        found = chaos.stored(self.server.data / "warehouse")
        spans, (errors, _) = found["spans"], found["counts"].pop("errors")
        assert len(spans) == len(set(spans)), "spans are doubled"
        lost = self.senders.kept - self.excused - set(spans)
        assert not lost, f"{len(lost)} acknowledged spans are lost"
        assert set(spans) <= self.senders.sent
        # A record damaged in the middle of its insert may be stored already and not be counted any more.
        half = len(self.excused & set(spans))
        assert found["counts"].pop("presence")[0] in range(len(spans) - half, len(spans) + 1)
        for name, (total, failed) in found["counts"].items():
            assert total in range(len(spans) - half, len(spans) + 1), name
            assert failed in range(errors - half, errors + 1), name


def one_round(started_once: Path, seed: int) -> tuple[list[str], str]:
    """Carry out one round; return what happened, and why the disk was not filled if it was not."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-round-")))
        no_small_disk = stack.enter_context(chaos.small_disk(home / "disk", DISK_BYTES))
        made = Round(started_once, home / "disk", Random(seed), no_small_disk)
        stack.callback(lambda: made.server.kill())
        stack.callback(lambda: made.senders.give_up())
        try:
            made.carry_out()
            made.check()
        except BaseException as error:
            error.add_note(f"what happened: {'; '.join(made.happened)}")
            error.add_note(f"the end of the log: {made.server.log.read_text()[-2000:]}")
            raise
        return made.happened, no_small_disk


def test_one_round(started_once: Path) -> None:
    """One round of the proof holds, with a full disk, a flipped byte, a damaged state and its backup."""
    happened, _ = one_round(started_once, 2)
    assert happened[-1] == "stopped"


@pytest.mark.prove
def test_fifty_rounds_lose_nothing_and_double_nothing(rounds: Rounds, started_once: Path) -> None:
    """Whatever is killed, damaged or filled, what was acknowledged and not damaged is stored once."""
    reasons: set[str] = set()

    def carry_out(seed: int) -> None:
        happened, no_small_disk = one_round(started_once, seed)
        rounds.say(f"server: seed {seed}: {'; '.join(happened)}")
        if no_small_disk and no_small_disk not in reasons:
            reasons.add(no_small_disk)
            rounds.say(f"server: the disk is not filled, since none can be mounted: {no_small_disk}")

    rounds("server", 50, carry_out)
