"""Fills a warehouse with calls and lines, by the engine itself: a shop of twelve services, an hour and more.

Every trace is ten spans of six calls; each line names the trace it belongs to.
"""

from datetime import datetime
from pathlib import Path

from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

TRACE_SPANS = 10
MILLION = 1_000_000

# By the place in its trace: the span before it, which of the trace's four services it is of, what kind.
_PARENTS = [0, 1, 2, 3, 4, 5, 3, 7, 8, 3]
_SERVICES = [0, 0, 1, 1, 2, 2, 1, 3, 3, 1]
_KINDS = [
    "Server", "Client", "Server", "Client", "Server", "Client", "Client", "Server", "Client", "Client",
]  # fmt: skip
_SYSTEMS = ["", "", "", "", "", "postgresql", "", "", "redis", "postgresql"]

_SPANS = f"""
INSERT INTO otel_traces (Timestamp, TraceId, SpanId, ParentSpanId, SpanName, SpanKind, ServiceName,
    ResourceAttributes, SpanAttributes, Duration, StatusCode)
SELECT
    fromUnixTimestamp64Nano(toInt64({{end:UInt64}} - intDiv(trace * {TRACE_SPANS} * 1000000000, {{rate:UInt64}})
        + place * 2000000)),
    lower(hex(sipHash128(trace))),
    lower(hex(sipHash64(trace, toUInt64(place)))),
    if(place = 0, '', lower(hex(sipHash64(trace, toUInt64({_PARENTS}[place + 1] - 1))))),
    if({_SYSTEMS}[place + 1] != '', concat(['SELECT', 'GET', 'INSERT', 'UPDATE'][1 + chance % 4], ' items'),
       concat(['GET', 'POST'][1 + chance % 2], ' /', ['orders', 'items', 'carts', 'users', 'offers'][1 + chance % 5])),
    {_KINDS}[place + 1],
    concat('service-', toString(1 + (trace + {_SERVICES}[place + 1] * 3) % 12)),
    map('service.name', concat('service-', toString(1 + (trace + {_SERVICES}[place + 1] * 3) % 12)),
        'service.version', ['1.4.1', '1.4.2'][1 + (trace % 4 = 0)],
        'cloud.availability_zone', ['zone-a', 'zone-b', 'zone-c'][1 + trace % 3],
        'k8s.pod.name', concat('pod-', toString((trace + {_SERVICES}[place + 1]) % 60))),
    mapFilter((k, v) -> v != '', map(
        'http.request.method', if({_SYSTEMS}[place + 1] = '', ['GET', 'POST'][1 + chance % 2], ''),
        'http.response.status_code', if({_SYSTEMS}[place + 1] = '', if(failed, '503', '200'), ''),
        'db.system.name', {_SYSTEMS}[place + 1],
        'server.address', if({_KINDS}[place + 1] = 'Client', concat('host-', toString(chance % 20)), ''),
        'shop.tenant', concat('tenant-', toString(chance % 200)),
        'shop.cart.id', concat('cart-', toString(trace % 1000003)))),
    toUInt64(exp(16 - place / 4 + randNormal(0, 1))),
    if(failed, 'Error', 'Unset')
FROM (SELECT intDiv(number, {TRACE_SPANS}) AS trace, number % {TRACE_SPANS} AS place,
    cityHash64(number) AS chance, cityHash64(trace) % 200 = 0 AND place <= 4 AS failed
    FROM numbers({{first:UInt64}}, {{count:UInt64}}))
"""  # noqa: E501 - one column per line

_LINES = f"""
INSERT INTO otel_logs (Timestamp, TraceId, SpanId, SeverityText, SeverityNumber, ServiceName, Body,
    ResourceAttributes, LogAttributes)
SELECT
    fromUnixTimestamp64Nano(toInt64({{end:UInt64}} - intDiv(number * 1000000000, {{rate:UInt64}}))),
    lower(hex(sipHash128(trace))), lower(hex(sipHash64(trace, toUInt64(0)))),
    ['INFO', 'DEBUG', 'WARN', 'ERROR'][kind], [9, 5, 13, 17][kind],
    concat('service-', toString(1 + chance % 12)),
    multiIf(
        kind = 4, concat('payment declined for order ', toString(chance % 1000003), ' by provider bank-',
            toString(chance % 7)),
        kind = 3, concat('slow reply of ', toString(chance % 900 + 100), ' ms from inventory'),
        chance % 3 = 0, concat('order ', toString(chance % 1000003), ' stored in ', toString(chance % 40), ' ms'),
        chance % 3 = 1, concat('cart ', toString(chance % 1000003), ' has ', toString(chance % 9), ' items'),
        concat('request handled for user ', lower(hex(chance)))),
    map('service.name', concat('service-', toString(1 + chance % 12)), 'service.version', '1.4.2',
        'cloud.availability_zone', ['zone-a', 'zone-b', 'zone-c'][1 + chance % 3]),
    map('shop.tenant', concat('tenant-', toString(chance % 200)), 'thread', toString(chance % 8))
FROM (SELECT number, cityHash64(number) AS chance, intDiv(number * {{spans:UInt64}}, {{lines:UInt64}} * {TRACE_SPANS})
    AS trace, multiIf(chance % 500 = 0, 4, chance % 100 < 2, 3, chance % 5 = 0, 2, 1) AS kind
    FROM numbers({{first:UInt64}}, {{count:UInt64}}))
"""  # noqa: E501 - one column per line


def fill(path: Path, *, spans: int, lines: int, rate: int, end: datetime) -> None:
    """Store `spans` that came in at `rate` a second until `end`, and `lines` over the same time."""
    warehouse = ChdbWarehouse(path)
    warehouse.open()
    shared = {"end": int(end.timestamp() * 1e9), "spans": spans, "lines": lines}
    for what, count, statement, pace in (
        ("spans", spans, _SPANS, rate),
        ("lines", lines, _LINES, max(1, rate * lines // spans)),
    ):
        # The newest are number 0: the oldest million goes in first, as it would have come.
        for first in reversed(range(0, count, MILLION)):
            part = {"first": first, "count": min(MILLION, count - first), "rate": pace}
            warehouse.command(statement, {**shared, **part})
            print(f"\r{count - first:>12,} {what} stored", end="", flush=True)
        print()
    warehouse.close()


def trace_id(path: Path, number: int) -> str:
    """Return the id of one of the stored traces."""
    warehouse = ChdbWarehouse(path)
    warehouse.open()
    found = warehouse.query("SELECT lower(hex(sipHash128({n:UInt64})))", {"n": number})[0][0]
    warehouse.close()
    return str(found)
