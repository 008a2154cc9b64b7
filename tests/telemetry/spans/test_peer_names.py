"""What a call's other side is called, in the engine and in Python."""

import pytest

from holdfast.telemetry.spans.peer_names import (
    cluster_host,
    host_name,
    peer_name,
    short_cluster,
    short_host,
    short_name,
)
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

HOSTS = {
    "pay": "pay",
    "pay:8080": "pay",
    "pay.shop.svc.cluster.local:80": "pay",
    "pay.shop.svc": "pay",
    "api.stripe.com": "api.stripe.com",
    "api.stripe.com.": "api.stripe.com",
    "API.Stripe.COM:443": "api.stripe.com",
    "API.stripe.com.:443": "api.stripe.com",
    "PAY.shop.svc.cluster.local.": "pay",
    "MÜNCHEN.example": "mÜnchen.example",
    "10.0.0.7.": "",
    "10.0.0.7:80": "",
    "::1": "",
    "": "",
}
NAMES = {"Company.Orders": "Company.Orders", "Pay.": "Pay", "Pay.shop.svc:80": "Pay", "10.0.0.7": "", "": ""}
CLUSTERS = {
    "frontend": "frontend",
    "outbound|9080||reviews.default.svc.cluster.local": "reviews",
    "outbound|9080|v1|reviews.default.svc.cluster.local;": "reviews",
    "inbound-vip|9080|http|reviews.default.svc.cluster.local;": "reviews",
    "outbound|443||api.stripe.com;": "api.stripe.com",
    "outbound|443||API.stripe.com.;": "api.stripe.com",
    "Frontend": "Frontend",
    "inbound|9080||;": "",
    "inbound|9080||": "",
    "a|b": "",
    "PassthroughCluster": "",
    "BlackHoleCluster": "",
    "-": "",
    "": "",
}


def test_the_engine_and_python_agree(warehouse: ChdbWarehouse) -> None:
    """A host is called the same on the map, which the engine joins, and in a verdict, which Python finds."""
    for expression, short, expected in (
        (host_name("one"), short_host, HOSTS),
        (peer_name("one"), short_name, NAMES),
        (cluster_host("one"), short_cluster, CLUSTERS),
    ):
        sql = f"SELECT one, {expression} FROM (SELECT arrayJoin({{all:Array(String)}}) AS one)"
        assert dict(warehouse.query(sql, {"all": list(expected)})) == expected
        assert {one: short(one) for one in expected} == expected


@pytest.mark.parametrize("name", ["pay", "api.stripe.com", ""])
def test_a_short_name_stays_as_it_is(name: str) -> None:
    """Shortening twice is shortening once."""
    assert short_name(short_name(name)) == short_name(name)
