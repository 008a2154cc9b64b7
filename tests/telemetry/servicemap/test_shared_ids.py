"""Calls whose spans share an id are on the map as those whose spans have ids of their own."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.telemetry.otlp_builders import T0, TraceRequest, of_service, span, traces
from tests.telemetry.servicemap.map_world import Flavours, shared_worlds
from tests.telemetry.servicemap.test_joining import BOTH_STATEMENTS, FEW_LARGE, World, by_hand

from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

TRACE, CALL, INNER = b"t" * 16, b"call----", b"inner---"
ENVOY = {"component": "proxy", "upstream_cluster": "outbound|80||pay"}
SIDECAR = {"component": "proxy", "upstream_cluster": "inbound|80||"}


@pytest.fixture
def world(warehouse: ChdbWarehouse, tmp_path: Path) -> World:
    """An empty world at 12:00:30."""
    return World(warehouse, tmp_path)


def _of(service: str, kind: str, span_id: bytes = CALL, parent: bytes = b"", **given: object) -> TraceRequest:
    """Return one span of the trace."""
    one = span(kind=kind, at=T0 + 3, trace_id=TRACE, span_id=span_id, parent=parent, **given)  # type: ignore[arg-type]  # passed on
    return traces(of_service(service, [one]))


def _drawn(world: World, *requests: TraceRequest) -> dict[tuple[str, str, str, str], int]:
    """Store spans, each in a batch of its own, join after each, and return the calls of each edge."""
    for request in requests:
        world.store(request)
        world.joiner.turn()
    world.settle()
    return {(key[1], key[2], key[5], key[6]): sums[0] for key, sums in world.edges().items()}


CALLER = _of("cart", "client", attributes={"peer.service": "pay"})
CALLEE = _of("pay", "server")
PAID = {("service", "cart", "service", "pay"): 1}


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        ((CALLER, CALLEE), PAID),
        ((CALLEE, CALLER), PAID),
        ((CALLER,), {("service", "cart", "external", "pay"): 1}),
        ((CALLEE,), {("ingress", "", "service", "pay"): 1}),
        ((CALLER, _of("cart", "server")), {("service", "cart", "service", "cart"): 1}),
        ((CALLER, CALLEE, CALLEE), {("service", "cart", "service", "pay"): 2}),
        (
            (CALLER, CALLEE, _of("pay", "client", INNER, CALL), _of("bank", "server", INNER, CALL)),
            {**PAID, ("service", "pay", "service", "bank"): 1},
        ),
        ((CALLER, _of("mesh", "client", attributes=ENVOY), CALLEE), PAID),
        ((CALLER, _of("mesh", "client", attributes=ENVOY), _of("pay", "server", attributes=SIDECAR)), PAID),
        ((CALLER, _of("mesh", "server", attributes=SIDECAR), CALLEE), PAID),
    ],
    ids=[
        "caller and callee",
        "the callee first",
        "a caller alone",
        "a callee alone",
        "a call to itself",
        "two callees of one id",
        "two calls in a row",
        "through a proxy",
        "to a workload that only its sidecar sees",
        "through a sidecar",
    ],
)
def test_a_call_whose_sides_share_an_id(
    world: World, requests: tuple[TraceRequest, ...], expected: dict[tuple[str, str, str, str], int]
) -> None:
    """The map has one edge from caller to callee with one call for each callee, in any order of arrival."""
    assert _drawn(world, *requests) == expected


def test_a_message_whose_sides_share_an_id(world: World) -> None:
    """It goes into its queue once and out of it once, and the queue knows who sent it."""
    queue = {"messaging.system": "kafka", "messaging.destination.name": "orders"}
    sent = _of("cart", "producer", attributes=queue)
    assert _drawn(world, sent, _of("mail", "consumer", attributes=queue)) == {
        ("service", "cart", "queue", "kafka/orders"): 1,
        ("queue", "kafka/orders", "service", "mail"): 1,
    }
    assert {key[9] for key in world.edges()} == {"", "cart"}


@BOTH_STATEMENTS
@settings(FEW_LARGE, max_examples=2)
@given(data=st.data())
def test_edges_are_those_of_the_same_spans_with_distinct_ids(
    world: World, flavours: Flavours, data: st.DataObject
) -> None:
    """Calls, errors, retries and latencies are equal on every edge, over proxies and queues too."""
    world.forget()
    distinct, shared = data.draw(shared_worlds(flavours))
    for request in shared:
        world.store(request)
        world.joiner.turn()
    world.settle()
    assert world.edges() == by_hand(distinct)
