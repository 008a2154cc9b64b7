"""What telemetry has under several names is one service, and a party has one name, for every reader."""

import json
from datetime import timedelta

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from tests.acceptance.foreign.conftest import Server
from tests.commands import Run
from tests.telemetry.otlp_builders import T0, of_service, pairs, segment, span, traces, value

from holdfast.catalog.reading import SourceFile
from holdfast.changes.service import ChangeKind
from holdfast.telemetry.model import Signal

CATALOG = """\
apiVersion: openslo/v1
kind: Service
metadata:
  name: checkout
  annotations: {holdfast.dev/aliases: "checkoutservice, checkout-v*"}
---
apiVersion: openslo/v1
kind: Service
metadata:
  name: redis
  displayName: Carts' cache
  labels: {team: platform}
  annotations: {holdfast.dev/aliases: "redis@redis-cart*"}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: orders}
spec:
  service: checkout
  indicator:
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: traces, spec: {service: checkout, kind: server, status: ok}}}
        total: {metricSource: {type: traces, spec: {service: checkout, kind: server}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.99}]
"""
CARTS = {"db.system.name": "redis", "server.address": "redis-cart", "server.port": "6380"}
SESSIONS = {"db.system.name": "redis", "server.address": "redis-session"}
NAMES = ("checkout", "checkoutservice", "checkout-v2")


def order(server: Server, number: int, service: str, store: dict[str, str]) -> None:
    """Store an order that `service` lost because a store did not answer, with a line about it."""
    trace, root = bytes([number]) * 16, bytes([number]) * 8
    failed = span("POST /orders", trace_id=trace, span_id=root, at=T0 + number, status="error")
    call = span(
        "GET", kind="client", trace_id=trace, parent=root, at=T0 + number, status="error", attributes=store
    )
    path = segment(server.directory, traces(of_service(service, [failed, call])))
    server.warehouse.insert_segment(Signal.TRACES, path, f"order-{number}")
    line = LogRecord(body=value("lost"), time_unix_nano=int((T0 + number) * 1e9), trace_id=trace)
    sent = ResourceLogs(scope_logs=[ScopeLogs(log_records=[line])])
    sent.resource.attributes.extend(pairs({"service.name": service}))
    lines = segment(server.directory, ExportLogsServiceRequest(resource_logs=[sent]))
    server.warehouse.insert_segment(Signal.LOGS, lines, f"lines-{number}")


@pytest.fixture
def shop(server: Server) -> Server:
    """Checkout under three names, under each of which it lost an order, one of them before the catalog."""
    order(server, 1, "checkoutservice", CARTS)
    applied = server.made.catalog.apply([SourceFile("shop.yaml", CATALOG)], actor="test")
    assert not applied.proposal.problems, applied.proposal.problems
    server.made.names.turn()
    server.made.selectors.step()
    order(server, 2, "checkout", CARTS)
    order(server, 3, "checkout-v2", SESSIONS)
    server.made.names.turn()
    server.clock.advance(timedelta(minutes=1))
    server.made.joiner.turn()
    return server


def test_every_reader_takes_any_name(shop: Server, run: Run) -> None:
    """What telemetry has under three names is one service everywhere."""
    # A shop takes long to make, so one is asked everything.
    _services_are_one_row(shop)
    _the_map_has_one_node_each(shop)
    _traces_and_lines_are_found_by_any_name(shop)
    _an_sli_counts_whole_aliases(shop)
    _changes_and_objectives_are_of_the_service(shop)
    _commands_take_any_name(shop, run)


def _services_are_one_row(shop: Server) -> None:
    """Requests under all names are one service's, listed, by itself, and asked for by any of its names."""
    assert shop.services() == {"checkout": (3, 3), "redis": (0, 0)}
    for name in NAMES:
        found = shop.get(f"/services/{name}")
        assert (found["name"], found["requests"]) == ("checkout", 3)
        points = shop.get(f"/services/{name}/series")["requests"]
        assert sum(points) == 3
    assert [one["name"] for one in shop.get("/services", q="checkoutserv")["items"]] == []


def _the_map_has_one_node_each(shop: Server) -> None:
    """Callers are one node, and the catalog's cache is called as it is there, beside one it does not have."""
    assert {name: counts[0] for name, counts in shop.edges().items()} == {
        "ingress>service/checkout": 3,
        "service/checkout>cache/redis": 2,
        "service/checkout>cache/redis@redis-session": 1,
    }
    nodes = {node["name"]: node for node in shop.get("/map", around="checkoutservice")["nodes"]}
    assert (nodes["redis"]["display_name"], nodes["redis"]["team"]) == ("Carts' cache", "platform")


def _traces_and_lines_are_found_by_any_name(shop: Server) -> None:
    """A search for a service finds what each of its names sent, and calls it as the catalog does."""
    for name in NAMES:
        listed = shop.get("/traces", service=name)["items"]
        assert [one["root_service"] for one in listed] == ["checkout"] * 3
        lines = shop.get("/logs", where=f"service={name}")["items"]
        assert [line["service"] for line in lines] == ["checkout"] * 3
    assert {span["service"] for span in shop.get(f"/traces/{'01' * 16}")["spans"]} == {"checkout"}
    facets = {one["field"]: one["values"] for one in shop.get("/logs/facets")["items"]}
    assert [(one["value"], one["lines"]) for one in facets["service"]] == [("checkout", 3)]


def _an_sli_counts_whole_aliases(shop: Server) -> None:
    """Also what was stored before the alias; a pattern joins what is read, not what is counted."""
    counted = shop.get("/objectives/orders/contributors")
    assert counted["bad"] == 2
    assert [(one["service"], one["bad"]) for one in counted["items"]] == [("redis", 2)]
    exemplars = shop.get("/objectives/orders/exemplars")["items"]
    assert {one["path"] for one in exemplars} == {"checkout → redis"}


def _changes_and_objectives_are_of_the_service(shop: Server) -> None:
    """What was deployed under an alias is on the service's charts, and lists take any of its names."""
    shop.made.changes.record(
        kind=ChangeKind.DEPLOY, summary="v2", actor="test", service="checkout-v2", version="2"
    )
    shop.clock.advance(timedelta(seconds=1))
    for name in NAMES:
        assert [one["service"] for one in shop.get("/changes", service=name)["items"]] == ["checkout"]
        assert [one["name"] for one in shop.get("/objectives", service=name)["items"]] == ["orders"]
        assert [mark["label"] for mark in shop.get(f"/services/{name}/series")["marks"]] == ["checkout 2: v2"]


def _commands_take_any_name(shop: Server, run: Run) -> None:
    """The terminal says what the API says."""
    listed = json.loads(run("service", "ls", "-o", "json").out)["items"]
    assert [one["name"] for one in listed] == ["checkout", "redis"]
    assert "checkout" in run("service", "show", "checkout-v2").out
    assert len(json.loads(run("trace", "ls", "--service", "checkoutservice", "-o", "json").out)["items"]) == 3
