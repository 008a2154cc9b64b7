"""Putting catalogs in force: whole or not at all, once, in order, and written down."""

import threading
from collections.abc import Callable

import pytest
from tests.catalog.openslo_kinds import KINDS

from holdfast.catalog.model import Catalog
from holdfast.catalog.reading import SourceFile
from holdfast.catalog.service import CatalogService
from holdfast.runtime import journal
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import TooLarge

Edit = Callable[..., str]


def files(*texts: str) -> list[SourceFile]:
    """Return texts as files called `1.yaml`, `2.yaml`, …."""
    return [SourceFile(f"{number}.yaml", text) for number, text in enumerate(texts, 1)]


def written(database: Database) -> list[tuple[str, str, str]]:
    """Return kind, actor and subject of every journal entry of the catalog, oldest first."""
    with database.read() as tx:
        found = journal.entries(tx, kinds=("catalog.",))
    return [(one.kind, one.actor, one.subject) for one in reversed(found)]


@pytest.fixture
def service(database: Database, clock: ManualClock) -> CatalogService:
    """A started service without a directory."""
    service = CatalogService(database, clock, KINDS)
    service.start()
    return service


def test_lint_apply_current_is_a_round_trip(service: CatalogService, sound: str) -> None:
    """What was planned is applied and is then in force, with a number for its SLI."""
    proposal = service.plan(files(sound))
    assert (proposal.is_valid, proposal.revision, len(proposal.plan.added)) == (True, 0, 2)
    assert service.current() == Catalog()
    applied = service.apply(files(sound), actor="ada")
    assert (applied.made_revision, applied.revision) == (True, 1)
    catalog = service.current()
    assert catalog.revision == 1
    assert [one.name for one in catalog.objectives] == ["orders-succeed"]
    assert catalog.objectives[0].sli.id > 0


def test_applying_the_same_again_changes_nothing(
    service: CatalogService, database: Database, sound: str
) -> None:
    """The same content under another file name, order and spelling makes no revision and no entry."""
    service.apply(files(sound), actor="ada")
    before, entries = service.current(), written(database)
    head, tail = sound.split("---\n")
    respelled = files(tail.replace("0.999", "0.9990") + "# words", head)
    again = service.apply(respelled, actor="bob")
    assert (again.made_revision, again.revision, again.proposal.plan.is_empty) == (False, 1, True)
    assert service.current() == before
    assert written(database) == entries


def test_documents_with_errors_are_refused_as_a_whole(
    service: CatalogService, database: Database, sound: str, edit: Edit
) -> None:
    """One mistake anywhere and nothing of it comes into force."""
    service.apply(files(sound), actor="ada")
    applied = service.apply(files(edit(("0.999", "99.9"), ('tier: "1"', 'tier: "2"'))), actor="ada")
    assert (applied.made_revision, applied.proposal.is_valid, applied.revision) == (False, False, 1)
    assert service.current().services[0].tier == "1"
    assert [kind for kind, _, _ in written(database)] == ["catalog.applied", "catalog.changed"]


def test_applying_nothing_is_refused(service: CatalogService, sound: str) -> None:
    """An empty set of documents is taken for a mistake, not for the wish to remove everything."""
    service.apply(files(sound), actor="ada")
    for nothing in ([], files("# nothing\n")):
        applied = service.apply(nothing, actor="ada")
        assert [one.rule.value for one in applied.proposal.problems] == ["no-documents"]
    assert service.current().revision == 1


def test_a_restart_brings_the_same_catalog_back(
    service: CatalogService, database: Database, clock: ManualClock, sound: str
) -> None:
    """The revision in force survives the process, numbers, lines and all."""
    service.apply(files("# first\n" + sound), actor="ada")
    again = CatalogService(database, clock, KINDS)
    again.start()
    assert again.current() == service.current()
    assert [one.origin for one in again.current().objectives] == [
        one.origin for one in service.current().objectives
    ]
    assert again.status().applied_by == "ada"
    assert again.status().applied_at == clock.now()


def test_an_sli_keeps_its_number_until_what_it_counts_changes(service: CatalogService, edit: Edit) -> None:
    """A new target keeps the number, another selector gets a new one, going back gets the old one."""

    def applied(*edits: tuple[str, str]) -> int:
        service.apply(files(edit(*edits)), actor="ada")
        return service.current().objectives[0].sli.id

    first = applied()
    assert applied(("0.999", "0.99")) == first
    second = applied(("status: ok", "maxDuration: 1s"))
    assert second != first
    assert (
        applied(
            (
                "POST /orders\n              status",
                "POST /orders\n              kind: null\n              status",
            )
        )
        == first
    )
    assert applied(("status: ok", "maxDuration: 1s")) == second


def test_every_apply_is_in_the_journal(service: CatalogService, database: Database, edit: Edit) -> None:
    """A revision is one entry, and every objective it touches has one with the sentence for its timeline."""
    service.apply(files(edit()), actor="ada")
    service.apply(files(edit(("0.999", "0.9995"))), actor="bob")
    assert written(database) == [
        ("catalog.applied", "ada", "catalog"),
        ("catalog.changed", "ada", "objective/orders-succeed"),
        ("catalog.applied", "bob", "catalog"),
        ("catalog.changed", "bob", "objective/orders-succeed"),
    ]
    with database.read() as tx:
        (_, changed) = journal.entries(tx, refers_to="catalog/2")[::-1]
    assert changed.summary == "objective orders-succeed: target 0.999 → 0.9995"


def test_listeners_hear_of_every_revision_in_order(service: CatalogService, edit: Edit) -> None:
    """A listener gets what it saw last and what is in force now."""
    heard: list[tuple[int, int]] = []
    service.subscribe(lambda old, new: heard.append((old.revision, new.revision)))
    service.apply(files(edit()), actor="ada")
    service.apply(files(edit()), actor="ada")
    service.apply(files(edit(("0.999", "0.99"))), actor="ada")
    assert heard == [(0, 1), (1, 2)]


def test_a_listener_that_failed_is_told_again(service: CatalogService, edit: Edit) -> None:
    """A warehouse that is away neither undoes an apply nor stays behind for ever."""
    heard: list[tuple[int, int]] = []
    broken = [True]

    def listen(old: Catalog, new: Catalog) -> None:
        if broken[0]:
            raise RuntimeError("away")
        heard.append((old.revision, new.revision))

    service.subscribe(listen)
    assert service.apply(files(edit()), actor="ada").made_revision
    service.apply(files(edit(("0.999", "0.99"))), actor="ada")
    broken[0] = False
    service.refresh()
    service.refresh()
    assert heard == [(0, 2)]


def test_two_applies_at_once_happen_one_after_the_other(
    database: Database, clock: ManualClock, edit: Edit
) -> None:
    """Processes that apply at the same moment make revisions in a row, and end with the same catalog."""
    services = [CatalogService(database, clock, KINDS) for _ in range(2)]
    for one in services:
        one.start()
    texts = [[edit(("0.999", f"0.{target}")) for target in range(start, 100, 2)][:10] for start in (11, 12)]

    def work(service: CatalogService, mine: list[str]) -> None:
        for text in mine:
            service.apply(files(text), actor="ada")

    threads = [threading.Thread(target=work, args=pair) for pair in zip(services, texts, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for one in services:
        one.refresh()
    assert services[0].current() == services[1].current()
    assert services[0].current().revision == 20


def test_another_process_sees_an_apply(database: Database, clock: ManualClock, sound: str) -> None:
    """A revision applied elsewhere is taken over at the next look."""
    one, two = CatalogService(database, clock, KINDS), CatalogService(database, clock, KINDS)
    two.start()
    one.apply(files(sound), actor="ada")
    two.refresh()
    assert two.current() == one.current()


def test_too_much_is_refused_before_it_is_read(service: CatalogService) -> None:
    """More files or text than the limits are turned away with the limit."""
    with pytest.raises(TooLarge, match="at most 2000"):
        service.plan([SourceFile("x.yaml", "")] * 2_001)
    with pytest.raises(TooLarge, match="at most 6,000,000"):
        service.plan([SourceFile("x.yaml", "#" * 1_000_000)] * 7)
