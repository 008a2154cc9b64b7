"""Which node a call leads to, and what the node is called."""

import pytest
from tests.telemetry.otlp_builders import T0

from holdfast.catalog.aliases import aliases_of
from holdfast.catalog.model import Service
from holdfast.telemetry.servicemap.model import EdgeRow, NodeKey, graph, labelled

CART, CHECKOUT = NodeKey("service", "cart"), NodeKey("service", "checkout")


def call(caller: NodeKey, kind: str, name: str, *origins: str, environment: str = "") -> EdgeRow:
    """Return one call of something that sent no span of it."""
    callee = NodeKey(kind, name, environment=environment)
    return EdgeRow(caller, callee, origins, 1, 0, 0, 0, ((3, 1),), T0)


def callees(*edges: EdgeRow, services: tuple[Service, ...] = ()) -> list[tuple[str, str, int]]:
    """Return caller, callee and number of calls of each edge."""
    found = graph(edges, aliases_of(services).called)
    return sorted((edge.caller.name, edge.callee.name, edge.calls) for edge in found)


@pytest.mark.parametrize(
    ("caller", "name", "called"),
    [
        (CHECKOUT, "", "unnamed, called by checkout"),
        (CHECKOUT, ":8080", "unnamed:8080, called by checkout"),
        (NodeKey("service", "api", "billing"), "", "unnamed, called by billing/api"),
        (NodeKey("unknown", ""), "", "unnamed"),
    ],
)
def test_what_has_no_name_is_called_after_its_caller(caller: NodeKey, name: str, called: str) -> None:
    """Two callers' unnamed parties are two nodes, and ports distinguish those of one caller."""
    assert callees(call(caller, "external", name)) == [(caller.name, called, 1)]


def test_a_host_and_port_mean_the_service_of_that_name() -> None:
    """Whatever port its callers use; without such a service, ports of one host are several parties."""
    edges = (
        call(CART, "external", "checkout:8080"),
        call(CART, "external", "checkout:9090"),
        call(CART, "external", "legacy:8080"),
        call(CART, "external", "legacy:9090"),
        call(CHECKOUT, "external", "api.stripe.com"),
    )
    assert callees(*edges) == [
        ("cart", "checkout", 2),
        ("cart", "legacy:8080", 1),
        ("cart", "legacy:9090", 1),
        ("checkout", "api.stripe.com", 1),
    ]


def test_a_store_without_address_is_the_only_one_its_caller_addresses() -> None:
    """Among several, and for callers that address none, it stays a store of its own."""
    edges = (
        call(CART, "cache", "redis"),
        call(CART, "cache", "redis@redis-cart"),
        call(CHECKOUT, "cache", "redis"),
        call(CHECKOUT, "cache", "redis@redis-cart"),
        call(CHECKOUT, "cache", "redis@redis-session"),
        call(NodeKey("service", "search"), "cache", "redis"),
    )
    assert callees(*edges) == [
        ("cart", "redis@redis-cart", 2),
        ("checkout", "redis", 1),
        ("checkout", "redis@redis-cart", 1),
        ("checkout", "redis@redis-session", 1),
        ("search", "redis", 1),
    ]


def test_aliases_are_resolved_after_addresses() -> None:
    """The store an alias names is not taken for one without an address; origins are resolved too."""
    redis = Service("redis", "Redis", aliases=("redis@redis-cart*",))
    cart = Service("cart", "Cart", aliases=("cartservice",))
    edges = (
        call(NodeKey("service", "cartservice"), "cache", "redis@redis-cart:6380"),
        call(CART, "cache", "redis@redis-cart"),
        call(CART, "cache", "redis@redis-session"),
        call(NodeKey("queue", "kafka/orders"), "service", "checkout", "cart", "cartservice"),
    )
    assert callees(*edges, services=(redis, cart)) == [
        ("cart", "redis", 2),
        ("cart", "redis@redis-session", 1),
        ("kafka/orders", "checkout", 1),
    ]
    taken = next(one for one in graph(edges, aliases_of((cart,)).called) if one.origins)
    assert taken.origins == ("cart",)


def test_a_store_is_shown_without_address_while_it_is_the_only_one() -> None:
    """Its name stays whole; environments are told apart as services' are."""
    keys = {
        "a": NodeKey("cache", "redis@redis-cart"),
        "b": NodeKey("cache", "redis@redis-session"),
        "c": NodeKey("database", "postgresql/orders@pg", environment="prod"),
        "d": NodeKey("database", "postgresql/orders@pg", environment="stage"),
        "e": NodeKey("database", "mysql@db:3307"),
        "f": NodeKey("external", "user@host"),
    }
    shown = labelled(list(keys.values()))
    assert {name: shown[key] for name, key in keys.items()} == {
        "a": "redis@redis-cart",
        "b": "redis@redis-session",
        "c": "postgresql/orders (prod)",
        "d": "postgresql/orders (stage)",
        "e": "mysql",
        "f": "user@host",
    }
