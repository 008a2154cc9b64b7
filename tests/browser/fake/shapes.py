"""From the invented world to the API's shapes: what each endpoint would answer."""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta

from .world import RANK, TEAMS, TIERS, WINDOWS, Json, Promise, World, iso

WINDOW_SECONDS = 28 * 86400
# How long a burning objective has been losing budget: long enough to be seen on a chart of 28 days.
FALL_SECONDS = 36 * 3600
REASONS = {
    "ok": "Burning within budget.",
    "burning_slowly": "The 3 d and 6 h windows burn faster than the budget allows.",
    "burning": "Page tier 2% 1h/5m fires: 14.9× and 15.2× against 13.4×.",
    "exhausted": "More bad events than the budget of 28 days allows.",
    "no_data": "Coverage 61% is below the floor of 90%: alerts neither fire nor resolve.",
}


def objective(world: World, promise: Promise) -> Json:
    """Return an objective as the list shows it."""
    allowed = promise.total * (1 - promise.target)
    bad = round(allowed * promise.spent_ratio)
    no_data, burning = promise.state == "no_data", promise.state in {"burning", "burning_slowly"}
    exhausted_in = 17_880 if promise.state == "burning" else 432_000 if burning else None
    incident = next(
        (i for i in world.incidents.values() if i["objective"] == promise.name and i["state"] != "resolved"),
        None,
    )
    tier, team = TEAMS.get(promise.service, ("3", "shared"))
    return {
        "name": promise.name,
        "display_name": promise.display_name,
        "service": promise.service,
        "environment": None,
        "namespace": None,
        "team": team,
        "tier": tier,
        "events": promise.events,
        "target": promise.target,
        "window": "28d",
        "window_seconds": WINDOW_SECONDS,
        "good": promise.total - bad,
        "total": promise.total,
        "bad": bad,
        "attained": None if no_data else 1 - bad / promise.total,
        "budget": _budget(allowed, bad, is_known=not no_data),
        "burn": burn_rates(promise),
        "coverage": 0.61 if no_data else 1.0,
        "coverage_floor": 0.9,
        "covered_since": iso(world.now - timedelta(days=28)),
        "state": promise.state,
        "state_since": world.at(36) if promise.state != "ok" else world.at(9000),
        "burn_state": promise.burn_state,
        "quiet_since": None if promise.burn_state != "quiet" or promise.state == "ok" else world.at(4000),
        "reason": REASONS[promise.state],
        "held": no_data,
        "exhausted_in_seconds": exhausted_in,
        "exhausted_at": iso(world.now + timedelta(seconds=exhausted_in)) if exhausted_in else None,
        "incident_id": incident["id"] if incident else None,
        "sparkline": [] if no_data else sparkline(promise),
        "measured_at": iso(world.now),
    }


def _budget(allowed: float, bad: int, *, is_known: bool) -> Json:
    left = allowed - bad
    return {
        "allowed": allowed,
        "spent": bad,
        "remaining": left,
        "remaining_ratio": left / allowed if is_known else None,
        "measured_seconds": 28 * 86_400,
        "state": "within" if left > 0 else "exhausted",
    }


def burn_rates(promise: Promise) -> list[Json]:
    """Return the seven windows, interpolated between the three a promise names."""
    one, six, three = promise.burn
    rates = {
        "5m": one * 1.02,
        "30m": one,
        "1h": one,
        "2h": (one + six) / 2,
        "6h": six,
        "1d": (six + three) / 2,
        "3d": three,
    }
    empty = promise.state == "no_data"
    return [
        {
            "window": window,
            "window_seconds": seconds,
            "rate": None if empty else round(rates[window], 2),
            "good": 0 if empty else 4100 - round(4100 * rates[window] * (1 - promise.target)),
            "total": 0 if empty else 4100,
            "coverage": 0.61 if empty else 1.0,
        }
        for window, seconds in WINDOWS.items()
    ]


def sparkline(promise: Promise) -> list[int]:
    """Return bad events of 48 half-hours; a burning objective ends in a cliff."""
    chance = random.Random(promise.name)
    base = [chance.randrange(4, 14) for _ in range(48)]
    if promise.state in {"burning", "exhausted"}:
        return [*base[:42], 14, 40, 66, 52, 60, 88]
    return base


def _most(events: str, bad: int, name: str) -> Json:
    return {"events": events, "bad": bad, "objective": name, "objective_display_name": name}


def _states(promise: Promise) -> set[str]:
    """Return the states an objective is listed in: what burns with only a ticket burns."""
    also = {"burning"} if promise.burn_state == "burning_slowly" else set()
    return ({promise.state, promise.burn_state} | also) - {"quiet"}


def objective_list(world: World, *, query: str, state: str, cursor: int, limit: int) -> Json:
    """Return one page of objectives, with the counts of all of them."""
    chosen = [
        p
        for p in world.promises
        if query in p.display_name.lower() + p.name and (not state or state in _states(p))
    ]
    page = chosen[cursor : cursor + limit]
    states = [state for p in world.promises for state in _states(p)]
    bad = [_most("orders", 398 if "burning" in states else 9, "Orders succeed")]
    bad += [_most("journeys", 14, "Shopper journey")] if "burning" in states else []
    return {
        "items": [objective(world, p) for p in page],
        "next": str(cursor + limit) if cursor + limit < len(chosen) else None,
        "summary": {
            "total": len(world.promises),
            **{s: states.count(s) for s in RANK},
            "bad_last_hour": sum(one["bad"] for one in bad),
            "bad": bad,
        },
    }


def objective_detail(world: World, promise: Promise) -> Json:
    """Return an objective with its indicator and its alert tiers."""
    rates = {burn["window"]: burn["rate"] for burn in burn_rates(promise)}
    return objective(world, promise) | {
        "description": f"{promise.display_name}, counted at the {promise.service} service.",
        "no_data": "freeze",
        "runbook": f"https://runbooks.example.com/{promise.service}",
        "links": [{"name": "Dashboard", "address": "https://dashboards.example.com/orders"}],
        "sli": {
            "name": promise.name,
            "service": promise.service,
            "environment": None,
            "namespace": None,
            "operations": ["POST /orders"],
            "kind": "server",
            "attributes": {"http.route": ["/orders"]},
            "good": {"status": None, "max_duration_seconds": 0.8, "attributes": {}},
        },
        "warnings": [],
        "tiers": [tier(world, promise, index, rates) for index in range(len(TIERS))],
    }


def tier(world: World, promise: Promise, index: int, rates: dict[str, float | None]) -> Json:
    """Return one alert tier as it stands."""
    name, severity, share, long, short, threshold = TIERS[index]
    state, status, code, since, fires_in = "ok", "quiet", "below_threshold", None, None
    reason = f"The last {long} are below the threshold ({rates[long] or 0:.2g}× against {threshold:.2g}×)"
    if promise.state == "no_data":
        state, status, code = "held", "suspended", "suspended"
        reason = "No data: cannot fire until there is data"
    elif (rates[long] or 0) >= threshold and (rates[short] or 0) >= threshold:
        firing, code = index == 0, "over_threshold"
        state, status = ("firing", "firing") if firing else ("inhibited", "covered")
        since = world.at(34 - 15 * index)
        figures = f"{rates[long]:.2g}× against {threshold:.2g}×"
        reason = f"Over the {long} {severity} threshold ({figures}; {rates[short]:.2g}× over {short})"
        if not firing:
            reason = f"Also over the {long} {severity} threshold ({figures}); covered by the page alert"
    elif (rates[short] or 0) >= threshold:
        fires_in = 1320
    return {
        "name": name,
        "severity": severity,
        "budget_share": share,
        "long": long,
        "long_seconds": WINDOWS[long],
        "short": short,
        "short_seconds": WINDOWS[short],
        "threshold": threshold,
        "long_rate": rates[long],
        "short_rate": rates[short],
        "state": state,
        "status": status,
        "since": since,
        "resolved_at": None,
        "fires_in_seconds": fires_in,
        "reason": reason,
        "reason_code": code,
        "covered_by": TIERS[0][0] if status == "covered" else None,
    }


def grid(start: datetime, end: datetime) -> tuple[int, list[int]]:
    """Return a step of about a three-hundredth of the range, and its aligned times."""
    step = max(10, math.ceil((end - start).total_seconds() / 300 / 10) * 10)
    first = int(start.timestamp()) // step * step
    return step, list(range(first, int(end.timestamp()), step))


def objective_series(world: World, promise: Promise, start: datetime, end: datetime) -> Json:
    """Return the charts of an objective: counts, budget left and burn over a range."""
    step, times = grid(start, end)
    cliff = (world.now - timedelta(minutes=46)).timestamp()
    bad_day = promise.state in {"burning", "exhausted"}
    chance = random.Random(promise.name)
    good, total, budget, one, six = [], [], [], [], []
    for at in times:
        after = max(0.0, at - cliff) / (world.now.timestamp() - cliff) if bad_day else 0.0
        count = round(step * 0.45 * (1 + 0.3 * math.sin(at / 86400 * 2 * math.pi)) + chance.random() * 4)
        noise = chance.random()
        burn = 0.3 + 0.4 * noise + min(1, after * 4) * promise.burn[0] * (0.9 + 0.15 * noise)
        total.append(count)
        good.append(count - min(count, round(count * (1 - promise.target) * burn + (noise > 0.98))))
        slope = 0.62 + 0.06 * math.sin(at / 900_000) + 0.004 * noise
        gone = max(0.0, 1 - (world.now.timestamp() - at) / FALL_SECONDS) if bad_day else 0.0
        budget.append(slope + gone * (1 - promise.spent_ratio - slope))
        one.append(burn)
        six.append(0.4 + 0.1 * noise + after * promise.burn[1])
    return {
        "name": promise.name,
        "step_seconds": step,
        "times_epoch": times,
        "good": good,
        "total": total,
        "budget_remaining_ratio": budget,
        "burn": {"1h": one, "6h": six},
        "marks": marks(world, start, end),
    }


def marks(world: World, start: datetime, end: datetime) -> list[Json]:
    """Return the changes and incidents of a range."""
    found = [
        {
            "at": c["at"],
            "kind": "change",
            "label": f"{c['service'] or 'catalog'} {c['version'] or c['kind']}",
            "href": f"/changes?change={c['id']}",
        }
        for c in world.changes
    ] + [
        {
            "at": i["opened_at"],
            "kind": "incident",
            "label": f"incident {i['id']}",
            "href": f"/incidents/{i['id']}",
        }
        for i in world.incidents.values()
    ]
    return sorted((m for m in found if iso(start) <= m["at"] <= iso(end)), key=lambda mark: mark["at"])


def contributors(promise: Promise | None) -> Json:
    """Return where the bad events came from."""
    rows = (
        ("payment", "POST /charges", "zone-b", "v2.31", 258),
        ("payment", "POST /charges", "zone-a", "v2.31", 117),
        ("payline", "POST /v1/charges", None, None, 31),
        ("inventory", "reserve", "zone-b", "v1.9", 12),
        ("inventory", "reserve", "zone-a", "v1.9", 9),
        ("checkout", "POST /orders", "zone-a", "v4.2", 12),
        ("cart", "GET /cart", "zone-b", "v3.0", 4),
    )
    bad = sum(row[-1] for row in rows)
    quiet = promise is not None and promise.state == "no_data"
    items = [
        {
            "service": service,
            "sends_spans": version is not None,
            "operation": operation,
            "zone": zone,
            "version": version,
            "bad": count,
            "share": count / bad,
        }
        for service, operation, zone, version, count in rows
    ]
    return {"bad": 0 if quiet else bad, "sampled": 0 if quiet else bad, "items": [] if quiet else items}


def exemplars(world: World) -> Json:
    """Return bad events, newest first, each with its trace."""
    rows = (
        ("checkout → payment", 2.412, "payment", "POST /charges", "timeout, 2 retries", 504),
        ("checkout → payment", 2.405, "payment", "POST /charges", "timeout, 2 retries", 504),
        ("checkout → payment", 1.988, "payment", "POST /charges", "deadline exceeded at payline", 504),
        ("checkout → inventory", 0.911, "inventory", "reserve", "HTTP 503", 503),
    )
    chance = random.Random("traces")
    return {
        "items": [
            {
                "trace_id": f"{chance.getrandbits(128):032x}",
                "at": world.at(index * 0.7),
                "duration_seconds": seconds,
                "trace_seconds": seconds + 0.02,
                "path": path,
                "culprit_service": service,
                "culprit_operation": operation,
                "message": message,
                "status_code": code,
            }
            for index, (path, seconds, service, operation, message, code) in enumerate(rows)
        ]
    }
