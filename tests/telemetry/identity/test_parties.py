"""What the other side of a call is called, in the engine and in Python."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.telemetry.identity.parties import PARTY, PARTY_KEYS, PARTY_KIND, Party, party_of, staged
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

REDIS = {"db.system.name": "redis", "server.address": "redis-cart"}
ORDERS = {"db.system.name": "postgresql", "db.namespace": "orders"}
AT = "server.address"

STORES = [
    (REDIS, "redis@redis-cart"),
    ({**REDIS, AT: "Redis-Cart."}, "redis@redis-cart"),
    ({**REDIS, AT: "redis.cart.svc.cluster.local"}, "redis@redis.cart"),
    ({**REDIS, "server.port": "6379"}, "redis@redis-cart"),
    ({**REDIS, "server.port": "6380"}, "redis@redis-cart:6380"),
    ({**REDIS, AT: "redis-cart:6380"}, "redis@redis-cart:6380"),
    ({**REDIS, "db.namespace": "3"}, "redis@redis-cart"),
    ({**REDIS, "peer.service": "carts"}, "carts"),
    ({**REDIS, "peer.service": "10.0.0.9"}, "redis@redis-cart"),
    ({"db.system": "redis"}, "redis"),
    ({"db.system": "redis", "net.peer.port": "7001"}, "redis@:7001"),
    (ORDERS, "postgresql/orders"),
    ({**ORDERS, AT: "pg-main", "server.port": "5432"}, "postgresql/orders@pg-main"),
    ({**ORDERS, AT: "127.0.0.1", "server.port": "5433"}, "postgresql/orders@localhost:5433"),
    ({**ORDERS, AT: "::1"}, "postgresql/orders@localhost"),
    ({**ORDERS, AT: "10.0.0.7"}, "postgresql/orders@10.0.0.7"),
    ({**ORDERS, AT: "[2001:db8::7]:5433"}, "postgresql/orders@[2001:db8::7]:5433"),
    ({"db.system": "elasticsearch", "url.full": "http://u:p@es:9201/_search"}, "elasticsearch@es:9201"),
]
OTHERS = [
    ({"peer.service": "Company.Orders", AT: "10.0.0.7"}, "Company.Orders"),
    ({AT: "API.Stripe.com.", "server.port": "443"}, "api.stripe.com"),
    ({AT: "pay", "server.port": "8080"}, "pay:8080"),
    ({AT: "pay", "server.port": "9090"}, "pay:9090"),
    ({"http.host": "pay:8080"}, "pay:8080"),
    ({"http.url": "http://pay:8080/charge"}, "pay:8080"),
    ({"url.full": "https://pay/charge"}, "pay"),
    ({AT: "pay.shop.svc.cluster.local", "server.port": "80"}, "pay"),
    ({AT: "s3.amazonaws.com", "aws.s3.bucket": "invoices"}, "s3/invoices"),
    ({AT: "10.0.0.7", "rpc.service": "shop.Pay"}, "shop.Pay"),
    ({AT: "10.0.0.7", "rpc.method": "shop.Pay/Charge"}, "shop.Pay"),
    ({AT: "10.0.0.7", "rpc.method": "Charge", "server.port": "8080"}, ":8080"),
    ({AT: "localhost", "server.port": "8080"}, ":8080"),
    ({AT: "10.0.0.7", "server.port": "443"}, ""),
    ({}, ""),
]
PROXIED = [
    ({"upstream_cluster": "outbound|80||pay.shop.svc"}, "pay"),
    ({"upstream_cluster": "PassthroughCluster", "http.url": "http://api.x.com/"}, "api.x.com"),
    ({"upstream_cluster": "", "service.peer.name": "payline"}, "payline"),
]

Given = tuple[Mapping[str, str], str, bool]


def by_engine(warehouse: ChdbWarehouse, given: Sequence[Given]) -> list[Party]:
    """Name the parties of spans as the map does."""
    spans = (
        "SELECT tupleElement(one, 1) AS keys, tupleElement(one, 2) AS n, "
        "CAST((arrayMap(i -> i, keys), tupleElement(one, 3)), 'Map(String, String)') AS known, "
        "initcap(tupleElement(one, 4)) AS SpanKind, tupleElement(one, 5) AS is_proxy, "
        "known['upstream_cluster'] AS cluster FROM (SELECT arrayJoin(arrayZip({keys:Array(Array(String))}, "
        "{n:Array(UInt32)}, {values:Array(Array(String))}, {kinds:Array(String)}, "
        "{proxies:Array(UInt8)})) AS one)"
    )
    rows = warehouse.query(
        f"SELECT {PARTY_KIND}, {PARTY} FROM ({staged(spans)}) ORDER BY n",
        {
            "keys": [list(attributes) for attributes, _, _ in given],
            "n": list(range(len(given))),
            "values": [list(attributes.values()) for attributes, _, _ in given],
            "kinds": [kind for _, kind, _ in given],
            "proxies": [int(is_proxy) for *_, is_proxy in given],
        },
    )
    return [Party(str(kind), str(name)) for kind, name in rows]


def by_python(one: Given) -> Party:
    """Name the party of a span as attributions do."""
    attributes, kind, is_proxy = one
    cluster = attributes.get("upstream_cluster", "")
    return party_of(attributes, kind, is_proxy=is_proxy, cluster=cluster)


def test_parties_are_distinguished(warehouse: ChdbWarehouse) -> None:
    """Stores have their system, database and address, and all others their host, RPC service or port."""
    given: list[Given] = [(one, "client", False) for one, _ in STORES + OTHERS]
    given += [(one, "server", True) for one, _ in PROXIED]
    expected = [name for _, name in STORES + OTHERS + PROXIED]
    assert [party.name for party in by_engine(warehouse, given)] == expected
    assert [by_python(one).name for one in given] == expected


@pytest.mark.parametrize(
    ("attributes", "kind", "party"),
    [
        (REDIS, "client", Party("cache", "redis@redis-cart")),
        (ORDERS, "client", Party("database", "postgresql/orders")),
        (ORDERS, "server", Party("external", "")),
        (
            {"messaging.system": "kafka", "messaging.destination.name": "orders", AT: "broker-7"},
            "producer",
            Party("queue", "kafka/orders"),
        ),
        ({AT: "pay"}, "producer", Party("external", "pay")),
        ({AT: "pay"}, "consumer", Party("external", "")),
    ],
)
def test_the_kind_of_span_decides_what_is_called(
    attributes: Mapping[str, str], kind: str, party: Party
) -> None:
    """Only calls have another side; brokers do not name a queue."""
    assert by_python((attributes, kind, False)) == party


texts = st.sampled_from(
    ("", "pay", "Pay.", "10.0.0.7", "127.0.0.1", "localhost:81", "::1", "[::1]:9", "a:b:1", "h:1\n", "80",
     "443", "5432", "6380", "redis", "postgresql", "a.b.svc", "a.b.svc.x:1", "shop.Pay/Charge", "/", "é:2",
     "http://Pay:8080/x", "https://u@h/", "http://[::2]:5/", "x://", "order-8734", "outbound|80||a.b.svc;",
     "PassthroughCluster", "-")
) | st.text(alphabet=":.[]/@ab1É\n|", max_size=8)  # fmt: skip
spans = st.tuples(
    st.dictionaries(st.sampled_from((*PARTY_KEYS, "upstream_cluster")), texts, max_size=6),
    st.sampled_from(("client", "producer", "consumer", "server", "internal")),
    st.booleans(),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given=st.lists(spans, min_size=50, max_size=50))
def test_the_engine_and_python_agree(warehouse: ChdbWarehouse, given: list[Given]) -> None:
    """A party is called the same on the map, which the engine joins, and in an attribution."""
    assert by_engine(warehouse, given) == [by_python(one) for one in given]
