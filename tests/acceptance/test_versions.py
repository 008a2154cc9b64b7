"""Timelines of deploys: the demo brings a version and takes it away, and everything that should shows it.

The spans were recorded from the real shop; here they come as often as the shop's shoppers ask.
"""

import copy
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans
from sqlalchemy import select
from tests.acceptance.foreign.conftest import Server, run, server, warehouse
from tests.acceptance.record_faults import read_recorded
from tests.acceptance.stage import Stage
from tests.commands import Run
from tests.telemetry.otlp_builders import segment, traces

from bazaar.faults import FAULTS, resting_runtime, weight_key
from bazaar.layout import VERSIONS
from holdfast.changes.model import Arrival, Observation
from holdfast.runtime.agenda import agenda_tasks
from holdfast.telemetry.model import Signal
from holdfast.telemetry.services import version_store
from holdfast.telemetry.services.version_watch import WATCH

__all__ = ["run", "server", "warehouse"]

MINUTE = timedelta(minutes=1)
BRINGS_A_VERSION = [fault for fault in FAULTS.values() if fault.deploys]
CALLS = 60
"""Of a service each minute: the demo's shoppers ask catalog more often."""


class Demo:
    """A server beside the shop, which a test breaks and fixes while time passes."""

    def __init__(self, server: Server, fault: str) -> None:
        self.server = server
        self.service, _, self.version = FAULTS[fault].deploys.partition(" ")
        self.recorded = _recorded(self.service)
        self.weights: Mapping[str, int] = resting_runtime()
        with server.made.changes._database.write() as tx:
            server.made.versions.ensure_tasks(tx)

    def run(self, minutes: int) -> None:
        """Let minutes pass: calls go to versions by the mesh's weights, and the agenda does what is due."""
        for minute in range(minutes):
            start = self.server.clock.now()
            sent = [self._calls(track, start) for track in VERSIONS]
            path = segment(self.server.directory, traces(*(one for of in sent for one in of)))
            self.server.warehouse.insert_segment(Signal.TRACES, path, f"{start} {minute}")
            self.server.clock.advance(MINUTE)
            self.server.made.agenda.run_due()

    def found(self) -> list[dict[str, Any]]:
        """Every change, oldest first."""
        items: list[dict[str, Any]] = self.server.get("/changes", start="now-1d")["items"]
        return items[::-1]

    def _calls(self, track: str, start: datetime) -> list[ResourceSpans]:
        share = self.weights[weight_key(self.service, track)]
        templates = self.recorded[VERSIONS[track]]
        made = [copy.deepcopy(templates[n % len(templates)]) for n in range(CALLS * share // 100)]
        for n, one in enumerate(made):
            (span,) = one.scope_spans[0].spans
            length = span.end_time_unix_nano - span.start_time_unix_nano
            span.start_time_unix_nano = int((start.timestamp() + 60 * n / len(made)) * 1000) * 10**6
            span.end_time_unix_nano = span.start_time_unix_nano + length
        return made


def _recorded(service: str) -> dict[str, list[ResourceSpans]]:
    """Return the recorded calls that a service handled under all faults, by version: one span each."""
    found: dict[str, list[ResourceSpans]] = {version: [] for version in VERSIONS.values()}
    for resource in (one for request in read_recorded().values() for one in request.resource_spans):
        known = {one.key: one.value.string_value for one in resource.resource.attributes}
        for scope in resource.scope_spans if known.get("service.name") == service else ():
            for span in scope.spans:
                if span.kind == span.SPAN_KIND_SERVER:
                    one = ResourceSpans(resource=resource.resource)
                    one.scope_spans.add().spans.append(span)
                    found[known["service.version"]].append(one)
    return found


@pytest.mark.parametrize("fault", BRINGS_A_VERSION, ids=lambda fault: fault.name)
def test_the_demo_brings_a_version_and_it_is_detected(server: Server, run: Run, fault: Any) -> None:
    """Nothing at rest; after the break one change on list, command and charts; after the fix none."""
    demo = Demo(server, fault.name)
    demo.run(5)
    assert demo.found() == []

    broke_at = server.clock.now()
    demo.weights = demo.weights | fault.runtime
    demo.run(3)
    (change,) = demo.found()
    assert (change["source"], change["kind"]) == ("detected", "deploy")
    assert f"{change['service']} {change['version']}" == fault.deploys
    assert change["at"] == broke_at.isoformat().replace("+00:00", "Z")
    (seen,) = change["observed"]
    assert (seen["arrival"], seen["before"]) == ("new", [VERSIONS["v1"]])
    assert (seen["requests"], seen["total_requests"]) == (CALLS, 2 * CALLS)
    assert set(seen["zones"]) <= {"zone-a", "zone-b"}
    assert seen["zones"]

    done = run("change", "ls", "--service", demo.service, "--from", "now-1d")
    assert "detected" in done.out
    assert change["summary"] in done.out
    marks = server.get(f"/services/{demo.service}/series")["marks"]
    assert [(one["at"], one["label"]) for one in marks] == [(change["at"], change["summary"])]

    demo.run(5)
    demo.weights = resting_runtime()
    demo.run(15)
    assert demo.found()[0] == change
    (gone,) = demo.found()[1:]
    assert gone["summary"].startswith(f"{fault.deploys} takes no traffic any more")

    demo.weights = demo.weights | fault.runtime
    demo.run(4)
    assert [one["observed"][0]["arrival"] for one in demo.found()] == ["new", "gone", "returned"]


def test_a_server_that_starts_looks_at_versions(stage: Stage) -> None:
    """The look at versions is on the agenda once, and moves the end of what is judged."""
    stage.run(2 * MINUTE)
    with stage.database.read() as tx:
        assert WATCH in tx.execute(select(agenda_tasks.c.kind)).scalars().all()
        assert version_store.judged_until(tx) is not None


def test_an_incident_shows_the_version_that_came_before_it(stage: Stage) -> None:
    """A detected deploy is in the timeline and on the objective's charts, until a report replaces it."""
    stage.run(2 * MINUTE)
    seen = Observation(
        service="payment",
        version="2.31",
        environment="",
        namespace="",
        arrival=Arrival.NEW,
        since=stage.clock.now() - MINUTE,
        detected_at=stage.clock.now(),
        zones=("zone-b",),
        regions=(),
        requests=30,
        total_requests=60,
        seconds=60,
        before=("2.30",),
    )
    with stage.database.write() as tx:
        stage.made.changes.observe(tx, seen)
    stage.bad = 40
    stage.run(2 * MINUTE)
    (listed,) = stage.get("/incidents", state="open")["items"]

    def in_timeline() -> list[tuple[str, str]]:
        timeline = stage.get(f"/incidents/{listed['id']}")["timeline"]
        return [(one["actor"], one["summary"]) for one in timeline if one["kind"].startswith("change.")]

    def marked() -> list[str]:
        marks = stage.get(f"/objectives/{listed['objective']}/series")["marks"]
        return [one["label"] for one in marks if one["kind"] == "change"]

    assert in_timeline() == [("telemetry", seen.summary)]
    assert marked() == [seen.summary]

    report = {"kind": "deploy", "service": "payment", "version": "2.31", "summary": "Payment out"}
    answer = stage.api.post("/api/v1/changes", json=report, headers={"Idempotency-Key": "ci-1"})
    assert answer.json()["observed"][0]["summary"] == seen.summary
    stage.run(timedelta(seconds=10))
    assert in_timeline() == [("local", "Payment out")]
    assert marked() == ["payment 2.31: Payment out"]
