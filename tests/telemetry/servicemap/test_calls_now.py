"""A callee of a failing caller: idle if nobody tries to call it, by the map of now and of earlier days."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from tests.telemetry.otlp_builders import T0, of_service
from tests.telemetry.servicemap.test_api import joined, joiner, of_trace, shop

from holdfast.catalog.model import Catalog, Service
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.identity.service_names import AS_SENT
from holdfast.telemetry.servicemap.calls_now import CallsNowReader
from holdfast.telemetry.servicemap.hops import HopReader
from holdfast.telemetry.services.call_graph import CallGraph
from holdfast.telemetry.services.service import TelemetryService
from holdfast.telemetry.services.silence import Silence
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

__all__ = ["joined", "joiner"]
Join = Callable[..., None]
DAY, TWENTY_MINUTES = 86_400, 1_200
SILENT = {ServiceId("cart"): Silence((("a", int(T0) - TWENTY_MINUTES),), int(T0) - TWENTY_MINUTES)}


@pytest.fixture
def services(warehouse: ChdbWarehouse, sqlite_database: Database, clock: ManualClock) -> TelemetryService:
    """The list of services, which knows who calls whom, and that `cart` sends nothing."""
    return TelemetryService(
        warehouse,
        sqlite_database,
        clock,
        catalog=Catalog,
        objectives=lambda: {},
        silences=lambda: SILENT,
        graph=CallGraph(CallsNowReader(warehouse, clock)),
    )


def _days_before() -> list[Any]:
    """What is usual: thirty requests through `web` to `cart` in five minutes, on two earlier days."""
    return [
        resource
        for number in range(60)
        for resource in shop(number + 1, at=T0 - (1 + number % 2) * DAY - TWENTY_MINUTES + number // 2)
    ]


def _failing(*, tries: bool) -> list[Any]:
    """Requests at which `web` fails now: before it calls `cart`, or because `cart` does not answer."""
    found = []
    for number in range(100, 130):
        one = of_trace(number)
        spans = [one("GET /", "a", at=T0, status="error")]
        if tries:
            of_call = {"kind": "client", "status": "error", "attributes": {"server.address": "cart:80"}}
            spans.append(one("GET", "b", parent="a", at=T0, **of_call))
        found.append(of_service("web", spans))
    return found


def test_a_callee_nobody_tries_to_call_is_idle_and_not_silent(
    services: TelemetryService, joined: Join
) -> None:
    """It is calm everywhere, with the service that fails before it: its silence is said to be an effect."""
    joined(*_days_before(), *_failing(tries=False))
    (web, cart) = (services.service(name, services.range("now-5m", None)) for name in ("web", "cart"))
    assert (web.trouble.kind, cart.trouble.sentence) == ("failing", "idle: web fails before it")
    effect = replace(SILENT[ServiceId("cart")], idle_behind="web")
    assert cart.silence == effect
    assert services.silent() == [(ServiceId("cart"), effect)]


def test_a_single_call_that_fails_leaves_it_idle(services: TelemetryService, joined: Join) -> None:
    """One call of five minutes that was under way decides nothing."""
    tried = _failing(tries=True)[:1]
    joined(*_days_before(), *_failing(tries=False)[1:], *tried)
    cart = services.service("cart", services.range("now-5m", None))
    assert cart.trouble.sentence == "idle: web fails before it"


def test_a_service_too_quiet_to_have_a_usual_is_silent_or_idle_all_the_same(
    services: TelemetryService, joined: Join
) -> None:
    """Its pace says that it is silent: its page, the list and the fact say one thing."""
    few = _days_before()[:8]
    joined(*few, *_failing(tries=False))
    cart = services.service("cart", services.range("now-5m", None))
    assert cart.usual is None
    assert cart.trouble.sentence == "idle: web fails before it"
    assert [quiet.idle_behind for _, quiet in services.silent()] == ["web"]


def test_a_service_that_sends_nothing_is_silent_though_it_is_rarely_called(
    services: TelemetryService, joined: Join
) -> None:
    """Silent and as usual at once would contradict each other."""
    joined(*_days_before()[:8])
    cart = services.service("cart", services.range("now-5m", None))
    assert (cart.trouble.kind, cart.trouble.sentence) == ("silent", "sends nothing")


def test_a_callee_that_does_not_answer_is_silent(services: TelemetryService, joined: Join) -> None:
    """Calls to it are tried and fail: it may be the cause, and stays with the worst."""
    joined(*_days_before(), *_failing(tries=True))
    cart = services.service("cart", services.range("now-5m", None))
    assert (cart.trouble.kind, cart.silence) == ("silent", SILENT[ServiceId("cart")])
    assert services.silent() == [*SILENT.items()]


def test_messages_of_a_queue_come_from_who_sent_them(
    warehouse: ChdbWarehouse, clock: ManualClock, joined: Join
) -> None:
    """A consumer is called by the origins of its messages, so it is idle when these fail."""
    one = of_trace(7)
    nats = {"messaging.system": "nats", "messaging.destination.name": "mail"}
    sent = one("send", "a", at=T0, kind="producer", attributes=nats)
    taken = one("take", "b", parent="a", at=T0 + 1, kind="consumer", attributes=nats)
    joined(of_service("cart", [one("GET /", "c", at=T0), sent]), of_service("mailer", [taken]))
    found = CallsNowReader(warehouse, clock)(clock.now())
    assert [(call.caller.name, call.callee.name) for call in found] == [("cart", "mailer")]
    assert replace(found[0], per_second=0.0).failed_per_second == 0


def test_calls_that_are_not_on_the_map_yet_were_not_left_untried(
    warehouse: ChdbWarehouse, clock: ManualClock, joined: Join
) -> None:
    """A rate divides by the time that is joined; where none is, nothing is said of who tries."""
    joined(*(part for number in range(1, 31) for part in shop(number)))
    at = clock.now()
    rates = [
        {call.callee.name: call.per_second for call in CallsNowReader(warehouse, clock, AS_SENT, until)(at)}
        for until in (lambda: None, lambda: at - timedelta(seconds=50), lambda: at - timedelta(hours=1))
    ]
    assert [one.get("cart") for one in rates] == [30 / 300, 30 / 250, None]


def test_a_proxy_that_only_forwards_is_a_hop(
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    joined: Join,
) -> None:
    """The mesh's gateway is one, and never needs attention; a service is none, nor what the catalog names."""
    joined(*(part for number in range(1, 8) for part in shop(number, status="error")))
    hops = HopReader(warehouse, clock)
    assert hops() == {ServiceId("envoy")}
    catalogs = Catalog(), Catalog(services=(Service("envoy", "Our gateway"),))
    for catalog, is_hop in zip(catalogs, (True, False), strict=True):
        services = TelemetryService(
            warehouse,
            sqlite_database,
            clock,
            catalog=partial(_same, catalog),
            objectives=lambda: {},
            graph=CallGraph(hops=hops),
        )
        page = services.services(services.range("now-5m", None))
        assert {view.label: view.is_mesh_hop for view in page.views} == {
            "envoy": is_hop, "web": False, "cart": False,
        }  # fmt: skip


def _same(catalog: Catalog) -> Catalog:
    return catalog
