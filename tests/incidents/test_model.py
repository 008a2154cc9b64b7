"""What an alert means for an incident, and how an incident is named."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.objectives.cases import an_objective

from holdfast.catalog.model import Sli, SpanSelector
from holdfast.incidents.model import (
    AlertSignal,
    Episode,
    FailingParty,
    Incident,
    IncidentFilter,
    IncidentState,
    Meaning,
    Placing,
    meaning,
    title_of,
)

NOW = datetime(2026, 3, 1, 9, 26, tzinfo=UTC)
FIRES = AlertSignal(fires_page=True, page_firing=True, at=NOW)
GOES_ON = AlertSignal(fires_page=False, page_firing=True, at=NOW)
OVER = AlertSignal(fires_page=False, page_firing=False, at=NOW)


def an_episode(**given: Any) -> Episode:
    """Return the episode of an objective whose page fired three hours ago; keywords replace what matters."""
    values: dict[str, Any] = {
        "title": "Orders failing",
        "placed": Placing.FIRST,
        "objective": "orders-succeed",
        "objective_display_name": "Orders succeed",
        "service": "checkout",
        "events": "orders",
        "tier_key": "page-1h-5m",
        "fired_at": NOW - timedelta(hours=3),
    }
    episode = Episode(**(values | given))
    return replace(episode, joined_at=episode.joined_at or episode.fired_at)


def an_incident(state: IncidentState = IncidentState.OPEN, **given: Any) -> Incident:
    """Return an incident of one objective that was opened three hours ago; keywords replace what matters.

    What an episode has goes to that of the objective, an end goes to both.
    """
    own = {one.name for one in fields(Incident)} - {"episodes", "title"}
    opened_at = given.get("opened_at", NOW - timedelta(hours=3))
    of_incident = {name: value for name, value in given.items() if name in own}
    of_episode = {name: value for name, value in given.items() if name not in {*own, "episodes"}}
    if "resolved_at" in given:
        of_episode["resolved_at"] = given["resolved_at"]
    episode = an_episode(**({"fired_at": opened_at} | of_episode))
    values = {"severity": "page", "opened_at": opened_at, "state": state} | of_incident
    return Incident(title=episode.title, episodes=given.get("episodes", (episode,)), **values)


def _ended(ago: timedelta, *, alert_over: bool = True) -> Episode:
    return an_episode(resolved_at=NOW - ago, alert_over=alert_over)


SOON, LONG_AGO = timedelta(minutes=5), timedelta(hours=2)


@pytest.mark.parametrize(
    ("signal", "latest", "expected"),
    [
        (FIRES, None, Meaning.BEGINS),
        (GOES_ON, None, Meaning.NOTHING),
        (OVER, None, Meaning.NOTHING),
        (FIRES, an_episode(), Meaning.CONTINUES),
        (GOES_ON, an_episode(), Meaning.CONTINUES),
        (OVER, an_episode(), Meaning.ENDS),
        (FIRES, _ended(SOON), Meaning.BEGINS),
        (FIRES, _ended(LONG_AGO), Meaning.BEGINS),
        (OVER, _ended(LONG_AGO), Meaning.NOTHING),
        (OVER, _ended(timedelta(0)), Meaning.STAYS_RESOLVED),
        (GOES_ON, _ended(timedelta(0)), Meaning.STAYS_RESOLVED),
        (GOES_ON, _ended(SOON), Meaning.NOTHING),
        (FIRES, _ended(SOON, alert_over=False), Meaning.STAYS_RESOLVED),
        (FIRES, _ended(LONG_AGO, alert_over=False), Meaning.STAYS_RESOLVED),
        (OVER, _ended(SOON, alert_over=False), Meaning.ALERT_OVER),
        (FIRES, _ended(-SOON), Meaning.BEGINS),
    ],
)
def test_meaning(signal: AlertSignal, latest: Episode | None, expected: Meaning) -> None:
    """Every combination of an alert's transition and the objective's latest episode has one named meaning."""
    assert meaning(signal, latest) is expected


def test_a_title_says_the_effect_and_stays_true() -> None:
    """One short line without figures and times: slow where the objective counts time, else failing."""
    assert title_of(an_objective()) == "Orders failing"
    fast = SpanSelector("checkout", max_duration_nanoseconds=800_000_000)
    latency = Sli(2, "latency", "Latency", SpanSelector("checkout"), fast)
    assert title_of(replace(an_objective(), sli=latency)) == "Orders slow"


def test_events_without_a_noun_are_named_by_the_objective() -> None:
    """`Events failing` says nothing; the objective's name does."""
    title = title_of(an_objective(display_name="Search works", events_noun="events"))
    assert title == "Search works: budget burning"


def test_duration_counts_from_the_onset_and_never_backwards() -> None:
    """It lasts from the first errors to the end, and not less than nothing when the clock steps back."""
    incident = an_incident(onset_at=NOW - timedelta(hours=4))
    assert incident.duration(NOW) == timedelta(hours=4)
    assert replace(incident, resolved_at=NOW - timedelta(hours=1)).duration(NOW) == timedelta(hours=3)
    assert incident.duration(NOW - timedelta(days=1)) == timedelta(0)


def test_an_incident_begins_with_its_first_errors() -> None:
    """The earliest onset of its objectives counts; until one is known, the opening stands for it."""
    late, early = NOW - timedelta(hours=4), NOW - timedelta(hours=5)
    assert an_incident().began_at == NOW - timedelta(hours=3)
    assert an_incident(onset_at=late).began_at == late
    both = (an_episode(onset_at=late), an_episode(), an_episode(onset_at=early))
    assert an_incident(episodes=both).began_at == early


def test_an_incident_has_the_cause_of_its_first_objective_with_one() -> None:
    """What joins has the same; and while none is known, the incident has none."""
    payline = FailingParty("payline", "staging")
    assert an_incident().cause is None
    assert an_incident(episodes=(an_episode(), an_episode(cause=payline))).cause == payline
    assert (payline.words, FailingParty("payline").words) == ("payline in staging", "payline")


@pytest.mark.parametrize(("state", "is_over"), [("open", False), ("acknowledged", False), ("resolved", True)])
def test_an_incident_is_over_once_it_is_resolved(state: str, *, is_over: bool) -> None:
    """Acknowledging does not end it; each state has a filter of its own, and what is not over is active."""
    assert an_incident(IncidentState(state)).is_over is is_over
    assert IncidentFilter(state).states == (IncidentState(state),)
    assert (IncidentState(state) in IncidentFilter.ACTIVE.states) is not is_over
