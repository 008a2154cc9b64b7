"""Timelines of pages: checkout breaks, minutes pass, mail comes from a real server of our own tree."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from fastapi.testclient import TestClient
from tests.acceptance.stage import Stage
from tests.oncall.channels.test_mail import Server, free_port
from tests.oncall.pages.conftest import TEAM_TEXT, catalog_of

from holdfast.catalog.model import Service
from holdfast.oncall import store
from holdfast.oncall.contacts import Channel
from holdfast.oncall.model import POLICIES, TEAMS, USERS
from holdfast.oncall.pages.service import Pressing
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def inbox() -> Iterator[tuple[Server, int]]:
    """A mail server."""
    made, port = Server(), free_port()
    controller = Controller(made, hostname="127.0.0.1", port=port)
    controller.start()
    yield made, port
    controller.stop()


@pytest.fixture
def stage(
    database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
    tmp_path: Path,
    inbox: tuple[Server, int],
) -> Stage:
    """A shop whose checkout belongs to a team of three, all of whom are reached by mail."""
    stage = Stage(database, clock, make_api, tmp_path, mail_server=f"smtp://127.0.0.1:{inbox[1]}")
    people, values = catalog_of(TEAM_TEXT), stage.catalog.values
    for kind in (USERS, TEAMS, POLICIES):
        values = values.replacing(kind, people.of(kind))
    checkout = Service(name="checkout", display_name="Checkout", team="payments")
    stage.catalog = replace(stage.catalog, values=values, services=(checkout,))
    with database.write() as tx:
        for one in ("first", "second", "lead"):
            store.keep_verified(tx, one, Channel.MAIL, f"{one}@shop.example", clock.now())
    return stage


def recipients(inbox: tuple[Server, int]) -> list[str]:
    """Return to whom mail came, in order."""
    return [str(one["To"]).partition("@")[0] for one in inbox[0].got]


def test_an_outage_pages_until_somebody_acknowledges(stage: Stage, inbox: tuple[Server, int]) -> None:
    """The first has the numbers and the suspect; the second after five minutes; the button stops it."""
    stage.run(10 * MINUTE)
    stage.bad = 40
    stage.run(MINUTE)
    assert recipients(inbox) == ["first"]
    text = inbox[0].got[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert inbox[0].got[0]["Subject"].startswith("Orders failing since ")
    assert re.search(r"\d+ of \d+ orders failed", text)
    assert "First suspect: payment" in text

    stage.run(5 * MINUTE)
    assert recipients(inbox) == ["first", "second"]
    text = inbox[0].got[1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    token = re.search(r"/answer/(\S+)", text)
    assert token is not None
    assert stage.made.oncall.pages.press(token[1]).outcome is Pressing.DONE
    (incident,) = stage.get("/incidents")["items"]
    assert (incident["state"], incident["acknowledged_by"]) == ("acknowledged", "second")

    stage.run(30 * MINUTE)
    assert recipients(inbox) == ["first", "second"]
    summaries = [one["summary"] for one in stage.get(f"/incidents/{incident['id']}")["timeline"]]
    assert "Page 1 acknowledged by second" in summaries


def test_an_acknowledged_incident_pages_nobody_else(stage: Stage, inbox: tuple[Server, int]) -> None:
    """Acknowledged on its own page, its page stops; resolved, the page is over."""
    stage.bad = 40
    stage.run(MINUTE)
    (incident,) = stage.get("/incidents")["items"]
    stage.post(f"/incidents/{incident['id']}/ack")
    stage.run(20 * MINUTE)
    assert recipients(inbox) == ["first"]
    stage.post(f"/incidents/{incident['id']}/resolve", {"note": ""})
    (page,) = stage.get("/pages")["items"]
    assert (page["state"], page["acknowledged_by"]) == ("resolved", "local")


def test_what_is_fixed_pages_nobody_else(stage: Stage, inbox: tuple[Server, int]) -> None:
    """Once the alert is over the page is: whoever would have been next is left in peace."""
    stage.run(10 * MINUTE)
    stage.bad = 40
    stage.run(2 * MINUTE)
    stage.bad = 0
    while stage.get("/pages")["items"][0]["state"] == "paging":
        stage.run(10 * SECOND)
    (page,) = stage.get("/pages")["items"]
    asked = recipients(inbox)
    assert (page["state"], "lead" in asked) == ("resolved", False)
    stage.run(60 * MINUTE)
    assert recipients(inbox) == asked


def test_a_page_goes_on_after_a_restart(stage: Stage, inbox: tuple[Server, int]) -> None:
    """The steps are rows: another process on the same state takes the next in time."""
    stage.bad = 40
    stage.run(MINUTE)
    stage.start()
    stage.run(5 * MINUTE)
    assert recipients(inbox) == ["first", "second"]
