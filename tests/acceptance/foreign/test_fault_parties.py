"""Under each of the demo's faults a party has one name: on the map, in traces, in attributions and in lists.

The spans were recorded from the real shop by `tests.acceptance.record_faults`.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.acceptance.foreign.conftest import Server
from tests.acceptance.record_faults import read_recorded
from tests.lints.source import ROOT
from tests.telemetry.otlp_builders import segment

from bazaar.faults import FAULTS
from holdfast.catalog.reading import SourceFile
from holdfast.telemetry.model import Signal

EACH = timedelta(minutes=10)
"""Each fault has a time of its own, so that one join makes all their maps."""


def moved(request: ExportTraceServiceRequest, start: datetime) -> ExportTraceServiceRequest:
    """Return the same spans, the first of which begins at `start`."""
    every = [one for of in request.resource_spans for scope in of.scope_spans for one in scope.spans]
    by = int(start.timestamp()) * 10**9 - min(one.start_time_unix_nano for one in every)
    for one in every:
        one.start_time_unix_nano += by
        one.end_time_unix_nano += by
    return request


@pytest.fixture
def answers(server: Server) -> dict[str, dict[str, Any]]:
    """What the API answers of the time of each fault."""
    files = sorted((ROOT / "shop/reliability").glob("*.yaml"))
    applied = server.made.catalog.apply(
        [SourceFile(one.name, one.read_text()) for one in files], actor="test"
    )
    assert not applied.proposal.problems
    server.made.names.turn()
    server.made.selectors.step()
    found, start = {}, server.clock.now() - timedelta(hours=3)
    for number, (name, request) in enumerate(sorted(read_recorded().items())):
        path = segment(server.directory, moved(request, start + number * EACH))
        server.warehouse.insert_segment(Signal.TRACES, path, name)
        found[name] = {"from": start + number * EACH, "to": start + (number + 1) * EACH}
    server.made.joiner.turn()
    server.made.names.turn()
    return {name: answers_of(server, name, when) for name, when in found.items()}


def answers_of(server: Server, fault: str, when: dict[str, datetime]) -> dict[str, Any]:
    """Ask everything about the time of one fault."""
    range_ = {key: at.isoformat() for key, at in when.items()}
    asked = [f"/objectives/{name}" for name in FAULTS[fault].burns]
    shares = [one for path in asked for one in server.get(f"{path}/contributors", **range_)["items"]]
    examples = [one for path in asked for one in server.get(f"{path}/exemplars", **range_)["items"]]
    return {
        "map": {node["name"] for node in server.get("/map", **range_)["nodes"]},
        "services": {one["name"] for one in server.get("/services", **range_)["items"]},
        "traces": {
            span["service"]
            for one in examples[:2]
            for span in server.get(f"/traces/{one['trace_id']}")["spans"]
            if not span["is_proxy"]
        },
        "origins": {one["service"] for one in shares},
        "paths": {step for one in examples for step in one["path"].split(" → ")},
    }


def test_a_party_has_one_name_under_each_fault(answers: dict[str, dict[str, Any]]) -> None:
    """Origins, paths and spans' services are nodes of the map; a provider or store is one in both."""
    assert set(answers) == set(FAULTS)
    for fault, found in answers.items():
        # The mesh's door is a service with an objective, and no node: the map passes over proxies.
        known = found["map"] | (found["services"] & {"edge"})
        for where in ("origins", "paths", "traces"):
            assert found[where] <= known, (fault, where)
        assert found["origins"], fault
        # The shop's catalog names its stores by aliases.
        assert not {name for where in found.values() for name in where if "bazaar" in name}, fault
        # What sends spans is listed under the name the map has for it.
        assert found["traces"] <= found["services"], fault
