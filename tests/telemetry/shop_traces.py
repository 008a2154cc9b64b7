"""A shop's traces, made up but always the same: orders through the mesh, one of them now and then bad.

Every order passes storefront, checkout, pricing, payment and inventory, over the mesh's proxies. Spans, their
times and ids follow from the number of the trace alone, so pictures and figures of tests do not change.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span
from tests.telemetry.otlp_builders import T0, of_service, span, traces

ZONES = ("zone-a", "zone-b")
BAD_VERSION = "2.31"
Resource = tuple[str, str, str]
"""A service, its zone and its version."""


@dataclass
class Made:
    """One trace under construction; times are milliseconds from its start."""

    number: int
    at: float
    random: Random
    trace_id: bytes
    is_bad: bool
    spans: dict[Resource, list[Span]] = field(default_factory=lambda: defaultdict(list))
    made: int = 0


def trace_id_of(number: int) -> str:
    """Return the id of the trace with this number, in hexadecimal."""
    return sha256(b"trace %d" % number).digest()[:16].hex()


def is_bad(number: int) -> bool:
    """Whether payment fails in this trace: one in eight, nearly always the new version's."""
    return number % 8 == 3


def one_trace(number: int, at: float = T0) -> list[ResourceSpans]:
    """Return the spans of one order that begins at `at` seconds since 1970, by what they ran on."""
    made = Made(number, at, Random(number), bytes.fromhex(trace_id_of(number)), is_bad(number))
    zone = ZONES[number % 2]
    slow = 3.5 if number % 20 == 7 else 1.0
    root = _add(made, ("storefront", zone, "4.1"), "POST /orders", b"", 0, 180 * slow, status=_status(made))
    called = _call(made, root, ("checkout", zone, "1.8"), "POST /orders", 4, 170 * slow)
    _call(made, called, ("pricing", zone, "1.2"), "POST /quotes", 3, 22)
    if number % 5 == 0:
        _call(made, called, ("inventory", zone, "3.0"), f"GET /stock/{1000 + number}", 6, 30)
    version = BAD_VERSION if made.is_bad or number % 11 == 0 else "2.30"
    pay = _call(made, called, ("payment", zone, version), "POST /charges", 40, 110 * slow)
    _add(
        made,
        ("payment", zone, version),
        "SELECT accounts",
        pay[0],
        pay[1] + 5,
        60 * slow,
        kind="client",
        attributes={"db.system.name": "postgresql"},
    )
    return [_resource(key, spans) for key, spans in made.spans.items()]


def shop(count: int, *, start: float = T0, seconds: float = 600.0) -> ExportTraceServiceRequest:
    """Return `count` orders evenly over so many seconds."""
    spread = (one_trace(n, start + seconds * n / count) for n in range(count))
    return traces(*(resource for found in spread for resource in found))


def wide_trace(spans: int, *, at: float = T0) -> Iterator[ResourceSpans]:
    """Yield one trace of so many spans: a job that calls the catalog over and over."""
    made = Made(-1, at, Random(spans), bytes.fromhex(trace_id_of(-1)), is_bad=False)
    root = _add(made, ("batch", "zone-a", "1.0"), "reindex", b"", 0, spans * 2.0, kind="internal")
    for n in range(spans - 1):
        attributes = {"db.system.name": "postgresql"}
        key = ("catalog", "zone-a", "1.0")
        _add(made, key, "SELECT items", root[0], n * 2.0, 1.8, kind="client", attributes=attributes)
    yield from (_resource(key, found) for key, found in made.spans.items())


Placed = tuple[bytes, float]
"""A span's id and when it began, in milliseconds of its trace."""


def _call(made: Made, caller: Placed, to: Resource, operation: str, after: float, lasts: float) -> Placed:
    """Add a call as the mesh sees it: the caller's span, both proxies' hops, the callee's span."""
    fails = made.is_bad and to[0] in ("checkout", "payment")
    start = caller[1] + after
    from_service = next(
        key for key, spans in made.spans.items() if any(s.span_id == caller[0] for s in spans)
    )
    status = "error" if fails else "unset"
    code = "503" if fails else "200"
    http = {"http.response.status_code": code, "http.request.method": operation.split()[0]}
    out = _add(
        made,
        from_service,
        operation.split()[0],
        caller[0],
        start,
        lasts,
        kind="client",
        status=status,
        attributes=http | {"service.peer.name": to[0]},
    )
    hop = out
    for name, inset in ((f"envoy-{from_service[0]}", 0.4), (f"envoy-{to[0]}", 0.8)):
        hop = _add(
            made,
            (name, to[1], ""),
            f"{to[0]} egress",
            hop[0],
            start + inset,
            lasts - 2 * inset,
            kind="client",
            attributes={"component": "proxy", "upstream_cluster": to[0]},
        )
    return _add(
        made,
        to,
        operation,
        hop[0],
        start + 1.2,
        lasts - 2.4,
        status=status,
        message="card provider refused" if fails and to[0] == "payment" else "",
        attributes=http | {"shop.tenant": f"tenant-{made.number % 7}", "shop.channel": _channel(made)},
    )


def _add(
    made: Made, key: Resource, operation: str, parent: bytes, start: float, lasts: float, **given: Any
) -> Placed:
    """Add a span that begins `start` milliseconds after its trace."""
    made.made += 1
    span_id = sha256(made.trace_id + bytes([made.made % 256, made.made // 256])).digest()[:8]
    lasts = lasts * (1 + 0.2 * made.random.random()) if not parent else lasts
    made.spans[key].append(
        span(
            operation,
            at=made.at + start / 1000,
            milliseconds=max(0.05, lasts),
            trace_id=made.trace_id,
            span_id=span_id,
            parent=parent,
            **given,
        )
    )
    return span_id, start


def _channel(made: Made) -> str:
    return "app" if made.is_bad or made.number % 3 == 0 else "web"


def _status(made: Made) -> str:
    return "error" if made.is_bad else "unset"


def _resource(key: Resource, spans: list[Span]) -> ResourceSpans:
    service, zone, version = key
    return of_service(service, spans, zone=zone, version=version, service_instance_id=f"{service}-{zone}")
