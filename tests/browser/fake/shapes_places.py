"""A shop in three environments and two namespaces, with services of one name."""

from __future__ import annotations

import random
from collections import Counter

from .shapes_services import lately
from .world import Json, World

Sender = tuple[str, str, str, tuple[str, ...], float, float]
# Name, namespace, environment, regions, requests a second, share of errors.
SERVICES: tuple[Sender, ...] = (
    ("api", "shop", "production", ("eu-west-1", "us-east-1"), 212.0, 0.0004),
    ("api", "billing", "production", ("eu-west-1",), 18.4, 0.0021),
    ("checkout", "shop", "production", ("eu-west-1", "us-east-1"), 9.2, 0.0008),
    ("api", "shop", "staging", ("eu-west-1",), 1.4, 0.31),
    ("api", "billing", "staging", ("eu-west-1",), 0.6, 0.0),
    ("checkout", "shop", "staging", ("eu-west-1",), 0.4, 0.04),
    ("invoices", "billing", "production", ("eu-west-1",), 2.1, 0.0),
    ("checkout", "", "", ("us-east-1",), 0.2, 0.0),
)


def found(world: World, query: dict[str, str], seconds: float) -> list[Json]:
    """Return the services in the scope of a question, the busiest first, labelled among themselves."""
    rows = [_service(world, one, seconds) for one in SERVICES if _within(one, query)]
    rows = [row for row in rows if query.get("q", "").lower() in row["name"]]
    return _labelled(sorted(rows, key=lambda row: -row["requests"]))


def _within(one: Sender, query: dict[str, str]) -> bool:
    _, namespace, environment, regions, _, _ = one
    return (
        query.get("environment", environment or "default") == (environment or "default")
        and query.get("namespace", namespace or "default") == (namespace or "default")
        and query.get("region", regions[0]) in regions
    )


def _service(world: World, one: Sender, seconds: float) -> Json:
    name, namespace, environment, regions, rate, ratio = one
    chance = random.Random(f"{environment} {namespace} {name}")
    return {
        "name": name,
        "environment": environment,
        "namespace": namespace,
        "display_name": name.capitalize(),
        "team": "payments" if namespace == "billing" else None,
        "tier": None,
        "requests": round(rate * seconds),
        "rate_per_second": rate,
        "errors": round(rate * seconds * ratio),
        "error_ratio": ratio,
        "p50_seconds": round(chance.uniform(0.01, 0.06), 4),
        "p90_seconds": round(chance.uniform(0.08, 0.2), 4),
        "p99_seconds": round(chance.uniform(0.2, 0.5), 4),
        "regions": list(regions),
        "zones": [f"{region}{zone}" for region in regions for zone in "ab"],
        "versions": ["v4.3-rc1"] if environment == "staging" else ["v4.2"],
        "silent_since": None,
        "silent_zones": [],
        "idle": None,
        "stopped_instances": None,
        "is_mesh_hop": False,
        "last_seen": world.at(0.03),
        "objectives": 0,
        "worst_state": None,
        "worst_burn_state": None,
        **lately(rate, chance, ill=ratio >= 0.01, ratio=ratio),
    }


def _labelled(rows: list[Json]) -> list[Json]:
    """Name what distinguishes each from the others of its name, as the server does."""
    names = Counter(row["name"] for row in rows)
    of_namespace = Counter((row["name"], row["namespace"]) for row in rows)
    of_environment = Counter((row["name"], row["environment"]) for row in rows)

    def label(row: Json) -> str:
        name, namespace, environment = row["name"], row["namespace"], row["environment"]
        before, behind = f"{namespace or 'default'}/{name}", f" ({environment or 'default'})"
        if names[name] == 1:
            return str(name)
        if of_namespace[name, namespace] == 1:
            return before
        return f"{name}{behind}" if of_environment[name, environment] == 1 else before + behind

    return [row | {"label": label(row)} for row in rows]
