"""The list of all kinds of document is whole: nothing in it refers out of it or goes without a word."""

from pathlib import Path

from holdfast.app.kinds import KINDS

CATALOG = Path(__file__).parents[2] / "docs/reference/catalog.md"


def test_every_kind_that_is_referred_to_is_in_the_list() -> None:
    """A kind is named by whoever refers to it, and a name nobody brings would only lead nowhere."""
    referred = {other.name for one in KINDS for other in one.refers_to}
    assert referred - set(KINDS.names) == set()


def test_every_kind_and_every_rule_of_its_own_is_documented() -> None:
    """The reference has a row for each kind and explains each rule a package brings."""
    text = CATALOG.read_text(encoding="utf-8")
    assert [name for name in KINDS.names if f"\n| {name} |" not in text] == []
    assert [rule for one in KINDS for rule in one.rules if f"`{rule}`" not in text] == []


def test_rules_of_two_kinds_have_different_names() -> None:
    """A rule is looked up in the reference by its name alone."""
    rules = [rule for one in KINDS for rule in one.rules]
    assert len({str(rule) for rule in rules}) == len(set(map(repr, rules)))
