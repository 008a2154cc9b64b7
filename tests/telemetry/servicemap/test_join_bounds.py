"""How far apart two sides of a call may be: each bound of the join, to the slice."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.telemetry.otlp_builders import T0, TraceRequest, of_service, span, traces
from tests.telemetry.servicemap.test_joining import World

from holdfast.telemetry.servicemap import joining
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse


@pytest.fixture
def world(warehouse: ChdbWarehouse, tmp_path: Path) -> World:
    """An empty world at 12:00:30."""
    return World(warehouse, tmp_path)


def _ids(number: int) -> tuple[bytes, bytes, bytes, bytes]:
    """Return two traces and two spans that are those of this number alone."""
    trace, other, sender, taker = (number * 4 + place for place in range(1, 5))
    return (
        trace.to_bytes(16, "big"),
        other.to_bytes(16, "big"),
        sender.to_bytes(8, "big"),
        taker.to_bytes(8, "big"),
    )


def _message(number: int, produced_at: float) -> TraceRequest:
    """Return a message taken at 12:00:03 and put into a nameless queue by another trace."""
    trace, other, sender, taker = _ids(number)
    put = span(kind="producer", at=produced_at, trace_id=other, span_id=sender)
    taken = span(kind="consumer", at=T0 + 3, trace_id=trace, span_id=taker)
    taken.links.add(trace_id=other, span_id=sender)
    return traces(of_service(f"cart-{number}", [put]), of_service(f"mail-{number}", [taken]))


def _call(number: int, called_at: float, served_at: float = T0 + 3) -> TraceRequest:
    """Return a call from cart to pay whose sides arrived at these times."""
    trace, _, sender, taker = _ids(number)
    address = {"server.address": f"pay-{number}"}
    caller = span(kind="client", at=called_at, trace_id=trace, span_id=sender, attributes=address)
    called = span(kind="server", at=served_at, trace_id=trace, span_id=taker, parent=sender)
    return traces(of_service(f"cart-{number}", [caller]), of_service(f"pay-{number}", [called]))


def _drawn(world: World, requests: Iterable[TraceRequest]) -> set[tuple[str, str, str, str]]:
    """Store spans, let time pass, and return the edges: kind and name of both ends."""
    world.store(traces(*(resource for request in requests for resource in request.resource_spans)))
    world.settle()
    return {(key[1], key[2], key[5], key[6]) for key in world.edges()}


def test_a_message_is_traced_to_its_sender_for_an_hour(world: World) -> None:
    """The slice an hour before the one in which it was taken is still looked at, the one before is not."""
    is_traced = {-69.999: False, -60: True, 0: True, 3_600: True, 3_602.999: True, 3_603.001: False}
    found = _drawn(world, (_message(number, T0 + 3 - waited) for number, waited in enumerate(is_traced)))
    for number, waited in enumerate(is_traced):
        caller = ("service", f"cart-{number}") if is_traced[waited] else ("ingress", "")
        assert [edge[:2] for edge in found if edge[2:] == ("service", f"mail-{number}")] == [caller], waited


def test_a_caller_is_looked_for_within_a_minute(world: World) -> None:
    """Slices up to a minute before and after the one the call arrived in, and no further."""
    is_found = {-60: True, -60.001: False, 0: True, 69.999: True, 70: False}
    found = _drawn(world, (_call(number, T0 + seconds) for number, seconds in enumerate(is_found)))
    assert {
        seconds: ("service", f"cart-{number}", "service", f"pay-{number}") in found
        for number, seconds in enumerate(is_found)
    } == is_found


def test_a_called_service_is_looked_for_from_half_a_minute_before(world: World) -> None:
    """Its clock may run 30 s behind its caller's; unanswered for a minute it is drawn as unheard."""
    is_answered = {-30: True, -30.001: False, 0: True, 69.999: True, 70: False}
    found = _drawn(world, (_call(number, T0 + 3, T0 + at) for number, at in enumerate(is_answered)))
    assert {
        at: ("service", f"cart-{number}", "external", f"pay-{number}") not in found
        for number, at in enumerate(is_answered)
    } == is_answered


def _nested(number: int, outer_at: float, inner_at: float, **outer: str) -> TraceRequest:
    """Return a library's client span of cart and, within it, the one of the HTTP client it uses."""
    trace, _, sender, taker = _ids(number)
    host = {"server.address": f"host-{number}"}
    library = span(kind="client", at=outer_at, trace_id=trace, span_id=sender, attributes=outer)
    request = span(kind="client", at=inner_at, trace_id=trace, span_id=taker, parent=sender, attributes=host)
    return traces(of_service(f"cart-{number}", [library]), of_service(f"cart-{number}", [request]))


def test_a_library_that_names_a_database_is_looked_for_until_half_a_minute_after(world: World) -> None:
    """The request inside it is drawn by itself where the library began over a minute before or 30 s after."""
    is_inside = {-60: True, -60.001: False, 0: True, 39.999: True, 40: False}
    database = {"db.system": "postgresql"}
    found = _drawn(
        world,
        (_nested(n, T0 + at, T0 + 3, **database, **{"db.name": f"db-{n}"}) for n, at in enumerate(is_inside)),
    )
    assert {
        at: ("service", f"cart-{n}", "external", f"host-{n}") not in found for n, at in enumerate(is_inside)
    } == is_inside
    assert len([edge for edge in found if edge[2] == "database"]) == len(is_inside)


def test_a_request_inside_a_library_is_looked_for_from_half_a_minute_before(world: World) -> None:
    """The library's span is drawn too where its request began over 30 s before or a minute after it."""
    is_inside = {-30: True, -30.001: False, 0: True, 69.999: True, 70: False}
    found = _drawn(
        world,
        (_nested(n, T0 + 3, T0 + at, **{"server.address": f"api-{n}"}) for n, at in enumerate(is_inside)),
    )
    assert {
        at: ("service", f"cart-{n}", "external", f"api-{n}") not in found for n, at in enumerate(is_inside)
    } == is_inside


def test_the_bounds_are_those_that_are_documented() -> None:
    """A minute around a call, an hour for a message, half a minute between two clocks, four hops."""
    assert (joining.BEFORE_SECONDS, joining.AFTER_SECONDS) == (60, 60)
    assert (joining.LINKED_SECONDS, joining.SKEW_SECONDS, joining.HOPS_MOST) == (3600, 30, 4)
