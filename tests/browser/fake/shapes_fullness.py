"""The API's shapes for the spread of a service's failures, and for how full its resources are."""

from __future__ import annotations

from .shapes_services import SILENT_MINUTES
from .world import Json, World

ZONES = ("zone-a", "zone-b", "zone-c")
ATTRIBUTES = {
    "zone": "cloud.availability_zone",
    "version": "service.version",
    "instance": "service.instance.id",
}
POOL = "http.server.active_requests"


def spread(world: World, whole: Json, by: str) -> Json:
    """Return failures by zone, version or instance: payment's new version fails, all of checkout does."""
    name, failed = whole["name"], round(whole["requests"] * (whole["error_ratio"] or 0))
    is_bad = name == "payment" and world.scenario != "healthy"
    values = {
        "zone": ZONES,
        "version": tuple(whole["versions"]),
        "instance": tuple(f"{name}-7d9f6c5b8-{zone}" for zone in ZONES),
    }[by]
    shares = zip(_shared(whole["requests"], len(values)), _shared(failed, len(values)), strict=True)
    parts = [_part(value, by, *share) for value, share in zip(values, shares, strict=True)]
    if is_bad and by == "version":
        parts = [
            _part("v2.31", by, whole["requests"] // 10, failed, out=True),
            _part("v2.30", by, whole["requests"] * 9 // 10, failed // 40),
        ]
    if world.scenario == "zone" and by == "zone":
        parts[-1] |= {"sent_until": world.at(SILENT_MINUTES)}
    summary = (
        "Version v2.31 fails 360 times as often as the others."
        if is_bad
        else "No zone, version or instance stands out: look downstream."
    )
    reasons = {each: "stands_out" if is_bad and each == "version" else "even" for each in ATTRIBUTES}
    return {
        "name": name,
        "by": by,
        "parts": parts,
        "values": 48 if by == "instance" else len(parts),
        "requests": sum(one["requests"] for one in parts),
        "errors": sum(one["errors"] for one in parts),
        "summary": summary,
        "judgements": [
            {"by": each, "reason": reason, "values": [], "sentence": summary}
            for each, reason in reasons.items()
        ],
        "sampled_share": 6 if by == "instance" else 1,
    }


def _shared(whole: int, parts: int) -> list[int]:
    """Return whole parts that add up."""
    return [whole // parts + (place < whole % parts) for place in range(parts)]


def _part(value: str, by: str, requests: int, errors: int, *, out: bool = False) -> Json:
    return {
        "value": value,
        "attribute": ATTRIBUTES[by],
        "requests": requests,
        "errors": errors,
        "error_ratio": errors / requests if requests else None,
        "p99_seconds": 1.742 if errors * 50 > requests else 0.204,
        "stands_out": out,
        "sent_from": None,
        "sent_until": None,
    }


def saturation(world: World, name: str) -> Json:
    """Return what fills up; a service that sends no metrics has nothing."""
    if name == "gateway":
        return {"name": name, "resources": [], "sentence": ""}
    calm = world.scenario == "healthy"
    instance = f"{name}-zone-b"
    active, pool = "http.server.active_requests", "Connection pool"
    items = [
        _fill(
            "connection_pool",
            "Connection pool, payline",
            POOL,
            4 if calm else 27,
            30,
            "connections",
        ),
        _fill("requests_in_flight", "Requests in flight", active, 6 if calm else 42, 48, "requests"),
        _fill("memory", "Memory", "process.memory.usage", 276, 512, "MiB"),
        _fill("cpu", "CPU", "process.cpu.time", 0.62, 2, "CPUs"),
        _fill("connection_pool", f"{pool}, postgres", POOL, 11, 50, "connections"),
        _fill("event_loop_delay", "Event loop delay", "process.cpu.time", 6, None, "ms"),
    ]
    if world.scenario == "mesh":
        items[2] |= {"detail": "+38 MiB in 10 min, limit in about 62 min", "is_growing": True}
    items.sort(key=lambda one: -1 if one["ratio"] is None else one["ratio"], reverse=True)
    tight = f"Connection pool, payline is nearly full on {instance}: 27 of 30 connections, and 1 more."
    for one in items:
        one |= {"instance": instance, "instances": 6}
    return {"name": name, "resources": items, "sentence": "Nothing is nearly full." if calm else tight}


def _fill(signal: str, title: str, metric: str, used: float, limit: float | None, unit: str) -> Json:
    ratio = None if limit is None else used / limit
    text = f"{used:g} {unit}" if limit is None else f"{used:g} of {limit:g} {unit}"
    highest = text if limit is None else f"{limit:g} of {limit:g} {unit}"
    level = "no_limit" if ratio is None else "nearly_full" if ratio >= 0.8 else "free"
    return {
        "signal": signal,
        "title": title.partition(", ")[0],
        "part": title.partition(", ")[2],
        "level": level,
        "used": used,
        "limit": limit,
        "ratio": ratio,
        "text": text,
        "short_text": text.partition(" connections")[0].partition(" requests")[0],
        "detail": "",
        "is_growing": False,
        "highest_text": highest if ratio and ratio >= 0.8 else text,
        "metric": metric,
        "limit_metric": None if limit is None else f"{metric}.limit",
    }
