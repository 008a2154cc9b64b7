"""Ports and names of every part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bazaar.layout import SERVICES, WITH_NEXT_VERSION, ZONES, Layout


@given(st.integers(min_value=8000, max_value=65_000))
def test_no_two_parts_share_a_port(base_port: int) -> None:
    """Whatever the base port, every part has a port of its own."""
    layout = Layout(base_port=base_port)
    replicas = [replica.port for replica in layout.replicas()]
    ports = [*replicas, *layout.mesh_ports(), layout.provider_port, layout.control_port]
    assert len(ports) == len(set(ports))


def test_every_service_runs_once_in_every_zone() -> None:
    """There are two replicas of each service, one in each zone, and no two replicas share a name."""
    replicas = list(Layout().replicas())
    present = {(replica.service, replica.zone) for replica in replicas if replica.version == "1.0.0"}
    assert present == {(service, zone) for service in SERVICES for zone in ZONES}
    assert len({replica.name for replica in replicas}) == len(replicas)


def test_the_next_version_runs_in_every_zone() -> None:
    """Of a service with a next version both zones have a replica of it, under a name of its own."""
    found = {(one.name, one.version) for one in Layout().replicas() if one.track == "v2"}
    assert found == {(f"{service}-v2-{zone}", "2.0.0") for service in WITH_NEXT_VERSION for zone in ZONES}


@pytest.mark.parametrize("base_port", [0, 80, 65_100, 70_000])
def test_an_impossible_base_port_is_refused_by_value(base_port: int) -> None:
    """A base port from which not all parts could listen is refused, and the refusal names it."""
    with pytest.raises(ValueError, match=str(base_port)):
        Layout(base_port=base_port)
