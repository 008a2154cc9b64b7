"""Which spans merely carry calls."""

from typing import Any

from holdfast.telemetry.traces.mesh import hops
from holdfast.telemetry.traces.model import Span


def one(span_id: str, parent: str, cluster: str = "", *, kind: str = "server", **given: Any) -> Span:
    """A span; with a cluster, one of a side-car."""
    made: dict[str, str] = {"component": "proxy", "upstream_cluster": cluster} if cluster else {}
    return Span("t", span_id, parent, "reviews", "GET", kind, "", "", 0, 1, "Unset", "", tuple(made.items()))


def test_a_sidecar_stands_for_a_silent_workload() -> None:
    """Where a workload sends no span, that of the call coming in is no hop; the one going out always is."""
    mesh = [one("a", "", "outbound|80||reviews", kind="client"), one("b", "a", "inbound|80||")]
    assert hops(mesh) == {"a"}
    assert hops([*mesh, one("c", "b")]) == {"a", "b"}


def test_what_a_workload_calls_does_not_make_it_speak() -> None:
    """A client span below a side-car's is no answer to the call that came in."""
    assert hops([one("b", "", "inbound|80||"), one("c", "b", kind="client")]) == frozenset()


def test_traffic_that_is_passed_in_counts_as_in() -> None:
    """A call to a port the mesh knows nothing of comes in over a cluster of its own."""
    assert hops([one("b", "", "InboundPassthroughCluster")]) == frozenset()
