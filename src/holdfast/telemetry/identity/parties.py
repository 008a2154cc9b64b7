"""The name of the other side of a call, which may send no spans: in SQL and in Python. Pure.

A database, a cache, a queue or a provider is known only by what its callers write of it. `PARTY` names it for
the map, which the engine joins; `party_of` names it for attributions, which Python makes; a test compares the
two. A name is the first of:

- what the caller calls it (`service.peer.name`, `peer.service`);
- for a store, its system, logical database and address: `postgresql/orders@pg-main:5433`;
- for a queue, its system and destination: `kafka/orders`. It has many brokers, which do not name it;
- for a proxy's call, the host of the mesh's cluster;
- for an object store, its bucket: `s3/invoices`;
- its host, `api.stripe.com`, or its RPC service, or only its port, `:8080`.

Usual ports are omitted. A numeric address names a store, whose clients are given it, but nothing else: those
of pods change with every rollout. What has no name is called after its caller (`unnamed`).
"""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdfast.telemetry.spans.operation_names import folded, folded_name
from holdfast.telemetry.spans.peer_names import (
    PASSING,
    bare_host,
    in_python,
    in_sql,
    long_cluster_host,
    short_cluster,
    short_host,
    short_name,
    shortened,
)

CACHES = (
    "redis",
    "memcached",
    "valkey",
    "dragonfly",
    "keydb",
    "hazelcast",
    "infinispan",
    "geode",
    "coherence",
)
"""Systems of `db.system.name` that are drawn as caches."""

STORES = ("database", "cache", "queue")

USUAL_PORTS = {
    "cassandra": "9042", "clickhouse": "8123", "cockroachdb": "26257", "couchdb": "5984", "dragonfly": "6379",
    "elasticsearch": "9200", "ibm.db2": "50000", "influxdb": "8086", "keydb": "6379", "mariadb": "3306",
    "memcached": "11211", "microsoft.sql_server": "1433", "mongodb": "27017", "mssql": "1433",
    "mysql": "3306", "neo4j": "7687", "opensearch": "9200", "oracle": "1521", "oracle.db": "1521",
    "postgresql": "5432", "redis": "6379", "valkey": "6379",
}  # fmt: skip
"""The port a store of each system listens on unless configured; it is not part of the store's name."""

_WEB_PORTS = ("", "0", "80", "443")
_STORE_KEYS = ("db.system.name", "db.system")
_DATABASE_KEYS = ("db.namespace", "db.name")
_QUEUE_KEY = "messaging.system"
_DESTINATION_KEYS = (
    "messaging.destination.template",
    "messaging.destination.name",
    "messaging.destination",
)
_PEER_KEYS = ("service.peer.name", "peer.service")
_HOST_KEYS = ("server.address", "net.peer.name", "net.sock.peer.name", "http.host", "peer.hostname")
_PORT_KEYS = ("server.port", "net.peer.port", "net.sock.peer.port", "peer.port")
_URL_KEYS = ("url.full", "http.url")
_BUCKET_KEY = "aws.s3.bucket"
_RPC_KEY, _RPC_METHOD_KEY = "rpc.service", "rpc.method"

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_CALLING = ("client", "producer")
_HOST_AND_PORT = r"^(\[[^\]]*\]|[^:]*):([0-9]+)$"
_LOOPBACK = r"^(localhost|127\.[0-9.]*|\[?::1\]?)$"
_KUBERNETES = r"^([^.]+)\.([^.]+)\.svc(\..*)?$"
_NUMBERED = "^[0-9]*$"
_URL = r"^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?"
_URL_HOST = _URL + r"(\[[^\]/?#]*\]|[^/?#:\[]*)"
_URL_PORT = _URL + r"(?:\[[^\]/?#]*\]|[^/?#:\[]*):([0-9]+)"


@dataclass(frozen=True, slots=True)
class Party:
    """The other side of a call: its kind (`database`, `external`) and its name, if it has one."""

    kind: str
    name: str


def party_of(attributes: Mapping[str, str], kind: str, *, is_proxy: bool, cluster: str = "") -> Party:
    """Return the other side of a call from its span's attributes and kind, as the SQL of `PARTY` does.

    `cluster` is the upstream cluster of a proxy's span.
    """
    store = "" if is_proxy or kind != "client" else _first(attributes, _STORE_KEYS)
    if store:
        named = short_name(_first(attributes, _PEER_KEYS))
        return Party("cache" if store in CACHES else "database", named or _store(attributes, store))
    queue = "" if is_proxy or kind not in (*_CALLING, "consumer") else attributes.get(_QUEUE_KEY, "")
    if queue:
        return Party("queue", f"{queue}/{folded_name(_first(attributes, _DESTINATION_KEYS))}")
    if is_proxy:
        return Party("external", _behind_proxy(attributes, cluster))
    return Party("external", _called(attributes) if kind in _CALLING else "")


UNNAMED = "unnamed"


def unnamed(port: str, caller: str) -> str:
    """Return what a party without a name is called: `unnamed:8080, called by checkout`.

    `port` is what `PARTY` knows of it, `:8080` or nothing; `caller` is empty if it is not known either.
    """
    return f"{UNNAMED}{port}" + (f", called by {caller}" if caller else "")


def is_named(name: str) -> bool:
    """Return whether a party has a name, and not only a port or nothing."""
    return not (name == "" or name.startswith(":"))


def without_port(name: str) -> str:
    """Return the host in a party's name."""
    host, colon, port = name.rpartition(":")
    return host if colon and port.isdecimal() else name


def _store(attributes: Mapping[str, str], system: str) -> str:
    database = _first(attributes, _DATABASE_KEYS)
    host, port = _host(attributes), _port(attributes)
    address = _store_address(host) + ("" if port in ("", "0", USUAL_PORTS.get(system)) else f":{port}")
    # A logical database has a name; Redis only numbers them, which says nothing to a reader.
    of_database = "" if in_python(_NUMBERED).search(database) else f"/{database}"
    return f"{system}{of_database}" + (f"@{address}" if address else "")


def _store_address(text: str) -> str:
    host = in_python(_HOST_AND_PORT).sub(r"\1", text.translate(_LOWER)).rstrip(".")
    return "localhost" if in_python(_LOOPBACK).search(host) else in_python(_KUBERNETES).sub(r"\1.\2", host)


def _behind_proxy(attributes: Mapping[str, str], cluster: str) -> str:
    if named := attributes.get(_PEER_KEYS[0]):
        return named
    return short_host(_url_host(attributes)) if cluster in PASSING else short_cluster(cluster)


def _called(attributes: Mapping[str, str]) -> str:
    if named := _first(attributes, _PEER_KEYS):
        return short_name(named)
    if bucket := attributes.get(_BUCKET_KEY):
        return f"s3/{bucket}"
    host, port = short_host(_host(attributes)), _port(attributes)
    shown = "" if port in _WEB_PORTS else f":{port}"
    if host and host != "localhost":
        return f"{host}{shown}"
    return _rpc_service(attributes) or shown


def _rpc_service(attributes: Mapping[str, str]) -> str:
    service, slash, _ = attributes.get(_RPC_METHOD_KEY, "").rpartition("/")
    return attributes.get(_RPC_KEY) or (service if slash else "")


def _host(attributes: Mapping[str, str]) -> str:
    return _first(attributes, _HOST_KEYS) or _url_host(attributes)


def _port(attributes: Mapping[str, str]) -> str:
    if given := _first(attributes, _PORT_KEYS):
        return given
    host = _first(attributes, _HOST_KEYS)
    found = in_python(_HOST_AND_PORT).search(host)
    return found[2] if found else ("" if host else _url_port(attributes))


def _url_host(attributes: Mapping[str, str]) -> str:
    return _extracted(_first(attributes, _URL_KEYS), _URL_HOST)


def _url_port(attributes: Mapping[str, str]) -> str:
    return _extracted(_first(attributes, _URL_KEYS), _URL_PORT)


def _extracted(text: str, pattern: str) -> str:
    found = in_python(pattern).search(text)
    return found[1] if found else ""


def _first(attributes: Mapping[str, str], keys: Sequence[str]) -> str:
    return next((attributes[key] for key in keys if attributes.get(key)), "")


def any_of(*keys: str) -> str:
    """Return the SQL for the first of several attributes that is not empty."""
    chosen = ", ".join(f"known['{key}'] != '', known['{key}']" for key in keys[:-1])
    last = f"known['{keys[-1]}']"
    return f"multiIf({chosen}, {last})" if chosen else last


def _quoted(pattern: str) -> str:
    return f"'{in_sql(pattern)}'"


def _in(values: Sequence[str]) -> str:
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"


_IS_CALLING = "SpanKind IN ('Client', 'Producer')"
_SYSTEMS, _PORTS = (str(list(of)) for of in (USUAL_PORTS, USUAL_PORTS.values()))
_OF_STORE_ADDRESS = f"trimRight(replaceRegexpOne(lower(host), {_quoted(_HOST_AND_PORT)}, '\\\\1'), '.')"

_STORE_PORT = f"if(port IN ('', '0', transform(db, {_SYSTEMS}, {_PORTS}, '')), '', concat(':', port))"
_STORE_HOST = (
    f"if(match(store_host, {_quoted(_LOOPBACK)}), 'localhost', "
    f"replaceRegexpOne(store_host, {_quoted(_KUBERNETES)}, '\\\\1.\\\\2'))"
)
_STORE = (
    f"concat(db, if(match(db_name, '{_NUMBERED}'), '', concat('/', db_name)), "
    "if(address = '', '', concat('@', address)))"
)
_WEB_PORT = f"if(port IN {_in(_WEB_PORTS)}, '', concat(':', port))"
_RPC_OF_METHOD = f"extract(known['{_RPC_METHOD_KEY}'], '^(.*)/[^/]*$')"
_RPC_SERVICE = f"if(known['{_RPC_KEY}'] != '', known['{_RPC_KEY}'], {_RPC_OF_METHOD})"
# Of the three texts that are shortened as hosts only one is needed, and each would take four expressions.
_LONG_NAME = (
    f"multiIf(is_proxy AND cluster IN {_in(PASSING)}, lower(extract(url, {_quoted(_URL_HOST)})), "
    f"is_proxy, {long_cluster_host('cluster')}, peer != '', peer, lower(host))"
)
_CALLED = (
    "multiIf(peer != '', short, "
    f"known['{_BUCKET_KEY}'] != '', concat('s3/', known['{_BUCKET_KEY}']), "
    "short NOT IN ('', 'localhost'), concat(short, web_port), rpc != '', rpc, web_port)"
)
_BEHIND_PROXY = f"if(known['{_PEER_KEYS[0]}'] != '', known['{_PEER_KEYS[0]}'], short)"

# In stages, each a query over the one before: the engine writes out an alias wherever it is used, and the
# analysis of what becomes of it is most of what a small insert costs.
PARTY_STAGES = (
    (
        f"if({_IS_CALLING}, {any_of(*_PEER_KEYS)}, '') AS peer, "
        f"if(SpanKind = 'Client' AND NOT is_proxy, {any_of(*_STORE_KEYS)}, '') AS db, "
        f"if({_IS_CALLING}, {any_of(*_HOST_KEYS)}, '') AS own_host, "
        f"if(is_proxy OR {_IS_CALLING}, {any_of(*_URL_KEYS)}, '') AS url, "
        f"if({_IS_CALLING}, {any_of(*_PORT_KEYS)}, '') AS own_port, "
        f"if(SpanKind IN ('Client', 'Producer', 'Consumer') AND NOT is_proxy, known['{_QUEUE_KEY}'], '') "
        "AS queue"
    ),
    (
        f"if(db = '', '', {any_of(*_DATABASE_KEYS)}) AS db_name, "
        f"if(own_host != '', own_host, extract(url, {_quoted(_URL_HOST)})) AS host, "
        f"multiIf(own_port != '', own_port, "
        f"own_host != '', extract(own_host, {_quoted(_HOST_AND_PORT.replace('(', '(?:', 1))}), "
        f"extract(url, {_quoted(_URL_PORT)})) AS port"
    ),
    (
        f"{_OF_STORE_ADDRESS} AS store_host, {bare_host(_LONG_NAME)} AS long_name, {_RPC_SERVICE} AS rpc, "
        f"{_WEB_PORT} AS web_port"
    ),
    f"{shortened('long_name')} AS short, concat({_STORE_HOST}, {_STORE_PORT}) AS address",
)
"""The columns that `PARTY` needs, over a query that has `known`, `SpanKind`, `is_proxy` and `cluster`."""

PARTY_KIND = f"multiIf(db IN {_in(CACHES)}, 'cache', db != '', 'database', queue != '', 'queue', 'external')"

PARTY = (
    f"multiIf(db != '', if(peer != '' AND short != '', short, {_STORE}), "
    f"queue != '', concat(queue, '/', {folded(any_of(*_DESTINATION_KEYS))}), "
    f"is_proxy, {_BEHIND_PROXY}, {_IS_CALLING}, {_CALLED}, '')"
)
"""The SQL expression for a party's name."""

PARTY_KEYS = (
    *_STORE_KEYS, *_DATABASE_KEYS, _QUEUE_KEY, *_DESTINATION_KEYS, *_PEER_KEYS, *_HOST_KEYS, *_PORT_KEYS,
    *_URL_KEYS, _BUCKET_KEY, _RPC_KEY, _RPC_METHOD_KEY,
)  # fmt: skip
"""The attributes that name a party."""


def staged(query: str) -> str:
    """Return a query over another, with the columns that `PARTY` needs."""
    for columns in PARTY_STAGES:
        query = f"SELECT *, {columns} FROM ({query})"
    return query
