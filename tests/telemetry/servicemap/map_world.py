"""Generated traces for the map's tests: small trees of spans of every kind, in few words.

Joining the map takes the engine as long for one world as for several, so tests join neighbours: worlds with
slices and traces of their own.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.telemetry.otlp_builders import T0, TraceRequest, of_service, span, traces
from tests.telemetry.servicemap import map_twin

SERVICES = ("cart", "pay", "envoy-a")
_ISTIO = {"istio.canonical_service": "cart"}


def _envoy(cluster: str, flags: str = "-") -> dict[str, str]:
    return {"component": "proxy", "upstream_cluster": cluster, "response_flags": flags}


FLAVOURS: tuple[tuple[str, dict[str, str]], ...] = (
    ("server", {}),
    ("server", {}),
    ("server", {"http.response.status_code": "503"}),
    ("server", {"http.request.header.x-envoy-attempt-count": '["2"]'}),
    ("internal", {}),
    ("client", {"server.address": "pay"}),
    ("client", {"server.address": "pay.default.svc.cluster.local"}),
    ("client", {"server.address": "API.Stripe.com.:443"}),
    ("client", {"peer.service": "Company.Orders"}),
    ("client", {"peer.service": "stripe", "http.status_code": "404"}),
    ("client", {"net.peer.name": "10.0.0.7", "http.status_code": "500"}),
    ("client", {"server.address": "pay:8080", "http.request.resend_count": "1"}),
    ("client", {"db.system.name": "postgresql", "db.namespace": "orders"}),
    ("client", {"db.system": "redis", "db.name": "0"}),
    ("client", {"db.system": "redis", "server.address": "redis-cart"}),
    ("producer", {"messaging.system": "nats", "messaging.destination.name": "orders"}),
    ("producer", {"messaging.system": "kafka", "messaging.destination": "mail-8734"}),
    ("producer", {}),
    ("consumer", {"messaging.system": "nats", "messaging.destination.name": "orders"}),
    ("consumer", {}),
    ("client", _envoy("pay")),
    ("client", {**_envoy("pay"), "retry.count": "1"}),
    ("server", {**_envoy("cart", "UH"), "http.status_code": "503"}),
    ("client", {**_envoy("pay", "UT,URX"), "http.status_code": "504"}),
    ("server", {**_envoy("inbound|80||"), **_ISTIO}),
    ("client", {**_envoy("outbound|80|v1|pay.default.svc.cluster.local"), **_ISTIO}),
    ("server", {**_envoy("InboundPassthroughCluster"), **_ISTIO}),
    ("client", {"upstream_cluster.name": "outbound|443||api.stripe.com;", **_ISTIO}),
    ("client", {**_envoy("PassthroughCluster"), "http.url": "https://api.stripe.com:8443/v1/charges?n=1"}),
    ("client", _envoy("-", "NR")),
)
Flavours = Sequence[tuple[str, dict[str, str]]]
WITHOUT_PROXIES = [
    one for one in FLAVOURS if not one[1].keys() & {"upstream_cluster", "upstream_cluster.name"}
]
NEIGHBOURS = 6
APART_SECONDS = 30
"""Between the beginnings of two neighbours, which are shorter; the last one begins at T0."""
TRACE_STATES = ("", "", "", "ot=th:c", "ot=th:b33333333333")
WHERE = (
    {},
    {},
    {"environment": "prod"},
    {"environment": " Prod", "namespace": "billing", "region": "eu"},
    {"environment": "default", "namespace": "default", "region": "us"},
)
Placed = tuple[str, str, str, dict[str, str], Span]


@st.composite
def _trace(draw: Any, neighbour: int, flavours: Flavours) -> list[Placed]:
    """One trace: each span is a child of an earlier one, of nobody, or of one that is never sent."""
    trace_id = draw(st.binary(min_size=15, max_size=15)) + bytes([neighbour])
    found: list[Placed] = []
    ids = draw(st.lists(st.binary(min_size=8, max_size=8), min_size=1, max_size=12, unique=True))
    for number, span_id in enumerate(ids):
        parents = [b"", b"missing!", *ids[:number], *ids[max(0, number - 1) : number] * 6]
        kind, attributes = draw(st.sampled_from(flavours))
        one = span(
            "work",
            kind=kind,
            at=T0 - neighbour * APART_SECONDS + draw(st.sampled_from([0, 0, 0.3, 9.9, 10, 24])),
            milliseconds=draw(st.sampled_from([0, 3, 47, 900])),
            status=draw(st.sampled_from(["unset", "unset", "unset", "ok", "error"])),
            attributes=attributes,
            trace_id=trace_id,
            span_id=span_id,
            parent=draw(st.sampled_from(parents)),
            trace_state=draw(st.sampled_from(TRACE_STATES)),
        )
        found.append(
            (
                draw(st.sampled_from(SERVICES)),
                draw(st.sampled_from(["", "a", "b"])),
                draw(st.sampled_from(["", "1"])),
                draw(st.sampled_from(WHERE)),
                one,
            )
        )
    return found


@st.composite
def _world(draw: Any, number: int, flavours: Flavours) -> list[TraceRequest]:
    """Spans of several traces, messages linked across them, shuffled and split into batches."""
    one_trace = _trace(number, flavours)
    several = st.lists(one_trace, min_size=1, max_size=8, unique_by=lambda trace: trace[0][4].trace_id)
    every = [placed for trace in draw(several) for placed in trace]
    producers = [one for *_, one in every if one.kind == Span.SPAN_KIND_PRODUCER]
    for *_, one in every:
        if one.kind == Span.SPAN_KIND_CONSUMER and producers:
            for producer in draw(st.lists(st.sampled_from(producers), max_size=4)):
                one.links.add(trace_id=producer.trace_id, span_id=producer.span_id)
    shuffled = draw(st.permutations(every))
    cuts = sorted(draw(st.lists(st.integers(0, len(shuffled)), max_size=2)))
    batches = [shuffled[start:end] for start, end in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]
    return [
        traces(
            *(
                of_service(service, [one], zone=zone, version=version, **where)
                for service, zone, version, where, one in batch
            )
        )
        for batch in batches
        if batch
    ]


@st.composite
def worlds(draw: Any, flavours: Flavours = FLAVOURS) -> list[TraceRequest]:
    """Batches of neighbours: first the first batch of each world, then the second of each, then the third."""
    each = [draw(_world(number, flavours)) for number in range(NEIGHBOURS)]
    found = [_together(batches) for batches in zip_longest(*each, fillvalue=TraceRequest())]
    found[0].MergeFrom(_no_gaps())
    return found


def _together(batches: Sequence[TraceRequest]) -> TraceRequest:
    found = TraceRequest()
    for one in batches:
        found.MergeFrom(one)
    return found


def _no_gaps() -> TraceRequest:
    """A span that calls nobody in each slice before T0, so that one statement joins all of them."""
    slices = range(T0 - APART_SECONDS * (NEIGHBOURS - 1), T0, 10)
    return traces(of_service("cart", [span("work", kind="internal", at=at) for at in slices]))


PLACES = {"client": 0, "producer": 0, "proxy": 1, "proxy_in": 2, "server": 3, "consumer": 3}


@st.composite
def shared_worlds(draw: Any, flavours: Flavours = FLAVOURS) -> tuple[list[TraceRequest], list[TraceRequest]]:
    """Batches with an id for every span, and the same with ids that go on along a call, as B3 sends them."""
    distinct = draw(worlds(flavours))
    for one in _spans(distinct):
        # At other thresholds a span's weight depends on its id.
        one.trace_state = "ot=th:c" if one.trace_state else ""
    first = _goes_on(draw, distinct)
    shared = [TraceRequest.FromString(request.SerializeToString()) for request in distinct]
    parents = {(one.trace_id, one.span_id): one.parent_span_id for one in _spans(shared)}
    for one in _spans(shared):
        begun_by = first.get((one.trace_id, one.span_id), one.span_id)
        above = parents[one.trace_id, begun_by]
        one.span_id, one.parent_span_id = begun_by, first.get((one.trace_id, above), above)
    return distinct, shared


def _goes_on(draw: Any, requests: list[TraceRequest]) -> dict[tuple[bytes, bytes], bytes]:
    """Choose calls whose next span goes on with the id: for each such span, the first one of that id."""
    halves = [half for request in requests for half in map_twin.halves_of(request)]
    below: dict[Any, list[map_twin.Half]] = defaultdict(list)
    for half in halves:
        below[half.parent].append(half)
    found: dict[tuple[bytes, bytes], bytes] = {}
    waiting = [(half, half.key[1]) for half in halves if half.parent is None or half.parent[1] == b"missing!"]
    while waiting:
        half, begun_by = waiting.pop()
        found[half.key] = begun_by
        inner = [one for one in below[half.key] if one.role != "internal"]
        place = PLACES.get(half.role, 4)
        # With a second child it would not be clear whose child that is.
        is_next = len(inner) == 1 and PLACES[inner[0].role] > place and draw(st.booleans())
        waiting += [(one, begun_by if is_next and one in inner else one.key[1]) for one in below[half.key]]
    return found


def _spans(requests: list[TraceRequest]) -> list[Span]:
    return [
        one
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for one in scope.spans
    ]
