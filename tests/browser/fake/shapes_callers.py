"""The API's shapes where a service is failing as its callers see it, is idle, or only forwards."""

from __future__ import annotations

from .world import Json, World

HOP = "envoy-zone-a"
BEFORE = {
    "calls": 257,
    "failed": 98,
    "ratio": 98 / 257,
    "where": "mesh",
    "zone": "",
    "callers": ["gateway", "cart"],
    "sentence": "98 of 257 calls fail in the mesh before it",
}
NOW = {"requests": 159, "errors": 0, "p99_seconds": 0.3, "is_slow": False}


def idle(world: World, name: str) -> Json | None:
    """Return that inventory is idle, because checkout fails before it."""
    if world.scenario != "mesh" or name != "inventory":
        return None
    return {"behind": "checkout", "since": world.at(21)}


def as_callers_see(world: World, name: str) -> Json:
    """Return what is wrong now where that is not by its own requests; nothing of other services."""
    if world.scenario != "mesh":
        return {}
    found = {
        "catalog": NOW
        | {
            "reason": "failing",
            "needs_attention": True,
            "sentence": BEFORE["sentence"],
            "failed_before": BEFORE,
        },
        "inventory": NOW
        | {
            "requests": 0,
            "p99_seconds": None,
            "reason": "idle",
            "needs_attention": False,
            "sentence": "idle: checkout fails before it",
            "failed_before": None,
        },
        HOP: NOW
        | {
            "errors": 98,
            "reason": "failing",
            "needs_attention": False,
            "sentence": "98 of 257 requests fail",
            "failed_before": None,
        },
    }
    return {"now": found[name]} if name in found else {}
