"""What a plan compares, and that its fingerprint is one of what documents say and not of how they say it."""

from collections.abc import Callable

import pytest
from tests.catalog.conftest import sources
from tests.catalog.openslo_kinds import KINDS

from holdfast.catalog.documents import Document, split
from holdfast.catalog.plan import digest, plan

SERVICE = """\
apiVersion: openslo/v1
kind: Service
metadata: {name: checkout, displayName: Checkout, labels: {team: payments, tier: "1"}}
spec: {description: Turns a cart into a paid order.}
"""
TURNED_ROUND = """\
# The same, by somebody who writes the other way round.
spec:
  description: Turns a cart into a paid order.
metadata:
  labels: {tier: "1", team: "payments"}
  displayName: Checkout
  name: checkout
kind: Service
apiVersion: openslo/v1
"""
OTHER = SERVICE.replace("checkout", "cart").replace("Checkout", "Cart")


def _documents(*texts: str) -> tuple[Document, ...]:
    return split(sources(*texts), KINDS).documents


def test_the_order_of_fields_makes_no_difference() -> None:
    """The same fields in another order have the same fingerprint, and are no change."""
    one, other = _documents(SERVICE), _documents(TURNED_ROUND)
    assert digest(one) == digest(other)
    assert plan(one, other, KINDS).is_empty


def test_the_order_of_documents_and_files_makes_no_difference() -> None:
    """Two documents in one file, in two, or turned round are the same catalog."""
    apart = _documents(SERVICE, OTHER)
    assert digest(apart) == digest(_documents(OTHER, TURNED_ROUND))
    assert digest(apart) == digest(_documents(f"{OTHER}---\n{SERVICE}"))


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: text.replace("payments", "orders"),
        lambda text: text.replace('"1"', "1"),
        lambda text: text.replace("team:", "squad:"),
        lambda text: text.replace("name: checkout", "name: cart"),
        lambda text: text.replace(", displayName: Checkout", ""),
        lambda text: text + "---\n" + OTHER,
    ],
)
def test_what_documents_say_makes_a_difference(changed: Callable[[str], str]) -> None:
    """A value, its type, a field's name, a document's name, a field less, a document more."""
    before, after = _documents(SERVICE), _documents(changed(SERVICE))
    assert digest(before) != digest(after)
    assert not plan(before, after, KINDS).is_empty


def test_a_plan_names_new_fields_in_the_order_of_the_new_text_and_then_what_is_gone() -> None:
    """As a person reads it: from the top of the new document, with what was there before at the end."""
    after = TURNED_ROUND.replace("description: Turns", "description: Makes").replace(
        'labels: {tier: "1", team: "payments"}', "labels: {colour: red, tier: one}"
    )
    (changed,) = plan(_documents(SERVICE), _documents(after), KINDS).changed
    assert [(one.path, one.before, one.after) for one in changed.changes] == [
        ("spec.description", "Turns a cart into a paid order.", "Makes a cart into a paid order."),
        ("metadata.labels.colour", None, "red"),
        ("metadata.labels.tier", '"1"', "one"),
        ("metadata.labels.team", "payments", None),
    ]


def test_a_plan_counts_what_it_does() -> None:
    """One comes, one changes, one goes, and one stays."""
    stays = SERVICE.replace("checkout", "edge")
    before = _documents(stays, SERVICE, SERVICE.replace("checkout", "gone"))
    after = _documents(stays, SERVICE.replace("payments", "orders"), OTHER)
    found = plan(before, after, KINDS)
    assert [key[1] for key in found.added] == ["cart"]
    assert [one.name for one in found.changed] == ["checkout"]
    assert [key[1] for key in found.removed] == ["gone"]
    assert (found.unchanged, found.is_empty) == (1, False)
    assert found.summary == "1 added, 1 changed, 1 removed, 1 unchanged"


def _bare(kind: str, name: str, text: str = "") -> str:
    return (
        f"apiVersion: openslo/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{description: '{text}'}}\n"
    )


def test_a_plan_is_in_the_order_in_which_kinds_refer_to_each_other() -> None:
    """Services come before policies and those before SLIs, under any names; one kind is in order of name."""
    named = (("SLI", "a"), ("AlertPolicy", "b"), ("Service", "d"), ("Service", "c"))
    in_order = [("Service", "c"), ("Service", "d"), ("AlertPolicy", "b"), ("SLI", "a")]
    some = _documents(*(_bare(kind, name) for kind, name in named))
    others = _documents(*(_bare(kind, name, "changed") for kind, name in named))
    assert list(plan((), some, KINDS).added) == in_order
    assert list(plan(some, (), KINDS).removed) == in_order
    assert [(one.kind, one.name) for one in plan(some, others, KINDS).changed] == in_order
