"""What sent lines and points: named in the engine as in Python, and found under what is stored."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.telemetry.identity.senders import MACHINES, SENDER, UNNAMED, sender_of, stored_as
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

HOST = {"host.name": "web-1", "k8s.node.name": "pool-a", "container.name": "nginx", "container.id": "4f2a"}
GIVEN = [
    ("cart", HOST, "cart"),
    ("unknown_service", HOST, "host web-1"),
    ("", HOST, "host web-1"),
    ("unknown_service:java", HOST, "unknown_service:java"),
    ("unknown_service", {**HOST, "host.name": ""}, "node pool-a"),
    ("unknown_service", {"container.name": "nginx", "container.id": "4f2a"}, "container nginx"),
    ("unknown_service", {"container.id": "4f2a"}, "container 4f2a"),
    ("unknown_service", {"os.type": "linux"}, "unknown_service"),
    ("", {}, ""),
]


@pytest.mark.parametrize(("service", "resource", "sender"), GIVEN)
def test_what_has_no_service_is_named_by_what_it_runs_on(
    service: str, resource: Mapping[str, str], sender: str
) -> None:
    """The host, else the Kubernetes node, else the container; a service keeps its own name."""
    assert sender_of(service, resource) == sender


def test_the_engine_names_senders_as_python_does(warehouse: ChdbWarehouse) -> None:
    """One rule in two languages."""
    for service, resource, sender in GIVEN:
        rows = warehouse.query(
            f"SELECT {SENDER} FROM (SELECT {{service:String}} AS ServiceName, "
            "{resource:Map(String, String)} AS ResourceAttributes)",
            {"service": service, "resource": dict(resource)},
        )
        assert rows[0][0] == sender


@given(
    st.sampled_from([*UNNAMED, "cart", "host web-1"]),
    st.dictionaries(st.sampled_from(list(MACHINES)), st.text(max_size=5)),
)
def test_a_sender_is_found_among_the_names_it_may_be_stored_as(
    service: str, resource: dict[str, str]
) -> None:
    """A search under `stored_as` reads every line that has this sender."""
    assert service in stored_as([sender_of(service, resource)])


def test_a_services_name_is_searched_for_alone() -> None:
    """Nothing that is stored without a name has to be read for it."""
    assert stored_as(["cart", "hostess", "host"]) == ["cart", "host", "hostess"]
