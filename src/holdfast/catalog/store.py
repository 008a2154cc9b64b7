"""The catalog's tables: every revision ever in force, and the id of each SLI's counters."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import JSON, Column, String, Table, UniqueConstraint, insert, select, text, update

from holdfast.catalog.documents import Document
from holdfast.catalog.model import SLOS, Catalog, Sli, SpanSelector
from holdfast.catalog.reading import SourceFile
from holdfast.runtime.database import BigId, Instant, Reader, Writer, metadata

QUERY_PARAMETERS = 500

catalog_revisions = Table(
    "catalog_revisions",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("applied_at", Instant, nullable=False),
    Column("applied_by", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("documents", JSON, nullable=False),
)

catalog_slis = Table(
    "catalog_slis",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("definition", JSON, nullable=False),
    UniqueConstraint("name", "digest"),
)


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision: who applied it, when, and its documents as they were written."""

    id: int
    applied_at: datetime
    applied_by: str
    digest: str
    sources: tuple[SourceFile, ...]


def lock(tx: Writer) -> None:
    """Prevent another apply until this transaction ends; SQLite has one writer anyway."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("LOCK TABLE catalog_revisions IN EXCLUSIVE MODE"))


def latest(tx: Reader) -> Revision | None:
    """Return the revision in force, or None before the first."""
    query = select(catalog_revisions).order_by(catalog_revisions.c.id.desc()).limit(1)
    row = tx.execute(query).mappings().first()
    if row is None:
        return None
    sources = tuple(SourceFile(one["file"], one["text"], one["line"]) for one in row["documents"])
    return Revision(row["id"], row["applied_at"], row["applied_by"], row["digest"], sources)


def latest_id(tx: Reader) -> int:
    """Return the number of the revision in force, 0 before the first."""
    query = select(catalog_revisions.c.id).order_by(catalog_revisions.c.id.desc()).limit(1)
    return int(tx.execute(query).scalar() or 0)


def add(tx: Writer, *, at: datetime, actor: str, digest: str, documents: Iterable[Document]) -> int:
    """Store a revision and return its number."""
    values = {
        "applied_at": at,
        "applied_by": actor[:200],
        "digest": digest,
        "documents": _as_written(documents),
    }
    stored = tx.execute(insert(catalog_revisions).values(values).returning(catalog_revisions.c.id))
    return int(stored.scalar_one())


def restate(tx: Writer, revision: int, documents: Iterable[Document]) -> None:
    """Replace a revision's documents by ones of the same content: moved, or with other comments."""
    mine = catalog_revisions.c.id == revision
    tx.execute(update(catalog_revisions).where(mine).values(documents=_as_written(documents)))


def with_sli_ids(tx: Writer, catalog: Catalog) -> Catalog:
    """Return the catalog with the id of every SLI; a new definition gets a new one.

    The same name and the same selectors always get the same id, even after they were removed.
    """
    identities = {one.name: (one.sli.name, sli_digest(one.sli)) for one in catalog.objectives}
    ids = _known_ids(tx, {digest for _, digest in identities.values()})
    numbered = []
    for objective in catalog.objectives:
        identity = identities[objective.name]
        if identity not in ids:
            ids[identity] = _new_id(tx, objective.sli, identity[1])
        numbered.append(replace(objective, sli=replace(objective.sli, id=ids[identity])))
    by_name = {one.name: one for one in numbered}
    slos = [tuple(by_name[one.name] for one in of_slo) for of_slo in catalog.of(SLOS)]
    return replace(catalog, objectives=tuple(numbered), values=catalog.values.replacing(SLOS, slos))


def sli_digest(sli: Sli) -> str:
    """Return a fingerprint of what an SLI counts; the default kinds count as written out."""
    return hashlib.sha256(json.dumps(_definition(sli), sort_keys=True).encode()).hexdigest()


def _definition(sli: Sli) -> Mapping[str, object]:
    sides = (("total", sli.total), ("good", sli.good))
    return {side: _written(selector) for side, selector in sides}


def _written(selector: SpanSelector) -> Mapping[str, object]:
    # Selectors had none of these before 0.2; one without them is still the same, and is not counted again.
    newer = {
        "environment": selector.environment,
        "namespace": selector.namespace,
        "also": list(selector.also) or None,
    }
    given = {name: value for name, value in newer.items() if value is not None}
    fields = {name: value for name, value in asdict(selector).items() if name not in newer}
    return {**fields, "kind": list(selector.kinds), **given}


def _known_ids(tx: Reader, digests: set[str]) -> dict[tuple[str, str], int]:
    columns = catalog_slis.c
    found: dict[tuple[str, str], int] = {}
    wanted = sorted(digests)
    for start in range(0, len(wanted), QUERY_PARAMETERS):
        some = wanted[start : start + QUERY_PARAMETERS]
        query = select(columns.name, columns.digest, columns.id).where(columns.digest.in_(some))
        found.update({(name, digest): int(id_) for name, digest, id_ in tx.execute(query)})
    return found


def _new_id(tx: Writer, sli: Sli, digest: str) -> int:
    values = {"name": sli.name, "digest": digest, "definition": _definition(sli)}
    return int(tx.execute(insert(catalog_slis).values(values).returning(catalog_slis.c.id)).scalar_one())


def _as_written(documents: Iterable[Document]) -> list[dict[str, str | int]]:
    return [{"file": one.origin.file, "line": one.origin.line, "text": one.text} for one in documents]
