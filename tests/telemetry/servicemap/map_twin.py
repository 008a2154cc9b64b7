"""Works the map out in plain Python: one span at a time, climbing from each end of a call to its caller."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from tests.telemetry import counting_twin
from tests.telemetry.otlp_twin import attributes

CACHES = {"redis", "memcached"}
PROXY_FLAGS = {"UH", "UF", "UT", "URX", "UO", "NR"}
STORES = {"database", "cache", "queue"}
OWN = ("inbound|", "InboundPassthrough")
PASSING = {"PassthroughCluster", "BlackHoleCluster"}
HOPS_MOST = 4
Edge = tuple[Any, ...]
NOWHERE = ("", "", "")


@dataclass
class Half:
    """One span as the map sees it."""

    key: tuple[bytes, bytes]
    parent: tuple[bytes, bytes] | None
    links: list[tuple[bytes, bytes]]
    slice: int
    role: str
    service: str
    zone: str
    version: str
    place: tuple[str, str, str]
    peer: tuple[str, str]
    weight: int
    failed: bool
    bucket: int
    is_retry: bool
    is_proxy_made: bool
    is_4xx: bool


@dataclass
class Sum:
    """What is counted on one edge."""

    calls: int = 0
    errors: int = 0
    proxy_errors: int = 0
    retries: int = 0
    latency: Counter[int] = field(default_factory=Counter)


def edges(requests: Iterable[Any]) -> dict[Edge, Sum]:
    """Every edge of every slice, by (slice, caller, callee, origin)."""
    halves = [half for request in requests for half in halves_of(request)]
    found: dict[Edge, Sum] = {}
    for edge, half, failed, proxy_failed, is_retry, bucket in _calls(halves):
        total = found.setdefault((half.slice, *edge), Sum())
        total.calls += half.weight
        total.errors += half.weight * failed
        total.proxy_errors += half.weight * proxy_failed
        total.retries += half.weight * is_retry
        total.latency[bucket] += half.weight
    return found


def _calls(halves: list[Half]) -> Iterator[tuple[Any, ...]]:
    by_key = {half.key: half for half in halves}
    speaking = {half.parent for half in halves if half.role in ("server", "consumer")}
    continued = {half.parent for half in halves if half.role in ("server", "consumer", "proxy", "proxy_in")}
    answered = set()
    ends = [half for half in halves if _is_end(half, speaking, continued)]
    for end in ends:
        top, path = _climb(end, by_key)
        answered.add(top)
        caller = by_key.get(top) if top else None
        if caller is not None and caller.role == "proxy":
            caller = None
        if end.role == "consumer":
            yield from _taken(end, top, caller, by_key)
        else:
            yield from _ended(end, top, caller, path)
    for half in halves:
        if half.role in ("client", "producer"):
            yield from _told_by_the_caller(half, halves, by_key, answered)


def _is_end(half: Half, speaking: set[Any], continued: set[Any]) -> bool:
    if half.role in ("server", "consumer"):
        return True
    if half.role == "proxy_in":
        return half.key not in speaking
    return half.role == "proxy" and half.key not in continued


def _climb(end: Half, by_key: dict[Any, Half]) -> tuple[Any, list[Half]]:
    at, path = end, []
    went_out = end.role == "proxy"
    for _ in range(0 if end.role == "consumer" else HOPS_MOST):
        above = by_key.get(at.parent)
        if above is None or above.role not in ("proxy", "proxy_in"):
            break
        if went_out and above.role == "proxy_in":
            break
        path.append(above)
        at, went_out = above, above.role == "proxy"
    return at.parent, path


def _ended(end: Half, top: Any, caller: Half | None, path: list[Half]) -> Iterator[tuple[Any, ...]]:
    is_caller = caller is not None and caller.role in ("client", "producer")
    if caller is not None and not is_caller and _is_same(caller, end) and end.role != "proxy":
        return
    hops = [*path, end] if end.role in ("proxy", "proxy_in") else path
    failed_here = end.failed and end.role != "proxy"
    failed_there = any(hop.failed for hop in hops)
    if is_caller and caller.failed and not (caller.is_4xx and end.role != "proxy"):
        failed_there = True
    by_proxy = any(hop.is_proxy_made for hop in hops)
    is_retry = end.is_retry or any(hop.is_retry for hop in hops)
    bucket = caller.bucket if is_caller and not is_retry else end.bucket
    callee_place = ((caller or end).place[0], "", "")
    if end.role != "proxy":
        callee, callee_place = ("service", end.service, end.zone, end.version), end.place
    elif is_caller and caller.peer[0] in STORES:
        callee = (*caller.peer, "", "")
    else:
        callee = ("external", end.peer[1] or (caller.peer[1] if caller else ""), "", "")
    yield (
        (*_who(caller, top), *callee, "", *(caller.place if caller else NOWHERE), *callee_place),
        end,
        failed_here or (failed_there and not by_proxy),
        failed_there and by_proxy and not failed_here,
        is_retry or (is_caller and caller.is_retry),
        bucket,
    )


def _who(caller: Half | None, top: Any) -> Edge:
    if caller is not None:
        return ("service", caller.service, caller.zone, caller.version)
    return ("unknown" if top else "ingress", "", "", "")


def _told_by_the_caller(
    half: Half, halves: list[Half], by_key: dict[Any, Half], answered: set[Any]
) -> Iterator[tuple[Any, ...]]:
    parent = by_key.get(half.parent)
    kind, name = half.peer
    is_store = kind in STORES
    if half.role == "producer":
        if kind != "queue" and (not name or half.key in answered):
            return
    else:
        if half.key in answered:
            return
        if parent is not None and parent.role in ("client", "producer") and parent.peer[0] in STORES:
            return
        if not is_store and any(one.role == "client" and one.parent == half.key for one in halves):
            return
    yield (
        (*_who(half, half.key), kind, name, "", "", "", *half.place, half.place[0], "", ""),
        half,
        half.failed,
        False,
        half.is_retry,
        half.bucket,
    )


def _taken(end: Half, top: Any, caller: Half | None, by_key: dict[Any, Half]) -> Iterator[tuple[Any, ...]]:
    if caller is not None and caller.role == "consumer" and _is_same(caller, end):
        return
    is_caller = caller is not None and caller.role in ("client", "producer")
    linked = [by_key[link] for link in end.links if link in by_key and by_key[link].role == "producer"]
    sender = min(
        linked, key=lambda one: (one.service, one.zone, one.version, *one.peer, *one.place), default=None
    )
    queue = ""
    for one in (end, sender, caller if is_caller else None):
        if one is not None and one.peer[0] == "queue":
            queue = one.peer[1]
            break
    who = sender or caller
    origin = who.service if who is not None else ""
    from_ = ("queue", queue, "", "") if queue else _who(who, top)
    callee = ("service", end.service, end.zone, end.version)
    places = ((end.place[0], "", "") if queue else who.place if who else NOWHERE) + end.place
    yield (*from_, *callee, origin if queue else "", *places), end, end.failed, False, False, end.bucket
    for other in sorted({one.service for one in linked} - {origin}) if queue else ():
        yield (*from_, *callee, other, *places), replace(end, weight=0), False, False, False, end.bucket


def halves_of(request: Any) -> Iterator[Half]:
    """Every span of a request as the map sees it, in order."""
    for resource in request.resource_spans:
        of_resource = dict(attributes(resource.resource.attributes))
        for scope in resource.scope_spans:
            for one in scope.spans:
                yield _half(one, of_resource)


_KINDS = {2: "server", 3: "client", 4: "producer", 5: "consumer"}


def _half(one: Any, resource: dict[str, str]) -> Half:
    own = dict(attributes(one.attributes))
    kind = _KINDS.get(one.kind, "internal")
    cluster = own.get("upstream_cluster") or own.get("upstream_cluster.name", "")
    is_proxy = bool(cluster) or own.get("component") == "proxy" or "istio.canonical_service" in own
    role = kind if not is_proxy else "proxy_in" if cluster.startswith(OWN) else "proxy"
    nanoseconds = max(0, one.end_time_unix_nano - one.start_time_unix_nano)
    status = own.get("http.response.status_code") or own.get("http.status_code", "")
    resent = int(own.get("http.request.resend_count", "0")) > 0 or int(own.get("retry.count", "0")) > 0
    attempt = re.search("[0-9]+", own.get("http.request.header.x-envoy-attempt-count", ""))
    return Half(
        key=(one.trace_id, one.span_id),
        parent=(one.trace_id, one.parent_span_id) if one.parent_span_id else None,
        links=[(link.trace_id, link.span_id) for link in one.links],
        slice=one.start_time_unix_nano // 10**10 * 10,
        role=role,
        service=resource["service.name"],
        zone=resource.get("cloud.availability_zone", ""),
        version=resource.get("service.version", ""),
        place=_place(resource),
        peer=_peer(own, kind, cluster, is_proxy=is_proxy),
        weight=counting_twin.weight(one.trace_state, one.span_id),
        failed=counting_twin.is_error(one.status.code, kind, own, threw=counting_twin.threw(one)),
        bucket=min(255, math.floor(math.log2(max(nanoseconds, 1000) / 1000) * 8)),
        is_retry=(kind == "client" and resent)
        or (kind == "server" and attempt is not None and int(attempt[0]) > 1),
        is_proxy_made=is_proxy and bool(PROXY_FLAGS & set(own.get("response_flags", "").split(","))),
        is_4xx=kind == "client" and re.fullmatch("4[0-9][0-9]", status) is not None,
    )


def _place(resource: dict[str, str]) -> tuple[str, str, str]:
    environment = resource.get("deployment.environment.name", "").strip(" ").lower()
    namespace, region = resource.get("service.namespace", ""), resource.get("cloud.region", "")
    return (environment.replace("default", ""), namespace.replace("default", ""), region)


def _is_same(one: Half, other: Half) -> bool:
    return (one.service, one.place[:2]) == (other.service, other.place[:2])


def _peer(own: dict[str, str], kind: str, cluster: str, *, is_proxy: bool) -> tuple[str, str]:
    if is_proxy:
        host = cluster.split("|")[3].lower() if "|" in cluster else cluster
        if cluster in PASSING:
            host = urlsplit(own.get("http.url", "")).hostname or ""
        return ("external", _short(host.rstrip(";").strip("-")))
    system = own.get("db.system.name") or own.get("db.system", "")
    if kind == "client" and system:
        name = own.get("db.namespace") or own.get("db.name", "")
        shown = system if re.fullmatch("[0-9]*", name) else f"{system}/{name}"
        shown += f"@{own['server.address']}" if "server.address" in own else ""
        return ("cache" if system in CACHES else "database", shown)
    if kind in ("client", "producer", "consumer") and own.get("messaging.system"):
        destination = own.get("messaging.destination.name") or own.get("messaging.destination", "")
        return ("queue", f"{own['messaging.system']}/{counting_twin.folded(destination)}")
    if kind in ("client", "producer"):
        for key in ("service.peer.name", "peer.service"):
            if own.get(key):
                return ("external", _short(own[key]))
        for key in ("server.address", "net.peer.name"):
            if own.get(key):
                port = re.search(":(?!443$)[0-9]+$", own[key])
                return ("external", _short(own[key].lower()) + (port[0] if port else ""))
    return ("external", "")


def _short(host: str) -> str:
    host = re.sub(":[0-9]+$", "", host).rstrip(".")
    if re.fullmatch("[0-9.]+", host) or ":" in host:
        return ""
    found = re.fullmatch(r"([^.]+)\.[^.]+\.svc(\..*)?", host)
    return found[1] if found else host
