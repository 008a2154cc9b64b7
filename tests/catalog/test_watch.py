"""A directory that people edit while the catalog runs: sound parts in, broken parts as they last were."""

import shutil
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.catalog.openslo_kinds import KINDS

from holdfast.catalog.problems import errors_of
from holdfast.catalog.reading import SourceFile
from holdfast.catalog.service import CatalogService
from holdfast.catalog.watch import CatalogWatch
from holdfast.runtime import journal
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database

Edit = Callable[..., str]


class Place:
    """A catalog directory with a service and a watch on it."""

    def __init__(self, path: Path, database: Database, clock: ManualClock) -> None:
        self.path = path
        self.database = database
        self.service = CatalogService(database, clock, KINDS, directory=path)
        self.watch = CatalogWatch(self.service, clock)

    def write(self, **texts: str) -> None:
        """Write files, `checkout="…"` as checkout.yaml, and let the watch see them."""
        for name, text in texts.items():
            (self.path / f"{name}.yaml").write_text(text)
        self.settle()

    def settle(self) -> None:
        """Look until the change has been seen twice."""
        for _ in range(3):
            self.watch.look()

    @property
    def targets(self) -> dict[str, float]:
        """The target of every objective in force."""
        return {one.name: float(one.target) for one in self.service.current().objectives}

    @property
    def errors(self) -> list[tuple[str, str]]:
        """File and rule of every error shown."""
        return [(one.file, one.rule.value) for one in errors_of(self.service.status().problems)]

    def journalled(self) -> list[str]:
        """The kinds of journal entries, oldest first."""
        with self.database.read() as tx:
            return [one.kind for one in journal.entries(tx, kinds=("catalog.",))][::-1]


@pytest.fixture
def parts(sound: str) -> tuple[str, str]:
    """The sound catalog's service and its SLO."""
    service, slo = sound.split("---\n")
    return service, slo


@pytest.fixture
def place(tmp_path: Path, sqlite_database: Database, clock: ManualClock, parts: tuple[str, str]) -> Place:
    """A directory with a service and two SLOs in files of their own, loaded."""
    path = tmp_path / "catalog"
    path.mkdir()
    place = Place(path, sqlite_database, clock)
    service, slo = parts
    other = slo.replace("orders-succeed", "orders-again")
    for name, text in (("service", service), ("first", slo), ("second", other)):
        (path / f"{name}.yaml").write_text(text)
    place.service.start()
    place.settle()
    return place


def test_a_directory_is_in_force_after_the_start(place: Place) -> None:
    """What lies in the directory is measured, without anybody applying it."""
    assert place.targets == {"orders-succeed": 0.999, "orders-again": 0.999}
    assert place.errors == []
    assert place.service.status().applied_by == "catalog directory"


def test_a_change_is_in_force_once_it_has_settled(place: Place, parts: tuple[str, str]) -> None:
    """A file is loaded when two looks saw the same, so a half-written one is not."""
    (place.path / "first.yaml").write_text(parts[1].replace("0.999", "0.99"))
    assert not place.watch.look()
    assert place.watch.look()
    assert place.targets["orders-succeed"] == 0.99
    assert not place.watch.look()


def test_a_broken_slo_keeps_its_last_good_version(place: Place, parts: tuple[str, str]) -> None:
    """A mistake in one SLO leaves it measured as it was, and the others follow their files."""
    other = parts[1].replace("orders-succeed", "orders-again").replace("0.999", "0.95")
    place.write(first=parts[1].replace("0.999", "99.9"), second=other)
    assert place.targets == {"orders-succeed": 0.999, "orders-again": 0.95}
    assert place.errors == [("first.yaml", "out-of-range")]
    place.write(first=parts[1].replace("0.999", "0.5"))
    assert place.targets["orders-succeed"] == 0.5
    assert place.errors == []


def test_a_new_broken_slo_is_left_out_and_shown(place: Place, parts: tuple[str, str]) -> None:
    """Without a last good version a broken SLO is quarantined; the rest is in force."""
    place.write(third=parts[1].replace("orders-succeed", "third").replace("0.999", "1"))
    assert set(place.targets) == {"orders-succeed", "orders-again"}
    assert place.errors == [("third.yaml", "out-of-range")]


@pytest.mark.parametrize("text", ["kind: [", "a: \t- b\n\tc", "kind: SLO\n", "- x\n", "\x00"])
def test_a_file_that_cannot_be_read_keeps_all_its_documents(text: str, place: Place) -> None:
    """When nobody can tell what a file holds, what it held stays."""
    before = place.service.current()
    place.write(first=text)
    assert place.service.current() == before
    assert place.errors


def test_a_removed_file_removes_its_objectives(place: Place) -> None:
    """Deleting a file is meant."""
    (place.path / "second.yaml").unlink()
    place.settle()
    assert set(place.targets) == {"orders-succeed"}
    assert place.errors == []


def test_a_service_still_referred_to_stays(place: Place) -> None:
    """Deleting the service under two SLOs does not stop them being measured; it is shown."""
    (place.path / "service.yaml").unlink()
    place.settle()
    assert set(place.targets) == {"orders-succeed", "orders-again"}
    assert [rule for _, rule in place.errors] == ["unknown-reference", "unknown-reference"]
    assert [one.name for one in place.service.current().services] == ["checkout"]


@pytest.mark.parametrize("how", ["emptied", "removed", "replaced by a file"])
def test_a_directory_that_goes_away_changes_nothing(how: str, place: Place) -> None:
    """An unmounted or empty directory is a mistake, so the catalog stays and the problem is shown."""
    before = place.service.current()
    shutil.rmtree(place.path)
    if how == "emptied":
        place.path.mkdir()
    elif how == "replaced by a file":
        place.path.write_bytes(b"\xff")
    place.settle()
    assert place.service.current() == before
    assert len(place.errors) == 1


def test_problems_are_journalled_once_and_so_is_their_end(
    place: Place, sqlite_database: Database, clock: ManualClock, parts: tuple[str, str]
) -> None:
    """A lasting problem is one entry, even over a restart; fixing it is another."""
    start = place.journalled()
    place.write(first=parts[1].replace("0.999", "99.9"))
    place.write(first="# a comment\n" + parts[1].replace("0.999", "99.9"))
    again = CatalogService(sqlite_database, clock, KINDS, directory=place.path)
    again.start()
    assert place.journalled() == [*start, "catalog.quarantined"]
    place.write(first=parts[1])
    assert place.journalled() == [*start, "catalog.quarantined", "catalog.mended"]


def test_a_restart_with_a_broken_file_keeps_what_was_in_force(
    place: Place, sqlite_database: Database, clock: ManualClock
) -> None:
    """A server that starts in the night on a broken directory measures what it measured before."""
    before = place.service.current()
    (place.path / "first.yaml").write_text("kind: [")
    again = CatalogService(sqlite_database, clock, KINDS, directory=place.path)
    again.start()
    assert again.current() == before
    assert [one.rule.value for one in again.status().problems] == ["invalid-yaml"]


def test_a_first_start_on_a_broken_directory_takes_what_is_sound(
    tmp_path: Path, sqlite_database: Database, clock: ManualClock, parts: tuple[str, str]
) -> None:
    """One bad SLO among good ones does not keep the good ones out."""
    (tmp_path / "good.yaml").write_text("---\n".join(parts))
    (tmp_path / "bad.yaml").write_text(parts[1].replace("orders-succeed", "bad").replace("28d", "1Q"))
    service = CatalogService(sqlite_database, clock, KINDS, directory=tmp_path)
    service.start()
    assert [one.name for one in service.current().objectives] == ["orders-succeed"]
    assert [(one.file, one.rule.value) for one in service.status().problems] == [("bad.yaml", "wrong-format")]


def test_comments_and_moves_make_no_revision(place: Place, parts: tuple[str, str]) -> None:
    """A document moved to another file is the same, and a later mistake there is still survived."""
    revision = place.service.current().revision
    (place.path / "first.yaml").rename(place.path / "moved.yaml")
    place.settle()
    assert place.service.current().revision == revision
    place.write(moved="kind: [")
    assert set(place.targets) == {"orders-succeed", "orders-again"}


def test_a_person_may_apply_beside_the_directory_until_it_changes(
    place: Place, parts: tuple[str, str], clock: ManualClock
) -> None:
    """An apply is in force at once; the next change of the directory takes over again."""
    text = "---\n".join(parts).replace("0.999", "0.9")
    place.service.apply([SourceFile("mine.yaml", text)], actor="ada")
    place.settle()
    assert place.targets == {"orders-succeed": 0.9}
    place.write(first=parts[1].replace("0.999", "0.8"))
    assert place.targets == {"orders-succeed": 0.8, "orders-again": 0.999}


def test_the_watch_stops_when_told(place: Place, clock: ManualClock) -> None:
    """The loop looks, waits on the clock it is given, and ends."""
    stop = threading.Event()
    begin = clock.now()

    class StopAfterThree(ManualClock):
        def wait(self, event: threading.Event, seconds: float) -> bool:
            self.advance(timedelta(seconds=seconds))
            if self.now() - begin >= timedelta(seconds=3):
                event.set()
            return event.is_set()

    CatalogWatch(place.service, StopAfterThree(begin)).run_forever(stop)
    assert stop.is_set()
