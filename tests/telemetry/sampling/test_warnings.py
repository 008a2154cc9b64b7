"""Warnings over HTTP, from spans and metrics stored as the intake stores them."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.commands import Run, listening, runner
from tests.telemetry.metrics.points import (
    DELTA,
    counter,
    histogram,
    histogram_point,
    nano,
)
from tests.telemetry.metrics.points import of_service as measures_of
from tests.telemetry.otlp_builders import T0, of_service, pairs, span

from holdfast.catalog.model import Catalog
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.metrics.service import MetricsService
from holdfast.telemetry.sampling.api import router
from holdfast.telemetry.sampling.service import SamplingService
from holdfast.telemetry.saturation import api as saturation_api
from holdfast.telemetry.saturation.service import SaturationService
from holdfast.telemetry.services import api as services_api
from holdfast.telemetry.services.service import TelemetryService
from holdfast.telemetry.spread import api as spread_api
from holdfast.telemetry.spread.service import SpreadService
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

Store = Callable[..., None]


@pytest.fixture
def api(
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
) -> TestClient:
    """The API at 12:10 over an empty warehouse."""
    clock.advance(timedelta(minutes=10))
    service = SamplingService(warehouse, MetricsService(warehouse, clock), clock)
    services = TelemetryService(
        warehouse, sqlite_database, clock, catalog=lambda: Catalog(), objectives=lambda: {}
    )
    routers = (
        router(service),
        services_api.router(services),
        saturation_api.router(SaturationService(warehouse, services)),
        spread_api.router(SpreadService(warehouse, services)),
    )
    client: TestClient = make_api(sqlite_database, *routers)
    return client


@pytest.fixture
def run(
    api: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Commands against the API."""
    with listening(api.app) as url:
        yield runner(url, monkeypatch, capsys)


def warned(api: TestClient, **parameters: object) -> list[dict[str, Any]]:
    """The warnings."""
    answer = api.get("/api/v1/sampling", params=parameters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["warnings"]
    return found


def kept(number: int, *, failed: int, **given: Any) -> list[Span]:
    """So many server spans between 12:06 and 12:08, the first of them failed."""
    spread = 120 / max(number, 1)
    return [
        span(at=T0 + 360 + n * spread, status="error" if n < failed else "unset", **given)
        for n in range(number)
    ]


def http(failed: int, fine: int) -> Metric:
    """Requests from 12:06 to 12:08 by status."""
    ends = {"500": failed, "200": fine}
    points = [histogram_point(480, [number], [], start=360, **{}) for number in ends.values()]
    for point, status in zip(points, ends, strict=True):
        point.attributes.extend(pairs({"http.response.status_code": int(status)}))
        point.start_time_unix_nano = nano(360)
    return histogram("http.server.request.duration", points, temporality=DELTA)


def calls(failed: int, fine: int, kind: str = "SPAN_KIND_SERVER") -> Metric:
    """Calls that the span metrics connector counted since 12:06."""
    found = counter("traces.span.metrics.calls", [])
    for number, status in ((failed, "STATUS_CODE_ERROR"), (fine, "STATUS_CODE_UNSET")):
        point = found.sum.data_points.add(
            start_time_unix_nano=nano(360), time_unix_nano=nano(480), as_int=number
        )
        point.attributes.extend(pairs({"status.code": status, "span.kind": kind}))
    return found


def test_the_collectors_policy_on_spans_without_weight_is_a_warning(
    api: TestClient, store_spans: Store
) -> None:
    """The intake moves the policy from the scope to each span; a span with a weight is no sign."""
    policy = {"tailsampling.policy": "errors"}
    spans = kept(3, failed=0, attributes=policy)
    spans += kept(1, failed=0, attributes=policy, trace_state="ot=th:8")
    store_spans(of_service("cart", spans))
    store_spans(of_service("plain", kept(2, failed=0)))
    (one,) = warned(api)
    assert (one["service"], one["attribute"], one["spans"]) == ("cart", "tailsampling.policy", 3)
    assert one["detail"].startswith("cart: 3 recent spans have tailsampling.policy of the Collector's")


@pytest.mark.parametrize("key", ["meta.refinery.reason", "meta.refinery.original_sample_rate", "SampleRate"])
def test_other_samplers_leave_attributes_of_the_span(api: TestClient, store_spans: Store, key: str) -> None:
    """Refinery's reason and rate, and the rate of Honeycomb's samplers."""
    store_spans(of_service("cart", kept(2, failed=0, attributes={key: "4"})))
    assert [(one["attribute"], one["spans"]) for one in warned(api)] == [(key, 2)]


@pytest.mark.parametrize("measure", [http, calls])
def test_half_failed_against_one_percent_is_a_warning(
    api: TestClient, store_spans: Store, store_metrics: Store, measure: Callable[[int, int], Metric]
) -> None:
    """Of 5,000 requests all 50 failures and 50 others were kept, and nothing says so but the metric."""
    store_spans(of_service("cart", kept(100, failed=50)))
    store_metrics(measures_of("cart", [measure(50, 4_950)]))
    (one,) = warned(api)
    assert (one["metric"], one["failed_ratio_of_spans"]) == (measure(0, 0).name, 0.5)
    assert one["failed_ratio_of_metric"] == pytest.approx(0.01)
    assert one["attribute"] is None


@pytest.mark.parametrize(
    ("spans", "measure"),
    [
        (kept(100, failed=50), http(2_500, 2_500)),
        (kept(100, failed=50), http(1, 99)),
        (kept(40, failed=20), http(50, 4_950)),
        (kept(100, failed=50), calls(50, 4_950, kind="SPAN_KIND_CLIENT")),
        (kept(100, failed=50, trace_state="ot=th:fd"), http(50, 4_950)),
        (kept(100, failed=50, kind="client"), http(50, 4_950)),
    ],
    ids=["same share", "nothing sampled", "too few spans", "calls made", "weights", "spans of a client"],
)
def test_shares_that_agree_or_cannot_be_compared_are_no_warning(
    api: TestClient, store_spans: Store, store_metrics: Store, spans: list[Span], measure: Metric
) -> None:
    """Each differs from the warning above in one thing."""
    store_spans(of_service("cart", spans))
    store_metrics(measures_of("cart", [measure]))
    assert warned(api) == []


def test_a_question_is_limited_to_a_service_and_a_place(
    api: TestClient, store_spans: Store, store_metrics: Store
) -> None:
    """Services of one name are compared where they run, and named by it."""
    where: Mapping[str, object] = {"deployment_environment_name": "staging"}
    for environment in ("staging", "production"):
        store_spans(of_service("cart", kept(100, failed=50), environment=environment))
    store_metrics(measures_of("cart", [http(50, 4_950)], **where))
    store_metrics(measures_of("cart", [http(2_500, 2_500)], deployment_environment_name="production"))
    assert [one["environment"] for one in warned(api)] == ["staging"]
    assert len(warned(api, service="cart", environment="staging")) == 1
    assert warned(api, service="cart", environment="production") == []
    assert warned(api, service="search") == []


def test_commands_warn_of_the_services_concerned(run: Run, store_spans: Store) -> None:
    """`sampling ls` lists every warning, `service show` adds those of its service on stderr."""
    store_spans(of_service("cart", kept(2, failed=0, attributes={"SampleRate": 4})))
    store_spans(of_service("plain", kept(2, failed=0)))
    listed = run("sampling", "ls").out
    assert "cart: 2 recent spans have SampleRate" in " ".join(listed.split())
    assert run("service", "show", "cart").err.startswith("warning: cart: 2 recent spans have SampleRate of")
    assert run("service", "show", "plain").err == ""
    shown = json.loads(run("service", "show", "cart", "-o", "json").out)
    assert [one["attribute"] for one in shown["sampling"]] == ["SampleRate"]
    assert shown["spread"]["by"] == "zone"
    assert json.loads(run("sampling", "ls", "--service", "plain", "-o", "json").out) == {"warnings": []}
