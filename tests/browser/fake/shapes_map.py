"""The API's shape of the service map: the invented shop with its stores, its queue and what lies outside."""

from __future__ import annotations

import random

from .world import TEAMS, Json, World, worst

EDGES: tuple[tuple[str, str, float], ...] = (
    ("ingress", "service/gateway", 543.0),
    ("service/gateway", "service/search", 88.0),
    ("service/gateway", "service/catalog", 204.0),
    ("service/gateway", "service/cart", 59.0),
    ("service/gateway", "service/checkout", 9.2),
    ("service/search", "service/catalog", 42.0),
    ("service/catalog", "cache/redis", 410.0),
    ("service/catalog", "database/postgresql/catalog", 31.0),
    ("service/cart", "cache/redis", 61.0),
    ("service/checkout", "service/cart", 9.0),
    ("service/checkout", "service/inventory", 18.3),
    ("service/checkout", "service/payment", 6.3),
    ("service/checkout", "database/postgresql/orders", 25.0),
    ("service/checkout", "queue/nats/orders", 6.1),
    ("service/inventory", "database/postgresql/stock", 126.0),
    ("service/payment", "external/pay.example", 6.2),
    ("queue/nats/orders", "service/notification", 6.1),
)
ILL = {"service/checkout>service/payment": (0.0, 0.031), "service/payment>external/pay.example": (0.112, 0.0)}


def service_map(world: World, seconds: float, query: dict[str, str]) -> Json:
    """Return nodes and edges over a range, with the filters asked for."""
    edges = [] if world.scenario == "empty" else [_edge(world, one, seconds) for one in EDGES]
    if query.get("zone") == "zone-b":
        edges = [edge for edge in edges if edge["source"] != "ingress"]
    if query.get("version") == "v2.31":
        edges = [edge for edge in edges if "service/payment" in edge["id"]]
    if around := query.get("around"):
        edges = [edge for edge in edges if f"service/{around}" in (edge["source"], edge["target"])]
    ids = sorted({edge[end] for edge in edges for end in ("source", "target")})
    is_empty = world.scenario == "empty"
    return {
        "settled_until": None if is_empty else world.at(0.4),
        "settling_since": None if is_empty else world.at(2.4),
        "environments": [] if is_empty else ["production"],
        "namespaces": [],
        "regions": [] if is_empty else ["eu-west-1"],
        "zones": [] if is_empty else ["zone-a", "zone-b"],
        "versions": [] if is_empty else ["v2.30", "v2.31", "v4.2"],
        "nodes": [_node(world, one, edges, seconds) for one in ids],
        "edges": edges,
    }


def _edge(world: World, edge: tuple[str, str, float], seconds: float) -> Json:
    source, target, rate = edge
    name = f"{source}>{target}"
    errors, by_mesh = ILL.get(name, (0.0, 0.0)) if world.scenario != "healthy" else (0.0, 0.0)
    return {
        "id": name,
        "source": source,
        "target": target,
        "retries": round(rate * seconds * by_mesh * 2),
        "origins": ["checkout"] if source == "queue/nats/orders" else [],
        "is_settling": False,
        **_calls(name, rate * seconds, errors, by_mesh, seconds),
    }


def _calls(name: str, calls: float, errors: float, by_mesh: float, seconds: float) -> Json:
    chance = random.Random(name)
    p50 = chance.uniform(0.002, 0.04)
    return {
        "calls": round(calls),
        "rate_per_second": calls / seconds,
        "errors": round(calls * errors),
        "error_ratio": errors if calls else None,
        "proxy_errors": round(calls * by_mesh),
        "proxy_error_ratio": by_mesh if calls else None,
        "p50_seconds": p50 if calls else None,
        "p90_seconds": p50 * 3 if calls else None,
        "p99_seconds": (2.41 if errors or by_mesh else p50 * 7) if calls else None,
    }


def _node(world: World, key: str, edges: list[Json], seconds: float) -> Json:
    kind, _, name = key.partition("/")
    into = [edge for edge in edges if edge["target"] == key]
    calls = sum(edge["calls"] for edge in into)
    tier, team = TEAMS.get(name, (None, None)) if kind == "service" else (None, None)
    own = [p for p in world.promises if p.service == name and kind == "service"]
    return {
        "id": key,
        "kind": kind,
        "name": name,
        "environment": "",
        "namespace": "",
        "label": name,
        "display_name": name,
        "team": team,
        "tier": tier,
        **worst(own),
        **_calls(
            key,
            calls,
            sum(edge["errors"] for edge in into) / calls if calls else 0,
            sum(edge["proxy_errors"] for edge in into) / calls if calls else 0,
            seconds,
        ),
    }
