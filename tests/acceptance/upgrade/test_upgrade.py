"""A data directory that 0.1.0 filled opens in this version, with every row of state, warehouse and spool.

`data-0.1.0.tar.xz` is what `fill.py` made with the server of 0.1.0: 600 orders stored, an incident with a
note, a change; then 50 orders, 40 lines and 30 points were acknowledged, and the server was killed before it
stored them.
"""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.acceptance import chaos
from tests.acceptance.server_process import ServerProcess

FILLED = Path(__file__).with_name("data-0.1.0.tar.xz")
DAY = {"from": "2026-11-27T01:00:00Z", "to": "2026-11-27T02:00:00Z"}
KEEP_DAYS = "3650"
"""As it was filled: with the usual thirty days the rows would have been deleted by the time this runs."""

ORDERS, SPANS_OF_AN_ORDER = 650, 3
BAD_ORDERS = 30 * 7 + 10
LINES, POINTS = 140, 3 * 30
WAITED = 701
"""The number of the first order that was in the spool when the server was killed."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """This version's server over what 0.1.0 left, once everything is stored."""
    with tarfile.open(FILLED) as archive:
        archive.extractall(tmp_path / "data", filter="tar")
    server = ServerProcess(tmp_path, options=("--retention-days", KEEP_DAYS))
    server.start()
    try:
        server.wait_until_stored()
        yield server
    finally:
        server.kill()


def test_what_an_older_version_left_is_all_there(server: ServerProcess) -> None:
    """State, rows and waiting segments of 0.1.0 are read and counted once, as a person finds them."""
    with httpx.Client(base_url=server.api, timeout=30) as client:
        [incident] = client.get("/incidents").json()["items"]
        whole = client.get(f"/incidents/{incident['id']}").json()
        changes = client.get("/changes", params=DAY).json()["items"]
        lines = client.get("/logs", params={**DAY, "limit": 1000}).json()["items"]
        waited = client.get(f"/traces/{WAITED:032x}").json()
    assert (incident["objective"], incident["service"]) == ("orders", "checkout")
    assert whole["evidence"]["contributors"][0]["service"] == "payment"
    assert "kept by 0.1.0" in [entry["summary"] for entry in whole["timeline"]]
    assert "checkout 1.0" in [change["summary"] for change in changes]
    assert len(lines) == LINES
    assert len(waited["spans"]) == SPANS_OF_AN_ORDER

    assert server.stop() == 0
    found = chaos.stored(server.data / "warehouse")
    assert len(set(found["spans"])) == len(found["spans"]) == ORDERS * SPANS_OF_AN_ORDER
    assert found["counts"]["errors"] == [BAD_ORDERS * SPANS_OF_AN_ORDER, 0]
    # Counters are deleted when they are 400 days old, whatever the retention of rows.
    assert found["counts"]["slo 1h"] in ([ORDERS, BAD_ORDERS], [0, 0])
    assert (found["lines"], found["points"]) == (LINES, POINTS)
