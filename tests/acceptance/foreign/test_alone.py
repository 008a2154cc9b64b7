"""A single service with nothing around it that sends, and OpenTelemetry's own examples of every signal."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.acceptance.foreign.conftest import Server
from tests.commands import Run

from holdfast.telemetry.model import Signal

EXAMPLE = "5b8efff798038103d269b633813fc60c"
THEN = datetime(2018, 12, 13, 14, 51, 0, tzinfo=UTC)


def test_a_service_alone_is_measured_and_explained(server: Server) -> None:
    """Its requests, its errors and their origin are told from its own spans, and no callee is made up."""
    server.promise("tariffs")
    server.send("alone")
    assert server.services() == {"tariffs": (4, 1)}
    assert server.edges() == {
        "ingress>service/tariffs": (3, 1, 0, 0),
        "unknown>service/tariffs": (1, 0, 0, 0),
    }
    assert server.blamed() == {"tariffs": 1}
    (found,) = server.get("/objectives/answers/exemplars")["items"]
    assert (found["path"], found["message"]) == ("tariffs", "KeyError: no tariff for 'XK'")


def test_a_service_alone_is_read_trace_by_trace(server: Server, run: Run) -> None:
    """A request whose caller was never stored is found among the others, and said to have no parent here."""
    server.send("alone")
    found = server.get("/traces", service="tariffs", scope="any")["items"]
    assert [one["root_is_stored"] for one in found] == [True, False, True, True]
    assert "parent not stored" in run("trace", "show", found[1]["trace_id"]).out
    failed = server.get(f"/traces/{found[0]['trace_id']}")["spans"][0]
    assert failed["events"][0]["attributes"]["exception.message"] == "no tariff for 'XK'"


@pytest.fixture
def then(server: Server) -> Server:
    """The server in 2018, when the examples were written, with all four of them sent."""
    server.clock.advance(THEN - server.clock.now())
    server.send("trace")
    server.send("metrics", Signal.METRICS)
    server.send("logs", Signal.LOGS)
    server.send("events", Signal.LOGS)
    return server


def test_the_example_span_is_a_service_and_a_trace(then: Server) -> None:
    """`my.service` has its one request, called by somebody whose span was never sent."""
    assert then.services() == {"my.service": (1, 0)}
    assert then.edges() == {"unknown>service/my.service": (1, 0, 0, 0)}
    (found,) = then.get("/traces", service="my.service", scope="any")["items"]
    assert (found["trace_id"], found["root_is_stored"]) == (EXAMPLE, False)


def test_the_example_lines_lead_to_their_trace_and_back(then: Server) -> None:
    """The example's log line bears the example's trace id, and is found from either end."""
    lines = then.get("/logs", where=f"trace={EXAMPLE}")["items"]
    assert [one["body"] for one in lines] == ["Example log record"]
    of_trace = then.get(f"/traces/{EXAMPLE}/logs")["items"]
    assert [one["body"] for one in of_trace] == ["Example log record"]
    assert (of_trace[0]["span_id"], of_trace[0]["service"]) == ("eee19b7ec3c1b174", "my.service")


@pytest.mark.parametrize(
    ("name", "function", "value"),
    [
        ("my.counter", "increase", 5.0),
        ("my.gauge", "last", 10.0),
        ("my.histogram", "avg", 1.0),
        ("my.exponential.histogram", "avg", 10 / 3),
    ],
)
def test_a_metric_of_each_type_is_plotted(then: Server, name: str, function: str, value: float) -> None:
    """Counter, gauge and both kinds of histogram are listed and give the number that was sent."""
    assert name in {one["name"] for one in then.get("/metrics")["items"]}
    start, end = (THEN + timedelta(minutes=minutes) for minutes in (-10, 10))
    asked = {"from": start.isoformat(), "to": end.isoformat(), "fn": function}
    (line,) = then.get(f"/metrics/{name}/series", **asked)["lines"]
    assert line["overall"] == pytest.approx(value)
    assert all(one == pytest.approx(value) for one in line["values"] if one)
