"""On-call: who is on now and next, where a gap is, overrides with mouse and keys, contacts, newest pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from holdfast.app.kinds import KINDS
from holdfast.catalog.assembly import assemble
from holdfast.catalog.documents import split
from holdfast.catalog.problems import ordered
from holdfast.catalog.reading import SourceFile

from .fake.server import FakeServer
from .fake.shapes_oncall import CODE
from .test_accessibility import violations

Serve = Callable[[str], FakeServer]
WEB = Path(__file__).resolve().parents[2] / "web"


def opened(page: Page, serve: Serve, scenario: str = "burning", path: str = "/oncall") -> FakeServer:
    """Open the page of a scenario, and wait until it has loaded."""
    server = serve(scenario)
    page.goto(server.url + path)
    expect(page.get_by_role("heading", name="On-call", level=1)).to_be_visible()
    expect(page.get_by_label("Loading")).to_have_count(0)
    return server


def test_a_card_for_each_schedule_says_who_is_on_now_and_next(page: Page, serve: Serve) -> None:
    """Each schedule names its people now and next, and whether a page can reach them."""
    opened(page, serve)
    cards = page.get_by_role("region", name="On call now and next").get_by_role("article")
    expect(cards).to_have_count(4)
    supply = cards.filter(has=page.get_by_role("heading", name="Supply"))
    expect(supply).to_contain_text("supply-primary")
    expect(supply).to_contain_text("no verified contact: pages pass over them")
    expect(supply).to_contain_text(re.compile(r"Next \w+ \d\d:\d\d nobody"))
    expect(page.get_by_label("Key figures").get_by_role("link", name=re.compile("^Gaps"))).to_contain_text(
        re.compile(r"1\s*Supply, ")
    )


def test_a_gap_is_named_in_a_sentence_in_the_calendar_and_in_the_rail(page: Page, serve: Serve) -> None:
    """A gap is red in the strip, said in words with what follows from it, drawn, and counted in the rail."""
    opened(page, serve)
    sentence = page.get_by_text(re.compile(r"^Supply has nobody on call from .* to .*, 2 d\."))
    expect(sentence).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^nobody, ")).first).to_be_visible()
    rail = page.get_by_role("navigation", name="Main").get_by_role("link", name=re.compile("^On-call"))
    expect(rail).to_contain_text("1 schedule with a gap")


def test_without_a_gap_nothing_is_red(page: Page, serve: Serve) -> None:
    """Where somebody is always on call the figures say so, and no sentence warns."""
    opened(page, serve, "healthy")
    expect(page.get_by_text("somebody is always on call")).to_be_visible()
    expect(page.get_by_text("has nobody on call")).to_have_count(0)


def test_four_weeks_are_four_weeks_below_one_another_and_in_the_address(page: Page, serve: Serve) -> None:
    """One week or four are shown, and the address keeps which; an override is called one."""
    opened(page, serve)
    shifts = page.get_by_role("region", name=re.compile("^One week"))
    expect(shifts.get_by_role("region")).to_have_count(1)
    expect(
        shifts.get_by_role("button", name=re.compile("^payments-secondary, .*, override$"))
    ).to_be_visible()
    shifts.get_by_role("button", name="4 weeks").click()
    expect(page.get_by_role("region", name=re.compile("^Four weeks")).get_by_role("region")).to_have_count(4)
    assert page.url.endswith("?weeks=4")


def test_the_person_who_fills_a_gap_is_on_call_at_once(page: Page, serve: Serve) -> None:
    """Filling a gap proposes its time; once made, the override is listed and the gap is gone."""
    server = opened(page, serve)
    page.get_by_role("button", name="Fill it…").click()
    dialog = page.get_by_role("dialog", name="Make an override")
    expect(dialog).to_contain_text("Nobody is on call")
    expect(dialog.get_by_label("Schedule")).to_have_value("supply")
    dialog.get_by_label("Who is on call then").select_option("shop-day")
    dialog.get_by_role("button", name="Make override").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("has nobody on call")).to_have_count(0)
    expect(page.get_by_role("region", name=re.compile("^Overrides"))).to_contain_text("shop-day takes Supply")
    assert server.world.posted_keys


def test_a_shift_is_chosen_and_taken_over_with_keys_alone(page: Page, serve: Serve) -> None:
    """All shifts are one stop of Tab; arrows move between them, Enter opens one, and Enter sends it."""
    opened(page, serve)
    shifts = page.get_by_role("region", name=re.compile("^One week"))
    assert shifts.locator('.shift[tabindex="0"]').count() == 1
    shifts.get_by_role("group", name="Payments primary").get_by_role("button").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    second = shifts.get_by_role("group", name="Shop around the clock").get_by_role("button").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Make an override")
    expect(dialog.get_by_label("Schedule")).to_have_value("shop")
    expect(dialog.get_by_label("Who is on call then")).to_be_focused()
    expect(dialog.get_by_label("In place of")).to_have_value(re.compile("^shop-"))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Make override").press("Enter")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("region", name=re.compile("^Overrides"))).to_contain_text(
        "takes Shop around the clock"
    )
    taken = shifts.get_by_role("group", name="Shop around the clock").get_by_role("button", name=", override")
    expect(taken).to_have_count(1)


def test_an_empty_time_is_refused_before_it_is_sent(page: Page, serve: Serve) -> None:
    """A time that ends before it begins is named as the reason, and nothing is written."""
    server = opened(page, serve)
    page.get_by_role("button", name="Override…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(re.compile("^To")).fill("2020-01-01T00:00")
    dialog.get_by_role("button", name="Make override").click()
    expect(dialog.get_by_role("alert")).to_have_text("To is not after From.")
    assert server.world.posted_keys == []


def test_an_override_is_removed_after_one_question(page: Page, serve: Serve) -> None:
    """Removing asks once and says who is on call without it."""
    opened(page, serve)
    overrides = page.get_by_role("region", name=re.compile("^Overrides"))
    overrides.get_by_role("button", name="Remove…").click()
    dialog = page.get_by_role("dialog", name="Remove this override?")
    expect(dialog).to_contain_text("whoever the rotation names")
    dialog.get_by_role("button", name="Remove").click()
    expect(overrides).to_contain_text("No override.")


def test_a_contact_is_verified_with_the_code_that_was_sent(page: Page, serve: Serve) -> None:
    """A code is sent from here and taken back here; a wrong one is called wrong, the right one verifies."""
    opened(page, serve)
    line = page.get_by_role("region", name=re.compile("^Contacts")).get_by_role("listitem")
    line = line.filter(has_text="shop-night")
    expect(line).to_contain_text("not verified")
    line.get_by_role("button", name="Send a code").click()
    expect(line.get_by_role("status")).to_have_text("Code sent. It is valid for 15 minutes.")
    line.get_by_label("Code for mail of shop-night").fill("000000")
    line.get_by_role("button", name="Verify").click()
    expect(line.get_by_role("status")).to_contain_text("not the code that was sent")
    line.get_by_label("Code for mail of shop-night").fill(CODE)
    line.get_by_role("button", name="Verify").click()
    expect(line.get_by_role("status")).to_contain_text("pages use this contact now")
    expect(line.get_by_role("button")).to_have_count(0)


def test_the_newest_pages_say_who_acknowledged_after_how_long(page: Page, serve: Serve) -> None:
    """Each page has its state, who acknowledged it and after how long, and leads to its delivery."""
    opened(page, serve)
    table = page.get_by_role("region", name="Pages", exact=True)
    expect(table.get_by_role("row", name=re.compile("4417"))).to_contain_text("not acknowledged")
    answered = table.get_by_role("row", name=re.compile("4409"))
    expect(answered).to_contain_text("payments-primary")
    expect(answered).to_contain_text("1 min 12 s")
    table.get_by_role("link", name=re.compile("Orders slow")).click()
    expect(page.get_by_role("heading", name="Page 4417", level=1)).to_be_visible()


def test_with_nobody_in_the_catalog_the_lines_to_begin_with_are_shown(page: Page, serve: Serve) -> None:
    """The empty state has the catalog's lines and the command that applies them."""
    opened(page, serve, "empty")
    lines = page.get_by_label("Catalog lines to begin with")
    expect(lines).to_contain_text("kind: EscalationPolicy")
    expect(page.get_by_text("holdfast catalog apply")).to_be_visible()
    assert violations(page) == []


def test_the_lines_to_begin_with_are_a_whole_catalog() -> None:
    """What the empty state shows is read without a problem."""
    text = (WEB / "src/pages/oncall/beginning.ts").read_text(encoding="utf-8").split("`")[1]
    parts = split([SourceFile("oncall.yaml", text)], KINDS)
    found = assemble(parts.documents, KINDS)
    assert ordered((*parts.problems, *found.problems)) == ()


def test_an_error_says_what_was_tried(page: Page, serve: Serve) -> None:
    """A server that cannot answer is named with what to do; nothing is drawn as empty."""
    page.goto(serve("error").url + "/oncall")
    expect(page.get_by_role("alert")).to_contain_text("Could not list who is on call")


def test_a_viewer_sees_why_nothing_can_be_changed(page: Page, serve: Serve) -> None:
    """Buttons that a role may not use stay, and give the reason."""
    opened(page, serve, "viewer")
    button = page.get_by_role("button", name=re.compile("^Override…"))
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_contain_text("you need the responder role to make and remove overrides")


@pytest.mark.parametrize("zone", ["own", "utc"])
def test_times_are_in_the_zone_that_is_shown(page: Page, serve: Serve, zone: Literal["own", "utc"]) -> None:
    """The calendar and the fields of an override name the zone, the own one or UTC."""
    page.context.new_cdp_session(page).send("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    page.add_init_script(f"localStorage.setItem('holdfast-zone', '{zone}')")
    opened(page, serve)
    name = "UTC" if zone == "utc" else "GMT+9"
    expect(page.get_by_role("heading", name=re.compile("^One week"))).to_contain_text(f"times in {name}")
    page.get_by_role("button", name="Override…").click()
    expect(page.get_by_label(f"From, {name}")).to_be_visible()
