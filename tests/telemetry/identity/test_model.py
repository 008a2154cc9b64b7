"""Services of one name in different environments or namespaces are different services."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.runtime.places import environment_of, namespace_of
from holdfast.telemetry.identity.columns import PLACES
from holdfast.telemetry.identity.model import (
    EVERYWHERE,
    PlaceFilter,
    ServiceId,
    identity_of,
    labels,
)
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

API = ServiceId("api")
ids = st.builds(
    ServiceId,
    st.sampled_from(["api", "cart"]),
    st.sampled_from(["", "a", "b"]),
    st.sampled_from(["", "p", "s"]),
)


@pytest.mark.parametrize(
    ("others", "label"),
    [
        ([], "api"),
        ([ServiceId("cart", "billing", "staging")], "api"),
        ([ServiceId("api", "billing")], "default/api"),
        ([ServiceId("api", "", "staging")], "api (default)"),
        ([ServiceId("api", "billing", "staging")], "default/api"),
        ([ServiceId("api", "billing"), ServiceId("api", "", "staging")], "default/api (default)"),
    ],
)
def test_a_service_is_called_by_its_name_and_by_what_tells_it_apart(
    others: list[ServiceId], label: str
) -> None:
    """The name alone while it is unique, else with the namespace, the environment, or both."""
    assert labels([API, *others])[API] == label


@given(st.lists(ids))
def test_no_two_services_are_called_the_same(every: list[ServiceId]) -> None:
    """Among any services each has a label, no two the same, and one of a unique name has that name."""
    found = labels(every)
    assert set(found) == set(every)
    assert len(set(found.values())) == len(found)
    for one, label in found.items():
        assert (label == one.name) == (sum(other.name == one.name for other in found) == 1)


@pytest.mark.parametrize(
    ("text", "environment", "namespace"),
    [
        ("", "", ""),
        ("default", "", ""),
        (" Default ", "", " Default "),
        ("Production", "production", "Production"),
        (" prod ", "prod", " prod "),
        ("PRÄ", "prÄ", "PRÄ"),
        ("billing", "billing", "billing"),
    ],
)
def test_environments_are_compared_without_case(text: str, environment: str, namespace: str) -> None:
    """`Production` and `production ` are one; namespaces are compared as written; `default` is none."""
    assert environment_of(text) == environment
    assert namespace_of(text) == namespace


@given(ids, st.sampled_from([None, "default", "P", "s"]), st.sampled_from([None, "default", "a"]))
def test_a_scope_covers_what_it_names(one: ServiceId, environment: str | None, namespace: str | None) -> None:
    """What is not limited covers all; `default` covers what has no environment or namespace."""
    expected = environment in (None, one.environment.upper() or "default", one.environment or "default")
    expected &= namespace in (None, one.namespace or "default")
    assert PlaceFilter.named(environment, namespace).covers(one) == expected
    assert EVERYWHERE.covers(one)


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (EVERYWHERE, ""),
        (PlaceFilter.named("Production"), " in production"),
        (
            PlaceFilter.named("default", "billing", "eu-west-1"),
            " in default, namespace billing, region eu-west-1",
        ),
    ],
)
def test_a_scope_is_written_for_a_sentence(scope: PlaceFilter, words: str) -> None:
    """Each limit is named once, and the absent environment by its name."""
    assert scope.words == words


def test_the_engine_reads_a_resource_as_python_does(warehouse: ChdbWarehouse) -> None:
    """Environment and namespace are the same in SQL and in Python, for every way they may be written."""
    texts = ("", "default", "Default", " Prod ", "prod", "ÄÖ\U0001f600")
    for new, old, namespace in product(texts, texts, texts):
        resource = {
            "deployment.environment.name": new,
            "deployment.environment": old,
            "service.namespace": namespace,
        }
        rows = warehouse.query(
            f"SELECT {PLACES['Environment']}, {PLACES['Namespace']} FROM (SELECT mapFromArrays("
            "{keys:Array(String)}, {values:Array(String)}) AS ResourceAttributes)",
            {"keys": list(resource), "values": list(resource.values())},
        )
        found = identity_of(resource, "api")
        assert rows[0] == (found.environment, found.namespace)
