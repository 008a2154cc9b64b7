"""Lines about peers: each peer at most once a minute, few remembered, the rest counted."""

import logging
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import START

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.peer_notices import EVERY_SECONDS, PEERS_MOST, UNKNOWN, PeerNotices

STEPS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 90)), max_size=60)


@given(STEPS)
def test_a_peer_is_named_as_its_twin_names_it(steps: list[tuple[str, int]]) -> None:
    """A line is written exactly when that peer has none from within the minute."""
    clock = ManualClock(START)
    notices, last, now = PeerNotices(clock), {}, 0
    for peer, seconds in steps:
        clock.advance(timedelta(seconds=seconds))
        now += seconds
        expected = now - last.get(peer, -EVERY_SECONDS) >= EVERY_SECONDS
        if expected:
            last[peer] = now
        assert notices.note(peer, "knocks") is expected


def test_few_peers_are_remembered_and_the_rest_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    """Over the bound peers are not named; the next line says how many connections were not."""
    clock = ManualClock(START)
    notices = PeerNotices(clock)
    named = [notices.note(f"10.0.{n // 256}.{n % 256}", "knocks") for n in range(PEERS_MOST + 9)]
    assert (sum(named), len(notices._named)) == (PEERS_MOST, PEERS_MOST)
    clock.advance(timedelta(seconds=EVERY_SECONDS))
    assert notices.note("10.9.9.9", "knocks")
    assert len(notices._named) == 1
    last = caplog.records[-1]
    assert last.getMessage() == "10.9.9.9 knocks (9 connections of more peers were not named)"
    assert last.levelno == logging.WARNING


def test_a_peer_without_an_address_gets_no_invented_one(caplog: pytest.LogCaptureFixture) -> None:
    """What the system does not know is said to be unknown; a percent sign is only a sign."""
    PeerNotices(ManualClock(START)).note(None, "sends 100%s")
    assert caplog.messages == [f"{UNKNOWN} sends 100%s"]
