"""The runbook and links of services and SLOs, from their annotations."""

from collections.abc import Callable

import pytest

from holdfast.catalog.assembly import Assembly
from holdfast.catalog.model import Link
from holdfast.catalog.problems import CatalogProblem

Judge = Callable[..., tuple[CatalogProblem, ...]]
Read = Callable[..., Assembly]
Edit = Callable[..., str]

SERVICE_NAME = "kind: Service\nmetadata:\n  name: checkout\n"
RUNBOOK = "https://wiki.example.com/runbooks/checkout"
DASHBOARD = Link("Order dashboard", "https://dash.example.com/d/1")


def of_service(name: str, text: str) -> tuple[str, str]:
    """The service's document with one of our annotations."""
    return SERVICE_NAME, f'{SERVICE_NAME}  annotations: {{holdfast.dev/{name}: "{text}"}}\n'


def test_an_objective_has_the_runbook_and_links_of_its_service(read: Read, edit: Edit) -> None:
    """Unless it has a runbook of its own; its own links come first."""
    (inherited,) = read(edit(of_service("runbook", RUNBOOK))).catalog.objectives
    assert inherited.runbook == RUNBOOK
    own = (
        "holdfast.dev/events: orders",
        "holdfast.dev/events: orders\n    holdfast.dev/runbook: https://a.example/b",
    )
    (chosen,) = read(edit(of_service("runbook", RUNBOOK), own)).catalog.objectives
    assert chosen.runbook == "https://a.example/b"
    catalog = read(
        edit(
            of_service("links", "Order dashboard https://dash.example.com/d/1, Wiki https://wiki.example.com")
        )
    ).catalog
    assert catalog.services[0].links == (DASHBOARD, Link("Wiki", "https://wiki.example.com"))
    assert catalog.objectives[0].links == catalog.services[0].links


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("runbook", "http://wiki.example.com/x"),
        ("runbook", "javascript:alert(1)"),
        ("runbook", "wiki.example.com"),
        ("runbook", "https://wiki"),
        ("runbook", "https://wiki.example.com/a b"),
        ("links", "https://wiki.example.com"),
        ("links", "Wiki http://wiki.example.com"),
        ("links", "Wiki https://wiki.example.com,"),
        ("links", ", ".join(["Wiki https://wiki.example.com"] * 11)),
    ],
)
def test_an_address_is_https(judge: Judge, edit: Edit, name: str, text: str) -> None:
    """Anything else is refused, with the annotation and an example."""
    problem, *_ = judge(edit(of_service(name, text)))
    assert problem.path == f'metadata.annotations["holdfast.dev/{name}"]'
    assert "https address" in problem.message or "at most 10" in problem.message
