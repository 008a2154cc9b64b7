"""Lines of agents that know no service, in lists, facets and filters: each machine by itself."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.telemetry.logs.conftest import StoreLogs
from tests.telemetry.logs.log_builders import line, written_by


@pytest.fixture(autouse=True)
def lines(store_logs: StoreLogs) -> None:
    """Three lines of web-1, two of web-2, one of a container, one of nothing, one of `cart` on web-1."""
    store_logs(
        written_by(None, [line(f"a{n}") for n in range(3)], **{"host.name": "web-1"}),
        written_by("unknown_service", [line(f"b{n}") for n in range(2)], **{"host.name": "web-2"}),
        written_by(None, [line("c")], **{"container.name": "nginx"}),
        written_by(None, [line("d")]),
        written_by("cart", [line("e")], **{"host.name": "web-1"}),
    )


def get(api: TestClient, path: str, **parameters: object) -> Any:
    """The answer to a GET over the hour of the lines that must succeed."""
    answer = api.get(f"/api/v1{path}", params={"from": "now-90m", **parameters})
    assert answer.status_code == 200, answer.text
    return answer.json()


COUNTED = {"host web-1": 3, "host web-2": 2, "container nginx": 1, "unknown_service": 1, "cart": 1}


def test_lines_are_listed_under_their_machine(api: TestClient) -> None:
    """A line's service is the machine's name where it has none; the stored resource is as sent."""
    found = [one["service"] for one in get(api, "/logs")["items"]]
    assert {name: found.count(name) for name in found} == COUNTED


@pytest.mark.parametrize("where", [(), ("body.missing=",)], ids=["from the counts", "from the lines"])
def test_a_facet_counts_machines(api: TestClient, where: tuple[str, ...]) -> None:
    """The counts made at insert and the lines themselves agree."""
    facets = get(api, "/logs/facets", where=list(where))["items"]
    (service,) = [one for one in facets if one["field"] == "service"]
    assert {one["value"]: one["lines"] for one in service["values"]} == COUNTED


@pytest.mark.parametrize(
    ("where", "bodies"),
    [
        (["service=host web-1"], {"a0", "a1", "a2"}),
        (["service=host web-2", "service=cart"], {"b0", "b1", "e"}),
        (["service=unknown_service"], {"d"}),
        (["service=cart"], {"e"}),
        (["service!=host web-1", "service!=host web-2"], {"c", "d", "e"}),
        (["service!=cart", "host.name=web-1"], {"a0", "a1", "a2"}),
        (["service.name="], {"a0", "a1", "a2", "c", "d"}),
    ],
)
def test_filters_find_the_lines_of_a_machine(api: TestClient, where: list[str], bodies: set[str]) -> None:
    """By the name that is shown; the attribute `service.name` is what was sent."""
    assert {one["body"] for one in get(api, "/logs", where=where)["items"]} == bodies
