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
    Verdict,
    ZoneSender,
    judged,
    silence,
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
