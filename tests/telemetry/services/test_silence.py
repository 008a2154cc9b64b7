"""The rule of silence: who stopped without an explanation, at both sides of every threshold."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.services.silence import (
    MOVED_SECONDS,
    NOTHING_SILENT,
    PAUSES,
    QUIET_SECONDS,
    SCALED_AFTER_SECONDS,
    SCALED_BEFORE_SECONDS,
    STEADY_SLICES,
    ZONE_QUIET_SECONDS,
    Verdict,
    ZoneSender,
    judged,
    lost_zones,
    quiet_zones,
    silence,
    silences,
)

END = 1_000_000
RECOMMENDATION = ServiceId("recommendation")
LOST = ZoneSender(RECOMMENDATION, "zone-c", END - 80_000, END, 360, 0)
OTHER = replace(LOST, zone="zone-a", until_epoch=END + 5_000)


def test_a_zone_is_silent_after_two_minutes() -> None:
    """A second less may be a batch under way or a restart."""
    assert judged(LOST, END + QUIET_SECONDS - 1) is Verdict.SENDING
    assert judged(LOST, END + QUIET_SECONDS) is Verdict.SILENT


def test_a_zone_that_sent_for_less_than_a_minute_is_not_missed() -> None:
    """A probe or a test that sent a few spans leaves no silence behind."""
    assert judged(replace(LOST, slices=STEADY_SLICES - 1), END + 9_000) is Verdict.BRIEF
    assert judged(replace(LOST, slices=STEADY_SLICES), END + 9_000) is Verdict.SILENT


def test_a_sender_with_pauses_is_silent_after_three_of_them() -> None:
    """A job that sends every five minutes is not lost between two runs."""
    slow = replace(LOST, longest_pause_seconds=290)
    assert judged(slow, END + PAUSES * 290 - 1) is Verdict.PAUSING
    assert judged(slow, END + PAUSES * 290) is Verdict.SILENT


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        (END - SCALED_BEFORE_SECONDS - 1, Verdict.SILENT),
        (END - SCALED_BEFORE_SECONDS, Verdict.SCALED),
        (END + SCALED_AFTER_SECONDS, Verdict.SCALED),
        (END + SCALED_AFTER_SECONDS + 1, Verdict.SILENT),
    ],
)
def test_a_recorded_scale_change_explains_an_end(at: int, verdict: Verdict) -> None:
    """A zone that was scaled away is no lost zone; a scale change of another hour explains nothing."""
    assert judged(LOST, END + 5_000, scaled=[at]) is verdict


@pytest.mark.parametrize(
    ("first", "verdict"),
    [
        (END - MOVED_SECONDS - 1, Verdict.SILENT),
        (END - MOVED_SECONDS, Verdict.MOVED),
        (END + MOVED_SECONDS, Verdict.MOVED),
        (END + MOVED_SECONDS + 1, Verdict.SILENT),
    ],
)
def test_a_zone_that_begins_as_another_ends_took_over(first: int, verdict: Verdict) -> None:
    """A single replica that restarts elsewhere is a move, not a loss."""
    assert judged(LOST, END + 5_000, firsts=[first]) is verdict


def test_a_lost_zone_is_named_with_its_last_instant() -> None:
    """The service sends on from its other zone, so only the zone is silent."""
    found = silence([LOST, OTHER], END + 5_000)
    assert (found.zones, found.since_epoch) == ((("zone-c", END),), None)


def test_a_service_is_silent_once_its_last_zone_is() -> None:
    """Since when is the end of the zone that sent last; a sender without a zone has no zone to name."""
    both = silence([LOST, replace(OTHER, until_epoch=END + 60)], END + 5_000)
    assert (both.since_epoch, len(both.zones)) == (END + 60, 2)
    unnamed = silence([replace(LOST, zone="")], END + 5_000)
    assert (unnamed.since_epoch, unnamed.zones) == (END, ())


def test_a_service_that_was_scaled_to_nothing_is_not_silent() -> None:
    """What was ended on purpose, everywhere, is no silence of the service either."""
    assert silence([LOST], END + 5_000, scaled=[END]) == NOTHING_SILENT


ZONE_B = ("", "zone-b")
BUSY = replace(LOST, zone="zone-b")
MAIL = replace(BUSY, service=ServiceId("mail"))


def _lost(*senders: ZoneSender, quiet_seconds: int = ZONE_QUIET_SECONDS, scaled: bool = False) -> set[str]:
    """Return the services that a lost zone counts."""
    end = END + quiet_seconds
    found = silences(
        {one.service: [one, replace(one, zone="zone-a", until_epoch=end)] for one in senders},
        end,
        quiet=quiet_zones({ZONE_B: END, ("", "zone-a"): end}, end),
        scaled={one.service.name: [END] for one in senders} if scaled else {},
    )
    return {service.name for zone in lost_zones(found) for service in zone.services}


def test_a_zone_is_lost_once_all_its_services_missed_two_exports() -> None:
    """A second less may be a batch under way; one service alone may have stopped by itself."""
    assert _lost(BUSY, MAIL, quiet_seconds=ZONE_QUIET_SECONDS - 1) == set()
    assert _lost(BUSY, MAIL) == {"recommendation", "mail"}
    assert _lost(BUSY) == set()


def test_only_senders_that_would_have_sent_make_a_zone_lost() -> None:
    """One that usually pauses so long proves nothing, but is counted once the zone is lost."""
    pausing = replace(MAIL, usual_pause_seconds=20, longest_pause_seconds=20)
    rare = replace(MAIL, slices=100)
    assert _lost(BUSY, pausing) == _lost(BUSY, rare) == set()
    pay = replace(BUSY, service=ServiceId("pay"))
    assert _lost(BUSY, pay, pausing) == {"recommendation", "pay", "mail"}


def test_an_outage_within_the_hour_does_not_hide_the_next() -> None:
    """The longest pause was the outage before; pace is what happened more often than twice."""
    again = [replace(one, longest_pause_seconds=240) for one in (BUSY, MAIL)]
    assert _lost(*again) == {"recommendation", "mail"}


def test_a_zone_that_was_scaled_away_is_not_lost() -> None:
    """Recorded scale changes explain its end."""
    assert _lost(BUSY, MAIL, scaled=True) == set()


def test_where_nobody_sends_at_all_no_zone_is_lost_early() -> None:
    """The way to Holdfast may be interrupted: then it takes the two minutes of any service."""
    both = {ZONE_B: END, ("", "zone-a"): END}
    assert quiet_zones(both, END + QUIET_SECONDS - 1) == frozenset()
    assert quiet_zones(both, END + QUIET_SECONDS) == both.keys()
    assert quiet_zones(both | {("staging", "zone-c"): END + 60}, END + 60) == frozenset()


def test_services_of_a_lost_zone_are_silent_since_it_is() -> None:
    """One fact has one beginning; a service that was silent there before keeps its own."""
    lost = {ZONE_B: END}
    rare = replace(BUSY, until_epoch=END - 40)
    before = replace(BUSY, until_epoch=END - QUIET_SECONDS)
    for one, since in ((rare, END), (before, END - QUIET_SECONDS)):
        assert silence([one, OTHER], END + 60, lost=lost).zones == (("zone-b", since),)


@given(st.lists(st.tuples(st.integers(0, 9_000), st.integers(0, 360), st.integers(0, 3_000)), max_size=6))
def test_what_sends_now_is_never_silent(zones: list[tuple[int, int, int]]) -> None:
    """No zone with spans within two minutes is named, nor is its service, for any neighbours."""
    senders = [
        ZoneSender(RECOMMENDATION, f"zone-{number}", 0, END - quiet, slices, pause)
        for number, (quiet, slices, pause) in enumerate(zones)
    ]
    found = silence(senders, END)
    sending = {one.zone for one in senders if END - one.until_epoch < QUIET_SECONDS}
    assert not sending & {zone for zone, _ in found.zones}
    assert not sending or found.since_epoch is None
