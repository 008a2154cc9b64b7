"""Use cases of the catalog: show what is in force, plan a change, apply it, and notify listeners.

A person's apply is all or nothing. A directory is different: it is read while people edit it, and at a start
in the middle of the night. So its sound documents come into force; of a broken one the last good version
stays, or it is left out, and its problems are shown.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from holdfast.catalog import record, store
from holdfast.catalog.assembly import assemble, settle
from holdfast.catalog.directory import read_directory
from holdfast.catalog.documents import Document, split
from holdfast.catalog.effects import Effect
from holdfast.catalog.kinds import Kinds
from holdfast.catalog.mixing import Senders, mixed, unknown
from holdfast.catalog.model import Catalog
from holdfast.catalog.plan import Plan, digest, plan
from holdfast.catalog.problems import CatalogProblem, Report, Rule, errors_of, ordered
from holdfast.catalog.reading import SourceFile
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database, Writer
from holdfast.runtime.errors import TooLarge, Unavailable

log = logging.getLogger(__name__)

FILES_MOST = 2_000
CHARACTERS_MOST = 6_000_000
DIRECTORY_ACTOR = "catalog directory"

Subscriber = Callable[[Catalog, Catalog], None]
"""Called with the catalog it saw last and the one in force now."""


@dataclass(frozen=True, slots=True)
class CatalogStatus:
    """The catalog in force, who applied it, and what is wrong with the documents it came from."""

    catalog: Catalog = field(default_factory=Catalog)
    documents: tuple[Document, ...] = ()
    applied_at: datetime | None = None
    applied_by: str | None = None
    problems: tuple[CatalogProblem, ...] = ()
    source_directory: Path | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """The change that a set of documents would make to `revision`; empty when they have errors.

    `warnings` say what telemetry knows against it; they keep nothing out of force.
    """

    revision: int
    problems: tuple[CatalogProblem, ...]
    plan: Plan
    effects: tuple[Effect, ...]
    warnings: tuple[str, ...] = ()

    @property
    def is_valid(self) -> bool:
        """Whether the documents may be put in force: they have no errors."""
        return not errors_of(self.problems)


@dataclass(frozen=True, slots=True)
class Applied:
    """An applied proposal. `made_revision` is False when nothing had to change, or errors forbid it."""

    proposal: Proposal
    made_revision: bool
    revision: int


@dataclass(slots=True)
class _Listener:
    callback: Subscriber
    seen: Catalog


class CatalogService:
    """Holds the catalog in force; lives as long as the process. `start` before use.

    `kinds` are the kinds of document it reads, those of packages above included; `senders` knows where
    services send from.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        kinds: Kinds,
        *,
        directory: Path | None = None,
        senders: Senders = unknown,
    ) -> None:
        self._database = database
        self._clock = clock
        self._kinds = kinds
        self._directory = directory
        self._senders = senders
        self._status = CatalogStatus(source_directory=directory)
        self._listeners: list[_Listener] = []
        # One apply at a time, so that listeners get revisions in order. Reading takes no lock.
        self._lock = threading.RLock()

    @property
    def directory(self) -> Path | None:
        """The directory the catalog is kept in step with, if any."""
        return self._directory

    def current(self) -> Catalog:
        """Return the catalog in force; cheap."""
        return self._status.catalog

    def status(self) -> CatalogStatus:
        """Return the catalog in force with its documents, its source and its problems."""
        return self._status

    def subscribe(self, callback: Subscriber) -> None:
        """Call `callback(old, new)` after every change from now on, in the order of revisions.

        A callback that fails is called again later, with everything it missed; it does not delay the others.
        """
        with self._lock:
            self._listeners.append(_Listener(callback, self._status.catalog))

    def start(self) -> None:
        """Put the stored revision in force, then the directory, if there is one."""
        self.refresh()
        if self._directory is not None:
            self.load_directory()

    def refresh(self) -> None:
        """Take over a revision that another process applied, and call listeners that failed before."""
        with self._lock:
            with self._database.read() as tx:
                is_behind = store.latest_id(tx) != self._status.catalog.revision
            if is_behind:
                with self._database.write() as tx:
                    self._take_over(tx)
            self._notify()

    def _take_over(self, tx: Writer) -> None:
        stored = store.latest(tx)
        if stored is None:
            return
        # A newer version may refuse what an older one accepted: such a document is left out and shown.
        settled = settle(split(stored.sources, self._kinds), (), self._kinds)
        catalog = store.with_sli_ids(tx, replace(settled.catalog, revision=stored.id))
        problems = settled.problems if self._directory is None else self._status.problems
        self._status = replace(
            self._status,
            catalog=catalog,
            documents=settled.documents,
            applied_at=stored.applied_at,
            applied_by=stored.applied_by,
            problems=problems,
        )

    def plan(self, sources: Sequence[SourceFile]) -> Proposal:
        """Return what `sources` would change and everything that is wrong with them."""
        _check_size(sources)
        proposal, _, catalog = self._propose(sources)
        return self._warned(proposal, catalog)

    def apply(self, sources: Sequence[SourceFile], *, actor: str) -> Applied:
        """Replace the catalog in force by `sources`, unless they have an error."""
        _check_size(sources)
        with self._lock:
            self.refresh()
            proposal, documents, catalog = self._propose(sources)
            if not proposal.is_valid:
                return Applied(proposal, made_revision=False, revision=proposal.revision)
            made = self._commit(documents, catalog, actor=actor, problems=proposal.problems)
            self._notify()
            revision = self._status.catalog.revision
        return Applied(self._warned(proposal, catalog), made_revision=made, revision=revision)

    def _warned(self, proposal: Proposal, catalog: Catalog) -> Proposal:
        try:
            return replace(proposal, warnings=mixed(catalog.objectives, self._senders))
        except Unavailable as error:
            log.warning("nothing is known about the senders of this catalog's services: %s", error.detail)
            return proposal

    def _propose(self, sources: Sequence[SourceFile]) -> tuple[Proposal, tuple[Document, ...], Catalog]:
        parts = split(sources, self._kinds)
        assembly = assemble(parts.documents, self._kinds)
        problems = ordered((*parts.problems, *assembly.problems))
        if not parts.documents and not errors_of(problems):
            problems = (*problems, _nothing())
        now = self._status
        proposal = Proposal(now.catalog.revision, problems, Plan(), ())
        if proposal.is_valid:
            difference = plan(now.documents, parts.documents, self._kinds)
            effects = self._kinds.effects(now.catalog, assembly.catalog)
            proposal = replace(proposal, plan=difference, effects=effects)
        return proposal, parts.documents, assembly.catalog

    def load_directory(self) -> tuple[CatalogProblem, ...]:
        """Apply the sound documents of the directory; return, keep and journal the problems of the others."""
        if self._directory is None:
            return ()
        found = read_directory(self._directory).split(self._kinds)
        with self._lock:
            self.refresh()
            settled = settle(found, self._status.documents, self._kinds)
            self._commit(settled.documents, settled.catalog, actor=DIRECTORY_ACTOR, problems=settled.problems)
            with self._database.write() as tx:
                record.note_problems(tx, self._clock.now(), DIRECTORY_ACTOR, errors_of(settled.problems))
            self._notify()
        return settled.problems

    def _commit(
        self,
        documents: tuple[Document, ...],
        catalog: Catalog,
        *,
        actor: str,
        problems: tuple[CatalogProblem, ...],
    ) -> bool:
        with self._database.write() as tx:
            store.lock(tx)
            stored = store.latest(tx)
            if stored is not None and stored.id != self._status.catalog.revision:
                self._take_over(tx)
            before, fingerprint = self._status, digest(documents)
            is_new = fingerprint != (stored.digest if stored else digest(()))
            revision = stored.id if stored else 0
            status = replace(before, documents=documents, problems=problems)
            if is_new:
                now = self._clock.now()
                revision = store.add(tx, at=now, actor=actor, digest=fingerprint, documents=documents)
                status = replace(status, applied_at=now, applied_by=actor)
            elif stored is not None and documents != before.documents:
                store.restate(tx, revision, documents)
            catalog = store.with_sli_ids(tx, replace(catalog, revision=revision))
            if is_new:
                difference = plan(before.documents, documents, self._kinds)
                effects = self._kinds.effects(before.catalog, catalog)
                record.note_applied(tx, now, actor, revision, difference, effects)
        self._status = replace(status, catalog=catalog)
        return is_new

    def _notify(self) -> None:
        now = self._status.catalog
        for listener in self._listeners:
            if listener.seen == now:
                continue
            try:
                listener.callback(listener.seen, now)
            except Exception:  # the worker boundary: an unavailable warehouse must not undo an apply
                log.exception(
                    "a listener did not take over catalog revision %d; it is called again", now.revision
                )
            else:
                listener.seen = now


def _check_size(sources: Sequence[SourceFile]) -> None:
    if len(sources) > FILES_MOST:
        raise TooLarge(
            f"{len(sources)} files were sent and at most {FILES_MOST} are read; join some of them",
            value=str(len(sources)),
            rule=f"at most {FILES_MOST} files",
        )
    characters = sum(len(one.text) for one in sources)
    if characters > CHARACTERS_MOST:
        raise TooLarge(
            f"the documents have {characters:,} characters and at most {CHARACTERS_MOST:,} are read",
            value=str(characters),
            rule=f"at most {CHARACTERS_MOST} characters",
        )


def _nothing() -> CatalogProblem:
    report = Report("")
    message = (
        "there is no document here, and applying nothing would remove everything; "
        "to retire a whole catalog, keep one Service"
    )
    report.error(Rule.NO_DOCUMENTS, line=0, message=message)
    return report.problems[0]
