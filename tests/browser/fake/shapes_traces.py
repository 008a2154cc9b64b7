"""The API's shapes for traces, made by the server's own views from a made-up shop's orders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent
from tests.telemetry.shop_traces import one_trace, trace_id_of, wide_trace

from holdfast.runtime.timerange import EARLIEST, TimeRange
from holdfast.telemetry.identity.service_names import AS_SENT
from holdfast.telemetry.logs.model import line_id
from holdfast.telemetry.traces.api_views import (
    comparison_body,
    hit_body,
    log_body,
    scatter_body,
    tally_body,
    trace_body,
)
from holdfast.telemetry.traces.compare import compared
from holdfast.telemetry.traces.model import (
    FoundSpan,
    Hit,
    Outcome,
    Point,
    Scatter,
    Scope,
    Search,
    SlowLimits,
    Span,
    SpanDetail,
    SpanEvent,
    SpanLink,
    TraceLogLine,
    TraceSummary,
    is_failed,
)
from holdfast.telemetry.traces.tally import tally
from holdfast.telemetry.traces.views import Comparison, described, judged, viewed
from holdfast.telemetry.traces.what_happened import JudgedBy, WhatHappened

from .charge_trace import charge
from .world import Json, Promise, World

ORDERS = 120
SLOW_EVERY, SLOW_AT = 20, 7
ALLOWED = 250 * 10**6
"""What every objective allows, in nanoseconds."""
_USUAL = SlowLimits((("storefront", "POST /orders", "Server", 450 * 10**6),))
"""From when on an order is slow."""
CHARGE_TRACE = "11" * 16
"""An order that payline did not answer: with repeated queries, an exception and hops of the mesh."""
WIDE_TRACE = "00" * 16
WIDE_SPANS = 10_000
_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
_STATUSES = ("Unset", "Ok", "Error")


def trace(world: World, trace_id: str, query: dict[str, str]) -> Json:
    """Return an order that failed; one made of zeros has ten thousand spans; by an objective, a slow one."""
    objective = query.get("objective", "")
    details = _details(world, trace_id, number=SLOW_AT if objective else 35)
    view = viewed(details, len(details))
    by = JudgedBy(view.root.duration_nanoseconds, None, objective, ALLOWED if objective else None)
    view = judged(view, view.root, by, AS_SENT)
    return trace_body(view).model_dump(mode="json")


def logs(world: World, trace_id: str) -> Json:
    """Return what the services wrote while the order failed."""
    details = [] if trace_id == WIDE_TRACE else _details(world, trace_id)
    lines = [
        TraceLogLine(
            line_id(at := one.span.start_nanoseconds + 2_000_000 + place, number),
            at,
            one.span.span_id,
            one.span.service,
            *words,
            (),
        )
        for number, one in enumerate(details)
        if one.span.kind == "server"
        for place, words in enumerate(
            [("ERROR", 17, f"{one.span.operation} failed: upstream said 503"), ("INFO", 9, "began")]
        )
        if words[0] == "INFO" or is_failed(one.span)
    ]
    start = details[0].span.start_nanoseconds if details else 0
    return {"items": [log_body(line, start).model_dump(mode="json") for line in lines], "next": None}


def comparison(world: World, first: str, second: str) -> Json:
    """Return two orders side by side."""
    one = tuple(detail.span for detail in _details(world, first, number=1))
    other = tuple(detail.span for detail in _details(world, second, number=35))
    return comparison_body(Comparison(one, other, tuple(compared(one, other)))).model_dump(mode="json")


def breakdown(promise: Promise) -> Json:
    """Return what the bad orders have in common: the new version, nearly all."""
    rows = {
        "version": (("2.31", 930, 480, 1), ("2.30", 70, 520, 3)),
        "shop.channel": (("app", 610, 350, 1), ("web", 390, 650, 3)),
        "zone": (("zone-b", 520, 500, 1), ("zone-a", 480, 500, 3)),
        "operation": (("POST /orders", 1000, 1000, 1),),
    }
    items = [
        {
            "by": by,
            "key": by,
            "also": [],
            "stands_out": max((bad - good) / 1000 for _, bad, good, _ in parts),
            "parts": [
                {
                    "value": value,
                    "bad": bad,
                    "bad_share": bad / 1000,
                    "good": good,
                    "good_share": good / 1000,
                    "stands_out": bad - good >= 100,
                    "exemplars": [trace_id_of(number)],
                }
                for value, bad, good, number in parts
            ],
        }
        for by, parts in rows.items()
    ]
    silent = promise.state in ("ok", "no_data")
    return {
        "bad": 0 if silent else 9_746,
        "sampled_bad": 0 if silent else 1000,
        "sampled_good": 1000,
        "items": [] if silent else items,
    }


def found(world: World, query: dict[str, str], start: datetime, end: datetime) -> Json:
    """Return the orders of a range, the newest or the slowest first."""
    hits = _asked_for(world, query, start, end)
    if query.get("sort") == "slowest":
        hits.sort(key=lambda hit: -hit["duration_seconds"])
    if query.get("sort") == "failed":
        hits.sort(key=lambda hit: list(Outcome).index(hit["what_happened"]["outcome"]))
    first, limit = int(query.get("cursor", "0")), int(query.get("limit", "20"))
    following = str(first + limit) if first + limit < len(hits) else None
    scope = "any" if "service" in query else "root"
    back = start.isoformat().replace("+00:00", "Z")
    return {"items": hits[first : first + limit], "next": following, "scope": scope, "looked_back_to": back}


def tallies(world: World, query: dict[str, str], start: datetime, end: datetime) -> Json:
    """Return how often what happened among the orders of a range."""
    hits = _asked_for(world, query, start, end)
    items = []
    for outcome in (Outcome.FAILED, Outcome.SLOW):
        own = [hit["what_happened"] for hit in hits if hit["what_happened"]["outcome"] == outcome]
        happened = [
            WhatHappened(
                outcome, one["operation"], one["answer"], one["party"] or "", version=one["version"] or ""
            )
            for one in own
        ]
        items.append(tally_body(tally(outcome, happened, is_all=True)).model_dump(mode="json"))
    return {"items": items}


def scatter(world: World, query: dict[str, str], start: datetime, end: datetime) -> Json:
    """Return the orders of a range as points."""
    points = [
        Point(
            hit["trace_id"],
            hit["span_id"],
            int(datetime.fromisoformat(hit["started_at"]).timestamp() * 1e9),
            int(hit["duration_seconds"] * 1e9),
            bool(hit["errors"]),
            hit["root_service"],
            hit["root_operation"],
            is_slow=hit["what_happened"]["outcome"] == "slow",
        )
        for hit in _asked_for(world, query, start, end)
    ]
    failed, slow = sum(point.is_error for point in points), sum(point.is_slow for point in points)
    drawn = Scatter(tuple(points), len(points), failed, slow)
    return scatter_body(drawn, Search(TimeRange(start, end), Scope.ROOT)).model_dump(mode="json")


def _asked_for(world: World, query: dict[str, str], start: datetime, end: datetime) -> list[Json]:
    hits = [] if world.scenario == "empty" else _hits(start, end)
    if query.get("status") == "error" or "objective" in query:
        hits = [hit for hit in hits if hit["errors"]]
    if named := query.get("happened"):
        hits = [hit for hit in hits if _sentence(hit["what_happened"]) == named]
    if outcome := query.get("outcome"):
        hits = [hit for hit in hits if hit["what_happened"]["outcome"] == outcome]
    least, most = float(query.get("min_duration_seconds", 0)), float(query.get("max_duration_seconds", 1e9))
    return [
        hit
        for hit in hits
        if query.get("service", hit["services"][0]) in hit["services"]
        and least <= hit["duration_seconds"] <= most
    ]


def _sentence(happened: Json) -> str:
    return " · ".join(filter(None, (happened["operation"], happened["words"])))


def _hits(start: datetime, end: datetime) -> list[Json]:
    step = (end - start) / ORDERS
    return [_hit(number, start + step * number) for number in reversed(range(ORDERS))]


def _hit(number: int, at: datetime) -> Json:
    trace_id = trace_id_of(number)
    parts = one_trace(number, at.timestamp())
    spans = [_detail(part, span, trace_id).span for part in parts for span in part.scope_spans[0].spans]
    root = next(span for span in spans if not span.parent_span_id)
    slow_or_usual = Outcome.SLOW if number % SLOW_EVERY == SLOW_AT else Outcome.USUAL
    found = FoundSpan(
        trace_id,
        root.span_id,
        root.start_nanoseconds,
        root.duration_nanoseconds,
        Outcome.FAILED if is_failed(root) else slow_or_usual,
    )
    summary = TraceSummary(
        trace_id,
        root.service,
        root.operation,
        has_root=True,
        services=tuple(sorted({span.service for span in spans if not span.service.startswith("envoy")})),
        spans=len(spans),
        errors=sum(map(is_failed, spans)),
        start_nanoseconds=root.start_nanoseconds,
        duration_nanoseconds=root.duration_nanoseconds,
    )
    search = Search(TimeRange(EARLIEST, EARLIEST), Scope.ROOT, slow=_USUAL)
    return hit_body(described(Hit(found, summary), spans, search, AS_SENT)).model_dump(mode="json")


def _details(world: World, trace_id: str, *, number: int = 35) -> list[SpanDetail]:
    at = world.now.timestamp() - 60
    if trace_id == CHARGE_TRACE:
        return charge(trace_id, int(at) * 10**9)
    parts = wide_trace(WIDE_SPANS, at=at) if trace_id == WIDE_TRACE else one_trace(number, at)
    found = [_detail(part, span, trace_id) for part in parts for span in part.scope_spans[0].spans]
    return sorted(found, key=lambda one: one.span.start_nanoseconds)


def _detail(part: ResourceSpans, sent: Sent, trace_id: str) -> SpanDetail:
    resource = _pairs(part.resource.attributes)
    on = dict(resource)
    span = Span(
        trace_id,
        sent.span_id.hex(),
        sent.parent_span_id.hex(),
        on["service.name"],
        sent.name,
        _KINDS[sent.kind],
        on.get("cloud.availability_zone", ""),
        on.get("service.version", ""),
        sent.start_time_unix_nano,
        sent.end_time_unix_nano - sent.start_time_unix_nano,
        _STATUSES[sent.status.code],
        sent.status.message,
        _pairs(sent.attributes),
    )
    events = tuple(SpanEvent(one.time_unix_nano, one.name, _pairs(one.attributes)) for one in sent.events)
    links = tuple(
        SpanLink(one.trace_id.hex(), one.span_id.hex(), _pairs(one.attributes)) for one in sent.links
    )
    return SpanDetail(span, resource, events, links)


def _service(part: ResourceSpans) -> str:
    return dict(_pairs(part.resource.attributes))["service.name"]


def _pairs(attributes: Iterable[Any]) -> tuple[tuple[str, str], ...]:
    return tuple((one.key, one.value.string_value) for one in attributes)
