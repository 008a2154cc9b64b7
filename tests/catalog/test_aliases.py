"""The names that telemetry has for services of the catalog, and their meaning."""

from collections.abc import Callable
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.catalog.aliases import aliases_of, is_overlapping
from holdfast.catalog.model import Service
from holdfast.catalog.problems import CatalogProblem

Judge = Callable[..., tuple[CatalogProblem, ...]]
PATH = 'metadata.annotations["holdfast.dev/aliases"]'

SERVICES = (
    Service("cart", "Cart"),
    Service("checkout", "Checkout", aliases=("checkoutservice", "checkout-v*")),
    Service("redis", "Redis", aliases=("redis@*cart*",)),
)


def document(name: str, aliases: str = "") -> str:
    """Write a Service document."""
    annotations = f'  annotations: {{holdfast.dev/aliases: "{aliases}"}}\n' if aliases else ""
    return f"apiVersion: openslo/v1\nkind: Service\nmetadata:\n  name: {name}\n{annotations}"


@pytest.mark.parametrize(
    ("sent", "service"),
    [
        ("checkoutservice", "checkout"),
        ("checkout-v2", "checkout"),
        ("checkout-v", "checkout"),
        ("Checkout-v2", "Checkout-v2"),
        ("xcheckout-v2", "xcheckout-v2"),
        ("redis@redis-cart:6380", "redis"),
        ("redis@session", "redis@session"),
        ("cart", "cart"),
        ("nobody", "nobody"),
    ],
)
def test_a_name_in_telemetry_means_a_service(sent: str, service: str) -> None:
    """Whole aliases and patterns name their service, any other name itself; case matters."""
    assert aliases_of(SERVICES).called(sent) == service


def test_a_service_is_sent_under_its_names() -> None:
    """Its own name comes first, then whole aliases, then those seen that a pattern matches."""
    aliases = aliases_of(SERVICES)
    seen = ("checkout-v9", "cart", "checkout-v10")
    assert aliases.sent_as("checkout", seen) == ("checkout", "checkoutservice", "checkout-v10", "checkout-v9")
    assert aliases.sent_as("cart", seen) == ("cart",)
    assert aliases.sent_as("checkoutservice", seen) == ()


patterns = st.text(alphabet="ab*", min_size=1, max_size=5)
names = st.text(alphabet="ab", max_size=6)


@given(alias=patterns, name=names)
def test_a_pattern_matches_as_a_shell_does(alias: str, name: str) -> None:
    """A `*` stands for any characters, none included."""
    aliases = aliases_of((Service("x", "x", aliases=(alias,)),))
    assert (aliases.called(name) == "x") == fnmatchcase(name, alias)


_SHORT = [""] + [f"{a}{b}{c}" for a in "ab" for b in ("", "a", "b") for c in ("", "a", "b")]
_TEXTS = sorted({one + other for one in _SHORT for other in _SHORT})


@given(one=st.text(alphabet="ab*", max_size=3), other=st.text(alphabet="ab*", max_size=3))
def test_two_aliases_overlap_if_a_name_meets_both(one: str, other: str) -> None:
    """Aliases of three characters overlap exactly if one of the names of six characters meets both."""
    both = any(fnmatchcase(text, one) and fnmatchcase(text, other) for text in _TEXTS)
    assert is_overlapping(one, other) == is_overlapping(other, one) == both


def test_a_hostile_name_is_matched_in_time() -> None:
    """A pattern with many `*` against a long name takes no time to speak of."""
    aliases = aliases_of((Service("x", "x", aliases=("*a" * 90 + "*b",)),))
    assert aliases.called("a" * 5_000) == "a" * 5_000


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        (("cart", "checkout"), ("checkout",), "is the service checkout itself"),
        (("cart", "check*"), ("checkout",), "is the service checkout itself"),
        (("cart", "pay-*"), ("checkout", "pay-v2"), 'could be "pay-v2" of checkout too'),
        (("cart", "pay-*"), ("checkout", "*-v2"), 'could be "*-v2" of checkout too'),
        (("cart", "checkout"), ("checkout", "cart"), "is the service checkout itself"),
    ],
    ids=["a service", "a pattern over a service", "an alias", "two patterns", "a loop"],
)
def test_aliases_that_could_mean_two_services_are_refused(
    one: tuple[str, ...], other: tuple[str, ...], clash: str, judge: Judge
) -> None:
    """A name has one meaning; the problem names both services, at the annotation."""
    problems = judge(document(*one), document(*other))
    assert {(problem.rule.value, problem.path) for problem in problems} == {("alias-overlap", PATH)}
    assert clash in problems[0].message


@pytest.mark.parametrize(
    ("aliases", "message"),
    [
        ("a,,b", "separated by commas"),
        ("*", "alone is every service"),
        ("a, **", "alone is every service"),
        ("x" * 201, "at most 200 characters"),
        (", ".join(f"a{n}" for n in range(51)), "at most 50"),
    ],
)
def test_aliases_are_written_as_a_list(aliases: str, message: str, judge: Judge) -> None:
    """Empty, endless and all-embracing aliases are refused with what to write."""
    (problem,) = judge(document("cart", aliases))
    assert (problem.rule.value, problem.path) == ("wrong-format", PATH)
    assert message in problem.message


def test_distinct_aliases_are_sound(judge: Judge) -> None:
    """Several names and patterns per service, the service's own name among them, are no problem."""
    assert judge(document("cart", "cart, cartservice, cart-*"), document("checkout", "checkout_*")) == ()
