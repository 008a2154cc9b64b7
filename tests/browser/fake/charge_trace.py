"""One order as a big shop traces it: hops of the mesh, repeated queries, and a provider that was silent."""

from __future__ import annotations

from typing import Any

from holdfast.telemetry.traces.model import Span, SpanDetail, SpanEvent

MS = 10**6
QUERIES = 12


class _Made:
    """The spans of the order so far; times are milliseconds after its begin."""

    def __init__(self, trace_id: str, start: int) -> None:
        self._trace_id, self._start = trace_id, start
        self.details: list[SpanDetail] = []

    def add(self, who: str, operation: str, parent: str, at: float, lasts: float, **given: Any) -> str:
        """Add a span of `service zone version`; return its id."""
        service, zone, version = (*who.split(), "", "")[:3]
        attributes = tuple(given.get("attributes", {}).items())
        span = Span(
            self._trace_id,
            f"{len(self.details) + 1:016x}",
            parent,
            service,
            operation,
            given.get("kind", "server"),
            zone,
            version,
            self._start + int(at * MS),
            int(lasts * MS),
            "Error" if given.get("failed") else "Unset",
            given.get("message", ""),
            attributes,
        )
        events = tuple(
            SpanEvent(self._start + int(when * MS), "exception", tuple(noted.items()))
            for when, noted in given.get("thrown", ())
        )
        resource = (
            ("service.name", service),
            ("service.version", version),
            ("cloud.availability_zone", zone),
        )
        self.details.append(SpanDetail(span, resource, events, ()))
        return span.span_id

    def call(
        self, caller: str, to: str, operation: str, parent: str, at: float, lasts: float, **given: Any
    ) -> str:
        """Add a call through both proxies; return the id of the callee's span."""
        name, failed = to.split()[0], given.get("failed", False)
        http = {"http.response.status_code": "504"} if failed else {}
        peer = {"service.peer.name": name} | http
        above = self.add(caller, operation, parent, at, lasts, kind="client", attributes=peer, failed=failed)
        for n, hop in enumerate((f"envoy-{caller.split()[0]}", f"envoy-{name}")):
            proxy = {"component": "proxy", "upstream_cluster": f"outbound|80||{name}"} | http
            above = self.add(
                f"{hop} zone-b",
                f"{name} egress",
                above,
                at + n + 1,
                lasts - 2 * n - 2,
                kind="client",
                attributes=proxy,
                failed=failed,
            )
        return self.add(to, operation, above, at + 3, lasts - 6, attributes=http, failed=failed)


def charge(trace_id: str, start: int) -> list[SpanDetail]:
    """Return an order whose charge payline did not answer within 1.5 s."""
    made = _Made(trace_id, start)
    http = {"http.response.status_code": "504"}
    root = made.add("gateway zone-b 1.4.0", "POST /orders", "", 0, 1733, attributes=http, failed=True)
    order = made.call(
        "gateway zone-b 1.4.0", "checkout zone-b 4.8.1", "POST /orders", root, 4, 1725, failed=True
    )
    checkout = "checkout zone-b 4.8.1"
    made.call(checkout, "cart zone-b 3.1.0", "GET /carts/{shopper}", order, 10, 14)
    prices = made.call(checkout, "pricing zone-a 2.2.0", "GET /prices", order, 28, 52)
    for n in range(QUERIES):
        query = {"db.system.name": "postgresql", "db.namespace": "pricing"}
        made.add(
            "pricing zone-a 2.2.0", "SELECT prices", prices, 33 + 3.4 * n, 3, kind="client", attributes=query
        )
    paid = made.call(checkout, "payment zone-b 2.30.0", "POST /charges", order, 150, 1530, failed=True)
    noted = {
        "exception.type": "httpx.ReadTimeout",
        "exception.message": "no answer from api.payline.example within 1,500 ms",
    }
    away = {"server.address": "payline", "http.request.method": "POST", "error.type": "httpx.ReadTimeout"}
    made.add(
        "payment zone-b 2.30.0",
        "POST /v1/charges",
        paid,
        160,
        1501,
        kind="client",
        attributes=away,
        failed=True,
        thrown=[(1661, noted)],
    )
    return sorted(made.details, key=lambda one: one.span.start_nanoseconds)
