"""Series of agents that know no service: listed, grouped and filtered by machine."""

import pytest
from tests.telemetry.metrics.conftest import PlotMetric, StoreMetrics, between
from tests.telemetry.metrics.points import gauge, of_service, point

from holdfast.telemetry.metrics.service import MetricsService
from holdfast.telemetry.metrics.store import Listed


@pytest.fixture(autouse=True)
def points(store_metrics: StoreMetrics) -> None:
    """The load of two hosts, and of a service on the first."""
    for name, host, load in (("", "web-1", 1), ("unknown_service", "web-2", 2), ("cart", "web-1", 4)):
        sent = gauge("load", [point(at, load) for at in range(0, 600, 60)])
        store_metrics(of_service(name, [sent], host_name=host))


def test_a_metric_is_listed_with_its_machines(metrics: MetricsService) -> None:
    """Each sender by name, and a list of one machine's metrics."""
    (found,), _ = metrics.metrics(between(0, 600), Listed(), cursor=None, limit=10)
    assert found.streams[0].services == ("cart", "host web-1", "host web-2")
    for service, number in (("host web-2", 1), ("host web-3", 0), ("unknown_service", 0)):
        listed, _ = metrics.metrics(between(0, 600), Listed(service=service), cursor=None, limit=10)
        assert len(listed) == number


@pytest.mark.parametrize("key", ["service", "service.name"])
def test_lines_of_a_plot_are_machines(plot: PlotMetric, key: str) -> None:
    """Grouped by service, each machine is a line; filtered, it is alone."""
    lines = plot("load", function="avg", by=(key,)).lines
    assert {line.labels[key]: line.overall for line in lines} == {
        "cart": 4,
        "host web-2": 2,
        "host web-1": 1,
    }
    (line,) = plot("load", function="avg", filters=(f"{key}=host web-1",)).lines
    assert (line.overall, line.series) == (1, 1)
