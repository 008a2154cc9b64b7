"""The model of the map: nodes, edges and filters; and how rows become a graph. Pure."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from holdfast.telemetry.identity.model import EVERYWHERE, PlaceFilter, ServiceId, labels
from holdfast.telemetry.identity.parties import STORES, is_named, unnamed, without_port
from holdfast.telemetry.model import Percentiles
from holdfast.telemetry.spans.latency_buckets import percentiles
from holdfast.telemetry.warehouse.name_caps import OTHER

Sketch = tuple[tuple[int, int], ...]
"""Counts by latency bucket, as `telemetry.spans.latency_buckets` numbers them."""

SERVICE, INGRESS, UNKNOWN, EXTERNAL = "service", "ingress", "unknown", "external"


@dataclass(frozen=True, slots=True, order=True)
class NodeKey:
    """A node's identity: its kind, of `sides.NODE_KINDS`, its name, and where it runs.

    `ingress` and `unknown` have no name. What sends no spans is of the environment of those who call it.
    """

    kind: str
    name: str
    namespace: str = ""
    environment: str = ""

    @property
    def id(self) -> str:
        """Its id, the same in every response: `service/cart`, `service/cart?environment=staging`."""
        where = {"environment": self.environment, "namespace": self.namespace}
        given = "&".join(f"{key}={quote(value, safe='')}" for key, value in where.items() if value)
        written = f"{self.kind}/{self.name}" if self.name else self.kind
        return f"{written.replace('%', '%25').replace('?', '%3F')}?{given}" if given else written

    @property
    def written(self) -> str:
        """Its name with its namespace, if it has one."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def service(self) -> ServiceId:
        """Its identity without the kind."""
        return ServiceId(self.name, self.namespace, self.environment)


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """Calls from one node to another over a range.

    `errors` come from the application, `proxy_errors` from the mesh between the two; no call is in both.
    `retries` are the `calls` that repeated an earlier attempt. If the caller is a queue, `origins` are the
    services whose messages were taken. `first_epoch` is the start of the earliest slice or block.
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
        """Return p50, p90 and p99 of its calls, as measured by the caller if it sent a span."""
        return percentiles([_buckets(self.latency)])


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a map: calls with either end in the scope, in the zone, of the version; empty for all.

    With a `service`, only the nodes up to `steps` away from it, up and down, are shown.
    """

    scope: PlaceFilter = EVERYWHERE
    zone: str = ""
    version: str = ""
    service: str = ""
    steps: int = 1


@dataclass(frozen=True, slots=True)
class Handled:
    """The calls a node received: their number, errors and latency."""

    calls: int
    errors: int
    proxy_errors: int
    latency: Percentiles


@dataclass(frozen=True, slots=True)
class Part:
    """Calls to or from one zone or version, empty if spans name none."""

    name: str
    calls: int
    errors: int
    proxy_errors: int


@dataclass(frozen=True, slots=True)
class PartRow:
    """Calls to the services of one zone and version over a range."""

    callee: NodeKey
    zone: str
    version: str
    calls: int
    errors: int
    proxy_errors: int


def parted(
    rows: Iterable[PartRow], by: Callable[[PartRow], str], called: Callable[[str], str] = str
) -> "PartsOfNodes":
    """Return the zones or versions of every node, in order of name."""
    found: dict[NodeKey, dict[str, Part]] = {}
    for row in rows:
        of_node = found.setdefault(replace(row.callee, name=called(row.callee.name)), {})
        old = of_node.get(by(row), Part(by(row), 0, 0, 0))
        of_node[old.name] = Part(
            old.name,
            old.calls + row.calls,
            old.errors + row.errors,
            old.proxy_errors + row.proxy_errors,
        )
    return {key: tuple(part for name, part in sorted(parts.items()) if name) for key, parts in found.items()}


PartsOfNodes = Mapping[NodeKey, tuple[Part, ...]]
"""The zones, or the versions, of nodes; none that are empty."""

Called = Callable[[str], str]
"""Returns what a service or party is called, by any name telemetry has for it."""


def graph(rows: Iterable[EdgeRow], called: Called = str) -> list[EdgeRow]:
    """Return edges with one key for each node, busiest first; `called` resolves the names telemetry has.

    A call that never reached its service has only a client span, with a name but no kind: a service of that
    name on the map is taken to be the callee. A mesh names workloads with their namespace, `reviews.default`,
    where callers say `reviews`: the only such workload is taken to be the callee.
    """
    return _summed(resolved(rows, called))


def resolved(rows: Iterable[EdgeRow], called: Called = str) -> list[EdgeRow]:
    """Return one edge for each row, in their order, between the nodes that are meant."""
    sent = list(rows)
    stores = _addressed(sent)
    edges = [_resolved(_at_address(edge, stores), called) for edge in sent]
    services = _by_name(edges)
    return [replace(edge, callee=_known(edge, services)) for edge in edges]


def _summed(edges: Iterable[EdgeRow]) -> list[EdgeRow]:
    """Return one edge for each pair of nodes, busiest first."""
    merged: dict[tuple[NodeKey, NodeKey], EdgeRow] = {}
    for edge in edges:
        key = (edge.caller, edge.callee)
        merged[key] = _added(merged[key], edge) if key in merged else edge
    return sorted(merged.values(), key=lambda edge: (-edge.calls, edge.caller, edge.callee))


def _resolved(edge: EdgeRow, called: Called) -> EdgeRow:
    caller, callee = (replace(key, name=called(key.name)) for key in (edge.caller, edge.callee))
    origins = tuple(sorted({called(one) for one in edge.origins}))
    return replace(edge, caller=caller, callee=callee, origins=origins)


_Named = Mapping[tuple[str, str], Collection[NodeKey]]
"""Services by name and environment."""


def _by_name(edges: Iterable[EdgeRow]) -> _Named:
    """Return the services on the map by the names that callers may use for them, and by environment."""
    services = {
        key for edge in edges for key in (edge.caller, edge.callee) if key.kind == SERVICE and key.name
    }
    found: dict[tuple[str, str], set[NodeKey]] = {}
    for key in services:
        found.setdefault((key.name, key.environment), set()).add(key)
    workloads: dict[tuple[str, str], set[NodeKey]] = {}
    for key in services:
        if key.name.count(".") == 1:
            workloads.setdefault((key.name.split(".")[0], key.environment), set()).add(key)
    return workloads | found


_Addressed = Mapping[tuple[NodeKey, NodeKey], Collection[NodeKey]]
"""The stores that a caller addresses, by the caller and the store without its address."""


def _addressed(edges: Iterable[EdgeRow]) -> _Addressed:
    found: dict[tuple[NodeKey, NodeKey], set[NodeKey]] = {}
    for edge in edges:
        of_store, at, _ = edge.callee.name.partition("@")
        if edge.callee.kind in STORES and at:
            found.setdefault((edge.caller, replace(edge.callee, name=of_store)), set()).add(edge.callee)
    return found


def _at_address(edge: EdgeRow, stores: _Addressed) -> EdgeRow:
    """Return an edge to the store that is meant where a span says `redis` alone: the only one addressed.

    Some libraries do not say which, and no span of before names had addresses did.
    """
    meant = stores.get((edge.caller, edge.callee), ())
    return replace(edge, callee=next(iter(meant))) if len(meant) == 1 else edge


def _known(edge: EdgeRow, services: _Named) -> NodeKey:
    """Return the callee, or the service that is meant: the only one of its name in its environment.

    Of several, the one in the caller's namespace is meant.
    """
    key = edge.callee
    if key.kind != EXTERNAL:
        return key
    if not is_named(key.name):
        return replace(key, name=unnamed(key.name, edge.caller.written))
    names = (key.name, without_port(key.name))
    named = next((found for name in names if (found := services.get((name, key.environment)))), ())
    if len(named) > 1:
        named = [one for one in named if one.namespace == edge.caller.namespace]
    return next(iter(named)) if len(named) == 1 else key


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
    """Return as many edges as fit into one drawing, and all others between nodes named `other`.

    Edges of the services in `named` come first, then those with most calls; no call is lost.
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
    return _summed(
        [*kept, *(replace(edge, caller=_other(edge.caller), callee=_other(edge.callee)) for edge in rest)]
    )


_EDGE_BYTES, _NODE_BYTES = 420, 380
"""Bytes of an edge and of a node in a response, without their names."""


def _written_bytes(edge: EdgeRow) -> int:
    names = 2 * (_length(edge.caller.name) + _length(edge.callee.name))
    return _EDGE_BYTES + names + sum(_length(name) + 3 for name in edge.origins)


def _length(name: str) -> int:
    return len(json.dumps(name))


def _other(key: NodeKey) -> NodeKey:
    return NodeKey(key.kind, OTHER) if key.name else key


def labelled(keys: Collection[NodeKey]) -> dict[NodeKey, str]:
    """Return what each node is called on a map: its name, with what distinguishes it from others of its kind.

    A store is called without its address while that is the only one of its name.
    """
    found: dict[NodeKey, str] = {}
    for kind in {key.kind for key in keys}:
        of_kind = [key for key in keys if key.kind == kind]
        stores = Counter(_without_address(key) for key in of_kind)
        short = {key: _without_address(key) for key in of_kind}
        named = {key: short[key] if stores[short[key]] == 1 else key.service for key in of_kind}
        written = labels(named.values())
        found |= {key: written[one] for key, one in named.items()}
    return found


def _without_address(key: NodeKey) -> ServiceId:
    return replace(key.service, name=key.name.partition("@")[0] if key.kind in STORES else key.name)


def called(edges: Iterable[EdgeRow], name: str, scope: PlaceFilter) -> set[NodeKey]:
    """Return the services of this name in a scope; without any, what is called so and sends no spans."""
    named = {key for edge in edges for key in (edge.caller, edge.callee) if key.name == name}
    services = {key for key in named if key.kind == SERVICE and scope.covers(key.service)}
    parties = {key for key in named if key.kind != SERVICE}
    return services or {one for one in parties if scope.environment in (None, one.environment)}


def around(edges: Iterable[EdgeRow], centres: Collection[NodeKey], steps: int) -> list[EdgeRow]:
    """Return the edges up to `steps` calls up or down from some nodes, without changes of direction.

    Other callers of a service's database are not in its neighbourhood.
    """
    all_edges = list(edges)
    down = _reached(centres, steps, all_edges, forward=True)
    up = _reached(centres, steps, all_edges, forward=False)
    return [
        edge
        for edge in all_edges
        if down.get(edge.caller, steps) < steps or up.get(edge.callee, steps) < steps
    ]


def _reached(
    centres: Collection[NodeKey], steps: int, edges: list[EdgeRow], *, forward: bool
) -> dict[NodeKey, int]:
    found = dict.fromkeys(centres, 0)
    for step in range(1, steps + 1):
        for edge in edges:
            near, far = (edge.caller, edge.callee) if forward else (edge.callee, edge.caller)
            if found.get(near) == step - 1 and far not in found:
                found[far] = step
    return found


def handled(edges: Iterable[EdgeRow]) -> dict[NodeKey, Handled]:
    """Return every node of the edges with the calls it received; a node that only calls received none."""
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
