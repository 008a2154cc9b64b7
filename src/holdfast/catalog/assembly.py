"""Documents to catalog: every document is read, references are followed, and every problem is kept.

`assemble` judges a set of documents as it is. `settle` is for a directory, which must never take the running
catalog down: a broken document is replaced by its last good version or left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from holdfast.catalog.aliases import counting_aliases
from holdfast.catalog.documents import Document, Split
from holdfast.catalog.fields import Fields
from holdfast.catalog.kinds import Checked, Kind, Kinds, Read
from holdfast.catalog.model import SERVICES, SLOS, Catalog, Value, Values
from holdfast.catalog.problems import CatalogProblem, Report, Rule, ordered
from holdfast.catalog.registry import Key, Registry


@dataclass(frozen=True, slots=True)
class Assembly:
    """The catalog of a set of documents. `broken` ones have errors; `missing` ones are referred to only."""

    catalog: Catalog
    problems: tuple[CatalogProblem, ...]
    broken: frozenset[Key]
    missing: frozenset[Key]


@dataclass(frozen=True, slots=True)
class Settled:
    """What a directory puts in force: the documents, their catalog, and every problem."""

    documents: tuple[Document, ...]
    catalog: Catalog
    problems: tuple[CatalogProblem, ...]


def assemble(documents: Iterable[Document], kinds: Kinds) -> Assembly:
    """Read `documents`; SLI ids are 0 and the revision is 0 until they are stored."""
    unique, problems = _unique(documents)
    reading = _Reading()
    for kind in kinds:
        reading.take(kind, [one for one in unique if one.kind == kind.name])
    problems.extend(reading.problems)
    registry = reading.registry
    return Assembly(
        _catalog(registry.values()), ordered(problems), frozenset(reading.broken), frozenset(registry.missing)
    )


def _catalog(values: Values) -> Catalog:
    services = values.of(SERVICES)
    slos = [tuple(counting_aliases(one, services) for one in of_slo) for of_slo in values.of(SLOS)]
    by_name = tuple(sorted((one for of_slo in slos for one in of_slo), key=lambda one: one.name))
    return Catalog(services=services, objectives=by_name, values=values.replacing(SLOS, slos))


class _Reading:
    """One reading of documents, kind by kind: a document is read before those that refer to it."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.problems: list[CatalogProblem] = []
        self.broken: set[Key] = set()

    def take(self, kind: Kind[Value], documents: list[Document]) -> None:
        """Read the documents of one kind, then check them against each other."""
        opened = [(one, *self._read(kind, one)) for one in documents]
        for document, report, read in opened:
            self._keep(kind, document, report, read.value)
        kind.check(
            [
                Checked(read.body, read.value, document.is_sound)
                for document, _, read in opened
                if read.body is not None and read.value is not None
            ]
        )
        for document, report, read in opened:
            # Again, because the check may have found an error where the reader found none.
            self._keep(kind, document, report, read.value)
            self.problems.extend(report.problems)

    def _read(self, kind: Kind[Value], document: Document) -> tuple[Report, Read[Value]]:
        report = Report(document.origin.file)
        if not document.is_read:
            return report, Read(None, None)
        return report, kind.opened(Fields(report, document.root, ""), self.registry)

    def _keep(self, kind: Kind[Value], document: Document, report: Report, value: Value | None) -> None:
        is_sound = document.is_sound and not report.has_errors
        if not is_sound:
            self.broken.add(document.key)
        if document.name:
            self.registry.put(kind, document.name, value if is_sound else None)


def _unique(documents: Iterable[Document]) -> tuple[list[Document], list[CatalogProblem]]:
    first: dict[Key, Document] = {}
    unique: list[Document] = []
    problems: list[CatalogProblem] = []
    for document in documents:
        earlier = first.get(document.key)
        if earlier is None or not document.name:
            first[document.key] = document
            unique.append(document)
            continue
        origin, place = document.origin, earlier.origin
        message = (
            f'the {document.kind} "{document.name}" is already in {place.file} line {place.line}; '
            "rename or remove one"
        )
        problems.append(
            CatalogProblem(
                origin.file, origin.line, "metadata.name", document.name, Rule.DUPLICATE_NAME, message
            )
        )
        # Its other problems are shown too, but the name belongs to the first.
        unique.append(replace(document, name="", is_sound=False))
    return unique, problems


def settle(new: Split, last_good: Iterable[Document], kinds: Kinds) -> Settled:
    """Choose what a directory puts in force.

    A document with errors is replaced by the last good one of its kind and name, so that an objective in use
    is still measured while somebody edits it; without one it is left out. Documents of a file that cannot be
    split any more, and those still referred to, stay as they were. The result has no errors: documents with
    errors are dropped until none is left.
    """
    before = {one.key: one for one in last_good}
    choice = _Choice(new, before)
    judged = assemble(new.documents, kinds)
    is_sound = not judged.broken and len(choice.chosen) == len(new.documents)
    wanted = judged if is_sound else assemble(choice.chosen.values(), kinds)
    while choice.repair(wanted):
        wanted = assemble(choice.chosen.values(), kinds)
    problems = ordered((*new.problems, *judged.problems))
    return Settled(tuple(choice.chosen.values()), wanted.catalog, problems)


class _Choice:
    """Which version of each document to put in force; each last good one is brought back at most once."""

    def __init__(self, new: Split, before: dict[Key, Document]) -> None:
        self.chosen: dict[Key, Document] = {}
        self._before = dict(before)
        for document in new.documents:
            if document.name:
                self.chosen.setdefault(document.key, document)
        for key, document in before.items():
            if new.is_broken_at(document.origin.file) and key not in self.chosen:
                self._bring_back(key)

    def repair(self, wanted: Assembly) -> bool:
        """Repair the problems of `wanted`, one step; return whether there was anything to repair."""
        lost = wanted.missing & self._before.keys()
        for key in lost:
            self._bring_back(key)
        if lost:
            return True
        for key in wanted.broken:
            if key in self._before:
                self._bring_back(key)
            else:
                del self.chosen[key]
        return bool(wanted.broken)

    def _bring_back(self, key: Key) -> None:
        self.chosen[key] = self._before.pop(key)
