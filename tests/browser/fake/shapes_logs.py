"""The API's shapes for logs: a shop whose payment provider stopped answering, told line by line."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from datetime import datetime, timedelta

from tests.telemetry.shop_traces import trace_id_of

from . import shapes_traces
from .shapes import grid
from .world import Json, World

TRACE = "4f1c0a3b5d6e7f8091a2b3c4d5e69a02"
LINES = 1_200
SAYINGS = (
    ("gateway", "info", "GET /products/sku-{n} 200 in {ms} ms", {"http.route": "/products/{sku}"}),
    ("cart", "info", "cart {n} has {few} items", {"http.route": "/cart"}),
    ("search", "debug", "query cache hit for page {few}", {"http.route": "/search"}),
    ("catalog", "info", "price of sku-{n} read from cache", {"http.route": "/products/{sku}"}),
    ("inventory", "warn", "stock of sku-{n} is low: {few} left", {"queue": "stock"}),
    ("checkout", "info", "order {n} placed in {ms} ms", {"http.route": "/orders"}),
)
NEWS = ("payment", "error", "provider did not answer charge {n} within 800 ms", {"http.route": "/charges"})
TEMPLATE = "provider did not answer charge <num> within <num> ms"


def all_lines(world: World, start: datetime, end: datetime) -> list[Json]:
    """Return every line of a range, newest first; the same range has the same lines."""
    if world.scenario == "empty":
        return []
    chance, seconds = random.Random(5), (end - start).total_seconds()
    lines = []
    for number in range(LINES):
        at = end - timedelta(seconds=seconds * (number + chance.random()) / LINES)
        is_news = at > world.now - timedelta(minutes=20) and chance.random() < 0.18
        lines.append(line(at, *(NEWS if is_news else chance.choice(SAYINGS)), number=number))
    of_trace = [
        each for each in map(_of_trace, shapes_traces.logs(world, TRACE)["items"]) if _in(each, start, end)
    ]
    return lines + of_trace + [each for each in world.written if each["at"] <= end.isoformat()]


def _in(each: Json, start: datetime, end: datetime) -> bool:
    return start <= datetime.fromisoformat(each["at"]) < end


def _of_trace(told: Json) -> Json:
    """Return a line of the trace as it stands among all lines."""
    severity = told["severity"].lower()
    full = line(datetime.fromisoformat(told["at"]), told["service"], severity, told["body"], {}, number=1)
    return full | {
        "id": told["id"],
        "time_unix_nano": told["id"].partition("-")[0],
        "trace_id": TRACE,
        "span_id": told["span_id"],
    }


def line(
    at: datetime, service: str, severity: str, saying: str, attributes: dict[str, str], *, number: int
) -> Json:
    """Return one line."""
    body = saying.format(n=10_000 + number * 7 % 4_000, ms=12 + number % 90, few=1 + number % 9)
    name = hashlib.sha256(f"{body}{at}".encode()).hexdigest()[:16]
    nanoseconds = f"{int(at.timestamp() * 1e6)}000"
    zone = ("zone-a", "zone-b")[number % 2]
    return {
        "id": f"{nanoseconds}-{name}",
        "at": at.isoformat().replace("+00:00", "Z"),
        "time_unix_nano": nanoseconds,
        "service": service,
        "environment": "production",
        "namespace": "",
        "region": "eu-west-1",
        "severity": severity,
        "severity_text": severity.upper(),
        "body": body,
        "zone": zone,
        "version": "v2.31" if service == "payment" else "v4.2",
        "trace_id": trace_id_of(number) if number % 3 else None,
        "span_id": "a5" * 8 if number % 3 else None,
        "scope": f"shop.{service}",
        "event": None,
        "attributes": attributes | {"thread": f"worker-{number % 4}"},
        "resource": {
            "service.name": service,
            "deployment.environment.name": "production",
            "cloud.region": "eu-west-1",
            "cloud.availability_zone": zone,
            "k8s.pod.name": f"{service}-{number % 3}",
        },
    }


def matching(world: World, query: dict[str, str], start: datetime, end: datetime) -> list[Json]:
    """Return the lines a search means; words may be parts of words here."""
    words = query.get("q", "").lower().replace('"', "").split()
    conditions = [each for each in query.get("where", "").split("\n") if each]
    return [
        each
        for each in all_lines(world, start, end)
        if all(word in each["body"].lower() for word in words)
        and all(_holds(each, condition) for condition in conditions)
    ]


def _holds(each: Json, condition: str) -> bool:
    field, is_not, value = condition.partition("!=")
    if not is_not:
        field, _, value = condition.partition("=")
    found = each["trace_id"] if field == "trace" else each.get(field, each["attributes"].get(field, ""))
    return bool((found == value) != bool(is_not))


def lines(world: World, query: dict[str, str], start: datetime, end: datetime) -> Json:
    """Return a page of lines."""
    found = sorted(matching(world, query, start, end), key=lambda each: each["id"], reverse=True)
    first, limit = int(query.get("cursor", "0.0").split(".")[0]), int(query.get("limit", "100"))
    following = first + limit
    return {
        "items": found[first:following],
        "next": f"{following}.0" if following < len(found) else None,
    }


def histogram(world: World, query: dict[str, str], start: datetime, end: datetime) -> Json:
    """Return lines per severity and step."""
    _, times = grid(start, end)
    step = times[1] - times[0] if len(times) > 1 else 10
    counts: Counter[tuple[str, int]] = Counter()
    for each in matching(world, query, start, end):
        at = int(each["time_unix_nano"]) // 10**9
        counts[each["severity"], max(times[0], at // step * step)] += 1
    severities: list[Json] = []
    for name in ("fatal", "error", "warn", "info", "debug", "trace"):
        if any(severity == name for severity, _ in counts):
            of_step = [counts[name, time] for time in times]
            severities.append({"severity": name, "lines": of_step, "total": sum(of_step)})
    return {
        "step_seconds": step,
        "times_epoch": times,
        "severities": severities,
        "total": sum(counts.values()),
    }


def facets(world: World, query: dict[str, str], start: datetime, end: datetime) -> Json:
    """Return what there is most of."""
    found = matching(world, query, start, end)
    basis = {"exact": True, "looked_at": len(found), "of": len(found)}
    items = []
    for field in ("service", "severity", "zone", "version", "http.route", "thread", "queue"):
        is_attribute = field in {"http.route", "thread", "queue"}
        values = Counter(each["attributes"].get(field) if is_attribute else each[field] for each in found)
        shown = [{"value": value, "lines": n} for value, n in values.most_common(10) if value is not None]
        estimate = {"exact": False, "looked_at": 100_000, "of": 2_400_000} if field == "thread" else basis
        if shown or not is_attribute:
            items.append({"field": field, "attribute": is_attribute, "values": shown, "basis": estimate})
    return {"items": items}


def patterns(world: World, query: dict[str, str], start: datetime, end: datetime) -> Json:
    """Return what the lines say."""
    found = matching(world, query, start, end)
    chance, items = random.Random(3), []
    for service, severity, saying, _ in (NEWS, *SAYINGS):
        said = [each for each in found if each["service"] == service]
        if said:
            template = saying.replace("{n}", "<num>").replace("{ms}", "<num>").replace("{few}", "<num>")
            items.append(
                {
                    "template": TEMPLATE if service == "payment" else template,
                    "query": "provider did not answer" if service == "payment" else template.split(" <")[0],
                    "example": said[0]["body"],
                    "severity": severity,
                    "lines": len(said),
                    "sampled": len(said),
                    "services": [service],
                    "first_seen": said[-1]["at"],
                    "last_seen": said[0]["at"],
                    "new": service == "payment",
                    "sparkline": [0] * 20 + [9] * 10
                    if service == "payment"
                    else [chance.randrange(20, 40) for _ in range(30)],
                }
            )
    return {"items": items, "exact": False, "mined": 30_000, "of": 2_400_000, "before": 5_000 if found else 0}


def event(each: Json, text: str) -> str:
    """Return a line as a live tail tells it."""
    return f"id: {each['id']}\nevent: line\ndata: {text}\n\n"


def fresh(world: World, number: int) -> Json:
    """Return a line written just now."""
    return line(world.now + timedelta(seconds=number), *NEWS, number=90_001 + number)
