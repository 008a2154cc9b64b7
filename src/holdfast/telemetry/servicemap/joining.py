"""The statement that joins the sides of calls into edges, for an interval of slices.

A call ends at a server or consumer span, or at a proxy whose upstream sent no span. From that end the join
climbs, over the spans of proxies, to the first other span: the caller. A call without a stored caller starts
outside; a client span without an end called something that sends no spans, a database or a provider. Each
attempt is an end of its own, so that a failed attempt is visible where it failed.

`map_twin` in the tests does the same in plain Python, and the tests compare the two.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from holdfast.telemetry.identity.columns import PLACED
from holdfast.telemetry.servicemap.shared_ids import STORED, shared_query, sides_with_own_keys
from holdfast.telemetry.servicemap.sides import CLIENT_4XX, PROXY_MADE, RETRY
from holdfast.telemetry.servicemap.tables import DIMENSIONS, MEASURES
from holdfast.telemetry.warehouse.instants import before, since
from holdfast.telemetry.warehouse.name_caps import LENGTH_MOST, NAME_CAPS, OTHER

BEFORE_SECONDS, AFTER_SECONDS = 60, 60
"""How far before and after a slice the other ends of its calls are searched for."""
LINKED_SECONDS = 3600
"""The longest time a message may wait in a queue and still be joined to its producer."""
SKEW_SECONDS = 30
"""How far the callee's clock may be behind its caller's."""
HOPS_MOST = 4
"""Most spans of proxies climbed over from one service to the next: two for each of two sidecars."""


def _within(earlier: int, later: int) -> str:
    """Return the condition for slices `earlier` seconds before to `later` seconds after those to join."""
    start, end = since("Slice", "from", plus_seconds=-earlier), before("Slice", "to", plus_seconds=later)
    return f"{start} AND {end}"


_SENDER = f"Service, Zone, Version, {', '.join(PLACED)}"
_NEAR = _within(BEFORE_SECONDS, AFTER_SECONDS)
_SIDES = "<sides>"
"""Stands in the statement for what it reads: the sides as stored, or with own keys where ids are shared."""

_PROXIES = f"WHERE Role IN ('proxy', 'proxy_in') AND {_NEAR}"
_HOPS = f"(SELECT Key, ParentKey, Role, Flags, IsError FROM {_SIDES} {_PROXIES})"
PROXIES_QUERY = f"SELECT count() FROM (SELECT 1 FROM {STORED} {_PROXIES} LIMIT 1)"
"""Whether there are spans of proxies around the slices to join: 0 or 1."""

# A sidecar's span of an incoming call represents its workload, unless the workload sends a span of its own.
_HANDLES = "Role IN ('server', 'consumer')"
_SPEAKING = (
    f"(SELECT ParentKey FROM {_SIDES} WHERE Role IN ('server', 'consumer') AND ParentKey != 0 AND {_NEAR})"
)
_CONTINUED = (
    f"(SELECT ParentKey FROM {_SIDES} WHERE Role IN ('server', 'consumer', 'proxy', 'proxy_in') "
    f"AND ParentKey != 0 AND {_NEAR})"
)
_IS_END = (
    f"(Role IN ('server', 'consumer') OR (Role = 'proxy_in' AND Key NOT IN {_SPEAKING}) "
    f"OR (Role = 'proxy' AND Key NOT IN {_CONTINUED}))"
)


def _climbed(within: str, hops: int) -> str:
    """Return the ends of calls, with the span each climb `Reached` and the flags its proxies `Said`."""
    rows = (
        "SELECT *, ParentKey AS Reached, if(Role IN ('proxy', 'proxy_in'), Flags, 0) AS Said, "
        "Role IN ('proxy', 'proxy_in') AND IsError AS HopFailed, Role = 'proxy' AS WentOut "
        f"FROM {_SIDES} WHERE {within} AND {_IS_END if hops else _HANDLES}"
    )
    for _ in range(hops):
        rows = _one_hop_up(rows)
    return f"({rows})"


def _one_hop_up(rows: str) -> str:
    # From an outgoing call, a sidecar's span of an incoming call is the workload between them, not a hop.
    # Queues have no proxies: the parent of a consumer's span is its sender, or unknown.
    goes = "(h.Key != 0 AND e.Role != 'consumer' AND NOT (e.WentOut AND h.Role = 'proxy_in'))"
    return (
        "SELECT e.* EXCEPT (Reached, Said, HopFailed, WentOut), "
        f"if({goes}, h.ParentKey, e.Reached) AS Reached, if({goes}, bitOr(e.Said, h.Flags), e.Said) AS Said, "
        f"if({goes}, e.HopFailed OR h.IsError, e.HopFailed) AS HopFailed, "
        f"if({goes}, h.Role = 'proxy', e.WentOut) AS WentOut "
        f"FROM ({rows}) AS e ANY LEFT JOIN {_HOPS} AS h ON e.Reached = h.Key"
    )


def _callers(hops: int) -> str:
    """Return the spans that ends could reach; a superset where there is a climb, to find it without one."""
    continued = (
        _CONTINUED if hops else f"(SELECT ParentKey FROM {_SIDES} WHERE {_HANDLES} AND {_within(0, 0)})"
    )
    return (
        f"(SELECT Key, Role, {_SENDER}, PeerKind, Peer, IsError, Bucket, Flags "
        f"FROM {_SIDES} WHERE Role != 'proxy' AND {_NEAR} AND Key IN {continued})"
    )


_LINKED = (
    f"(SELECT Key, {_SENDER}, PeerKind, Peer FROM {STORED} "
    f"WHERE Role = 'producer' AND {_within(LINKED_SECONDS, AFTER_SECONDS)} AND Key IN "
    f"(SELECT arrayJoin(LinkKeys) FROM {STORED} WHERE Role = 'consumer' AND {_within(0, 0)}))"
)

_IS_SAME = " AND ".join(f"c.{name} = e.{name}" for name in ("Service", "Environment", "Namespace"))
_IS_CALLER = "c.Role IN ('client', 'producer')"
_FOUND = "c.Key != 0"
_MERELY_4XX = f"bitAnd(c.Flags, {CLIENT_4XX}) != 0"
_FAILED_HERE = "e.IsError != 0 AND e.Role IN ('server', 'consumer', 'proxy_in')"
# If the service itself sent a span, that decides about a 4xx: "not found" is an answer.
_FAILED_THERE = (
    f"(e.HopFailed OR ({_IS_CALLER} AND c.IsError != 0 AND NOT ({_MERELY_4XX} AND e.Role != 'proxy')))"
)


def _from_ends(hops: int) -> str:
    """Return the SQL for one row per call whose end is stored, other than messages."""
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
        **{f"Caller{name}": f"c.{name}" for name in PLACED},
        # What sends no spans belongs to the environment of whoever calls it.
        "CalleeEnvironment": f"if({is_service} OR NOT {_FOUND}, e.Environment, c.Environment)",
        **{f"Callee{name}": f"if({is_service}, e.{name}, '')" for name in PLACED[1:]},
        "Weight": "e.Weight",
        "Failed": f"({_FAILED_HERE}) OR (({_FAILED_THERE}) AND bitAnd(e.Said, {PROXY_MADE}) = 0)",
        "ProxyFailed": f"NOT ({_FAILED_HERE}) AND ({_FAILED_THERE}) AND bitAnd(e.Said, {PROXY_MADE}) != 0",
        "Retried": f"bitAnd(bitOr({said}, if({_IS_CALLER}, c.Flags, 0)), {RETRY}) != 0",
        "Bucket": f"if({_IS_CALLER} AND bitAnd({said}, {RETRY}) = 0, c.Bucket, e.Bucket)",
    }
    ends = _climbed(f"{_within(0, 0)} AND Role != 'consumer'", hops)
    # A server span inside a server span of the same service is an inner part of a framework, not a call.
    inner = f"({_FOUND} AND NOT {_IS_CALLER} AND {_IS_SAME} AND e.Role != 'proxy')"
    return (
        f"SELECT {_as(columns)} FROM {ends} AS e "
        f"ANY LEFT JOIN {_callers(hops)} AS c ON e.Reached = c.Key WHERE NOT {inner}"
    )


def _from_clients(hops: int) -> str:
    """Return the SQL for one row per call whose callee sends no spans, and per message put into a queue."""
    answered = (
        f"(SELECT Reached FROM {_climbed(_within(SKEW_SECONDS, AFTER_SECONDS), hops)} WHERE Reached != 0)"
    )
    # A library's span may contain the HTTP client's: the outer one names the database, the inner the host.
    inner = (
        f"(SELECT ParentKey FROM {_SIDES} WHERE Role = 'client' AND ParentKey != 0 "
        f"AND {_within(SKEW_SECONDS, AFTER_SECONDS)})"
    )
    outer = (
        f"(SELECT Key FROM {_SIDES} WHERE Role IN ('client', 'producer') AND "
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
        **{f"Caller{name}": name for name in PLACED},
        "CalleeEnvironment": "Environment",
        **{f"Callee{name}": "''" for name in PLACED[1:]},
        "Weight": "Weight",
        "Failed": "IsError != 0",
        "ProxyFailed": "0",
        "Retried": f"bitAnd(Flags, {RETRY}) != 0",
        "Bucket": "Bucket",
    }
    return (
        f"SELECT {_as(columns)} FROM {_SIDES} WHERE {_within(0, 0)} AND ("
        f"(Role = 'client' AND Key NOT IN {answered} AND ParentKey NOT IN {outer} "
        f"AND ({is_store} OR Key NOT IN {inner})) "
        f"OR (Role = 'producer' AND (PeerKind = 'queue' OR (Peer != '' AND Key NOT IN {answered}))))"
    )


def _linked_senders() -> str:
    """Return the SQL for the senders of the messages of each consumer, by its links."""
    # If a batch of messages has several senders, the first by name represents all, but all are listed.
    of_sender = ("Service", "Zone", "Version", "PeerKind", "Peer", *PLACED)
    sent = ", ".join(f"Sent.{number} AS {name}" for number, name in enumerate(of_sender, start=1))
    return (
        f"(SELECT Consumer, {sent}, Senders FROM (SELECT k.Consumer AS Consumer, "
        f"min(({', '.join(f'toString(p.{name})' for name in of_sender)})) AS Sent, "
        "arraySort(groupUniqArray(toString(p.Service))) AS Senders FROM "
        f"(SELECT Key AS Consumer, arrayJoin(LinkKeys) AS Link FROM {STORED} "
        f"WHERE Role = 'consumer' AND {_within(0, 0)}) AS k "
        f"ANY LEFT JOIN {_LINKED} AS p ON k.Link = p.Key WHERE p.Key != 0 GROUP BY Consumer))"
    )


def _from_consumers() -> str:
    """Return the SQL for one row per consumed message: from its queue if named, else from its sender."""
    has_link, is_sent = "p.Consumer != 0", f"{_FOUND} AND {_IS_CALLER}"
    queue = (
        f"multiIf(e.PeerKind = 'queue', e.Peer, {has_link} AND p.PeerKind = 'queue', p.Peer, "
        f"{is_sent} AND c.PeerKind = 'queue', c.Peer, '')"
    )
    sender = f"multiIf({has_link}, p.Service, {_FOUND}, c.Service, '')"
    is_queue = "Queue != ''"
    # The message counts once, in the first sender's row; the rows of the others only name them.
    origins = f"if({is_queue}, if({has_link}, p.Senders, [toString(Sender)]), [''])"
    is_inner = f"c.Role = 'consumer' AND {_IS_SAME}"
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
        "CallerEnvironment": f"multiIf({is_queue}, e.Environment, {has_link}, p.Environment, c.Environment)",
        **{
            f"Caller{name}": f"multiIf({is_queue}, '', {has_link}, p.{name}, c.{name})" for name in PLACED[1:]
        },
        **{f"Callee{name}": f"e.{name}" for name in PLACED},
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
        f"ANY LEFT JOIN {_callers(0)} AS c ON e.Reached = c.Key "
        f"ANY LEFT JOIN {_linked_senders()} AS p ON e.Key = p.Consumer WHERE NOT ({is_inner})"
    )


_CALL = ("Slice", *DIMENSIONS, "Weight", "Failed", "ProxyFailed", "Retried", "Bucket")


def _as(columns: dict[str, str]) -> str:
    # In one order: the three kinds of calls are united by position.
    return ", ".join(f"{columns[name]} AS {name}" for name in _CALL)


def join_statement(*, with_proxies: bool, with_shared_ids: bool) -> str:
    """Return the INSERT that computes the edges of slices from `{from}` to `{to}` as revision `{revision}`.

    Both are starts of slices in seconds since 1970, `{to}` of the first not joined. Without spans of proxies
    around them there is no climb, which is most of the work; without shared ids the sides are read as stored.
    """
    dimensions = ", ".join(DIMENSIONS)
    hops = HOPS_MOST if with_proxies else 0
    calls = " UNION ALL ".join((_from_ends(hops), _from_clients(hops), _from_consumers()))
    edges = (
        f"SELECT Slice, {dimensions}, sum(Weight) AS Calls, sumIf(Weight, Failed) AS Errors, "
        "sumIf(Weight, ProxyFailed) AS ProxyErrors, sumIf(Weight, Retried) AS Retries, "
        f"sumMap([Bucket], [toUInt64(Weight)]) AS Latency FROM ({calls}) GROUP BY Slice, {dimensions}"
    )
    statement = (
        f"INSERT INTO holdfast_map_edges (Slice, Revision, {dimensions}, {', '.join(MEASURES)}, Latency) "
        f"SELECT Slice, {{revision:UInt64}}, {dimensions}, {', '.join(MEASURES)}, Latency "
        f"FROM ({busiest_edges(edges, NAME_CAPS.map_edges)})"
        # Spans of one trace are on one shard, but a message and its producer may not be.
        " SETTINGS distributed_product_mode = 'global', max_threads = 2"
    )
    return statement.replace(
        _SIDES, sides_with_own_keys(_NEAR, with_proxies=with_proxies) if with_shared_ids else STORED
    )


def shared_ids_query(*, with_proxies: bool) -> str:
    """Return the query for whether both sides of a call around the slices to join have one id: 0 or 1."""
    return shared_query(_NEAR, with_proxies=with_proxies)


_NAMED = "(SELECT name FROM holdfast_names WHERE kind = 'service' AND named = 1)"


def busiest_edges(
    edges: str, most: int, *, by: Sequence[str] = DIMENSIONS, also: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Return the query for the `most` important edges of each slice, and the others between `other`.

    Edges of services in the catalog come first, then those with most calls. Names too long to be queried are
    among the others. No call is lost. `also` holds more columns, as sums over rows `f`.
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
