"""Saved views, as the server keeps them for who is signed in."""

from __future__ import annotations

from .asked import Refusal
from .world import Json, World, iso


def views(world: World) -> Json:
    """Return the list of views."""
    return {"items": [view for _, view in sorted(world.views.items())], "next": None}


def written(world: World, method: str, name: str, body: Json) -> Json:
    """Save a view under a name, or remove it."""
    if method == "PUT":
        world.views[name] = {"name": name, "saved_at": iso(world.now), **body}
        return world.views[name]
    if world.views.pop(name, None) is None:
        raise Refusal(404, "Not found", f"There is no view {name!r}.")
    return {}
