"""Series of services that have one name in several environments and namespaces, against plain Python."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import product
from random import Random
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from tests.commands import Run, listening, runner
from tests.telemetry.metrics.conftest import PlotMetric, StoreMetrics, between
from tests.telemetry.metrics.points import (
    counter,
    exponential,
    exponential_point,
    gauge,
    histogram,
    histogram_point,
    of_service,
    point,
    summary,
)

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.identity.model import PlaceFilter, ServiceId
from holdfast.telemetry.metrics import places
from holdfast.telemetry.metrics.api import router
from holdfast.telemetry.metrics.model import Line
from holdfast.telemetry.metrics.service import MetricsService
from holdfast.telemetry.metrics.store import Listed

Sent = dict[tuple[str, str, str, str], int]
"""The weight of each series by service, namespace, environment and region."""

TIMES = range(0, 660, 60)
EVERY = list(product(("api", "cart"), ("", "billing"), ("", "prod", "stage"), ("", "eu")))


def resource(namespace: str, environment: str, region: str) -> dict[str, str]:
    """The resource of a service there, as keywords; what is absent is left out."""
    named = {
        "service_namespace": namespace,
        "deployment_environment_name": environment,
        "cloud_region": region,
    }
    return {key: value for key, value in named.items() if value}


def every_kind(weight: int) -> list[Any]:
    """A metric of each kind whose values follow from a weight."""
    return [
        counter("calls", [point(at, at * weight, start=-3600) for at in TIMES]),
        gauge("level", [point(at, weight) for at in TIMES]),
        histogram(
            "took",
            [
                histogram_point(at, [weight * at, 9 * at, at], [0.1, 1], total=weight * at / 7, start=-3600)
                for at in TIMES
            ],
        ),
        exponential(
            "scaled",
            [
                exponential_point(at, 1, {weight % 5: at, 7: at * weight}, total=at / 3, start=-3600)
                for at in TIMES
            ],
        ),
        summary("told", [(at, at * weight, at / 2, {0.5: weight / 10}) for at in TIMES]),
    ]


@pytest.fixture
def sent(store_metrics: StoreMetrics) -> Sent:
    """Stored series of most places; half of them say `PROD ` for production."""
    chance = Random(5)
    found = {where: chance.randrange(1, 20) for where in EVERY if chance.random() < 0.8}
    store_metrics(
        *(
            of_service(
                name,
                every_kind(weight),
                **resource(
                    namespace, "PROD " if environment == "prod" and weight % 2 else environment, region
                ),
            )
            for (name, namespace, environment, region), weight in found.items()
        )
    )
    return found


FUNCTIONS = [
    ("calls", "rate"),
    ("calls", "increase"),
    ("calls", "last"),
    ("calls", "sum"),
    *(("level", function) for function in ("avg", "min", "max", "sum", "last")),
    *((metric, function) for metric in ("took", "scaled") for function in ("rate", "avg", "p50", "p99")),
    ("told", "rate"),
    ("told", "avg"),
]


def place(line: Line) -> tuple[str, str]:
    """The namespace and environment of a line."""
    return line.labels["namespace"], line.labels["environment"]


@pytest.mark.parametrize(("metric", "function"), FUNCTIONS)
def test_no_function_adds_up_environments_or_namespaces(
    plot: PlotMetric, sent: Sent, metric: str, function: str
) -> None:
    """Each line of a plot that names no place has the values of the plot of that place alone."""
    found = plot(metric, function=function)
    assert found.split_by == ("environment", "namespace")
    assert {place(line) for line in found.lines} == {where[1:3] for where in sent}
    for line in found.lines:
        namespace, environment = place(line)
        alone = plot(metric, function=function, scope=PlaceFilter(environment, namespace))
        assert alone.split_by == ()
        (one,) = alone.lines
        assert (one.values, one.series, one.label) == (line.values, line.series, "")
        assert any(value is not None for value in one.values)


def weights(sent: Sent, **limits: str) -> list[int]:
    """The weights of the series at a place."""
    keys = ("service", "namespace", "environment", "region")
    return [
        weight
        for where, weight in sent.items()
        if all(dict(zip(keys, where, strict=True))[key] == value for key, value in limits.items())
    ]


def test_lines_have_the_values_of_plain_python(plot: PlotMetric, sent: Sent) -> None:
    """Rates add up and averages average the series of one place, and of one service when grouped by it."""
    for line in plot("calls", function="rate").lines:
        namespace, environment = place(line)
        assert line.overall == pytest.approx(sum(weights(sent, namespace=namespace, environment=environment)))
    by_service = plot("level", function="avg", by=("service",), top=50)
    assert by_service.by == ("service",)
    assert len(by_service.lines) == len({where[:3] for where in sent})
    for line in by_service.lines:
        of_line = weights(sent, **line.labels)
        assert line.overall == pytest.approx(sum(of_line) / len(of_line))


def test_lines_are_called_as_services_are(plot: PlotMetric, store_metrics: StoreMetrics) -> None:
    """A line of one service has its label, one of several services says where they run."""
    for name, namespace, environment in (
        ("checkout", "shop", "prod"),
        ("checkout", "shop", "staging"),
        ("search", "shop", "prod"),
    ):
        store_metrics(of_service(name, [gauge("g", [point(540, 1)])], **resource(namespace, environment, "")))
    assert {line.label for line in plot("g").lines} == {"2 services in prod", "checkout (staging)"}
    assert {line.label for line in plot("g", by=("service.name",)).lines} == {
        "checkout (prod)",
        "checkout (staging)",
        "search",
    }
    store_metrics(of_service("checkout", [gauge("n", [point(540, 1)])], **resource("billing", "prod", "")))
    store_metrics(of_service("checkout", [gauge("n", [point(540, 1)])], **resource("", "prod", "")))
    assert {line.label for line in plot("n").lines} == {"billing/checkout", "default/checkout"}


def test_without_environments_nothing_is_split(plot: PlotMetric, store_metrics: StoreMetrics) -> None:
    """Services that name no place, or one each, are one line without a label, as ever."""
    for name, namespace in (("cart", ""), ("search", "shop"), ("pay", "billing")):
        store_metrics(of_service(name, [gauge("g", [point(540, 2)])], **resource(namespace, "", "")))
    found = plot("g", function="sum")
    assert [(line.labels, line.label, line.series, line.latest) for line in found.lines] == [({}, "", 3, 6)]
    assert found.split_by == ()


@pytest.mark.parametrize("asked", [{"filters": ("environment~", "namespace~")}, {"by": ("region",)}])
def test_what_is_named_is_added_up(plot: PlotMetric, sent: Sent, asked: dict[str, Any]) -> None:
    """A filter that names environment and namespace makes one line; another grouping has no fewer."""
    found = plot("level", function="sum", top=50, **asked)
    if "filters" in asked:
        assert [line.latest for line in found.lines] == [sum(sent.values())]
        return
    for line in found.lines:
        assert line.latest == sum(weights(sent, **line.labels))
    assert len(found.lines) == len({where[1:] for where in sent})


@pytest.mark.parametrize(
    ("filters", "limits"),
    [
        (("environment=Prod",), [{"environment": "prod"}]),
        (("environment=default", "service=api"), [{"environment": "", "service": "api"}]),
        (("environment!=default",), [{"environment": "prod"}, {"environment": "stage"}]),
        (("namespace=default", "region=eu"), [{"namespace": "", "region": "eu"}]),
        (("region!=eu",), [{"region": ""}]),
        (("environment~STA", "namespace=billing"), [{"environment": "stage", "namespace": "billing"}]),
        (("service=cart",), [{"service": "cart"}]),
        (("environment=nowhere",), []),
    ],
)
def test_filters_know_places(
    plot: PlotMetric, sent: Sent, filters: tuple[str, ...], limits: list[dict[str, str]]
) -> None:
    """`environment=`, `namespace=`, `region=` and `service=` keep what plain Python keeps."""
    found = plot("level", function="sum", filters=(*filters, "environment~", "namespace~"))
    expected = [weight for one in limits for weight in weights(sent, **one)]
    assert sum(line.latest or 0 for line in found.lines) == sum(expected)
    assert found.series == len(expected)


def test_an_attribute_of_that_name_comes_first(plot: PlotMetric, store_metrics: StoreMetrics) -> None:
    """Series with an attribute `namespace` of their own are filtered and grouped by it, as ever."""
    points = [point(540, 1, namespace="kube-system"), point(540, 2, namespace="Default")]
    store_metrics(of_service("kube", [gauge("pods", points)], **resource("infra", "prod", "")))
    store_metrics(of_service("kube", [gauge("pods", [point(540, 4)])], k8s_cluster_name="k1"))
    assert [line.latest for line in plot("pods", filters=("namespace=kube-system",)).lines] == [1]
    assert [line.latest for line in plot("pods", filters=("namespace=Default",)).lines] == [2]
    assert [line.latest for line in plot("pods", filters=("namespace=default",)).lines] == [4]
    assert [line.latest for line in plot("pods", filters=("namespace=infra",)).lines] == []
    assert [line.latest for line in plot("pods", cluster="k1").lines] == [4]
    assert {
        line.labels["cluster"]: line.latest for line in plot("pods", by=("cluster",), function="sum").lines
    } == {
        "": 3,
        "k1": 4,
    }


def test_the_rest_never_adds_up_places(plot: PlotMetric, sent: Sent) -> None:
    """Beyond the top, lines of several environments are counted and not added up; those of one are."""
    *_, rest = plot("level", function="sum", top=2).lines
    assert (rest.is_rest, rest.overall, set(rest.values)) == (True, None, {None})
    *_, rest = plot("level", by=("*",), function="sum", top=2).lines
    assert (rest.is_rest, rest.overall) == (True, None)
    scope = PlaceFilter("prod", "billing")
    *_, rest = plot("level", by=("*",), function="sum", top=1, scope=scope).lines
    of_place = sorted(weights(sent, environment="prod", namespace="billing"))
    assert (rest.is_rest, rest.latest) == (True, sum(of_place[:-1]))


def test_ten_thousand_environments_are_drawn_to_the_top(
    plot: PlotMetric, store_metrics: StoreMetrics
) -> None:
    """An environment for each change fills no page, and nothing is added up over them."""
    store_metrics(
        *(
            of_service("api", [gauge("g", [point(540, n)])], **resource("", f"pr-{n}", ""))
            for n in range(10_000)
        )
    )
    found = plot("g", top=3)
    assert [line.label for line in found.lines] == ["api (pr-9999)", "api (pr-9998)", "api (pr-9997)", ""]
    assert (found.lines[-1].series, found.lines[-1].overall) == (9_997, None)


ids = st.builds(ServiceId, *(st.sampled_from(("", "a", "b")) for _ in range(3)))


@given(st.sets(ids, max_size=8), st.sets(st.sampled_from(("environment", "namespace"))))
def test_what_differs_is_what_pairs_of_one_name_differ_in(senders: set[ServiceId], asked: set[str]) -> None:
    """A plot is split by environment or namespace exactly if two services of one name differ there."""
    pairs = [(one, other) for one in senders for other in senders if one.name == other.name]
    expected = {
        key
        for key in ("environment", "namespace")
        if any(getattr(one, key) != getattr(other, key) for one, other in pairs)
    }
    assert set(places.differing(senders, asked)) == expected - asked


@pytest.mark.parametrize(
    ("keys", "scope", "found"),
    [
        ((), PlaceFilter(), set()),
        (("environment",), PlaceFilter(), {"environment"}),
        (("deployment.environment", "service.namespace"), PlaceFilter(), {"environment", "namespace"}),
        (("service.name", "region"), PlaceFilter(region="eu"), set()),
        ((), PlaceFilter("", "x"), {"environment", "namespace"}),
    ],
)
def test_a_place_is_named_by_any_of_its_keys(
    keys: tuple[str, ...], scope: PlaceFilter, found: set[str]
) -> None:
    """OpenTelemetry's keys and the short words name a place, and so does a scope."""
    assert places.named(keys, scope) == found


def test_metrics_are_listed_with_and_by_places(metrics: MetricsService, sent: Sent) -> None:
    """A stream has the places of its senders, and the list holds those of the places asked for."""
    listed, _ = metrics.metrics(between(0, 600), Listed(), cursor=None, limit=50)
    assert {one.streams[0].environments for one in listed} == {("", "prod", "stage")}
    assert {one.streams[0].namespaces for one in listed} == {("", "billing")}
    for scope, limits in (
        (PlaceFilter("prod"), {"environment": "prod"}),
        (PlaceFilter("", "billing", "eu"), {"environment": "", "namespace": "billing", "region": "eu"}),
    ):
        listed, _ = metrics.metrics(between(0, 600), Listed(text="level", scope=scope), cursor=None, limit=50)
        assert [stream.series for one in listed for stream in one.streams] == [len(weights(sent, **limits))]
    assert metrics.metrics(between(0, 600), Listed(cluster="none"), cursor=None, limit=9) == ([], False)


@pytest.fixture
def run(
    metrics: MetricsService,
    sqlite_database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
    store_metrics: StoreMetrics,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """Commands at 12:10 against levels of `checkout` in two environments, and of `search` in none."""
    for environment, value in (("production", 3), ("Staging", 9)):
        store_metrics(
            of_service("checkout", [gauge("level", [point(540, value)])], **resource("", environment, "eu"))
        )
    store_metrics(of_service("search", [gauge("plain", [point(540, 1)])]))
    clock.advance(timedelta(minutes=10))
    with listening(make_api(sqlite_database, router(metrics)).app) as url:
        yield runner(url, monkeypatch, capsys)


def test_commands_show_and_limit_by_places(run: Run) -> None:
    """Lists have environments where any metric has them; a plot names its lines, options choose one."""
    out = run("metric", "ls").out
    assert "ENVIRONMENTS" in out
    assert "production, staging" in out
    assert "NAMESPACES" not in out
    assert "environments" not in run("metric", "show", "plain").out
    assert "staging" in run("metric", "show", "level").out
    assert "level" not in run("metric", "ls", "-e", "default").out
    asked = ("metric", "plot", "level", "--from", "now-10m", "--step", "60")
    assert "checkout (production)" in run(*asked).out
    body: Mapping[str, Any] = json.loads(run(*asked, "-o", "json").out)
    assert body["split_by"] == ["environment"]
    assert [(line["labels"], line["label"], line["latest"]) for line in body["lines"]] == [
        ({"environment": "staging"}, "checkout (staging)", 9.0),
        ({"environment": "production"}, "checkout (production)", 3.0),
    ]
    one = json.loads(run(*asked, "-e", "STAGING", "--region", "eu", "-o", "json").out)
    assert [(line["labels"], line["latest"]) for line in one["lines"]] == [({}, 9.0)]
    by = json.loads(run(*asked, "--by", "environment", "-o", "json").out)
    assert (by["split_by"], len(by["lines"])) == ([], 2)
