"""The changes of the fake server: some that people and pipelines reported, and one that was detected."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .world import World

Json = dict[str, Any]

ROWS = (
    ("deploy", "cart", "1.4.0", "telemetry", "", 3),
    ("deploy", "payment", "v2.31", "ci", "Rollout 10% → 60%", 46),
    ("deploy", "payment", "v2.31", "ci", "Rollout started at 10%", 62),
    ("flag", "storefront", None, "merchandising", "New checkout button on for 20% of shoppers", 310),
    (
        "catalog",
        None,
        None,
        "platform",
        "Catalog revision 7 applied: checkout-latency target 98.5% → 99%",
        1410,
    ),
    ("scale", "cart", None, "autoscaler", "Replicas 4 → 6", 2110),
    ("config", "gateway", None, "platform", "Retry budget 20% → 10%", 4300),
)


def first(at: Callable[[float], str]) -> list[Json]:
    """Return what was changed before the page was opened, newest first."""
    found = []
    for index, (kind, service, version, actor, summary, ago) in enumerate(ROWS):
        seen = [_seen(at)] if actor == "telemetry" else []
        found.append(
            {
                "id": 90 - index,
                "at": at(ago),
                "kind": kind,
                "service": service,
                "environment": None,
                "namespace": None,
                "region": None,
                "version": version,
                "actor": actor,
                "summary": seen[0]["summary"] if seen else summary,
                "source": "detected" if seen else "reported",
                "observed": seen,
            }
        )
    return found


def of(world: World, service: str | None) -> list[Json]:
    """Return the changes of a service, or all."""
    return [one for one in world.changes if service in (None, one["service"])]


def added(world: World, body: Json) -> Json:
    """Record a change and return it."""
    named = ("service", "environment", "namespace", "region", "version")
    change = {
        "id": 91 + len(world.changes),
        "at": body.get("at") or world.at(0),
        "kind": body["kind"],
        **{name: body.get(name) for name in named},
        "actor": "dev",
        "summary": body["summary"],
        "source": "reported",
        "observed": [],
    }
    world.changes.insert(0, change)
    return change


def _seen(at: Callable[[float], str]) -> Json:
    return {
        "environment": "",
        "namespace": "",
        "arrival": "new",
        "since": at(3),
        "detected_at": at(1),
        "zones": ["zone-a"],
        "regions": [],
        "requests": 41,
        "total_requests": 410,
        "seconds": 120,
        "before": ["1.3.9"],
        "summary": "cart 1.4.0 takes traffic in zone-a, 10% of requests (41 of 410); 1.3.9 before",
    }
