"""Services and their series over HTTP, from spans stored as the intake stores them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.objectives.cases import a_catalog, an_objective
from tests.runtime.test_addresses import ODD
from tests.telemetry.otlp_builders import T0, of_service, span

from holdfast.catalog.model import Catalog, Service
from holdfast.runtime import journal
from holdfast.runtime.addresses import segment
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.services.api import router
from holdfast.telemetry.services.service import ObjectiveState, TelemetryService
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

Store = Callable[..., None]
NOON = datetime.fromtimestamp(T0, UTC)


@pytest.fixture
def api(
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
) -> TestClient:
    """The API at 13:00 over an empty warehouse; the catalog knows `cart` and `fraud`."""
    clock.advance(timedelta(hours=1))
    catalog = Catalog(services=(Service("cart", "Cart", team="shop", tier="1"), Service("fraud", "Fraud")))
    objectives: Mapping[str, tuple[ObjectiveState, ...]] = {
        "cart": (ObjectiveState("cart-errors", "Cart answers", "burning"), ObjectiveState("b", "B", "ok"))
    }
    service = TelemetryService(
        warehouse, sqlite_database, clock, catalog=lambda: catalog, objectives=lambda: objectives
    )
    client: TestClient = make_api(sqlite_database, router(service))
    return client


def get(api: TestClient, path: str, **parameters: object) -> Any:
    """The answer to a GET that must succeed."""
    answer = api.get(f"/api/v1{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def by_name(api: TestClient, **parameters: object) -> dict[str, Any]:
    """Listed services by name."""
    return {one["name"]: one for one in get(api, "/services", **parameters)["items"]}


def test_without_spans_the_catalog_is_listed(api: TestClient) -> None:
    """A service nobody has heard from is listed with zero requests and no ratio made up."""
    found = by_name(api)
    assert set(found) == {"cart", "fraud"}
    assert (found["fraud"]["requests"], found["fraud"]["error_ratio"], found["fraud"]["p99_seconds"]) == (
        0,
        None,
        None,
    )
    assert found["fraud"]["last_seen"] is None


def test_a_service_shows_what_it_handled(api: TestClient, store_spans: Store) -> None:
    """Rate, errors, percentiles, zones, versions, team and objectives stand side by side."""
    store_spans(
        of_service("cart", [span(at=T0 + n, milliseconds=20) for n in range(90)], zone="a", version="1"),
        of_service("cart", [span(at=T0 + n, status="error") for n in range(10)], zone="b", version="2"),
    )
    cart = by_name(api)["cart"]
    assert (cart["requests"], cart["errors"], cart["error_ratio"]) == (100, 10, 0.1)
    assert cart["rate_per_second"] == pytest.approx(100 / 3600)
    assert cart["p50_seconds"] == pytest.approx(0.02, rel=0.045)
    assert (cart["zones"], cart["versions"], cart["team"], cart["tier"]) == (
        ["a", "b"],
        ["1", "2"],
        "shop",
        "1",
    )
    assert (cart["objectives"], cart["worst_state"], sum(cart["lines"]["requests"])) == (
        2,
        "burning",
        100,
    )
    assert cart["last_seen"] == "2026-03-01T12:01:20Z"


def test_calls_are_counted_where_they_are_handled(api: TestClient, store_spans: Store) -> None:
    """A service that handles requests is measured by them; one that only calls, by its calls."""
    store_spans(
        of_service("cart", [span(), span("call", kind="client"), span("call", kind="client")]),
        of_service(
            "batch",
            [span("call", kind="client", status="error"), span("step", kind="internal", parent=b"p" * 8)],
        ),
        of_service("cron", [span("step", kind="internal", parent=b"p" * 8)]),
    )
    found = by_name(api)
    assert (found["cart"]["requests"], found["batch"]["requests"], found["batch"]["errors"]) == (1, 1, 1)
    assert (found["cron"]["requests"], found["cron"]["last_seen"]) == (0, "2026-03-01T12:00:00Z")


def test_a_service_measured_by_another_name_is_one(
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
    store_spans: Store,
) -> None:
    """What the catalog calls `pay` and its objectives count as `pay.shop` is one, found by either name."""
    catalog = a_catalog(an_objective(service="pay", sli_of="pay.shop"))
    objectives = {"pay": (ObjectiveState("orders-succeed", "Orders succeed", "ok"),)}
    service = TelemetryService(
        warehouse, sqlite_database, clock, catalog=lambda: catalog, objectives=lambda: objectives
    )
    api = make_api(sqlite_database, router(service))
    assert [one["name"] for one in get(api, "/services")["items"]] == ["pay"]
    store_spans(of_service("pay.shop", [span(at=T0 - 60)]))
    (listed,) = get(api, "/services")["items"]
    assert (listed["name"], listed["team"], listed["worst_state"]) == ("pay.shop", "payments", "ok")
    assert get(api, "/services/pay") == get(api, "/services/pay.shop")
    assert sum(get(api, "/services/pay/series")["requests"]) == 1
    store_spans(of_service("pay", [span(at=T0 - 60), span(at=T0 - 60)]))
    assert get(api, "/services/pay")["requests"] == 2


def test_services_are_found_by_a_part_of_their_name(api: TestClient, store_spans: Store) -> None:
    """`q` keeps services whose name contains it, in either case."""
    store_spans(of_service("Payment", [span()]))
    assert set(by_name(api, q="pay")) == {"Payment"}
    assert set(by_name(api, q="nothing")) == set()


def test_one_service_shows_its_operations(api: TestClient, store_spans: Store) -> None:
    """Each operation and kind has its own line, busiest first."""
    store_spans(
        of_service("cart", [span("a"), span("b"), span("b", status="error"), span("a", kind="client")])
    )
    found = get(api, "/services/cart")
    lines = [(one["operation"], one["kind"], one["requests"], one["errors"]) for one in found["operations"]]
    assert lines[0] == ("b", "server", 2, 1)
    assert sorted(lines[1:]) == [("a", "client", 1, 0), ("a", "server", 1, 0)]
    assert [one["state"] for one in found["objectives_list"]] == ["burning", "ok"]


def test_names_with_slashes_and_quotes_are_names(api: TestClient, store_spans: Store) -> None:
    """A service is found under its name, however it is written."""
    store_spans(of_service("it's a \\ ü", [span("GET /a?b='c'")]))
    found = get(api, "/services/it's a %5C ü")
    assert found["operations"][0]["operation"] == "GET /a?b='c'"


def test_very_many_operations_do_not_break_a_service(api: TestClient, store_spans: Store) -> None:
    """With a name of its own for every span 500 are kept apart, the busiest first; the others are one."""
    store_spans(of_service("cart", [span(f"GET /order/n{n}") for n in range(2_000)] + [span("GET /")] * 2))
    found = get(api, "/services/cart")
    assert len(found["operations"]) == 501
    first, *_, last = found["operations"]
    assert (first["operation"], last["operation"], last["requests"]) == ("GET /", "other", 1_501)
    assert found["requests"] == sum(one["requests"] for one in found["operations"]) == 2_002


def test_an_operation_with_ids_in_its_name_is_one(api: TestClient, store_spans: Store) -> None:
    """It has one line and one series, found by that line's name and by that of any of its spans."""
    store_spans(of_service("cart", [span(f"GET /cart/{n}") for n in range(30)] + [span("GET /cart")]))
    operations = get(api, "/services/cart")["operations"]
    assert [(one["operation"], one["requests"]) for one in operations] == [
        ("GET /cart/{id}", 30),
        ("GET /cart", 1),
    ]
    for name in ("GET /cart/{id}", "GET /cart/8734"):
        found = get(api, "/services/cart/series", operation=name, **{"from": "now-1h"})
        assert sum(found["requests"]) == 30, name


def test_an_unknown_service_is_not_found(api: TestClient) -> None:
    """A name nobody knows is answered with a problem that names it."""
    answer = api.get("/api/v1/services/nobody")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["value"] == "nobody"


def test_a_series_is_of_something_that_is_known(api: TestClient, sqlite_database: Database) -> None:
    """Without a span in the range a series is empty for what the catalog or a change names, and 404 else."""
    change = journal.Entry(NOON + timedelta(minutes=10), "change.deploy", "someone", "service/changed", "x")
    with sqlite_database.write() as tx:
        journal.append(tx, change)
    for name in ("cart", "changed"):
        assert sum(get(api, f"/services/{name}/series")["requests"]) == 0
    answer = api.get("/api/v1/services/nobody/series")
    assert (answer.status_code, answer.json()["value"]) == (404, "nobody")


def test_an_operation_without_spans_is_an_empty_series(api: TestClient, store_spans: Store) -> None:
    """Of a service that sends, an operation that has not been called has a series of zeros."""
    store_spans(of_service("pay", [span(at=T0 + 3)]))
    assert sum(get(api, "/services/pay/series", operation="other")["requests"]) == 0


def test_a_series_is_aligned_and_has_no_holes(api: TestClient, store_spans: Store) -> None:
    """Arrays are parallel and steps without traffic hold zero and null; sums equal the requests."""
    store_spans(of_service("cart", [span(at=T0 + 3), span(at=T0 + 61, status="error"), span(at=T0 + 69)]))
    found = get(api, "/services/cart/series", **{"from": "2026-03-01T12:00:00Z", "to": "now", "step": 60})
    assert found["times_epoch"] == list(range(T0, T0 + 3600, 60))
    assert found["requests"][:3] == [1, 2, 0]
    assert found["errors"][:3] == [0, 1, 0]
    assert found["p50_seconds"][2] is None
    assert {
        len(found[key]) for key in ("requests", "errors", "p50_seconds", "p90_seconds", "p99_seconds")
    } == {60}


def test_over_a_long_range_steps_are_whole_slices(api: TestClient, store_spans: Store) -> None:
    """Beyond twelve hours a narrow step is widened to five minutes instead of showing every fifth point."""
    store_spans(of_service("cart", [span(at=T0 + n) for n in range(0, 3600, 10)]))
    found = get(api, "/services/cart/series", **{"from": "now-13h", "step": 60})
    assert found["step_seconds"] == 300
    assert found["requests"][-12:] == [30] * 12


@pytest.mark.parametrize(
    ("start", "step", "rule"), [("now-1h", 15, "multiple of 10"), ("now-399d", 10, "points")]
)
def test_a_step_that_cannot_be_is_refused(api: TestClient, start: str, step: int, rule: str) -> None:
    """Steps between slices, or millions of points, are refused by rule."""
    answer = api.get("/api/v1/services/cart/series", params={"from": start, "step": step})
    assert answer.status_code == 400
    assert rule in answer.json()["rule"]


@pytest.mark.parametrize(
    ("start", "end"),
    [("1960-01-01", "1960-01-02"), ("2300-01-01", "2300-01-02"), ("now", "now-1h"), ("x", "now")],
)
def test_a_range_that_cannot_be_is_refused(api: TestClient, start: str, end: str) -> None:
    """A range outside of what can be stored is the sender's mistake, not the server's."""
    for path in ("/services", "/services/cart", "/services/cart/series"):
        assert api.get(f"/api/v1{path}", params={"from": start, "to": end}).status_code == 400


def test_changes_are_marked_on_the_series(api: TestClient, sqlite_database: Database) -> None:
    """A change of the service within the range is a mark, oldest first."""
    with sqlite_database.write() as tx:
        for minute, kind in ((10, "change.deploy"), (20, "alert.fired"), (30, "change.flag")):
            at = NOON + timedelta(minutes=minute)
            entry = journal.Entry(at, kind, "someone", "service/cart", kind)
            journal.append(tx, entry)
    marks = get(api, "/services/cart/series", **{"from": "now-1h"})["marks"]
    assert [(one["label"], one["at"]) for one in marks] == [
        ("cart: change.deploy", "2026-03-01T12:10:00Z"),
        ("cart: change.flag", "2026-03-01T12:30:00Z"),
    ]


@pytest.mark.parametrize("duration", [2**63 - 1, 2**63, 2**64 - 1])
def test_any_duration_can_be_summed(api: TestClient, warehouse: ChdbWarehouse, duration: int) -> None:
    """Spans an exporter stored with durations of centuries break no list, series or percentile."""
    warehouse.command(
        "INSERT INTO otel_traces (Timestamp, TraceId, SpanId, ServiceName, SpanName, SpanKind, Duration) "
        f"SELECT fromUnixTimestamp64Nano(toInt64({T0 * 10**9})), 'aa', 'bb', 'cart', 'odd', 'Server', "
        f"{duration} FROM numbers(3)"
    )
    assert by_name(api)["cart"]["requests"] == 3
    assert get(api, "/services/cart")["name"] == "cart"
    get(api, "/services/cart/series")


def test_a_step_may_be_written_with_its_unit(api: TestClient) -> None:
    """`1m` is sixty seconds; what is no duration is refused, naming it."""
    assert get(api, "/services/cart/series", step="1m") == get(api, "/services/cart/series", step=60)
    refused = api.get("/api/v1/services/cart/series", params={"step": "soon"})
    assert (refused.status_code, "soon" in refused.text) == (400, True)


def test_a_service_of_any_name_is_found(api: TestClient, store_spans: Store) -> None:
    """A sender's name with any characters is listed, opened and drawn unchanged."""
    store_spans(*(of_service(name, [span(at=T0 + 3000)]) for name in ODD))
    assert set(by_name(api)) >= set(ODD)
    for name in ODD:
        assert get(api, f"/services/{segment(name)}")["name"] == name
        series = get(api, f"/services/{segment(name)}/series")
        assert (series["name"], sum(series["requests"])) == (name, 1)


def test_services_come_in_pages(api: TestClient, store_spans: Store) -> None:
    """The pages together hold each service once, busiest first, and end."""
    store_spans(*(of_service(f"name-{n:02d}", [span()] * (1 + n % 3)) for n in range(25)))
    cursor, found, sizes = None, [], []
    while cursor or not sizes:
        page = get(api, "/services", limit=10, **({"cursor": cursor} if cursor else {}))
        sizes.append(len(page["items"]))
        found.extend((-one["requests"], one["name"]) for one in page["items"])
        cursor = page["next"]
    assert sizes == [10, 10, 7]  # two of the catalog sent nothing
    assert found == sorted(found)
    assert len(set(found)) == 27


def test_a_page_of_services_is_bounded_in_bytes(api: TestClient, store_spans: Store) -> None:
    """Long names of services, zones and versions make more pages, not larger ones."""
    long = [f"{number:03d}" * 99 for number in range(400)]
    store_spans(*(of_service(name, [span()], zone=one, version=one) for one in long[:12] for name in long))
    cursor, names, rounds = None, set(), 0
    while cursor or not rounds:
        given = {"cursor": cursor} if cursor else {}
        answer = api.get("/api/v1/services", params={"limit": 1000, **given})
        assert len(answer.content) <= 1_000_000
        names |= {one["name"] for one in answer.json()["items"]}
        cursor, rounds = answer.json()["next"], rounds + 1
    assert (len(names), rounds > 2) == (402, True)


def test_a_page_of_services_from_elsewhere_is_refused(api: TestClient) -> None:
    """A cursor no list of services gave is an error, not the first page."""
    answer = api.get("/api/v1/services", params={"cursor": "bnVsbA"})
    assert answer.status_code == 400


def a_day_of(name: str, *, per_hour: int = 60) -> Any:
    """Requests of a service over the two days before 13:00, evenly."""
    ago = range(3600 // per_hour, 48 * 3600, 3600 // per_hour)
    return of_service(name, [span(at=T0 + 3600 - seconds, milliseconds=20) for seconds in ago])


def test_what_hurts_now_is_said_against_the_usual(api: TestClient, store_spans: Store) -> None:
    """One that fails half of its requests fails; its usual is the same hour of earlier days."""
    now = T0 + 3600
    failing = [span(at=now - 5 * n, status="error" if n % 2 else "ok", milliseconds=20) for n in range(1, 41)]
    store_spans(a_day_of("cart"), of_service("cart", failing))
    cart = by_name(api)["cart"]
    assert (cart["now"]["reason"], cart["now"]["needs_attention"]) == ("failing", True)
    assert cart["now"]["sentence"].startswith(f"{cart['now']['errors']} of {cart['now']['requests']}")
    assert cart["usual"]["rate_per_second"] == pytest.approx(60 / 3600, rel=0.05)
    assert (cart["usual"]["error_ratio"], cart["usual"]["of"]) == (0, "the same hour of the last 2 days")


def test_a_service_that_stopped_is_listed_as_silent(
    api: TestClient, store_spans: Store, clock: ManualClock
) -> None:
    """One that should handle requests now and was not seen for two hours stays on the list, and says so."""
    store_spans(a_day_of("search", per_hour=360))
    clock.advance(timedelta(hours=2))
    found = by_name(api)["search"]
    assert (found["requests"], found["now"]["reason"]) == (0, "silent")
    assert found["now"]["sentence"] == "no requests, usual 0.1/s"
    clock.advance(timedelta(hours=23))
    assert "search" not in by_name(api)


def test_charts_have_what_is_usual_behind_them(api: TestClient, store_spans: Store) -> None:
    """A band of the same hour of earlier days, of an operation too; none for a range of over a day."""
    store_spans(a_day_of("cart", per_hour=360))
    found = get(api, "/services/cart/series")
    rates = found["usual"]["rate_per_second"]
    assert len(rates["low"]) == len(found["times_epoch"])
    assert all(low <= 0.1 <= high for low, high in zip(rates["low"], rates["high"], strict=True))
    assert set(found["usual"]["error_ratio"]["high"]) == {0}
    assert found["usual"]["p99_seconds"]["low"][0] == pytest.approx(0.02, rel=0.05)
    (operation,) = get(api, "/services/cart")["operations"]
    named = get(api, "/services/cart/series", operation=operation["operation"])
    assert named["usual"] == found["usual"]
    week = get(api, "/services/cart/series", **{"from": "now-7d"})
    assert (week["usual"], week["usual_begins"]) == (None, None)


def test_a_new_service_says_when_its_usual_begins(api: TestClient, store_spans: Store) -> None:
    """Forty minutes after its first requests."""
    store_spans(of_service("cart", [span(at=T0 + 3600 - second) for second in range(10, 1200, 10)]))
    found = get(api, "/services/cart/series")
    assert (found["usual"], found["usual_begins"]) == (None, "2026-03-01T13:20:00Z")
