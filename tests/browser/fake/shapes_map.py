"""The API's shape of the service map: the invented shop with its stores, its queue and what lies outside."""

from __future__ import annotations

import itertools
import math
import random
from datetime import datetime

from .shapes_callers import idle
from .shapes_services import silent_zones, stopped
from .world import TEAMS, Json, World, iso, worst

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


LATER = ("service/gateway", "service/wishlist", 4.0)
"""A service that is new while somebody looks on: `world.newcomers` says whether it is there."""


def service_map(world: World, seconds: float, query: dict[str, str]) -> Json:
    """Return nodes and edges over a range, with the filters asked for."""
    edges = [_edge(world, one, seconds) for one in _drawn(world)]
    if query.get("zone") == "zone-b":
        edges = [edge for edge in edges if edge["source"] != "ingress"]
    if query.get("version") == "v2.31":
        edges = [edge for edge in edges if "service/payment" in edge["id"]]
    if around := query.get("around"):
        edges = [edge for edge in edges if around in (_name(edge["source"]), _name(edge["target"]))]
    ids = sorted({edge[end] for edge in edges for end in ("source", "target")})
    is_empty = world.scenario == "empty"
    return {
        "settled_until": None if is_empty else world.at(0.4),
        "settling_since": None if is_empty else world.at(2.4),
        "environments": [] if is_empty else ["production"],
        "namespaces": [],
        "regions": [] if is_empty else ["eu-west-1"],
        "zones": [] if is_empty else ["zone-a", "zone-b", "zone-c"],
        "versions": [] if is_empty else ["v2.30", "v2.31", "v4.2"],
        "nodes": [_node(world, one, edges, seconds) for one in ids],
        "edges": edges,
    }


def _drawn(world: World) -> list[tuple[str, str, float]]:
    if world.scenario in {"empty", "places"}:
        return []
    if world.scenario == "many":
        return _sixty()
    if world.scenario == "platform":
        return _three_hundred()
    return [*EDGES, *((LATER,) if world.newcomers else ())]


LAYERS = ((0, 20), (20, 90), (90, 200), (200, 300))
"""Which of the services of a large platform each layer of its map has."""

LONG = {13: "recommendation-of-related-products-v2", 19: "recommendation", 30: "order-history-export"}
"""Names that need the room of a node, or more."""


def _part_name(number: int) -> str:
    return f"service/{LONG.get(number, f'part-{number:02}')}"


def _sixty() -> list[tuple[str, str, float]]:
    """A map of sixty nodes: twelve services at the edge, thirty-six behind them, and eleven stores."""
    edges = [("ingress", "service/gateway", 900.0)]
    for number in range(48):
        caller = "service/gateway" if number < 12 else _part_name(number % 12)
        edges.append((caller, _part_name(number), 3.0 * number + 1))
    stores = [f"postgresql/archive_of_orders_{n}" if n == 5 else f"store-{n:02}" for n in range(11)]
    edges += [(_part_name(n), f"database/{stores[n % 11]}", 9.0 * n) for n in range(12, 48, 2)]
    return edges


def _three_hundred() -> list[tuple[str, str, float]]:
    """A map of three hundred services in four layers, each called by one or two of the layer before."""
    layers = [[f"service/service-{number:04d}" for number in range(low, high)] for low, high in LAYERS]
    edges = [("ingress", name, 40.0) for name in layers[0]]
    for callers, called in itertools.pairwise(layers):
        for number, name in enumerate(called):
            edges.append((callers[number % len(callers)], name, 2.0 + number % 50))
            if number % 3 == 0:
                edges.append((callers[(number + 7) % len(callers)], name, 1.0 + number % 20))
    return edges


def is_ill(world: World, name: str) -> tuple[float, float]:
    """Return the shares of the calls of an edge that the application and the mesh fail."""
    if world.scenario == "many":
        return (
            (0.2, 0.0) if name.endswith(("part-07", "recommendation", "part-31", "store-03")) else (0.0, 0.0)
        )
    return ILL.get(name, (0.0, 0.0)) if world.scenario != "healthy" else (0.0, 0.0)


def calls(world: World, query: dict[str, str], start: datetime, end: datetime) -> Json | None:
    """Return the calls of an edge or node against usual; None where there are none."""
    source, target = query.get("source", ""), query.get("target", "")
    found = [one for one in _drawn(world) if source in ("", one[0]) and target in ("", one[1])]
    if not found:
        return None
    seconds, name = (end - start).total_seconds(), f"{found[0][0]}>{found[0][1]}"
    rate, (errors, by_mesh) = sum(one[2] for one in found), is_ill(world, name)
    is_service = found[0][1].startswith("service/")
    zones = [_part(zone, rate * seconds / 3, errors, by_mesh, seconds) for zone in _zones()]
    versions = ("v2.30", "v2.31") if "payment" in name else ("v4.2",)
    now = _counted(name, rate * seconds, errors, by_mesh, seconds)
    times = [int(end.timestamp()) // 60 * 60 - 3540 + 60 * step for step in range(60)]
    waves = [rate * 60 * (1 + 0.1 * math.sin(at / 400)) for at in times]
    late = [index > 14 for index in range(60)]
    return {
        "start": iso(start),
        "end": iso(end),
        "now": now,
        "usual": {
            "calls": round(rate * seconds * 0.97),
            "rate_per_second": rate * 0.97,
            "error_ratio": 0.0,
            "p99_seconds": now["p99_seconds"],
            "of": "the same hour of the last 4 weeks",
        },
        "reason": "failing" if errors or by_mesh else "usual",
        "sentence": f"{now['errors']} of {now['calls']} requests fail" if errors else "as usual",
        "parts_are_of": "target" if is_service else "source",
        "zones": zones,
        "versions": [_part(one, rate * seconds / 2, errors, by_mesh, seconds) for one in versions],
        "step_seconds": 60,
        "times_epoch": times,
        "calls": [round(one) for one in waves],
        "errors": [round(one * errors) if bad else 0 for one, bad in zip(waves, late, strict=True)],
        "proxy_errors": [round(one * by_mesh) if bad else 0 for one, bad in zip(waves, late, strict=True)],
        "p99_seconds": [0.05 for _ in times],
        "usual_series": {
            "rate_per_second": _around(rate, times),
            "error_ratio": {"low": [0.0 for _ in times], "high": [0.002 for _ in times]},
            "p99_seconds": _around(0.05, times),
        },
        "usual_begins": None,
    }


def _around(value: float, times: list[int]) -> Json:
    return {"low": [value * 0.9 for _ in times], "high": [value * 1.1 for _ in times]}


def _name(node: str) -> str:
    return node.partition("/")[2]


def answers(world: World, query: dict[str, str], start: datetime, end: datetime) -> Json | None:
    """Return what was asked of a party and what it answered; None where nobody calls it."""
    found = [one for one in _drawn(world) if one[1] == query["target"]]
    if not found:
        return None
    seconds, operations = (end - start).total_seconds(), []
    for source, target, rate in found:
        share, _ = is_ill(world, f"{source}>{target}")
        operations.append(
            {
                "service": _name(source),
                "namespace": "",
                "environment": "",
                "operation": "POST /v1/charges" if "pay" in target else "SELECT",
                "calls": round(rate * seconds),
                "errors": round(rate * seconds * share),
                "p50_seconds": 0.21,
                "p99_seconds": 1.5 if share else 0.38,
            }
        )
    calls, errors = (sum(one[key] for one in operations) for key in ("calls", "errors"))
    failed = [{"answer": "timeout", "calls": errors, "errors": errors}] if errors else []
    return {
        "start": iso(start),
        "end": iso(end),
        "operations": operations,
        "answers": [{"answer": "200", "calls": calls - errors, "errors": 0}, *failed],
    }


def _zones() -> tuple[str, ...]:
    return ("zone-a", "zone-b", "zone-c")


def _counted(name: str, calls: float, errors: float, by_mesh: float, seconds: float) -> Json:
    retries = round(calls * by_mesh * 2)
    return {"retries": retries, **_calls(name.strip(), calls, errors, by_mesh, seconds)}


def _part(name: str, calls: float, errors: float, by_mesh: float, seconds: float) -> Json:
    return {"name": name, **_counted(name, calls, errors, by_mesh, seconds)}


def _edge(world: World, edge: tuple[str, str, float], seconds: float) -> Json:
    source, target, rate = edge
    name = f"{source}>{target}"
    errors, by_mesh = is_ill(world, name)
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
    failed = sum(edge["errors"] + edge["proxy_errors"] for edge in into)
    is_failing = failed >= 5 and failed > calls / 100
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
        "reason": "failing" if is_failing else "usual",
        "sentence": f"{failed:,.0f} of {calls:,} calls fail" if is_failing else "as usual",
        **_places(world, key, calls),
        **_calls(
            key,
            calls,
            sum(edge["errors"] for edge in into) / calls if calls else 0,
            sum(edge["proxy_errors"] for edge in into) / calls if calls else 0,
            seconds,
        ),
    }


def _places(world: World, key: str, calls: int) -> Json:
    """Return the zones and versions of a service; one zone of inventory fell silent."""
    if not key.startswith("service/"):
        return {"zones": [], "versions": [], "silent_since": None, "idle": None, "stopped_instances": None}
    lost = next((one["since"] for one in silent_zones(world, _name(key))), None)
    zones = [
        {**_of(zone, calls / 3), "silent_since": lost if zone == "zone-c" else None} for zone in _zones()
    ]
    versions = [_of("v2.30", calls * 0.9), _of("v2.31", calls * 0.1)] if key == "service/payment" else []
    if key == "service/catalog":
        versions = [_of("1.9.4", calls * 0.9), _of("2.0.0", calls * 0.1)]
    return {
        "zones": zones,
        "versions": versions or [_of("v4.2", calls)],
        "silent_since": None,
        "idle": idle(world, _name(key)),
        "stopped_instances": stopped(world, _name(key)),
    }


def _of(name: str, calls: float) -> Json:
    return {"name": name, "calls": round(calls), "errors": 0, "proxy_errors": 0}
