"""A query parameter that an endpoint does not have is refused: an ignored filter answers with everything."""

import pytest
from tests.app.conftest import Served

from holdfast.app import http_app

WITHOUT = frozenset({"/healthz", "/readyz", "/api/v1/openapi.json", "/api/v1/session", "/answer/{token}"})
"""What anybody may read; probes, and programs that follow links of mails, append parameters of their own."""


def test_no_endpoint_ignores_a_parameter(served: Served) -> None:
    """Every read answers 400 to a name it does not know."""
    paths = {path for method, path, _ in http_app.routes(served.app) if method == "GET"} - WITHOUT
    answers = {path: served.client.get(path, params={"bogus": "1"}) for path in paths}
    assert len(answers) > 30
    assert {path: one.status_code for path, one in answers.items() if one.status_code != 400} == {}


@pytest.mark.parametrize("path", ["/api/v1/logs", "/api/v1/alerts"])
def test_a_refusal_names_the_parameter_and_those_there_are(served: Served, path: str) -> None:
    """The sentence says which name is unknown, and lists what may be asked."""
    detail = served.client.get(path, params={"enviroment": "prod"}).json()["detail"]
    assert detail.startswith("there is no parameter 'enviroment' here; there are ")
    assert "cursor, " in detail


def test_a_stranger_learns_no_names(served: Served) -> None:
    """Who may not read is refused as such, before parameters are looked at."""
    answer = served.client.get(
        "/api/v1/alerts", params={"bogus": "1"}, headers={"Authorization": "Bearer hf_wrong"}
    )
    assert answer.status_code == 401
