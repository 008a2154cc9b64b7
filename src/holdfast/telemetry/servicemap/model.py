"""The words of the map: nodes, edges and what is asked of them; and how rows become a graph. Pure."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from holdfast.telemetry.model import Percentiles
from holdfast.telemetry.name_caps import OTHER
from holdfast.telemetry.sketch import percentiles

Sketch = tuple[tuple[int, int], ...]
"""Counts by latency bucket, as `telemetry.sketch` numbers them."""

SERVICE, INGRESS, UNKNOWN, EXTERNAL = "service", "ingress", "unknown", "external"
UNNAMED = "unnamed"
"""What is called where no attribute says its name."""


@dataclass(frozen=True, slots=True, order=True)
class NodeKey:
    """What a node is, one of `halves.NODE_KINDS`, and its name; `ingress` and `unknown` have none."""

    kind: str
    name: str

    @property
    def id(self) -> str:
        """One word for it, the same in every answer: `service/cart`, `database/postgresql/orders`."""
        return f"{self.kind}/{self.name}" if self.name else self.kind


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """Calls from one node to another over a range.

    `errors` were made by the application, `proxy_errors` by the mesh between the two; no call is in both.
    `retries` are those of `calls` that repeated an earlier attempt. `origins` are the services whose messages
    were taken, where a queue is the caller. `first_epoch` is the start of the earliest slice or block.
    """

    caller: NodeKey
    callee: NodeKey
    origins: tuple[str, ...]
    calls: int
    errors: int
    proxy_errors: int
    retries: int
    latency: Sketch
    first_epoch: int

    def percentiles(self) -> Percentiles:
        """Return p50, p90 and p99 of its calls, as its caller saw them where the caller tells."""
        return percentiles([_buckets(self.latency)])


@dataclass(frozen=True, slots=True)
class Filters:
    """Which calls to count: with either end in the zone, either end of the version; empty for all.

    With a `service`, only the nodes that many steps away from it, up and down, are shown.
    """

    zone: str = ""
    version: str = ""
    service: str = ""
    steps: int = 1


@dataclass(frozen=True, slots=True)
class Handled:
    """What came in at a node: its calls, how they ended, and how long they took."""

    calls: int
    errors: int
    proxy_errors: int
    latency: Percentiles


def graph(rows: Iterable[EdgeRow]) -> list[EdgeRow]:
    """Return edges with what is one thing under one key, busiest first.

    A call that never reached its service is told by the caller alone, who knows a name but not what bears it:
    if a service of that name is on the map, it is that one. A mesh calls workloads by their namespaces too,
    `reviews.default`, and their callers say `reviews`: if there is one such workload only, it is that one.
    """
    edges = list(rows)
    services = _by_name(edges)
    merged: dict[tuple[NodeKey, NodeKey], EdgeRow] = {}
    for edge in edges:
        edge = replace(edge, callee=_known(edge.callee, services))
        key = (edge.caller, edge.callee)
        merged[key] = _added(merged[key], edge) if key in merged else edge
    return sorted(merged.values(), key=lambda edge: (-edge.calls, edge.caller, edge.callee))


def _by_name(edges: Iterable[EdgeRow]) -> dict[str, str]:
    """Return each service on the map by what callers may call it."""
    names = {
        key.name for edge in edges for key in (edge.caller, edge.callee) if key.kind == SERVICE and key.name
    }
    workloads = {name: name.split(".")[0] for name in names if name.count(".") == 1}
    of_that_name = Counter(workloads.values())
    found = {short: name for name, short in workloads.items() if of_that_name[short] == 1}
    return found | {name: name for name in names}


def _known(key: NodeKey, services: Mapping[str, str]) -> NodeKey:
    if key.kind != EXTERNAL:
        return key
    if key.name in services:
        return NodeKey(SERVICE, services[key.name])
    return key if key.name else NodeKey(EXTERNAL, UNNAMED)


def _added(one: EdgeRow, other: EdgeRow) -> EdgeRow:
    latency = dict(one.latency)
    for bucket, size in other.latency:
        latency[bucket] = latency.get(bucket, 0) + size
    return EdgeRow(
        one.caller,
        one.callee,
        tuple(sorted({*one.origins, *other.origins})),
        one.calls + other.calls,
        one.errors + other.errors,
        one.proxy_errors + other.proxy_errors,
        one.retries + other.retries,
        tuple(sorted(latency.items())),
        min(one.first_epoch, other.first_epoch),
    )


def drawn(
    edges: Iterable[EdgeRow], named: Collection[str], *, nodes_most: int, bytes_most: int
) -> list[EdgeRow]:
    """Return as many edges as one drawing holds, and all others between nodes called `other`.

    Edges of the services in `named` come first, then those with most calls; none of the calls is lost.
    """
    nodes: set[NodeKey] = set()
    kept: list[EdgeRow] = []
    rest: list[EdgeRow] = []
    left = bytes_most
    for edge in sorted(edges, key=lambda edge: not {edge.caller.name, edge.callee.name} & set(named)):
        ends = {edge.caller, edge.callee}
        size = _written_bytes(edge) + sum(_NODE_BYTES + 2 * _length(end.name) for end in ends - nodes)
        if len(nodes | ends) > nodes_most or size > left:
            rest.append(edge)
            continue
        kept.append(edge)
        nodes |= ends
        left -= size
    return graph(
        [*kept, *(replace(edge, caller=_other(edge.caller), callee=_other(edge.callee)) for edge in rest)]
    )


_EDGE_BYTES, _NODE_BYTES = 420, 380
"""What an edge and a node take in an answer, their names apart."""


def _written_bytes(edge: EdgeRow) -> int:
    names = 2 * (_length(edge.caller.name) + _length(edge.callee.name))
    return _EDGE_BYTES + names + sum(_length(name) + 3 for name in edge.origins)


def _length(name: str) -> int:
    return len(json.dumps(name))


def _other(key: NodeKey) -> NodeKey:
    return NodeKey(key.kind, OTHER) if key.name else key


def around(edges: Iterable[EdgeRow], service: str, steps: int) -> list[EdgeRow]:
    """Return the edges within so many steps up or down from a service, never around a corner.

    What else calls the database of a service is not in its neighbourhood.
    """
    all_edges = list(edges)
    centre = NodeKey(SERVICE, service)
    down = _reached(centre, steps, {}, all_edges, forward=True)
    up = _reached(centre, steps, {}, all_edges, forward=False)
    return [
        edge
        for edge in all_edges
        if down.get(edge.caller, steps) < steps or up.get(edge.callee, steps) < steps
    ]


def _reached(
    centre: NodeKey, steps: int, known: Mapping[NodeKey, int], edges: list[EdgeRow], *, forward: bool
) -> dict[NodeKey, int]:
    found = {**known, centre: 0}
    for step in range(1, steps + 1):
        for edge in edges:
            near, far = (edge.caller, edge.callee) if forward else (edge.callee, edge.caller)
            if found.get(near) == step - 1 and far not in found:
                found[far] = step
    return found


def handled(edges: Iterable[EdgeRow]) -> dict[NodeKey, Handled]:
    """Return every node of the edges with what came in at it; nothing did at one that only calls."""
    coming: dict[NodeKey, list[EdgeRow]] = {}
    for edge in edges:
        coming.setdefault(edge.caller, [])
        coming.setdefault(edge.callee, []).append(edge)
    return {
        key: Handled(
            sum(edge.calls for edge in into),
            sum(edge.errors for edge in into),
            sum(edge.proxy_errors for edge in into),
            percentiles(_buckets(edge.latency) for edge in into),
        )
        for key, into in coming.items()
    }


def _buckets(latency: Sketch) -> tuple[list[int], list[int]]:
    return [bucket for bucket, _ in latency], [size for _, size in latency]
