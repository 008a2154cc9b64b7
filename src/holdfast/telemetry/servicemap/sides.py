"""One narrow row for each side of a call, made as spans are inserted, for joining the map.

A call has two spans, a client's and a server's, which arrive in different batches and at different times. A
materialized view keeps their narrow sides for some hours, ordered by role and time, so that joining ten
seconds of calls reads kilobytes where the spans themselves would be gigabytes.

Attribute names of all generations are read: today's semantic conventions, those before (`db.system`,
`net.peer.name`, `messaging.destination`, `peer.service`), and those of Envoy and Istio, whose proxies write
spans of their own around every call.
"""

import re

from holdfast.telemetry.identity.columns import PLACED, PLACED_COLUMNS
from holdfast.telemetry.identity.parties import PARTY, PARTY_KIND, any_of, staged
from holdfast.telemetry.spans.latency_buckets import BUCKET
from holdfast.telemetry.spans.operation_names import folded
from holdfast.telemetry.spans.peer_names import INBOUND
from holdfast.telemetry.spans.response_flags import FAILING

SIDES_KEPT_HOURS = 6
"""How long a side waits for its other side; spans that arrive later are not on the map."""

LINKS_MOST = 128
"""Most links of one consumer that are followed: a batch of messages has one link for each."""

ROLES = ("internal", "server", "client", "producer", "consumer", "proxy", "proxy_in")
"""The roles of a span in a call; `proxy_in` is a sidecar's span of an incoming call of its workload."""

NODE_KINDS = ("service", "ingress", "unknown", "database", "cache", "queue", "external")

RETRY, PROXY_MADE, CLIENT_4XX = 1, 2, 4
"""Flags of a side: it repeats an earlier attempt; a proxy made the response; the response was a 4xx."""


def enum8(names: tuple[str, ...]) -> str:
    """Return the engine's type of one of `names`."""
    return "Enum8(" + ", ".join(f"'{name}' = {number}" for number, name in enumerate(names)) + ")"


def _listed(values: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"


_CLUSTER = any_of("upstream_cluster", "upstream_cluster.name")
_PROXY_KEYS = ("upstream_cluster", "upstream_cluster.name", "istio.canonical_service")
_IS_PROXY = f"hasAny(mapKeys(known), {list(_PROXY_KEYS)}) OR known['component'] = 'proxy'"
_KINDS = "['Internal', 'Server', 'Client', 'Producer', 'Consumer']"
_IS_INBOUND = " OR ".join(f"startsWith(cluster, '{beginning}')" for beginning in INBOUND)
_ROLE = (
    f"multiIf(is_proxy, if({_IS_INBOUND}, 'proxy_in', 'proxy'), "
    f"transform(toString(SpanKind), {_KINDS}, ['internal', 'server', 'client', 'producer', 'consumer'], "
    "'internal'))"
)

_ATTEMPT = "http.request.header.x-envoy-attempt-count"
_RESENT = any_of("http.request.resend_count", "http.resend_count", "retry.count")
_IS_RETRY = (
    f"(SpanKind = 'Client' AND toUInt32OrZero({_RESENT}) > 0) "
    # A captured header is a list, stored as `["2"]`.
    f"OR (SpanKind = 'Server' AND toUInt32OrZero(extract(known['{_ATTEMPT}'], '[0-9]+')) > 1)"
)
_IS_PROXY_MADE = f"is_proxy AND hasAny(splitByChar(',', known['response_flags']), {list(FAILING)})"
_STATUS = any_of("http.response.status_code", "http.status_code")
_IS_4XX = f"SpanKind = 'Client' AND match({_STATUS}, '^4[0-9][0-9]$')"
_FLAGS = f"toUInt8(({_IS_RETRY}) * {RETRY} + ({_IS_PROXY_MADE}) * {PROXY_MADE} + ({_IS_4XX}) * {CLIENT_4XX})"
_LINKS = (
    "if(SpanKind = 'Consumer', arrayMap((t, s) -> cityHash64(t, s), "
    f"arraySlice(`Links.TraceId`, 1, {LINKS_MOST}), arraySlice(`Links.SpanId`, 1, {LINKS_MOST})), [])"
)

SIDE_COLUMNS = f"""
    Slice DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    Role {enum8(ROLES)},
    Key UInt64, ParentKey UInt64 CODEC(ZSTD(1)), LinkKeys Array(UInt64) CODEC(ZSTD(1)),
    Service LowCardinality(String), Zone LowCardinality(String), Version LowCardinality(String),
    PeerKind {enum8(NODE_KINDS)}, Peer LowCardinality(String),
    Weight UInt32 CODEC(T64, ZSTD(1)), IsError UInt8 CODEC(ZSTD(1)), Bucket UInt8 CODEC(ZSTD(1)),
    Flags UInt8 CODEC(ZSTD(1)), Stored DateTime('UTC') DEFAULT now() CODEC(Delta(4), ZSTD(1)),
    {", ".join(PLACED_COLUMNS)}"""


_COLUMNS = (
    "Timestamp, TraceId, SpanId, ParentSpanId, SpanKind, ServiceName, Duration, Weight, IsError, Zone, "
    f"Version, {', '.join(PLACED)}, `Links.TraceId`, `Links.SpanId`"
)
_NAMED = re.compile(r"known\['([^']+)'\]")


def sides_select(spans: str) -> str:
    """Return the query that turns spans into sides of calls."""
    return _with_known(f"{_SELECTED} FROM ({staged(f'{_PROXIED} FROM ({_KNOWN})')})", spans, _COLUMNS)


def answers_select(spans: str) -> str:
    """Return the query for the calls that spans made: of whom, for what, and what was answered.

    Hops of the mesh are omitted: the caller's own span says how its call ended.
    """
    select = f"{_ANSWERED} FROM ({staged(f'{_PROXIED} FROM ({_KNOWN})')}) WHERE NOT is_proxy"
    return _with_known(select, spans, f"SpanName, {_COLUMNS}")


def _with_known(select: str, spans: str, columns: str) -> str:
    # A look-up compares every key of the span, and there are fifty look-ups: among the few attributes they
    # need, selected by one pass, they take a quarter of the time.
    keys = sorted({*_NAMED.findall(select), *_PROXY_KEYS})
    known = f"mapFilter((k, v) -> k IN {_listed(tuple(keys))}, SpanAttributes) AS known"
    return select.replace(_KNOWN, f"SELECT {columns}, {known} FROM {spans}")


_PROXIED = f"SELECT *, ({_IS_PROXY}) AS is_proxy, if(is_proxy, {_CLUSTER}, '') AS cluster"
_KNOWN = "<spans with the attributes that are known>"
_SELECTED = (
    "SELECT toStartOfInterval(toDateTime(Timestamp, 'UTC'), INTERVAL 10 SECOND) AS Slice, "
    f"{_ROLE} AS Role, cityHash64(TraceId, SpanId) AS Key, "
    "if(ParentSpanId = '', 0, cityHash64(TraceId, ParentSpanId)) AS ParentKey, "
    f"{_LINKS} AS LinkKeys, ServiceName AS Service, Zone, Version, {', '.join(PLACED)}, "
    f"{PARTY_KIND} AS PeerKind, {PARTY} AS Peer, Weight, IsError, "
    f"{BUCKET} AS Bucket, {_FLAGS} AS Flags"
)

_GRPC = any_of("rpc.response.status_code", "rpc.grpc.status_code")
_REASON = any_of("error.type", "exception.type", "db.response.status_code")
_ANSWER = (
    f"multiIf({_STATUS} != '', {_STATUS}, {_GRPC} != '', concat('gRPC ', {_GRPC}), "
    f"{_REASON} != '', {_REASON}, IsError, 'no reason named', 'answered')"
)
_ANSWERED = (
    f"SELECT ServiceName AS Service, Namespace, Environment, {folded('SpanName')} AS Operation, "
    f"{_ANSWER} AS Answer, {PARTY_KIND} AS PeerKind, {PARTY} AS Peer, Weight, IsError, {BUCKET} AS Bucket"
)
