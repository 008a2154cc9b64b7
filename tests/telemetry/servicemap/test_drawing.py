"""What one drawing of the map holds: so many nodes and bytes, and every call."""

from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.otlp_builders import T0

from holdfast.telemetry.servicemap.model import EdgeRow, NodeKey, drawn

CALLS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 9)), max_size=60)


def _edge(caller: str, callee: NodeKey, calls: int, *origins: str) -> EdgeRow:
    return EdgeRow(NodeKey("service", caller), callee, origins, calls, 0, 0, 0, ((3, calls),), T0)


@given(CALLS, st.integers(2, 9))
def test_a_drawing_loses_no_call(found: list[tuple[int, int, int]], most: int) -> None:
    """The calls of the nodes that are drawn and of `other` are all; what the catalog names comes first."""
    edges = [_edge(f"s{one}", NodeKey("database", f"d{two}"), calls) for one, two, calls in found]
    kept = drawn(edges, {"s0"}, nodes_most=most, bytes_most=900_000)
    assert sum(edge.calls for edge in kept) == sum(edge.calls for edge in edges)
    assert sum(size for edge in kept for _, size in edge.latency) == sum(edge.calls for edge in edges)
    nodes = {key for edge in kept for key in (edge.caller, edge.callee) if key.name != "other"}
    assert len(nodes) <= most
    if any(edge.caller.name == "s0" for edge in edges):
        assert NodeKey("service", "s0") in nodes


@given(st.lists(st.text(min_size=1, max_size=400), max_size=40, unique=True), st.integers(0, 20_000))
def test_a_drawing_is_bounded_in_bytes(names: list[str], most_bytes: int) -> None:
    """What is drawn by its own name, written out, takes no more bytes than asked for."""
    edges = [_edge("front", NodeKey("external", name), 1, name) for name in names]
    kept = drawn(edges, (), nodes_most=500, bytes_most=most_bytes)
    own = [edge for edge in kept if edge.callee.name != "other"]
    assert sum(420 + len((edge.callee.name * 3).encode()) for edge in own) <= most_bytes


@given(CALLS)
def test_a_small_map_is_drawn_as_it_is(found: list[tuple[int, int, int]]) -> None:
    """Where all fits, nothing is between `other`."""
    edges = [_edge(f"s{one}", NodeKey("database", f"d{two}"), calls) for one, two, calls in found]
    kept = drawn(edges, (), nodes_most=500, bytes_most=900_000)
    assert not {"other"} & {key.name for edge in kept for key in (edge.caller, edge.callee)}
