"""The API's shapes for services, incidents and the catalog."""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta

from .shapes import contributors, exemplars, grid, marks
from .shapes_callers import HOP, as_callers_see, idle
from .world import TEAMS, Json, World, iso, worst

ENVIRONMENT = "production"
OPERATIONS = {
    "checkout": (("POST /orders", 6.1), ("GET /orders/{id}", 2.2), ("POST /quotes", 0.9)),
    "payment": (("POST /charges", 5.9), ("POST /refunds", 0.1)),
    "cart": (("GET /cart", 41.0), ("PUT /cart/items", 18.4)),
    "search": (("GET /search", 88.0),),
    "inventory": (("reserve", 6.3), ("GET /stock/{sku}", 120.0)),
    "catalog": (("GET /products/{sku}", 204.0),),
    "gateway": (("GET /*", 512.0), ("POST /*", 31.0)),
}


PLATFORM_SERVICES = 300
"""How many services the scenario of a large platform has."""


def service(world: World, name: str, seconds: float) -> Json:
    """Return one service's rate, errors and durations over a range."""
    chance = random.Random(name)
    tier, team = TEAMS.get(name, ("3", "shared"))
    rate = sum(operation[1] for operation in OPERATIONS.get(name, (("GET /*", chance.randrange(1, 90)),)))
    ill = name in {"payment", "checkout"} and world.scenario != "healthy"
    ratio = 0.052 if ill else round(chance.uniform(0, 0.002), 4)
    own = [p for p in world.promises if p.service == name]
    return {
        "name": name,
        "environment": ENVIRONMENT,
        "namespace": "",
        "label": name,
        "display_name": name.capitalize(),
        "team": team,
        "tier": tier,
        "requests": round(rate * seconds),
        "rate_per_second": rate,
        "errors": round(rate * seconds * ratio),
        "error_ratio": ratio,
        "p50_seconds": round(chance.uniform(0.01, 0.06), 4),
        "p90_seconds": round(chance.uniform(0.08, 0.2), 4),
        "p99_seconds": 2.41 if ill else round(chance.uniform(0.2, 0.5), 4),
        "regions": ["eu-west-1"],
        "zones": ["zone-a", "zone-b"],
        "silent_since": None,
        "silent_zones": silent_zones(world, name),
        "idle": idle(world, name),
        "stopped_instances": stopped(world, name),
        "is_mesh_hop": name == HOP,
        "versions": ["v2.30", "v2.31"] if name == "payment" else ["v4.2"],
        "last_seen": world.at(0.03),
        **worst(own),
        **silent_in(world, name, lately(rate, chance, ill=ill, ratio=ratio)),
        **as_callers_see(world, name),
    }


SILENT_MINUTES = 21


def silent_zones(world: World, name: str) -> list[Json]:
    """Return that inventory is silent in one zone; where that is lost, everything is."""
    is_silent = world.scenario == "zone" or (name == "inventory" and world.scenario == "burning")
    return [{"zone": "zone-c", "since": world.at(SILENT_MINUTES)}] if is_silent else []


def silent_in(world: World, name: str, lately: Json) -> Json:
    """Return what a service did lately; where nothing is worse than a silent zone, that needs a look."""
    if not silent_zones(world, name) or lately["now"]["reason"] == "failing":
        return lately
    words = {"reason": "zone_silent", "needs_attention": True, "sentence": "zone-c silent"}
    return {**lately, "now": {**lately["now"], **words}}


def stopped(world: World, name: str) -> Json | None:
    """Return that one instance of search stopped, and that the others have its traffic."""
    if name != "search" or world.scenario != "burning":
        return None
    return {"count": 1, "of": 6, "since": world.at(21), "names": ["search-6"], "traffic_goes_on": True}


def lately(rate: float, chance: random.Random, *, ill: bool, ratio: float) -> Json:
    """Return what it handled in five minutes, what is usual, and the shape of its hour."""
    requests, slow = round(rate * 300), [0.4] * 8 + [2.4] * 4
    sentence = f"{round(requests * ratio):,} of {requests:,} requests fail"
    return {
        "now": {
            "requests": requests,
            "errors": round(requests * ratio),
            "p99_seconds": 2.41 if ill else 0.3,
            "is_slow": ill,
            "reason": "failing" if ill else "usual",
            "needs_attention": ill,
            "sentence": sentence if ill else "as usual",
            "failed_before": None,
        },
        "usual": {
            "rate_per_second": rate,
            "error_ratio": 0.001,
            "p99_seconds": 0.4,
            "of": "the same hour of the last 4 weeks",
        },
        "lines": {
            "requests": sparkline(rate, chance)[:12],
            "errors": ([0] * 8 if ill else [round(rate * 300 * ratio)] * 8) + [round(rate * 300 * ratio)] * 4,
            "p99_seconds": slow if ill else [0.3 * chance.uniform(0.9, 1.1) for _ in range(12)],
        },
    }


def sparkline(rate: float, chance: random.Random) -> list[int]:
    """Return the requests of each part of a range."""
    return [round(rate * 120 * chance.uniform(0.8, 1.2)) for _ in range(48)]


def services(world: World, query: dict[str, str], seconds: float) -> list[Json]:
    """Return every service seen in a range, within the limits of a question."""
    if world.scenario == "empty" or query.get("environment", ENVIRONMENT) != ENVIRONMENT:
        return []
    rows = [service(world, name, seconds) for name in _names(world)]
    return [row for row in rows if query.get("q", "").lower() in row["name"]]


def _names(world: World) -> list[str]:
    more = PLATFORM_SERVICES - len(OPERATIONS) if world.scenario == "platform" else 0
    hops = [HOP] if world.scenario == "mesh" else []
    return [*OPERATIONS, *hops, *(f"service-{number:04d}" for number in range(more))]


def silences(world: World) -> Json:
    """Return what is silent."""
    rows = services(world, {}, 300) if world.scenario in ("burning", "mesh", "zone") else []
    items = [
        {"service": row["name"], **{key: row[key] for key in ("environment", "namespace", *SILENCE)}}
        for row in rows
        if row["silent_zones"] or row["idle"] or row["stopped_instances"]
    ]
    return {"items": items, "lost_zones": lost_zones(world)}


def lost_zones(world: World) -> list[Json]:
    """Return the zone in which everything is silent."""
    if world.scenario != "zone":
        return []
    names = sorted(OPERATIONS)
    since = world.at(SILENT_MINUTES)
    return [
        {
            "zone": "zone-c",
            "environment": ENVIRONMENT,
            "since": since,
            "services": len(names),
            "names": names,
        }
    ]


# Sent its first spans twenty minutes ago.
NEW = ("search",)
SILENCE = ("silent_since", "silent_zones", "idle", "stopped_instances")


def service_detail(world: World, whole: Json, seconds: float) -> Json:
    """Return a service with its operations and objectives."""
    name = whole["name"]
    operations = [
        {
            "operation": operation,
            "kind": "server",
            "requests": round(rate * seconds),
            "rate_per_second": rate,
            "errors": round(rate * seconds * whole["error_ratio"]),
            "error_ratio": whole["error_ratio"],
            "p50_seconds": whole["p50_seconds"],
            "p90_seconds": whole["p90_seconds"],
            "p99_seconds": whole["p99_seconds"],
        }
        for operation, rate in OPERATIONS.get(name, (("GET /*", whole["rate_per_second"]),))
    ]
    listed = [
        {
            "name": p.name,
            "display_name": p.display_name,
            "state": p.state,
            "burn_state": p.burn_state,
            "environment": None,
            "namespace": None,
        }
        for p in world.promises
        if p.service == name
    ]
    return whole | {
        "operations": operations,
        "objectives_list": listed,
        "runbook": f"https://runbooks.example.com/{name}",
        "links": [],
    }


def service_series(world: World, whole: Json, start: datetime, end: datetime) -> Json:
    """Return a service's charts over a range."""
    step, times = grid(start, end)
    name, chance = whole["name"], random.Random(whole["name"])
    requests, errors, p50, p90, p99 = [], [], [], [], []
    for at in times:
        noise = chance.uniform(0.85, 1.15)
        late = at > world.now.timestamp() - 46 * 60
        requests.append(round(whole["rate_per_second"] * step * noise * (1 + 0.2 * math.sin(at / 13_000))))
        errors.append(round(requests[-1] * (whole["error_ratio"] if late else 0.001) * noise))
        p50.append(whole["p50_seconds"] * noise)
        p90.append(whole["p90_seconds"] * noise)
        p99.append((whole["p99_seconds"] if late else 0.31) * noise)
    return {
        "name": name,
        "operation": None,
        "step_seconds": step,
        "times_epoch": times,
        "requests": requests,
        "errors": errors,
        "p50_seconds": p50,
        "p90_seconds": p90,
        "p99_seconds": p99,
        "marks": marks(world, start, end),
        "usual": None if name in NEW else _usual(whole, times),
        "usual_begins": iso(world.now + timedelta(minutes=100)) if name in NEW else None,
    }


def _usual(whole: Json, times: list[int]) -> Json:
    rates = [whole["rate_per_second"] * (1 + 0.2 * math.sin(at / 13_000)) for at in times]
    return {
        "rate_per_second": {"low": [rate * 0.86 for rate in rates], "high": [rate * 1.15 for rate in rates]},
        "error_ratio": {"low": [0.0 for _ in times], "high": [0.002 for _ in times]},
        "p99_seconds": {"low": [0.28 for _ in times], "high": [0.34 for _ in times]},
    }


ONSET_MINUTES = 46
"""How long ago the first incident of the world began."""


def incident(world: World, number: int, *, detail: bool) -> Json:
    """Return an incident, with its timeline and evidence where asked."""
    whole = dict(world.incidents[number])
    timeline = whole.pop("timeline")
    if not detail:
        return whole
    begin = int(world.now.timestamp()) // 60 * 60 - 3600
    chance = random.Random(number)
    before = 60 - ONSET_MINUTES
    calm = [chance.randrange(0, 2) for _ in range(before)]
    storm = [chance.randrange(7, 12) for _ in range(ONSET_MINUTES)]
    evidence = {
        "measured_at": world.at(0),
        "burn": [{"window": "1h", "rate": 14.9}, {"window": "6h", "rate": 8.1}],
        "budget_spent_ratio": 0.23,
        "contributors": contributors(None)["items"],
        "exemplars": exemplars(world)["items"],
        "series": {
            "step_seconds": 60,
            "times_epoch": [begin + 60 * i for i in range(60)],
            "bad": calm + storm,
            "total": [528] * 60,
        },
    }
    of = suspects(whole["onset_at"])
    objectives = [one | {"evidence": evidence, "suspects": of} for one in whole["objectives"]]
    merged = [other for other, one in world.incidents.items() if one["merged_into"] == number]
    more = {"timeline": timeline, "evidence": evidence, "objectives": objectives, "merged": merged}
    return whole | more


def written(world: World, number: int, what: str, body: Json) -> Json:
    """Acknowledge or resolve an incident, or write a note; return it as it is then."""
    if what == "ack":
        world.acknowledge(number, "dev")
    elif what == "resolve":
        world.resolve(number, "dev", body.get("note"))
    else:
        world.tell(number, "note", "dev", body["text"], 0)
    return incident(world, number, detail=True)


def suspects(onset: str) -> list[Json]:
    """Return who is suspected: a version that was deployed at the onset, and a provider behind it."""
    repeats = {"operation": "SELECT", "calls": 13, "usual": 1}
    return [
        suspect("payment", "v2.31", None, 375, answer="504", deployed_at=onset),
        suspect("payline", None, None, 31, answer="timeout"),
        suspect("inventory", "v1.9", "zone-b", 21, repeats=repeats),
    ]


def suspect(party: str, version: str | None, zone: str | None, bad: int, **more: Json | str) -> Json:
    """Return one suspect of 443 bad events."""
    name = f"{party} {version or ''}".strip() + (f" in {zone}" if zone else "")
    known = {"name": name, "party": party, "environment": "", "version": version, "zone": zone}
    counted = {"operations": ["POST /charges"], "bad": bad, "share": bad / 443}
    rest = {"sends_spans": version is not None, "answer": "slow", "repeats": None, "deployed_at": None}
    whole = {**known, **counted, **rest, **more}
    return {"is_before": False, "said": whole["answer"], **whole}


def catalog(world: World) -> Json:
    """Return what is kept as code, and what is wrong with it."""
    problem = {
        "file": "checkout.yaml",
        "line": 41,
        "path": "spec.objectives[0].target",
        "value": "99.9",
        "level": "error",
        "rule": "target-range",
        "message": "A target is a ratio between 0 and 1: write 0.999.",
    }
    return {
        "revision": 0 if world.scenario == "empty" else 7,
        "applied_at": world.at(1410),
        "applied_by": "platform",
        "services": [
            {"name": n, "display_name": n.capitalize(), "team": t[1], "tier": t[0]} for n, t in TEAMS.items()
        ]
        if world.promises
        else [],
        "objectives": [
            {
                "name": p.name,
                "display_name": p.display_name,
                "service": p.service,
                "target": p.target,
                "window": "28d",
            }
            for p in world.promises
        ],
        "problems": [] if world.scenario in {"healthy", "empty"} else [problem],
        "source_directory": "shop/reliability",
    }


def status(world: World) -> Json:
    """Return how the server itself is."""
    return {
        "platform": "bazaar",
        "version": "0.1.0",
        "now": world.at(0),
        "complete_until": iso(world.now - timedelta(seconds=200 if world.scenario == "late" else 12)),
        "environments": list(world.environments),
        "namespaces": ["default"],
        "regions": list(world.regions),
        "zones": ["zone-a", "zone-b"],
        "catalog_revision": 7,
        "intake": {
            "spans_per_second": 0 if world.scenario == "empty" else 1240.0,
            "points_per_second": 310.0,
            "logs_per_second": 95.0,
            "lag_seconds": None if world.scenario == "empty" else 1.2,
            "spool_bytes": 120_000,
            "spool_limit_bytes": 2**33,
            "rejected_total": 0,
            "rejected": {},
            "refused": {},
            "repeated": {},
            "remarked": {},
            "turned_away": 0,
            "state": "ok",
            "detail": "Taking in telemetry.",
        },
        "capped_names": [],
        "firing_alerts": sum(promise.burn_state != "quiet" for promise in world.promises),
        "open_incidents": sum(i["state"] != "resolved" for i in world.incidents.values()),
        "objectives_total": len(world.promises),
    }
