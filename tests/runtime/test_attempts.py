"""Wrong credentials: slowed down by address and in total, and nobody who has not failed is kept out."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import START

from holdfast.runtime.attempts import (
    FORGOTTEN_SECONDS,
    KNOWN_SECONDS,
    NOTED_MOST,
    NOTED_SECONDS,
    REMEMBERED_MOST,
    TOTAL_MOST,
    TOTAL_SECONDS,
    TRIES,
    WAIT_MOST_SECONDS,
    Attempts,
)
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.errors import Throttled

HOSTILE, OTHER = "203.0.113.9", "198.51.100.7"


@pytest.fixture
def attempts(clock: ManualClock) -> Attempts:
    """Attempts nobody has made yet."""
    return Attempts(clock)


def waits_seconds(attempts: Attempts, address: str) -> int:
    """Return how long an address has to wait before a credential of it is looked at."""
    try:
        attempts.admit(address)
    except Throttled as refused:
        return refused.retry_after_seconds or 0
    return 0


def test_a_few_tries_are_free_and_then_each_costs_more(attempts: Attempts, clock: ManualClock) -> None:
    """The first tries cost nothing; each further one doubles the wait, up to a minute."""
    waits = []
    for _ in range(TRIES + 9):
        attempts.failed(HOSTILE)
        waits.append(waits_seconds(attempts, HOSTILE))
        clock.advance(timedelta(seconds=waits[-1]))
        assert waits_seconds(attempts, HOSTILE) == 0
    assert waits[: TRIES - 1] == [0] * (TRIES - 1)
    assert [wait - 1 for wait in waits[TRIES - 1 :]] == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_another_address_never_waits_for_it(attempts: Attempts) -> None:
    """However often one address fails, an address that has not failed is served."""
    for _ in range(10_000):
        attempts.failed(HOSTILE)
    assert waits_seconds(attempts, HOSTILE) > 0
    assert waits_seconds(attempts, OTHER) == 0


def test_people_behind_one_proxy_are_not_locked_out(attempts: Attempts, clock: ManualClock) -> None:
    """From an address that a right credential came from, credentials are looked at for a day."""
    attempts.succeeded(HOSTILE)
    for _ in range(1_000):
        attempts.failed(HOSTILE)
    assert waits_seconds(attempts, HOSTILE) == 0
    clock.advance(timedelta(seconds=KNOWN_SECONDS + 1))
    attempts.failed(HOSTILE)
    assert waits_seconds(attempts, HOSTILE) == 0, "its failures are a day old"
    for _ in range(TRIES):
        attempts.failed(HOSTILE)
    assert waits_seconds(attempts, HOSTILE) > 0


def test_failures_are_forgotten(attempts: Attempts, clock: ManualClock) -> None:
    """A quarter of an hour after its last failure an address has all its tries again."""
    for _ in range(TRIES + 3):
        attempts.failed(HOSTILE)
    clock.advance(timedelta(seconds=FORGOTTEN_SECONDS + 1))
    assert attempts.failed(HOSTILE).count == 1


def test_an_attack_from_everywhere_leaves_one_try_each(attempts: Attempts, clock: ManualClock) -> None:
    """When wrong ones come from everywhere, an address has one try; one that has not failed is served."""
    for number in range(TOTAL_MOST):
        attempts.failed(f"10.0.{number // 250}.{number % 250}")
    assert waits_seconds(attempts, "10.0.0.1") == 0
    attempts.failed(HOSTILE)
    assert waits_seconds(attempts, HOSTILE) > 0
    assert waits_seconds(attempts, OTHER) == 0
    clock.advance(timedelta(seconds=TOTAL_SECONDS))
    attempts.failed(OTHER)
    assert waits_seconds(attempts, OTHER) == 0


def test_a_network_of_ipv6_is_one_place(attempts: Attempts) -> None:
    """Whoever has a network of IPv6 addresses does not get new tries with each of them."""
    for number in range(TRIES):
        attempts.failed(f"2001:db8:1:2::{number:x}")
    assert waits_seconds(attempts, "2001:db8:1:2:ffff::1") > 0
    assert waits_seconds(attempts, "2001:db8:1:3::1") == 0


def test_the_journal_does_not_grow_with_the_tries(attempts: Attempts, clock: ManualClock) -> None:
    """Of an address the first, tenth, hundredth … are written down, and of all a stated number an hour."""
    noted = [count for count in range(1, 10_001) if attempts.failed(HOSTILE).is_noted]
    assert noted == [1, 10, 100, 1_000, 10_000]
    failures = [attempts.failed(f"10.1.{number // 250}.{number % 250}") for number in range(1_000)]
    assert sum(one.is_noted for one in failures) == NOTED_MOST - len(noted)
    assert [one.is_last_noted for one in failures if one.is_noted].count(True) == 1
    clock.advance(timedelta(seconds=NOTED_SECONDS))
    assert attempts.failed(OTHER).is_noted


@given(st.lists(st.tuples(st.integers(0, 5_000), st.booleans(), st.integers(0, 400)), max_size=60))
def test_memory_and_waits_are_bounded(steps: list[tuple[int, bool, int]]) -> None:
    """Whatever comes, in any order, no wait is over a minute, and no more addresses are kept than stated."""
    clock = ManualClock(START)
    attempts = Attempts(clock)
    for address, is_right, seconds in steps:
        (attempts.succeeded if is_right else attempts.failed)(f"a{address}")
        clock.advance(timedelta(seconds=seconds))
        assert waits_seconds(attempts, f"a{address}") <= WAIT_MOST_SECONDS + 1
        assert waits_seconds(attempts, "somebody else") == 0


def test_addresses_are_forgotten_when_there_are_too_many(attempts: Attempts) -> None:
    """Ten thousand addresses take no more memory than a thousand."""
    for number in range(10_000):
        attempts.failed(f"a{number}")
        attempts.succeeded(f"b{number}")
    assert len(attempts._failed) == len(attempts._known) == REMEMBERED_MOST
