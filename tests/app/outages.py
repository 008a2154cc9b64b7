"""What a request leaves that failed at some party: the traces of outages whose cause can be found."""

from dataclasses import replace
from datetime import datetime

from tests.telemetry.traces.test_attribution import a_call, a_span

from holdfast.telemetry.counting.windows import epoch
from holdfast.telemetry.traces.model import Span

PARTIES = ("", "payline", "payline", "orders-db")
"""Where an outage is; of the first nothing is known."""


def a_failed_request(service: str, party: str, at: datetime) -> list[Span]:
    """Return the trace of a request that failed at a party, and nothing if that is not known."""
    if not party:
        return []
    second = epoch(at)
    root = a_span("a", service=service, status="Error")
    call = a_call("b", "a", to=party, service=service, status="Error")
    trace, start = f"{service}-{second}", second * 10**9
    return [replace(one, trace_id=trace, start_nanoseconds=start) for one in (root, call)]
