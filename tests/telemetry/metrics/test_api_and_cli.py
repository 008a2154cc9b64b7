"""Metrics over HTTP and on the command line: lists, attributes, plots and refusals with their reasons."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.commands import Run, listening, runner
from tests.runtime.test_addresses import ODD
from tests.telemetry.metrics.conftest import StoreMetrics
from tests.telemetry.metrics.points import (
    DELTA,
    counter,
    gauge,
    histogram,
    histogram_point,
    of_service,
    point,
)

from holdfast.runtime.addresses import segment
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.metrics.api import router
from holdfast.telemetry.metrics.service import MetricsService

RANGE = {"from": "now-10m", "to": "now", "step": 60}


@pytest.fixture
def api(
    metrics: MetricsService,
    sqlite_database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
    store_metrics: StoreMetrics,
) -> TestClient:
    """The API at 12:10, over calls and memory of two services and durations of one."""
    calls = [
        point(at, at * weight, start=-3600, route=route)
        for at in range(0, 660, 60)
        for route, weight in (("/a", 3), ("/b", 2), ("/c", 1))
    ]
    store_metrics(
        of_service("cart", [counter("calls", calls), gauge("mem/used", [point(540, 5.0)])], zone="a"),
        of_service("search", [counter("calls", calls)], zone="b"),
        of_service("cart", [histogram("took", [histogram_point(540, [1, 2], [0.5])])]),
    )
    clock.advance(timedelta(minutes=10))
    client: TestClient = make_api(sqlite_database, router(metrics))
    return client


def get(api: TestClient, path: str, status: int = 200, **parameters: object) -> Any:
    """The answer to a GET."""
    answer = api.get(f"/api/v1{path}", params=parameters)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_metrics_are_listed_by_name(api: TestClient) -> None:
    """Each metric stands with its kind, unit, services, series and what makes sense of it."""
    found = get(api, "/metrics")
    assert [one["name"] for one in found["items"]] == ["calls", "mem/used", "took"]
    (stream,) = found["items"][0]["streams"]
    assert (stream["kind"], stream["unit"], stream["series"]) == ("sum", "{call}", 6)
    assert stream["services"] == ["cart", "search"]
    assert stream["functions"] == ["rate", "increase", "last", "sum"]
    assert stream["last_seen"] == "2026-03-01T12:10:00Z"


def test_the_list_is_filtered_and_paged(api: TestClient) -> None:
    """Part of a name, a service, and pages of any size find the same metrics."""
    assert [one["name"] for one in get(api, "/metrics", q="USED")["items"]] == ["mem/used"]
    assert [one["name"] for one in get(api, "/metrics", service="search")["items"]] == ["calls"]
    first = get(api, "/metrics", limit=2)
    assert (len(first["items"]), first["next"]) == (2, "mem/used")
    rest = get(api, "/metrics", limit=2, cursor=first["next"])
    assert ([one["name"] for one in rest["items"]], rest["next"]) == (["took"], None)


def test_an_older_range_lists_what_was_there_then(api: TestClient) -> None:
    """Metrics without points in the range are not in the list, and not found by name."""
    assert get(api, "/metrics", **{"from": "now-3h", "to": "now-2h"})["items"] == []
    problem = get(api, "/metrics/calls", 404, **{"from": "now-3h", "to": "now-2h"})
    assert "longer range" in problem["detail"]


def test_a_metric_shows_its_attributes(api: TestClient) -> None:
    """Attributes of the points and of the resource come with their values; a name may hold slashes."""
    found = get(api, "/metrics/calls")
    attributes = {one["key"]: one for one in found["attributes"]}
    assert attributes["route"]["place"] == "point"
    assert attributes["route"]["values"] == 3
    assert attributes["zone"]["commonest"] == [{"value": "b", "series": 3}, {"value": "a", "series": 3}]
    assert get(api, "/metrics/mem%2Fused")["name"] == "mem/used"


def test_of_an_attribute_sent_twice_the_first_is_all_there_is(
    api: TestClient, store_metrics: StoreMetrics
) -> None:
    """Of a key sent twice the first value is listed, plotted and filtered by; the second nowhere."""
    twice = gauge("twice", [point(540, 1.0)])
    resource = of_service("cart", [twice])
    for owner in (resource.scope_metrics[0].metrics[0].gauge.data_points[0], resource.resource):
        for text in ("first", "second"):
            owner.attributes.add(key="k").value.string_value = text
    store_metrics(resource)
    listed = [one for one in get(api, "/metrics/twice")["attributes"] if one["key"] == "k"]
    assert [(one["place"], one["values"], one["commonest"]) for one in listed] == [
        (place, 1, [{"value": "first", "series": 1}]) for place in ("point", "resource")
    ]
    (line,) = get(api, "/metrics/twice/series", by=["k"], **RANGE)["lines"]
    assert line["labels"] == {"k": "first"}
    assert len(get(api, "/metrics/twice/series", where=["k=first"], **RANGE)["lines"]) == 1
    assert get(api, "/metrics/twice/series", where=["k=second"], **RANGE)["lines"] == []


def test_a_plot_is_grouped_and_filtered(api: TestClient) -> None:
    """Lines are grouped by attributes of either place, the greatest first, holding what filters leave."""
    found = get(
        api, "/metrics/calls/series", fn="rate", by=["route", "zone"], where="service.name=cart", **RANGE
    )
    assert [line["labels"] for line in found["lines"]] == [
        {"route": "/a", "zone": "a"},
        {"route": "/b", "zone": "a"},
        {"route": "/c", "zone": "a"},
    ]
    assert found["lines"][0]["values"][:9] == pytest.approx([3.0] * 9)
    assert (found["unit"], found["series"], found["reported_every_seconds"]) == ("{call}/s", 3, 60)
    assert len(found["times_epoch"]) == len(found["lines"][0]["values"])
    by_part = get(api, "/metrics/calls/series", where=["route~B", "zone!=a"], **RANGE)
    assert [line["overall"] for line in by_part["lines"]] == [pytest.approx(2)]


def test_beyond_the_top_the_rest_is_one_line(api: TestClient) -> None:
    """What is not drawn on its own is added up and called the rest."""
    lines = get(api, "/metrics/calls/series", by="route", top=1, **RANGE)["lines"]
    assert [(line["is_rest"], line["series"], line["overall"]) for line in lines] == [
        (False, 2, pytest.approx(6)),
        (True, 4, pytest.approx(6)),
    ]


def test_each_series_is_named_by_what_tells_it_apart(api: TestClient) -> None:
    """With by=* lines are named by the attributes in which they differ."""
    lines = get(api, "/metrics/calls/series", by="*", where="route=/a", **RANGE)["lines"]
    assert [line["labels"] for line in lines] == [
        {"service.name": "cart", "zone": "a"},
        {"service.name": "search", "zone": "b"},
    ]


@pytest.mark.parametrize(
    ("path", "asked", "status", "words"),
    [
        ("/metrics/mem%2Fused/series", {"fn": "rate"}, 400, "it holds a current amount and does not count"),
        ("/metrics/calls/series", {"fn": "p99"}, 400, "only a histogram has"),
        ("/metrics/calls/series", {"fn": "avg"}, 400, "only its increase is meaningful"),
        ("/metrics/took/series", {"fn": "max"}, 400, "are since its sender started"),
        ("/metrics/calls/series", {"fn": "median"}, 400, "not a function"),
        ("/metrics/calls/series", {"where": "route"}, 400, "not a filter"),
        ("/metrics/calls/series", {"by": ["*", "route"]}, 400, "write one of them"),
        ("/metrics/calls/series", {"unit": "ms"}, 404, "it has sum in {call}"),
        ("/metrics/calls/series", {"step": 10, "from": "now-7d"}, 400, "steps"),
        ("/metrics/none/series", {}, 404, "no metric"),
    ],
)
def test_refusals_say_why(api: TestClient, path: str, asked: dict[str, Any], status: int, words: str) -> None:
    """What makes no sense is refused with the value, the rule and what to write instead."""
    assert words in get(api, path, status, **asked)["detail"]


@pytest.fixture
def run(
    api: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Commands against the API."""
    with listening(api.app) as url:
        yield runner(url, monkeypatch, capsys)


def test_metric_ls_lists(run: Run) -> None:
    """A row for each metric; what is not there is said on stderr."""
    assert [line.split()[:3] for line in run("metric", "ls").out.splitlines()[1:]] == [
        ["calls", "sum", "{call}"],
        ["mem/used", "gauge", "By"],
        ["took", "histogram", "s"],
    ]
    assert run("metric", "ls", "--match", "nothing").err.startswith("no metric has points")
    assert [one["name"] for one in json.loads(run("metric", "ls", "-o", "json").out)] == [
        "calls",
        "mem/used",
        "took",
    ]


def test_metric_show_tells_what_it_is_made_of(run: Run) -> None:
    """Kind, functions and attributes with their values."""
    out = run("metric", "show", "calls").out
    assert "cumulative" in out
    assert "rate, increase" in out
    assert "/c (2)" in out


def test_metric_plot_draws(run: Run) -> None:
    """Each line has its sign in the chart and in the list below it; the rest is named."""
    done = run("metric", "plot", "calls", "--by", "route", "--top", "2", "--from", "now-10m", "--step", "60")
    lines = done.out.splitlines()
    assert lines[0] == "rate of calls ({call}/s), 60 s per step"
    assert any("6 |*********" in line for line in lines)
    assert any(line.startswith("*  route=/a") for line in lines)
    assert any("the other 2 series" in line for line in lines)


def test_metric_plot_refuses_with_the_reason(run: Run) -> None:
    """A function that makes no sense is wrong use, in one sentence."""
    done = run("metric", "plot", "mem/used", "--fn", "rate")
    assert (done.status, done.out) == (2, "")
    assert "does not count" in done.err


def test_steps_may_be_written_with_their_unit(api: TestClient) -> None:
    """`1m` is sixty seconds."""
    assert get(api, "/metrics/calls/series", **RANGE | {"step": "1m"})["step_seconds"] == 60


def test_a_metric_of_any_name_is_found(api: TestClient, store_metrics: StoreMetrics) -> None:
    """A sender's name is listed, opened and plotted as it is: `app/series` is no series of `app`."""
    store_metrics(of_service("cart", [gauge(name, [point(540, 5.0)]) for name in ODD]))
    assert {one["name"] for one in get(api, "/metrics", limit=100)["items"]} >= set(ODD)
    for name in ODD:
        assert get(api, f"/metrics/{segment(name)}")["name"] == name
        assert get(api, f"/metrics/{segment(name)}/series", **RANGE)["name"] == name


@pytest.fixture
def wide(api: TestClient, store_metrics: StoreMetrics) -> None:
    """Durations whose buckets end at 5 s and 10 s: under 5 s, then up to 10 s, then over."""
    counts = ((60, [9, 0, 0]), (120, [0, 9, 0]), (180, [0, 0, 9]))
    points = [histogram_point(at, each, [5.0, 10.0], start=at - 60) for at, each in counts]
    store_metrics(of_service("mail", [histogram("sent", points, temporality=DELTA)]))


@pytest.mark.usefixtures("wide")
def test_each_value_of_a_plot_says_its_bucket_where_it_is_all_that_is_known(api: TestClient) -> None:
    """Beside each value: its bucket where that is too wide to read one, and null where it is not."""
    (line,) = get(api, "/metrics/sent/series", **RANGE, fn="p99")["lines"]
    buckets = [
        bucket for value, bucket in zip(line["values"], line["rough_steps"], strict=True) if value is not None
    ]
    assert buckets == [{"above": None, "up_to": 5.0}, None, {"above": 10.0, "up_to": None}]
    (exact,) = get(api, "/metrics/sent/series", **RANGE, fn="rate")["lines"]
    assert exact["rough_steps"] == []


@pytest.mark.usefixtures("wide")
def test_metric_plot_says_what_is_assumed(run: Run) -> None:
    """The newest value reads its bucket, and a sentence says that the drawn values are assumed."""
    done = run("metric", "plot", "sent", "--fn", "p99", "--from", "now-10m", "--step", "60")
    assert "over 10" in done.out
    assert "assumed: where in a bucket" in done.err
