"""The API's shapes for metrics: a histogram, counters and a gauge of the shop's services."""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta

from .world import Json, World

SERVICES = ("cart", "catalog", "checkout", "gateway", "inventory", "payment", "search")
# Its lowest bucket ends at 5 s.
WIDE = "messaging.process.duration"
# They send no spans.
METRICS_ONLY = ("storefront",)
ROUTES = ("/cart", "/orders", "/products/{sku}", "/search", "/quotes", "/stock/{sku}", "/charges")
STREAMS: dict[str, tuple[str, str, str, list[str]]] = {
    "http.server.request.duration": (
        "histogram",
        "s",
        "cumulative",
        ["p99", "p50", "p90", "p95", "rate", "increase", "avg"],
    ),
    "messaging.process.duration": (
        "histogram",
        "s",
        "delta",
        ["p99", "p50", "p90", "p95", "rate", "increase", "avg"],
    ),
    "http.server.active_requests": ("sum", "{request}", "cumulative", ["avg", "min", "max", "sum", "last"]),
    "process.memory.usage": ("gauge", "By", "none", ["avg", "min", "max", "sum", "last"]),
    "process.cpu.time": ("sum", "s", "cumulative", ["rate", "increase", "last", "sum"]),
    "shop.orders": ("sum", "{order}", "cumulative", ["rate", "increase", "last", "sum"]),
    "system.cpu.utilization": ("gauge", "1", "none", ["avg", "min", "max", "sum", "last"]),
}


def stream(world: World, name: str) -> Json:
    """Return the one stream of a metric."""
    kind, unit, temporality, functions = STREAMS[name]
    return {
        "kind": kind,
        "unit": unit,
        "temporality": temporality,
        "is_monotonic": "increase" in functions and kind == "sum",
        "description": f"What {name} is about.",
        "services": list(SERVICES),
        "environments": ["production"],
        "namespaces": [""],
        "regions": ["eu-west-1"],
        "series": 28,
        "last_seen": world.at(0.1),
        "functions": functions,
    }


def metrics(world: World, text: str, service: str) -> Json:
    """Return the metrics whose names hold a text, those of one service where one is named."""
    sends = world.scenario != "empty" and (not service or service in SERVICES or service in METRICS_ONLY)
    names = [name for name in STREAMS if sends and text.lower() in name]
    return {"items": [{"name": name, "streams": [stream(world, name)]} for name in names], "next": None}


def metric(world: World, name: str) -> Json:
    """Return a metric with its attributes."""
    attributes = [
        ("http.route", "point", ROUTES),
        ("http.response.status_code", "point", ("200", "404", "503")),
        ("service.name", "resource", SERVICES),
        ("cloud.availability_zone", "resource", ("zone-a", "zone-b")),
        ("telemetry.sdk.language", "resource", ("python",)),
    ]
    return {
        "name": name,
        "streams": [stream(world, name)],
        "attributes": [
            {
                "key": key,
                "place": place,
                "values": len(values),
                "commonest": [{"value": value, "series": 28 - place} for place, value in enumerate(values)],
            }
            for key, place, values in attributes
        ],
    }


def series(world: World, name: str, query: dict[str, str], start: datetime, end: datetime) -> Json:
    """Return a plot: one line, or one for each value it is grouped by and the rest."""
    kind, unit, _, functions = STREAMS[name]
    fn, by = query.get("fn", functions[0]), query["by"].split("\n") if "by" in query else []
    step = max(10, round((end - start).total_seconds() / 120 / 10) * 10)
    times = list(range(int(start.timestamp()) // step * step, int(end.timestamp()), step))
    keys = ROUTES if "http.route" in by else SERVICES if by else ("",)
    lines = [_line(name, key, by, times, is_rest=False) for key in keys]
    if len(lines) > 1:
        lines.append(_line(name, "", [], times, is_rest=True))
    if name == WIDE and fn.startswith("p"):
        lines = [_wide(line) for line in lines]
    if "http.route=/nowhere" in query.get("where", ""):
        lines = []
    has_exemplars = kind == "histogram" and bool(lines)
    return {
        "name": name,
        "stream": stream(world, name),
        "others": [],
        "fn": fn,
        "by": by,
        "split_by": [],
        "unit": {"rate": "/s" if kind == "histogram" else f"{unit}/s", "increase": "1"}.get(fn, unit),
        "step_seconds": step,
        "times_epoch": times,
        "lines": lines,
        "exemplars": _exemplars(times) if has_exemplars else [],
        "series": 28,
        "last_seen": world.at(0.1),
        "reported_every_seconds": 10.0,
        "is_stale": world.scenario == "many",
    }


def _line(name: str, key: str, by: list[str], times: list[int], *, is_rest: bool) -> Json:
    chance = random.Random(name + key)
    height = {"process.memory.usage": 2.1e8, "system.cpu.utilization": 0.4}.get(name, 0.24)
    height *= chance.uniform(0.2, 1.4)
    values: list[float | None] = [
        height * (1 + 0.15 * math.sin(at / 400 + len(key)) + chance.uniform(-0.05, 0.05)) for at in times
    ]
    values[-1] = None
    return {
        "labels": {} if is_rest or not key else {(by[0] if by[0] != "*" else "service.name"): key},
        "label": "",
        "series": 4,
        "values": values,
        "latest": values[-2],
        "overall": height,
        "rough": None,
        "rough_steps": [],
        "is_rest": is_rest,
    }


def _wide(line: Json) -> Json:
    """Return a line whose second half lies in the one bucket up to 5 s, and for a while above it."""
    values = line["values"]
    half = len(values) // 2
    first, last = {"above": None, "up_to": 5.0}, {"above": 5.0, "up_to": None}
    high = {step: last for step in range(half + 10, half + 20)}
    buckets = [None if step < half else high.get(step, first) for step in range(len(values))]
    shown = [
        value if bucket is None or value is None else (5.0 if bucket is last else 4.95)
        for value, bucket in zip(values, buckets, strict=True)
    ]
    buckets[-1] = None
    return line | {"values": shown, "latest": shown[-2], "rough": first, "rough_steps": buckets}


def _exemplars(times: list[int]) -> list[Json]:
    chance = random.Random(7)
    return [
        {
            "at": (datetime.fromtimestamp(at).astimezone() + timedelta(seconds=3)).isoformat(),
            "value": chance.uniform(0.1, 0.45),
            "trace_id": "4f1c0a3b5d6e7f8091a2b3c4d5e69a02" if not place else f"{place:032x}",
            "span_id": f"{place:016x}",
            "service": "payment",
        }
        for place, at in enumerate(times[3::9])
    ]
