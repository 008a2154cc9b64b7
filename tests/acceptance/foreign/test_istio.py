"""A mesh whose side-cars alone tell: Istio's book shop, whose services only pass headers on."""

import json

import pytest
from tests.acceptance.foreign.conftest import Server
from tests.commands import Run

FINE, RATINGS_FAILED, NO_REVIEWS = "a1" + "0" * 29 + "1", "b2" + "0" * 29 + "2", "c3" + "0" * 29 + "3"


@pytest.fixture
def mesh(server: Server) -> Server:
    """Three requests for a page that promises: one fine, one with failing ratings, one without reviews."""
    server.promise("productpage.default")
    server.send("istio-bookinfo")
    return server


def test_each_workload_is_one_service(mesh: Server) -> None:
    """A side-car's spans of calls that came in are its workload's requests; calls that went out are none."""
    assert mesh.services() == {
        "istio-ingressgateway.istio-system": (2, 2),
        "productpage.default": (3, 2),
        "details.default": (3, 0),
        "reviews.default": (2, 1),
        "ratings.default": (2, 1),
    }


def test_the_map_has_one_edge_for_each_call(mesh: Server) -> None:
    """Gateway and side-cars are no nodes, both sides' spans one call; what the mesh refused is told apart."""
    assert mesh.edges() == {
        "ingress>service/productpage.default": (3, 2, 0, 0),
        "service/productpage.default>service/details.default": (3, 0, 0, 0),
        "service/productpage.default>service/reviews.default": (3, 1, 1, 0),
        "service/reviews.default>service/ratings.default": (2, 1, 0, 0),
    }


def test_the_catalogs_name_leads_to_the_meshs(mesh: Server, run: Run) -> None:
    """`productpage`, as the catalog must call it, is the service measured as `productpage.default`, once."""
    (node,) = (one for one in mesh.get("/map")["nodes"] if one["name"] == "productpage.default")
    assert (node["team"], node["objectives"]) == ("shop", 1)
    for name in ("productpage", "productpage.default"):
        found = mesh.get(f"/services/{name}")
        assert (found["name"], found["requests"], found["team"], found["objectives"]) == (
            "productpage.default", 3, "shop", 1,
        )  # fmt: skip
        assert sum(mesh.get(f"/services/{name}/series")["requests"]) == 3
    shown = json.loads(run("map", "show", "productpage", "-o", "json").out)
    assert {edge["source"] for edge in shown["edges"]} == {"ingress", "service/productpage.default"}


def test_a_trace_shows_workloads_not_hops(mesh: Server) -> None:
    """Of eight spans of proxies those remain that stand for a workload, or for a call that never arrived."""
    assert mesh.shown(FINE) == [
        (f"{name}.default", "server", False) for name in ("productpage", "details", "reviews", "ratings")
    ]
    found = mesh.get(f"/traces/{NO_REVIEWS}")
    assert found["services"] == ["details.default", "productpage.default"]


def test_the_waterfall_is_that_of_the_workloads(mesh: Server, run: Run) -> None:
    """`trace show` draws four rows, the longest way among them; `--proxies` adds the hops."""
    rows = run("trace", "show", FINE).out.splitlines()
    start = next(number for number, row in enumerate(rows) if row.startswith("PARTY AND OPERATION"))
    assert [row.split()[0] for row in rows[start + 1 :]] == [
        "productpage.default", "details.default", "reviews.default", "ratings.default",
    ]  # fmt: skip
    all_rows = run("trace", "show", FINE, "--proxies").out.splitlines()
    assert len(all_rows) - len(rows) == 4


def test_the_critical_path_goes_through_the_mesh(mesh: Server) -> None:
    """It covers the whole request, hops included, and spends most of it where the workloads did."""
    found = mesh.get(f"/traces/{FINE}")
    seconds = sum(one["duration_seconds"] for one in found["critical_path"])
    assert seconds == pytest.approx(found["duration_seconds"])
    slowest = max(found["spans"], key=lambda one: one["critical_seconds"])
    assert slowest["service"] in ("reviews.default", "ratings.default")


def test_failed_requests_are_blamed_on_where_they_began(mesh: Server) -> None:
    """One began in ratings, two workloads down; one at reviews, which the mesh found nobody to answer for."""
    assert mesh.blamed() == {"ratings.default": 1, "reviews": 1}
    newest, older = mesh.get("/objectives/answers/exemplars")["items"]
    assert newest["path"] == "productpage.default → reviews"
    assert newest["message"] == "HTTP 503, no healthy host"
    assert (older["path"], older["message"]) == (
        "productpage.default → reviews.default → ratings.default",
        "HTTP 500",
    )


def test_traces_are_found_by_what_a_mesh_writes(mesh: Server) -> None:
    """Every attribute of Envoy's is searched, the name of the request's own id too."""
    found = mesh.get("/traces", attribute="response_flags=UH", scope="any")["items"]
    assert [one["trace_id"] for one in found] == [NO_REVIEWS]
    found = mesh.get("/traces", service="ratings.default", status="error")["items"]
    assert [one["trace_id"] for one in found] == [RATINGS_FAILED]
