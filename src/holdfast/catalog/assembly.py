"""Documents to catalog: every document is read, references are followed, and every problem is kept.

`assemble` judges a set of documents as it stands. `settle` is for a directory that must never take the
running catalog down: what is broken there is replaced by its last good version or left out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from holdfast.catalog.documents import Document, Key, Kind, Split, read_head, read_metadata
from holdfast.catalog.fields import Fields
from holdfast.catalog.indicators import read_indicator
from holdfast.catalog.known import Known, Shelf
from holdfast.catalog.model import Catalog, Objective, Origin, Service
from holdfast.catalog.policies import read_condition, read_policy, read_target
from holdfast.catalog.problems import CatalogProblem, Report, Rule, ordered
from holdfast.catalog.slos import read_slo
from holdfast.catalog.sources import DataSource, check_type


@dataclass(frozen=True, slots=True)
class Assembly:
    """What a set of documents says. `broken` documents have errors; `missing` are referred to in vain."""

    catalog: Catalog
    problems: tuple[CatalogProblem, ...]
    broken: frozenset[Key]
    missing: frozenset[Key]


@dataclass(frozen=True, slots=True)
class Settled:
    """What a directory puts in force: the documents, the catalog they make, and all that was refused."""

    documents: tuple[Document, ...]
    catalog: Catalog
    problems: tuple[CatalogProblem, ...]


def assemble(documents: Iterable[Document]) -> Assembly:
    """Read `documents`; SLI ids are 0 and the revision is 0 until they are stored."""
    unique, problems = _unique(documents)
    known = Known()
    broken = set()
    objectives: dict[str, Objective] = {}
    # What is referred to is read before what refers to it: `Kind` lists the kinds in that order.
    for document in sorted(unique, key=lambda one: list(Kind).index(one.kind)):
        report = Report(document.origin.file)
        fields = Fields(report, document.root, "")
        found: tuple[Objective, ...] = ()
        value: Any = None
        if document.kind is not Kind.SLO:
            read, shelf = _READERS[document.kind]
            value = read(fields, known) if document.is_read else None
        elif document.is_read:
            found = read_slo(fields, known)
            _check_names(fields, found, objectives)
        is_sound = document.is_sound and not report.has_errors
        if not is_sound:
            broken.add(document.key)
        if document.kind is not Kind.SLO and document.name:
            shelf(known).put(document.name, value if is_sound else None)
        elif is_sound:
            objectives.update((one.name, one) for one in found)
        problems.extend(report.problems)
    return Assembly(
        _catalog(known, objectives), ordered(problems), frozenset(broken), frozenset(known.missing)
    )


def _catalog(known: Known, objectives: dict[str, Objective]) -> Catalog:
    return Catalog(
        services=known.services.sound(),
        objectives=tuple(one for _, one in sorted(objectives.items())),
        notification_targets=known.targets.sound(),
    )


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
            f'the {document.kind} "{document.name}" stands already in {place.file} line {place.line}; '
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


def _check_names(fields: Fields, found: tuple[Objective, ...], objectives: dict[str, Objective]) -> None:
    for one in found:
        if one.name in objectives:
            place = objectives[one.name].origin
            message = (
                f'the objective "{one.name}" stands already in {place.file} line {place.line}; rename one'
            )
            fields.error(Rule.DUPLICATE_NAME, "metadata", message)


def _read_data_source(fields: Fields) -> DataSource | None:
    read_head(fields, Kind.DATA_SOURCE)
    metadata = read_metadata(fields)
    spec = fields.section("spec", required=True)
    fields.done()
    if spec is None:
        return None
    spec.text("description")
    word = spec.text("type", required=True)
    is_traces = word is not None and check_type(spec, word)
    if is_traces:
        message = "traces are sent to Holdfast by OTLP and need no connection; take it out"
        spec.refuse("connectionDetails", Rule.UNSUPPORTED, message)
    spec.take("connectionDetails")
    spec.done()
    return DataSource(metadata.name, word) if word is not None and is_traces else None


def _read_service(fields: Fields) -> Service:
    read_head(fields, Kind.SERVICE)
    metadata = read_metadata(fields)
    spec = fields.section("spec")
    fields.done()
    description = (spec.text("description") if spec else None) or ""
    if spec is not None:
        spec.done()
    return Service(
        name=metadata.name,
        display_name=metadata.display_name,
        description=description,
        team=metadata.label("team"),
        tier=metadata.label("tier"),
        labels=metadata.labels,
        origin=Origin(fields.report.file, fields.line),
    )


_READERS: dict[Kind, tuple[Callable[[Fields, Known], Any], Callable[[Known], Shelf[Any]]]] = {
    Kind.DATA_SOURCE: (lambda fields, _: _read_data_source(fields), lambda known: known.data_sources),
    Kind.SERVICE: (lambda fields, _: _read_service(fields), lambda known: known.services),
    Kind.NOTIFICATION_TARGET: (lambda fields, _: read_target(fields), lambda known: known.targets),
    Kind.CONDITION: (lambda fields, _: read_condition(fields), lambda known: known.conditions),
    Kind.POLICY: (read_policy, lambda known: known.policies),
    Kind.SLI: (read_indicator, lambda known: known.indicators),
}
"""How each kind that can be referred to is read, and where it is kept."""


def settle(new: Split, last_good: Iterable[Document]) -> Settled:
    """Choose what a directory puts in force.

    A document with errors is replaced by the last good one of its kind and name, so that an objective
    in use goes on being measured while somebody edits it; without one it is left out. Documents that
    came from a file which cannot be told apart any more, and those still referred to, stay as they were.
    The result has no errors: whatever still has some is dropped until none has.
    """
    before = {one.key: one for one in last_good}
    choice = _Choice(new, before)
    judged = assemble(new.documents)
    is_sound = not judged.broken and len(choice.chosen) == len(new.documents)
    wanted = judged if is_sound else assemble(choice.chosen.values())
    while choice.repair(wanted):
        wanted = assemble(choice.chosen.values())
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
        """Mend what `wanted` found wrong, one step; return whether there was anything to mend."""
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
