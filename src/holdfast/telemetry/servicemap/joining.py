"""The statement that joins the halves of calls into edges, for a stretch of slices.

Every call ends somewhere: at a server or consumer, or in a proxy whose other side nobody told of. From that
end the join climbs, over the spans of proxies, to the first span that is not one: the caller. A call whose
caller is not stored starts outside; a client span no end was found for called something that sends no spans,
a database or a provider. Ends count by attempts, so that each failed try is seen where it failed.

`map_twin` in the tests says the same in plain Python, and is what this is held against.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from holdfast.telemetry.instants import before, since
from holdfast.telemetry.name_caps import LENGTH_MOST, NAME_CAPS, OTHER
from holdfast.telemetry.servicemap.halves import CLIENT_4XX, PROXY_MADE, RETRY
from holdfast.telemetry.servicemap.tables import DIMENSIONS, MEASURES

BEFORE_SECONDS, AFTER_SECONDS = 60, 60
"""How far before and after a slice the other ends of its calls are looked for."""
LINKED_SECONDS = 3600
"""How long a message may have waited in a queue for its producer to be found."""
SKEW_SECONDS = 30
"""How much earlier than its caller a called service's clock may run."""
HOPS_MOST = 4
"""Spans of proxies that are climbed over from one service to the next: two for each of two sidecars."""


def _within(earlier: int, later: int) -> str:
    """Slices from so many seconds before those to join to so many after them."""
    start, end = since("Slice", "from", plus_seconds=-earlier), before("Slice", "to", plus_seconds=later)
    return f"{start} AND {end}"


_NEAR = _within(BEFORE_SECONDS, AFTER_SECONDS)
_HALVES = "holdfast_map_halves"
_PROXIES = f"{_HALVES} WHERE Role IN ('proxy', 'proxy_in') AND {_NEAR}"
_HOPS = f"(SELECT Key, ParentKey, Role, Flags, IsError FROM {_PROXIES})"
PROXIES_QUERY = f"SELECT count() FROM (SELECT 1 FROM {_PROXIES} LIMIT 1)"
"""Whether there are spans of proxies around the slices to join: 0 or 1."""

# A sidecar's span of an incoming call stands for its workload, unless the workload tells of the call itself.
_SPEAKING = (
    f"(SELECT ParentKey FROM {_HALVES} WHERE Role IN ('server', 'consumer') AND ParentKey != 0 AND {_NEAR})"
)
_CONTINUED = (
    f"(SELECT ParentKey FROM {_HALVES} WHERE Role IN ('server', 'consumer', 'proxy', 'proxy_in') "
    f"AND ParentKey != 0 AND {_NEAR})"
)
_IS_END = (
    f"(Role IN ('server', 'consumer') OR (Role = 'proxy_in' AND Key NOT IN {_SPEAKING}) "
    f"OR (Role = 'proxy' AND Key NOT IN {_CONTINUED}))"
)


def _climbed(within: str, hops: int) -> str:
    """The ends of calls, with what the climb from each `Reached` and what the proxies on the way `Said`."""
    rows = (
        "SELECT *, ParentKey AS Reached, if(Role IN ('proxy', 'proxy_in'), Flags, 0) AS Said, "
        "Role IN ('proxy', 'proxy_in') AND IsError AS HopFailed, Role = 'proxy' AS WentOut "
        f"FROM {_HALVES} WHERE {within} AND {_IS_END}"
    )
    for _ in range(hops):
        rows = _one_hop_up(rows)
    return f"({rows})"


def _one_hop_up(rows: str) -> str:
    # From a call going out, a sidecar's span of a call coming in is the workload between them, not a hop.
    # Queues have no proxies: what a consumer's span is a child of is its sender, or nobody.
    goes = "(h.Key != 0 AND e.Role != 'consumer' AND NOT (e.WentOut AND h.Role = 'proxy_in'))"
    return (
        "SELECT e.* EXCEPT (Reached, Said, HopFailed, WentOut), "
        f"if({goes}, h.ParentKey, e.Reached) AS Reached, if({goes}, bitOr(e.Said, h.Flags), e.Said) AS Said, "
        f"if({goes}, e.HopFailed OR h.IsError, e.HopFailed) AS HopFailed, "
        f"if({goes}, h.Role = 'proxy', e.WentOut) AS WentOut "
        f"FROM ({rows}) AS e ANY LEFT JOIN {_HOPS} AS h ON e.Reached = h.Key"
    )


# More than are needed, but told without climbing: who is the parent of anything that could be an end.
_CALLERS = (
    "(SELECT Key, Role, Service, Zone, Version, PeerKind, Peer, IsError, Bucket, Flags "
    f"FROM {_HALVES} WHERE Role != 'proxy' AND {_NEAR} AND Key IN {_CONTINUED})"
)
_LINKED = (
    "(SELECT Key, Service, Zone, Version, PeerKind, Peer FROM "
    f"{_HALVES} WHERE Role = 'producer' AND {_within(LINKED_SECONDS, AFTER_SECONDS)} AND Key IN "
    f"(SELECT arrayJoin(LinkKeys) FROM {_HALVES} WHERE Role = 'consumer' AND {_within(0, 0)}))"
)

_IS_CALLER = "c.Role IN ('client', 'producer')"
_FOUND = "c.Key != 0"
_MERELY_4XX = f"bitAnd(c.Flags, {CLIENT_4XX}) != 0"
_FAILED_HERE = "e.IsError != 0 AND e.Role IN ('server', 'consumer', 'proxy_in')"
# Where the service itself is heard, its word on a 4xx counts: not found is an answer.
_FAILED_THERE = (
    f"(e.HopFailed OR ({_IS_CALLER} AND c.IsError != 0 AND NOT ({_MERELY_4XX} AND e.Role != 'proxy')))"
)


def _from_ends(hops: int) -> str:
    """One row for every call that was told of where it ended, other than messages."""
    is_service = "e.Role IN ('server', 'proxy_in')"
    names_store = "c.PeerKind IN ('database', 'cache', 'queue')"
    said = "bitOr(e.Said, e.Flags)"
    columns = {
        "Slice": "e.Slice",
        "CallerKind": f"multiIf({_FOUND}, 'service', e.Reached = 0, 'ingress', 'unknown')",
        "Caller": f"multiIf({_FOUND}, c.Service, '')",
        "CallerZone": "c.Zone",
        "CallerVersion": "c.Version",
        "CalleeKind": f"multiIf({is_service}, 'service', {_IS_CALLER} AND {names_store}, "
        "toString(c.PeerKind), 'external')",
        "Callee": f"multiIf({is_service}, e.Service, {_IS_CALLER} AND {names_store}, c.Peer, "
        "e.Peer = '', c.Peer, e.Peer)",
        "CalleeZone": f"if({is_service}, e.Zone, '')",
        "CalleeVersion": f"if({is_service}, e.Version, '')",
        "Origin": "''",
        "Weight": "e.Weight",
        "Failed": f"({_FAILED_HERE}) OR (({_FAILED_THERE}) AND bitAnd(e.Said, {PROXY_MADE}) = 0)",
        "ProxyFailed": f"NOT ({_FAILED_HERE}) AND ({_FAILED_THERE}) AND bitAnd(e.Said, {PROXY_MADE}) != 0",
        "Retried": f"bitAnd(bitOr({said}, if({_IS_CALLER}, c.Flags, 0)), {RETRY}) != 0",
        "Bucket": f"if({_IS_CALLER} AND bitAnd({said}, {RETRY}) = 0, c.Bucket, e.Bucket)",
    }
    ends = _climbed(f"{_within(0, 0)} AND Role != 'consumer'", hops)
    # A server span within a server span of its own service is a framework's inner part, not a call.
    inner = f"({_FOUND} AND NOT {_IS_CALLER} AND c.Service = e.Service AND e.Role != 'proxy')"
    return (
        f"SELECT {_as(columns)} FROM {ends} AS e "
        f"ANY LEFT JOIN {_CALLERS} AS c ON e.Reached = c.Key WHERE NOT {inner}"
    )


def _from_clients(hops: int) -> str:
    """One row for every call whose other end sends no spans, and for every message put into a queue."""
    answered = (
        f"(SELECT Reached FROM {_climbed(_within(SKEW_SECONDS, AFTER_SECONDS), hops)} WHERE Reached != 0)"
    )
    # A library's span may hold the HTTP client's: the outer one knows the database, the inner the host.
    inner = (
        f"(SELECT ParentKey FROM {_HALVES} WHERE Role = 'client' AND ParentKey != 0 "
        f"AND {_within(SKEW_SECONDS, AFTER_SECONDS)})"
    )
    outer = (
        f"(SELECT Key FROM {_HALVES} WHERE Role IN ('client', 'producer') AND "
        f"PeerKind IN ('database', 'cache', 'queue') AND {_within(BEFORE_SECONDS, SKEW_SECONDS)})"
    )
    is_store = "PeerKind IN ('database', 'cache', 'queue')"
    columns = {
        "Slice": "Slice",
        "CallerKind": "'service'",
        "Caller": "Service",
        "CallerZone": "Zone",
        "CallerVersion": "Version",
        "CalleeKind": "toString(PeerKind)",
        "Callee": "Peer",
        "CalleeZone": "''",
        "CalleeVersion": "''",
        "Origin": "''",
        "Weight": "Weight",
        "Failed": "IsError != 0",
        "ProxyFailed": "0",
        "Retried": f"bitAnd(Flags, {RETRY}) != 0",
        "Bucket": "Bucket",
    }
    return (
        f"SELECT {_as(columns)} FROM {_HALVES} WHERE {_within(0, 0)} AND ("
        f"(Role = 'client' AND Key NOT IN {answered} AND ParentKey NOT IN {outer} "
        f"AND ({is_store} OR Key NOT IN {inner})) "
        f"OR (Role = 'producer' AND (PeerKind = 'queue' OR (Peer != '' AND Key NOT IN {answered}))))"
    )


def _from_consumers() -> str:
    """One row for every message taken: from its queue if it has a name, else from who put it there."""
    # Of several senders in one batch of messages the first by name stands for all, but all are named.
    linked = (
        "(SELECT Consumer, Sent.1 AS Service, Sent.2 AS Zone, Sent.3 AS Version, Sent.4 AS PeerKind, "
        "Sent.5 AS Peer, Senders FROM (SELECT k.Consumer AS Consumer, "
        "min((p.Service, p.Zone, p.Version, toString(p.PeerKind), p.Peer)) AS Sent, "
        "arraySort(groupUniqArray(toString(p.Service))) AS Senders FROM "
        f"(SELECT Key AS Consumer, arrayJoin(LinkKeys) AS Link FROM {_HALVES} "
        f"WHERE Role = 'consumer' AND {_within(0, 0)}) AS k "
        f"ANY LEFT JOIN {_LINKED} AS p ON k.Link = p.Key WHERE p.Key != 0 GROUP BY Consumer))"
    )
    has_link, is_sent = "p.Consumer != 0", f"{_FOUND} AND {_IS_CALLER}"
    queue = (
        f"multiIf(e.PeerKind = 'queue', e.Peer, {has_link} AND p.PeerKind = 'queue', p.Peer, "
        f"{is_sent} AND c.PeerKind = 'queue', c.Peer, '')"
    )
    sender = f"multiIf({has_link}, p.Service, {_FOUND}, c.Service, '')"
    is_queue = "Queue != ''"
    # The message counts once, in the row of the first sender; the others' rows name them and count nothing.
    origins = f"if({is_queue}, if({has_link}, p.Senders, [toString(Sender)]), [''])"
    is_inner = "c.Role = 'consumer' AND c.Service = e.Service"
    ends = _climbed(f"{_within(0, 0)} AND Role = 'consumer'", 0)
    columns = {
        "Slice": "e.Slice",
        "CallerKind": f"multiIf({is_queue}, 'queue', Sender != '', 'service', "
        "e.Reached = 0, 'ingress', 'unknown')",
        "Caller": f"if({is_queue}, Queue, Sender)",
        "CallerZone": f"multiIf({is_queue}, '', {has_link}, p.Zone, c.Zone)",
        "CallerVersion": f"multiIf({is_queue}, '', {has_link}, p.Version, c.Version)",
        "CalleeKind": "'service'",
        "Callee": "e.Service",
        "CalleeZone": "e.Zone",
        "CalleeVersion": "e.Version",
        "Origin": "Origins[Nth]",
        "Weight": "if(Nth = 1, e.Weight, 0)",
        "Failed": "e.IsError != 0",
        "ProxyFailed": "0",
        "Retried": "0",
        "Bucket": "e.Bucket",
    }
    return (
        f"WITH {queue} AS Queue, {sender} AS Sender, {origins} AS Origins, "
        f"arrayJoin(arrayEnumerate(Origins)) AS Nth SELECT {_as(columns)} FROM "
        f"{ends} AS e "
        f"ANY LEFT JOIN {_CALLERS} AS c ON e.Reached = c.Key "
        f"ANY LEFT JOIN {linked} AS p ON e.Key = p.Consumer WHERE NOT ({is_inner})"
    )


def _as(columns: dict[str, str]) -> str:
    return ", ".join(f"{expression} AS {name}" for name, expression in columns.items())


def join_statement(*, with_proxies: bool) -> str:
    """Return the INSERT that works out the edges of slices from `{from}` to `{to}` as revision `{revision}`.

    Both are whole slices in seconds since 1970; `{to}` is the first not joined any more. Without spans of
    proxies around them nothing needs to be climbed over, which is most of the work.
    """
    dimensions = ", ".join(DIMENSIONS)
    hops = HOPS_MOST if with_proxies else 0
    calls = " UNION ALL ".join((_from_ends(hops), _from_clients(hops), _from_consumers()))
    edges = (
        f"SELECT Slice, {dimensions}, sum(Weight) AS Calls, sumIf(Weight, Failed) AS Errors, "
        "sumIf(Weight, ProxyFailed) AS ProxyErrors, sumIf(Weight, Retried) AS Retries, "
        f"sumMap([Bucket], [toUInt64(Weight)]) AS Latency FROM ({calls}) GROUP BY Slice, {dimensions}"
    )
    return (
        f"INSERT INTO holdfast_map_edges (Slice, Revision, {dimensions}, {', '.join(MEASURES)}, Latency) "
        f"SELECT Slice, {{revision:UInt64}}, {dimensions}, {', '.join(MEASURES)}, Latency "
        f"FROM ({busiest_edges(edges, NAME_CAPS.map_edges)})"
        # Spans of one trace stand on one shard, but a message and its producer may not.
        " SETTINGS distributed_product_mode = 'global', max_threads = 2"
    )


_NAMED = "(SELECT name FROM holdfast_names WHERE kind = 'service' AND named = 1)"


def busiest_edges(
    edges: str, most: int, *, by: Sequence[str] = DIMENSIONS, also: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Return the query for the `most` edges of each slice that matter most, and the others between `other`.

    Those of services that the catalog names come first, then those with most calls. What has a name too long
    to be asked for is among the others. No call is lost. `also` holds more columns, as sums over rows `f`.
    """
    rank = (
        f"row_number() OVER (PARTITION BY Slice ORDER BY Caller IN {_NAMED} OR Callee IN {_NAMED} DESC, "
        f"Calls DESC, {', '.join(by)})"
    )
    is_long = f"greatest(length(Caller), length(Callee)) > {LENGTH_MOST}"
    shown = ", ".join(f"{_shown(name)} AS Shown{name}" for name in by)
    sums = {name: f"sum(f.{name})" for name in MEASURES} | {"Latency": "sumMap(f.Latency)"} | dict(also)
    columns = [f"f.Shown{name} AS {name}" for name in by] + [f"{sql} AS {name}" for name, sql in sums.items()]
    return (
        f"SELECT f.Slice AS Slice, {', '.join(columns)} FROM (SELECT *, {shown} FROM (SELECT *, "
        f"{rank} > {most} OR {is_long} AS Beyond FROM ({edges}))) AS f GROUP BY Slice, {', '.join(by)}"
    )


def _shown(name: str) -> str:
    if name in ("CallerKind", "CalleeKind"):
        return name
    if name in ("Caller", "Callee"):
        return f"if(Beyond AND {name} != '', '{OTHER}', toString({name}))"
    return f"if(Beyond, '', toString({name}))"
