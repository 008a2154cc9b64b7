"""Logs over HTTP, from lines stored as the intake stores them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.telemetry.logs.conftest import StoreLogs
from tests.telemetry.logs.log_builders import line, written_by
from tests.telemetry.otlp_builders import T0, LogsRequest, of_service, span

from holdfast.telemetry.intake.otlp.json_bodies import read_json
from holdfast.telemetry.model import Signal

EXAMPLES = Path(__file__).parents[2] / "data" / "otlp"
TRACE = bytes(range(16))


def get(api: TestClient, path: str = "/logs", **parameters: object) -> Any:
    """The answer to a GET that must succeed; `start` stands for `from`."""
    named = {{"start": "from", "end": "to"}.get(name, name): value for name, value in parameters.items()}
    answer = api.get(f"/api/v1{path}", params=named)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_without_lines_there_is_nothing(api: TestClient) -> None:
    """An empty warehouse answers with no lines, no counts and no values, not with an error."""
    assert get(api) == {"items": [], "next": None}
    assert get(api, "/logs/histogram")["total"] == 0
    assert [facet["values"] for facet in get(api, "/logs/facets")["items"]] == [[], [], [], []]


def test_a_line_tells_all_it_knows(api: TestClient, store_logs: StoreLogs) -> None:
    """Time to the nanosecond, severity, place, trace, attributes and resource are all there."""
    record = line(
        "charged", at=T0 + 1.5, severity="warn", attributes={"n": 5}, trace_id=TRACE, span_id=b"12345678"
    )
    store_logs(written_by("payment", [record], zone="a", version="2", pod="p1"))
    (found,) = get(api)["items"]
    assert found["at"] == "2026-03-01T12:00:01.500000Z"
    assert found["time_unix_nano"] == str((T0 + 1) * 10**9 + 500_000_000)
    assert (found["service"], found["severity"], found["body"]) == ("payment", "warn", "charged")
    assert (found["zone"], found["version"]) == ("a", "2")
    assert (found["trace_id"], found["span_id"]) == (TRACE.hex(), b"12345678".hex())
    assert found["attributes"] == {"n": "5"}
    assert found["resource"]["pod"] == "p1"


def test_of_an_attribute_sent_twice_the_first_is_all_there_is(api: TestClient, store_logs: StoreLogs) -> None:
    """It is shown, searched and counted; the second is found by nothing and shown by nothing."""
    record = line(attributes={"k": "first"})
    record.attributes.add(key="k").value.string_value = "second"
    store_logs(written_by("cart", [record]))
    (found,) = get(api, where="k=first")["items"]
    assert found["attributes"] == {"k": "first"}
    assert get(api, where="k=second")["items"] == []
    (facet,) = get(api, "/logs/facets", field="k")["items"]
    assert [one["value"] for one in facet["values"]] == ["first"]
    facets = {one["field"]: one["values"] for one in get(api, "/logs/facets")["items"]}
    assert [one["value"] for one in facets["k"]] == ["first"]


def test_lines_of_a_trace_are_found_when_it_was(
    api: TestClient, store_logs: StoreLogs, store_spans: Callable[..., None]
) -> None:
    """A trace's lines need no range: the time of its spans is known."""
    store_spans(of_service("cart", [span(at=T0 - 86_400, trace_id=TRACE)]))
    store_logs(
        written_by("cart", [line("of it", at=T0 - 86_400 - 60, trace_id=TRACE), line("not", at=T0 - 86_400)])
    )
    assert [one["body"] for one in get(api, where=f"trace={TRACE.hex().upper()}")["items"]] == ["of it"]


def test_many_lines_of_one_instant_are_paged_once_each(api: TestClient, store_logs: StoreLogs) -> None:
    """Pages neither repeat nor leave out lines that share their nanosecond, even the very same ones."""
    store_logs(written_by("cart", [line("same")] * 25 + [line(f"line {n}") for n in range(25)]))
    found, cursor = [], None
    while True:
        page = get(api, limit=7, **({"cursor": cursor} if cursor else {}))
        found += [one["body"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(found) == sorted(["same"] * 25 + [f"line {n}" for n in range(25)])


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("WARNING", "warn"),
        ("err", "error"),
        ("Information", "info"),
        ("CRITICAL", "fatal"),
        ("odd", "unspecified"),
    ],
)
def test_a_severity_told_in_words_counts(
    api: TestClient, store_logs: StoreLogs, text: str, severity: str
) -> None:
    """Senders that set no severity number are understood by their words."""
    store_logs(written_by("cart", [line(severity="", text=text)]))
    assert get(api)["items"][0]["severity"] == severity
    assert get(api, "/logs/histogram")["severities"][0]["severity"] == severity


def test_the_histogram_has_every_step(api: TestClient, store_logs: StoreLogs) -> None:
    """Steps without lines hold zero, the worst severity comes first, and brushed ranges are exact."""
    store_logs(
        written_by("cart", [line(at=T0 + n) for n in range(30)] + [line(at=T0 + 25, severity="error")])
    )
    found = get(api, "/logs/histogram", start="2026-03-01T12:00:00Z", end="2026-03-01T12:01:00Z", step=10)
    assert found["times_epoch"] == [T0 + 10 * n for n in range(6)]
    assert [(one["severity"], one["lines"]) for one in found["severities"]] == [
        ("error", [0, 0, 1, 0, 0, 0]),
        ("info", [10, 10, 10, 0, 0, 0]),
    ]
    assert found["total"] == 31


def test_facets_show_what_there_is_most_of(api: TestClient, store_logs: StoreLogs) -> None:
    """Services, severities, zones, versions, then attributes; each without the conditions on itself."""
    store_logs(
        written_by("cart", [line(attributes={"route": "/a"})] * 3, zone="a"),
        written_by("pay", [line(severity="error", attributes={"route": "/b", "tries": 2})], zone="b"),
    )
    facets = {facet["field"]: facet for facet in get(api, "/logs/facets", where="service=pay")["items"]}
    assert [(one["value"], one["lines"]) for one in facets["service"]["values"]] == [("cart", 3), ("pay", 1)]
    assert [(one["value"], one["lines"]) for one in facets["severity"]["values"]] == [("error", 1)]
    assert [(one["value"], one["lines"]) for one in facets["route"]["values"]] == [("/b", 1)]
    assert facets["tries"]["attribute"]
    assert not facets["zone"]["attribute"]
    assert facets["route"]["basis"] == {"exact": True, "looked_at": 1, "of": 1}
    (one,) = get(api, "/logs/facets", field="route")["items"]
    assert [(each["value"], each["lines"]) for each in one["values"]] == [("/a", 3), ("/b", 1)]


@pytest.mark.parametrize(
    "parameters",
    [{"where": "severity=bad"}, {"where": "x"}, {"cursor": "no"}, {"from": "yesterday"}, {"q": "a " * 30}],
)
def test_what_breaks_a_rule_is_refused(api: TestClient, parameters: dict[str, str]) -> None:
    """A refusal names the value and the rule."""
    answer = api.get("/api/v1/logs", params=parameters)
    assert answer.status_code == 400
    assert answer.json()["rule"]


@pytest.mark.parametrize(("example", "body"), [("logs.json", "Example log record"), ("events.json", "type")])
def test_opentelemetrys_examples_are_found(
    api: TestClient, store_logs: StoreLogs, example: str, body: str
) -> None:
    """Lines of others are searched like ours, structured bodies by what is in them."""
    request = read_json(Signal.LOGS, (EXAMPLES / example).read_bytes()).request
    assert isinstance(request, LogsRequest)
    store_logs(*request.resource_logs)
    (found,) = get(api, q=body, start="2018-12-13T00:00:00Z", end="2018-12-14T00:00:00Z")["items"]
    assert (found["service"], found["severity"]) == ("my.service", "info")
    assert body in found["body"]


@pytest.mark.parametrize("body", [{"user": "ü", "tries": 3}, ["a", 5], 42, True, b"\x00\xff", None, 1.5])
def test_a_body_may_be_anything(api: TestClient, store_logs: StoreLogs, body: object) -> None:
    """Maps, lists, numbers, bytes and nothing are lines, too."""
    store_logs(written_by("cart", [line(body)]))
    (found,) = get(api)["items"]
    assert isinstance(found["body"], str)


def test_a_service_without_a_name_has_one(api: TestClient, store_logs: StoreLogs) -> None:
    """Lines of who does not say its name are listed under `unknown_service`."""
    store_logs(written_by(None, [line()]))
    assert get(api, where="service=unknown_service")["items"][0]["service"] == "unknown_service"
