"""Contacts: which messages a person gets and when, and quiet hours by their own clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.oncall.contacts import (
    Channel,
    Contact,
    NotificationRule,
    QuietHours,
    Reach,
    Urgency,
    after_quiet,
    planned,
)

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
MAIL = Contact("mail", Channel.MAIL, "a@shop.example")
HOOK = Contact("hook", Channel.WEBHOOK, "https://hooks.example/a")
NIGHT = QuietHours(time(22), time(7))


def test_without_rules_every_verified_contact_is_used_at_once() -> None:
    """Others are not used at all."""
    reach = Reach(contacts=(MAIL, HOOK))
    found = planned(reach, BERLIN, Urgency.HIGH, AT, {MAIL})
    assert [(one.contact, one.due_at) for one in found] == [(MAIL, AT)]


def test_rules_say_which_contact_after_how_long() -> None:
    """Each contact is used once, by the first rule that names it; other urgencies have their own rules."""
    rules = (
        NotificationRule(timedelta(minutes=2), ("mail", "hook")),
        NotificationRule(timedelta(0), ("hook",)),
    )
    reach = Reach(contacts=(MAIL, HOOK), high=rules)
    found = planned(reach, BERLIN, Urgency.HIGH, AT, {MAIL, HOOK})
    assert [(one.contact, one.due_at) for one in found] == [(HOOK, AT), (MAIL, AT + timedelta(minutes=2))]
    low = planned(reach, BERLIN, Urgency.LOW, AT, {MAIL, HOOK})
    assert {one.due_at for one in low} == {AT}


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("2026-03-04T20:59:59", "2026-03-04T20:59:59"),
        ("2026-03-04T21:00:00", "2026-03-05T06:00:00"),
        ("2026-03-05T05:59:59", "2026-03-05T06:00:00"),
        ("2026-03-05T06:00:00", "2026-03-05T06:00:00"),
        # The night in which clocks go forward, and the one in which they go back.
        ("2026-03-28T22:00:00", "2026-03-29T05:00:00"),
        ("2026-10-24T22:00:00", "2026-10-25T06:00:00"),
    ],
)
def test_quiet_hours(at: str, then: str) -> None:
    """From ten at night to seven in the morning in Berlin."""
    found = after_quiet(NIGHT, BERLIN, datetime.fromisoformat(f"{at}+00:00"))
    assert found == datetime.fromisoformat(f"{then}+00:00")


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))
def test_what_waited_may_be_sent(at: datetime) -> None:
    """The end of quiet hours is not quiet itself, is never in the past, and never a day away."""
    then = after_quiet(NIGHT, BERLIN, at)
    assert after_quiet(NIGHT, BERLIN, then) == then
    assert timedelta(0) <= then - at <= timedelta(hours=10)


def test_high_urgency_knows_no_quiet() -> None:
    """It is sent at any hour."""
    at = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
    reach = Reach(contacts=(MAIL,), quiet=NIGHT)
    assert planned(reach, BERLIN, Urgency.HIGH, at, {MAIL})[0].due_at == at
    assert planned(reach, BERLIN, Urgency.LOW, at, {MAIL})[0].due_at == datetime(2026, 3, 5, 6, tzinfo=UTC)
