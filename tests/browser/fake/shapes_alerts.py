"""Alerts of the invented shop: what its burning objectives fire, and one that ended today."""

from __future__ import annotations

from .world import Json, Promise, World

TICKET, PAGE = "ticket 10% 3d/6h", "page 2% 1h/5m"


def alerts(world: World) -> Json:
    """Return the alerts as the API lists them, newest first."""
    firing = [alert for promise in world.promises for alert in _firing(world, promise)]
    ended = [_alert(world, promise, PAGE, status="resolved", minutes=300) for promise in world.promises[-1:]]
    return {"items": [one | {"id": number} for number, one in enumerate([*firing, *ended], 1)], "next": None}


def _firing(world: World, promise: Promise) -> list[Json]:
    if promise.burn_state == "burning":
        return [_alert(world, promise, PAGE), _alert(world, promise, TICKET, status="covered")]
    return [_alert(world, promise, TICKET)] if promise.burn_state == "burning_slowly" else []


def _alert(world: World, promise: Promise, tier: str, *, status: str = "firing", minutes: float = 34) -> Json:
    incident = next((one["id"] for one in world.incidents.values() if one["objective"] == promise.name), None)
    return {
        "objective": promise.name,
        "objective_display_name": promise.display_name,
        "service": promise.service,
        "environment": None,
        "namespace": None,
        "severity": tier.split()[0],
        "tier": tier,
        "state": "inhibited" if status == "covered" else status,
        "status": status,
        "fired_at": world.at(minutes),
        "resolved_at": world.at(minutes - 9) if status == "resolved" else None,
        "long_rate": promise.burn[0],
        "short_rate": promise.burn[0],
        "threshold": 13.4 if tier == PAGE else 0.93,
        "incident_id": incident if tier == PAGE else None,
        "still_firing": None,
    }
