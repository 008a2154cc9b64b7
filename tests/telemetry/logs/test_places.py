"""Lines of services that have one name in several environments, namespaces and regions, against the twin."""

import json
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from fastapi.testclient import TestClient
from tests.commands import listening, runner
from tests.telemetry.logs.conftest import StoreLogs
from tests.telemetry.logs.log_builders import line, written_by
from tests.telemetry.logs.log_twin import Wanted, Written, by_severity, by_value, newest_first
from tests.telemetry.logs.test_search import all_pages
from tests.telemetry.otlp_builders import T0

from holdfast.runtime.clock import ManualClock
from holdfast.telemetry.logs import counting
from holdfast.telemetry.logs.model import LEVELS, parse_conditions
from holdfast.telemetry.logs.service import KEPT_SECONDS, Asked, LogsService
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

Conditions = tuple[tuple[str, str], ...]
SECONDS = 600
START, END = (datetime.fromtimestamp(at, UTC).isoformat() for at in (T0, T0 + SECONDS))


def a_resource(chance: Random) -> dict[str, str]:
    """The resource of a service somewhere: half name no environment, some name it by the older key."""
    named = {
        chance.choice(("deployment.environment.name", "deployment.environment")): chance.choice(
            ("", "", "", "prod", " Prod", "stage", "default")
        ),
        "service.namespace": chance.choice(("", "billing", "orders", "default")),
        "cloud.region": chance.choice(("", "eu", "us")),
        "k8s.cluster.name": chance.choice(("", "k1")),
    }
    return {key: value for key, value in named.items() if value}


@pytest.fixture
def lines(store_logs: StoreLogs) -> list[Written]:
    """Six hundred lines of `api` and `cart`, stored."""
    chance = Random(11)
    found = [
        Written(
            at=(T0 + chance.randrange(SECONDS)) * 10**9,
            service=chance.choice(("api", "cart")),
            severity=chance.choice(("info", "error")),
            body=chance.choice(("charged", "timed out")),
            resource=a_resource(chance),
        )
        for _ in range(600)
    ]
    store_logs(
        *(
            written_by(one.service, [line(one.body, at=one.at / 1e9, severity=one.severity)], **one.resource)
            for one in found
        )
    )
    return found


SEARCHES: list[tuple[list[str], Conditions, Conditions]] = [
    (["environment=prod"], (("environment", "prod"),), ()),
    (["environment=PROD ", "service=api"], (("environment", "prod"), ("service", "api")), ()),
    (["environment=default"], (("environment", ""),), ()),
    (["environment=stage", "environment=prod"], (("environment", "stage"), ("environment", "prod")), ()),
    (["environment!=default", "namespace!=billing"], (), (("environment", ""), ("namespace", "billing"))),
    (["namespace=default", "region=us"], (("namespace", ""), ("region", "us")), ()),
    (["cluster=k1", "environment=prod"], (("cluster", "k1"), ("environment", "prod")), ()),
    (["environment=nowhere"], (("environment", "nowhere"),), ()),
]


@pytest.fixture(params=["counted", "older"])
def service(service: LogsService, warehouse: ChdbWarehouse, request: pytest.FixtureRequest) -> LogsService:
    """Logs whose counts have places, or whose counts are from before an upgrade and have none."""
    if request.param == "older":
        since = counting._Since(any=0, places=T0 + 86_400)
        service._counts._known_since = since
    return service


@pytest.mark.parametrize(("where", "wanted", "unwanted"), SEARCHES)
@pytest.mark.parametrize("text", ["", "timed"])
def test_lines_of_a_place_are_found_and_counted(
    service: LogsService,
    lines: list[Written],
    where: list[str],
    wanted: Conditions,
    unwanted: Conditions,
    text: str,
) -> None:
    """Pages, histogram and facets agree with looking at each line, from counts of any age or the lines."""
    search = Wanted((("word", text),) if text else (), wanted, unwanted, T0 * 10**9, (T0 + SECONDS) * 10**9)
    asked = service.filter(Asked(START, END, text, where))
    found = all_pages(service, asked, 100)
    assert [one.at_nanoseconds for one in found] == [one.at for one in newest_first(lines, search)]
    assert {
        (one.epoch, LEVELS[one.level].value): one.lines for one in service.histogram(asked, 60).counts
    } == (by_severity(lines, search, 60))
    for field in ("service", "environment", "namespace", "region", "cluster"):
        others = Wanted(
            search.words,
            tuple(one for one in wanted if one[0] != field),
            tuple(one for one in unwanted if one[0] != field),
            search.start,
            search.end,
        )
        facet = service.facet(asked, field, 100)
        assert (dict(facet.values), facet.basis.is_exact) == (dict(by_value(lines, others, field)), True)


def test_a_line_says_where_its_service_runs(service: LogsService, lines: list[Written]) -> None:
    """Each line has environment, namespace and region as the twin reads them from its resource."""
    found = all_pages(service, service.filter(Asked(START, END)), 200)
    written = [(one.at, *map(one.value, ("environment", "namespace", "region"))) for one in lines]
    assert sorted(
        (one.at_nanoseconds, one.environment, one.namespace, one.region) for one in found
    ) == sorted(written)


def test_facets_list_places_where_any_line_names_one(
    service: LogsService, store_logs: StoreLogs, clock: ManualClock
) -> None:
    """Without environments the facets are those of before; one line with a region adds that facet."""
    asked = service.filter(Asked(START, END))
    store_logs(written_by("api", [line()]))
    assert [one.field for one in service.facets(asked)] == ["service", "severity", "zone", "version"]
    store_logs(written_by("api", [line()], **{"cloud.region": "eu"}))
    clock.advance(timedelta(seconds=KEPT_SECONDS + 1))
    found = {one.field: one.values for one in service.facets(asked)}
    assert list(found) == ["service", "severity", "zone", "version", "region"]
    assert dict(found["region"]) == {"": 1, "eu": 1}


def test_ten_thousand_environments_are_searched(service: LogsService, store_logs: StoreLogs) -> None:
    """An environment for each change is found like any other, and the facet holds as many as asked for."""
    store_logs(
        *(written_by("api", [line(f"n {n}")], **{"deployment.environment": f"pr-{n}"}) for n in range(10_000))
    )
    asked = service.filter(Asked(START, END, where=["environment=PR-77"]))
    assert [one.body for one in service.search(asked, cursor=None, limit=5).lines] == ["n 77"]
    assert len(service.facet(asked, "environment", 50).values) == 50


def test_environment_and_namespace_are_compared_as_services_are() -> None:
    """`default` is the absent one, environments have no case, regions and clusters are as written."""
    written = [
        "environment= Prod ",
        "environment!=Default",
        "namespace=default",
        "region=default",
        "cluster=K",
    ]
    assert [one.value for one in parse_conditions(written)] == ["prod", "", "", "default", "K"]


def test_commands_limit_lines_and_name_services_by_place(
    api: TestClient,
    store_logs: StoreLogs,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Options limit lists, facets and tails; a name of several services is written with its environment."""
    for environment, body in (("prod", "in prod"), ("stage", "in stage"), ("", "anywhere")):
        named = {"deployment.environment.name": environment} if environment else {}
        store_logs(written_by("api", [line(body, at=T0 + 60)], **named))
    with listening(api.app) as url:
        run = runner(url, monkeypatch, capsys)
        found = json.loads(run("log", "ls", "-e", "Stage", "-o", "json").out)["items"]
        assert [one["body"] for one in found] == ["in stage"]
        for verb in ("ls", "tail"):
            printed = run("log", verb).out
            assert "api (prod)" in printed
            assert "api (default)" in printed
        tailed = run("log", "tail", "--environment", "default", "--namespace", "default").out
        assert ("anywhere" in tailed, "in prod" in tailed, "(default)" in tailed) == (True, False, False)
        assert "default" in run("log", "facets", "--field", "environment").out
        patterns = json.loads(run("log", "patterns", "-e", "prod", "-o", "json").out)["items"]
        assert [one["template"] for one in patterns] == ["in prod"]
