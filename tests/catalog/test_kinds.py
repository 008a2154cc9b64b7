"""A kind of document that a package above brings: from a file to its value, its plan and its problems."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from tests.catalog.oncall_kinds import ESCALATION, KINDS, POLICY, ROTA, ROTATION, Escalation, Rotation
from tests.catalog.openslo_kinds import KINDS as OPENSLO_ALONE
from typer.testing import CliRunner

from holdfast.catalog import shapes
from holdfast.catalog.assembly import assemble
from holdfast.catalog.cli import commands
from holdfast.catalog.documents import split
from holdfast.catalog.kinds import Body, Kind, Kinds
from holdfast.catalog.model import Catalog, KindOf
from holdfast.catalog.openslo.kinds import OPENSLO_KINDS
from holdfast.catalog.openslo.services import SERVICE
from holdfast.catalog.openslo.slos import SLO
from holdfast.catalog.problems import CatalogProblem, ProblemLevel, ordered
from holdfast.catalog.reading import SourceFile
from holdfast.catalog.schema import catalog_schema, document_schema
from holdfast.catalog.service import CatalogService
from holdfast.runtime import journal
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database


def files(*texts: str) -> list[SourceFile]:
    """Return texts as files called `1.yaml`, `2.yaml`, …."""
    return [SourceFile(f"{number}.yaml", text) for number, text in enumerate(texts, 1)]


def judged(*texts: str) -> tuple[CatalogProblem, ...]:
    """Return every problem of the given texts."""
    parts = split(files(*texts), KINDS)
    return ordered((*parts.problems, *assemble(parts.documents, KINDS).problems))


def said(problems: Iterable[CatalogProblem]) -> list[tuple[str, int, str, str, str]]:
    """Return file, line, path, value and rule of problems."""
    return [(one.file, one.line, one.path, one.value, one.rule.value) for one in problems]


@pytest.fixture
def service(database: Database, clock: ManualClock) -> CatalogService:
    """A started service that reads the two kinds beside OpenSLO's."""
    service = CatalogService(database, clock, KINDS)
    service.start()
    return service


def test_an_applied_document_is_in_force_as_its_value(service: CatalogService, sound: str) -> None:
    """Values of any kind are had from the catalog by the kind, with what they refer to in another package."""
    assert service.apply(files(POLICY, ROTA, sound), actor="ada").made_revision
    catalog = service.current()
    rotation = Rotation("payments", ("ada", "grace"))
    assert catalog.of(ROTATION) == (rotation,)
    assert catalog.of(ESCALATION) == (Escalation("checkout", catalog.of(SERVICE), rotation, None),)
    assert (catalog.of(ROTATION)[0].origin.file, catalog.of(SERVICE)) == ("2.yaml", catalog.services)


def test_objectives_are_the_same_by_kind_and_at_hand(service: CatalogService, sound: str) -> None:
    """An objective of an SLO has one number for its counters, whichever way it is asked for."""
    service.apply(files(sound), actor="ada")
    catalog = service.current()
    assert catalog.of(SLO) == (catalog.objectives,)
    assert catalog.objectives[0].sli.id > 0


def test_a_plan_says_in_words_what_a_change_means(
    service: CatalogService, database: Database, sound: str
) -> None:
    """The kind's own sentence is in the plan, then in the journal under the thing's reference."""
    service.apply(files(sound, ROTA), actor="ada")
    changed = files(sound, ROTA.replace("grace", "linus"))
    proposal = service.plan(changed)
    assert [(one.path, one.after) for one in proposal.plan.changed[0].changes] == [
        ("spec.members[1]", "linus")
    ]
    (effect,) = proposal.effects
    assert effect.summary == "rotation payments: linus takes turns too, grace takes no turns any more"
    service.apply(changed, actor="ada")
    service.apply(files(sound), actor="ada")
    with database.read() as tx:
        found = journal.entries(tx, kinds=("catalog.changed",))
    assert [(one.subject, one.summary) for one in reversed(found)][1:] == [
        ("rotation/payments", "rotation payments: ada, grace take turns from now on"),
        ("rotation/payments", effect.summary),
        ("rotation/payments", "rotation payments: nobody takes turns any more"),
    ]


def test_every_problem_is_told_at_once_with_its_place(sound: str) -> None:
    """Fields nobody reads, references that lead nowhere and missing fields are found where they stand."""
    bad = POLICY.replace("payments", "paymets").replace("    - checkout", "    - checkout\n    - chekout")
    problems = judged(sound, ROTA + "  shift: 1w\n", bad, POLICY.replace("  rotationRef: payments\n", ""))
    assert said(problems) == [
        ("2.yaml", 6, "spec.shift", "shift", "unknown-field"),
        ("3.yaml", 5, "spec.rotationRef", "paymets", "unknown-reference"),
        ("3.yaml", 8, "spec.services[1]", "chekout", "unknown-reference"),
        ("4.yaml", 1, "metadata.name", "checkout", "duplicate-name"),
        ("4.yaml", 5, "spec.rotationRef", "", "missing-field"),
    ]  # fmt: skip


def test_rules_between_documents_are_the_kinds_own(sound: str) -> None:
    """The cross-check sees all documents of its kind and reports under a rule of its package."""
    one = POLICY + "  then: nights\n"
    two = POLICY.replace("name: checkout", "name: nights") + "  then: checkout\n"
    rule = "nobody-next"
    assert said(judged(sound, ROTA, one, two)) == [
        ("3.yaml", 8, "spec.then", "nights", rule),
        ("4.yaml", 8, "spec.then", "checkout", rule),
    ]
    assert said(judged(sound, ROTA, POLICY + "  then: night\n")) == [
        ("3.yaml", 8, "spec.then", "night", "unknown-reference")
    ]


def test_a_cross_check_sees_what_nobody_refers_to(sound: str) -> None:
    """Every sound document of the kinds it refers to is there for advice on what has been forgotten."""
    (forgotten,) = judged(sound, sound.split("---")[0].replace("name: checkout", "name: cart"), ROTA, POLICY)
    assert (forgotten.rule.value, forgotten.level, forgotten.message) == (
        "no-policy", ProblemLevel.WARNING, "nobody is paged for cart",
    )  # fmt: skip


def test_what_refers_to_a_broken_document_says_so(sound: str) -> None:
    """A reference to a document that has errors of its own is told apart from one that leads nowhere."""
    problems = judged(sound, ROTA.replace("[ada, grace]", "[]"), POLICY)
    assert said(problems) == [
        ("2.yaml", 5, "spec.members", "[]", "wrong-format"),
        ("3.yaml", 5, "spec.rotationRef", "payments", "broken-reference"),
    ]
    assert problems[1].message == 'the Rotation "payments" has errors of its own; fix it first'


def test_an_unknown_kind_is_reported_with_what_was_meant() -> None:
    """A kind that is written wrong, or under the other version, gets the right one named."""
    (misspelt,) = judged(ROTA.replace("Rotation", "Rotatoin"))
    assert misspelt.message == '"Rotatoin" is not a kind of holdfast.dev/v1; did you mean "Rotation"?'
    (elsewhere,) = judged(ROTA.replace("holdfast.dev/v1", "openslo/v1"))
    assert elsewhere.message == "Rotation is a kind of holdfast.dev/v1; write apiVersion: holdfast.dev/v1"
    (version, *_) = judged(ROTA.replace("holdfast.dev/v1", "holdfast.dev/v2"))
    assert version.message.endswith("is not a version Holdfast reads; write apiVersion: holdfast.dev/v1")


def test_a_directory_keeps_the_last_good_version(
    database: Database, clock: ManualClock, tmp_path: Path, sound: str
) -> None:
    """While a rotation is broken in its file, it and what refers to it stay as they were."""
    for name, text in (("a.yaml", sound), ("b.yaml", ROTA), ("c.yaml", POLICY)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    service = CatalogService(database, clock, KINDS, directory=tmp_path)
    service.start()
    before = service.current()
    (tmp_path / "b.yaml").write_text(ROTA.replace("members", "member"), encoding="utf-8")
    assert {one.rule.value for one in service.load_directory()} == {
        "unknown-field", "missing-field", "broken-reference",
    }  # fmt: skip
    assert service.current() == before
    assert len(before.of(ESCALATION)) == 1


def test_a_stored_catalog_opens_where_a_kind_is_not_known(
    service: CatalogService, database: Database, clock: ManualClock, sound: str
) -> None:
    """A server without the package keeps the rest in force and shows what it cannot read."""
    service.apply(files(sound, ROTA), actor="ada")
    without = CatalogService(database, clock, OPENSLO_ALONE)
    without.start()
    assert without.current().objectives == service.current().objectives
    assert without.current().of(ROTATION) == ()
    assert [one.rule.value for one in without.status().problems] == ["unknown-kind"]


def test_a_kind_may_refer_to_one_of_a_package_above_it(sound: str) -> None:
    """A name and a type of value are enough: the kind below imports nothing of the package above."""
    above: KindOf[object] = KindOf("Rotation")

    def read(body: Body) -> str | None:
        found = body.find(above, body.spec, "owner", required=True)
        return body.metadata.name if found else None

    asset = Kind(
        "Asset", api_version="holdfast.dev/v1", summary="", read=read, refers_to=(above,),
        spec=shapes.mapping({"owner": shapes.reference("Rotation")}),
    )  # fmt: skip
    text = ROTA.replace("Rotation", "Asset").replace("members: [ada, grace]", "owner: payments")
    kinds = Kinds((asset, ROTATION))
    assembly = assemble(split(files(text, ROTA), kinds).documents, kinds)
    assert (assembly.problems, assembly.catalog.of(asset)) == ((), ("payments",))
    alone = Kinds((asset,))
    (problem,) = assemble(split(files(text), alone).documents, alone).problems
    assert problem.message == 'there is no Rotation called "payments"; there is none yet'


def test_a_reference_that_is_not_declared_is_a_mistake_of_the_kind(sound: str) -> None:
    """Without the declaration the other kind could be read too late, and every reference would fail."""
    kinds = Kinds((SERVICE, ROTATION, replace(ESCALATION, refers_to=(ROTATION,))))
    with pytest.raises(LookupError, match="EscalationPolicy refers to Service"):
        assemble(split(files(ROTA, POLICY), kinds).documents, kinds)


def test_the_list_of_kinds_is_checked_when_it_is_made() -> None:
    """Two of one name, a circle of references and an unknown version never reach a document."""
    with pytest.raises(ValueError, match="have the same name"):
        Kinds((ROTATION, ROTATION))
    with pytest.raises(ValueError, match="circle: Rotation, EscalationPolicy"):
        Kinds((replace(ROTATION, refers_to=(ESCALATION,)), ESCALATION))
    with pytest.raises(ValueError, match="apiVersion v7"):
        Kinds((replace(ROTATION, api_version="v7"),))


def test_documents_are_listed_in_the_order_of_the_list_of_kinds() -> None:
    """Only what is referred to moves before what refers to it; the rest stays as listed."""
    assert Kinds(OPENSLO_KINDS).names == tuple(one.name for one in OPENSLO_KINDS)
    assert KINDS.names[-2:] == ("Rotation", "EscalationPolicy")


def test_an_empty_catalog_has_no_values_of_any_kind() -> None:
    """Asking for a kind nobody has written a document of gives nothing, and no error."""
    assert Catalog().of(ROTATION) == ()


def test_the_schema_of_a_kind_is_what_it_brings(sound: str) -> None:
    """An editor accepts what lint accepts and marks a field or kind that does not exist."""
    for schema in (document_schema(ROTATION), catalog_schema(KINDS)):
        editor = jsonschema_rs.validator_for(schema)
        assert editor.is_valid(yaml.safe_load(ROTA))
        assert not editor.is_valid(yaml.safe_load(ROTA.replace("members", "member")))
        assert not editor.is_valid(yaml.safe_load(ROTA.replace("Rotation", "Rotatoin")))
    editor = jsonschema_rs.validator_for(catalog_schema(KINDS))
    assert all(editor.is_valid(one) for one in yaml.safe_load_all(sound))


def test_the_command_lints_and_describes_the_kinds_it_is_given(tmp_path: Path, sound: str) -> None:
    """`lint` reads and `schema` prints every kind that the commands were made with."""
    (tmp_path / "a.yaml").write_text(f"{sound}---\n{ROTA}---\n{POLICY}", encoding="utf-8")
    app = commands(KINDS)
    linted = CliRunner().invoke(app, ["lint", str(tmp_path)])
    assert (linted.exit_code, linted.stdout) == (0, "")
    whole = CliRunner().invoke(app, ["schema"])
    assert json.loads(whole.stdout) == catalog_schema(KINDS)
    assert json.loads(CliRunner().invoke(app, ["schema", "Rotation"]).stdout) == document_schema(ROTATION)
    refused = CliRunner().invoke(app, ["schema", "Rotatoin"])
    assert str(refused.exception) == 'there is no kind "Rotatoin"; did you mean "Rotation"?'
