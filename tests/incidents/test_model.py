"""What an alert means for an incident, and how an incident is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from holdfast.incidents.model import (
    REJOIN,
    AlertSignal,
    Incident,
    IncidentFilter,
    IncidentState,
    Meaning,
    meaning,
    title_of,
)

NOW = datetime(2026, 3, 1, 9, 26, tzinfo=UTC)
FIRES = AlertSignal(fires_page=True, page_firing=True, at=NOW)
GOES_ON = AlertSignal(fires_page=False, page_firing=True, at=NOW)
OVER = AlertSignal(fires_page=False, page_firing=False, at=NOW)


def an_incident(state: IncidentState = IncidentState.OPEN, **given: object) -> Incident:
    """Return an incident that was opened three hours ago; keywords replace what matters."""
    incident = Incident(
        id=7,
        title="Orders succeed burns 31×",
        state=state,
        severity="page",
        objective="orders-succeed",
        objective_display_name="Orders succeed",
        service="checkout",
        events="orders",
        tier_key="page-1h-5m",
        opened_at=NOW - timedelta(hours=3),
    )
    return replace(incident, **given)  # type: ignore[arg-type]


def _ended(ago: timedelta, *, alert_over: bool = True) -> Incident:
    return an_incident(
        IncidentState.RESOLVED, resolved_at=NOW - ago, resolved_by="alert", alert_over=alert_over
    )


SOON, LONG_AGO = timedelta(minutes=5), timedelta(hours=2)


@pytest.mark.parametrize(
    ("signal", "latest", "expected"),
    [
        (FIRES, None, Meaning.OPENS),
        (GOES_ON, None, Meaning.NOTHING),
        (OVER, None, Meaning.NOTHING),
        (FIRES, an_incident(), Meaning.JOINS),
        (GOES_ON, an_incident(IncidentState.ACKNOWLEDGED), Meaning.JOINS),
        (OVER, an_incident(IncidentState.ACKNOWLEDGED), Meaning.ENDS),
        (FIRES, _ended(SOON), Meaning.REOPENS),
        (FIRES, _ended(REJOIN), Meaning.REOPENS),
        (FIRES, _ended(timedelta(minutes=30)), Meaning.REOPENS),
        (FIRES, _ended(timedelta(minutes=30, microseconds=1)), Meaning.OPENS),
        (FIRES, _ended(LONG_AGO), Meaning.OPENS),
        (OVER, _ended(LONG_AGO), Meaning.NOTHING),
        (OVER, _ended(timedelta(0)), Meaning.STAYS_RESOLVED),
        (GOES_ON, _ended(timedelta(0)), Meaning.STAYS_RESOLVED),
        (GOES_ON, _ended(SOON), Meaning.NOTHING),
        (FIRES, _ended(SOON, alert_over=False), Meaning.STAYS_RESOLVED),
        (FIRES, _ended(LONG_AGO, alert_over=False), Meaning.STAYS_RESOLVED),
        (OVER, _ended(SOON, alert_over=False), Meaning.ALERT_OVER),
        (FIRES, _ended(-SOON), Meaning.REOPENS),
    ],
)
def test_meaning(signal: AlertSignal, latest: Incident | None, expected: Meaning) -> None:
    """Every combination of an alert's transition and the latest incident has one named meaning."""
    assert meaning(signal, latest) is expected


def test_the_title_says_what_and_how_fast() -> None:
    """One line without jargon, and without a time of day, which every reader would have to convert."""
    assert title_of("Orders succeed", Fraction(62, 2)) == "Orders succeed burns 31×"
    assert title_of("Orders succeed", 1.44) == "Orders succeed burns 1.4×"
    assert title_of("Orders succeed", 1234.5) == "Orders succeed burns 1,234×"
    assert title_of("Orders succeed", 9.94) == "Orders succeed burns 9.9×"
    assert title_of("Orders succeed", 10) == "Orders succeed burns 10×"
    assert title_of("Orders succeed", None) == "Orders succeed burns"


def test_duration_counts_from_the_onset_and_never_backwards() -> None:
    """It lasts from the first errors to the end, and not less than nothing when the clock steps back."""
    incident = an_incident(onset_at=NOW - timedelta(hours=4))
    assert incident.duration(NOW) == timedelta(hours=4)
    assert replace(incident, resolved_at=NOW - timedelta(hours=1)).duration(NOW) == timedelta(hours=3)
    assert incident.duration(NOW - timedelta(days=1)) == timedelta(0)


def test_an_incident_begins_with_its_errors() -> None:
    """Until their onset is known, the opening stands for it."""
    incident = an_incident()
    assert incident.began_at == NOW - timedelta(hours=3)
    assert replace(incident, onset_at=NOW - timedelta(hours=4)).began_at == NOW - timedelta(hours=4)


@pytest.mark.parametrize(("state", "is_over"), [("open", False), ("acknowledged", False), ("resolved", True)])
def test_an_incident_is_over_once_it_is_resolved(state: str, *, is_over: bool) -> None:
    """Acknowledging does not end it; each state has a filter of its own, and what is not over is active."""
    assert an_incident(IncidentState(state)).is_over is is_over
    assert IncidentFilter(state).states == (IncidentState(state),)
    assert (IncidentState(state) in IncidentFilter.ACTIVE.states) is not is_over
