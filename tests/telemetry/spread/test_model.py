"""The judgement of a spread: each reason on both sides of its bound."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.telemetry.spread.chance import Drawn, at_least
from holdfast.telemetry.spread.model import (
    LEVEL,
    By,
    SentInterval,
    SpreadJudgement,
    SpreadPart,
    SpreadReason,
    are_even,
    common,
    judge,
    over_common,
    summary,
)

Counts = tuple[int, int]
COUNTS = st.lists(
    st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=6
)


def parts(*counts: Counts) -> list[SpreadPart]:
    """Parts a, b, c … of so many failures and requests."""
    return [SpreadPart("abcdefgh"[n], requests, failed) for n, (failed, requests) in enumerate(counts)]


def judged(*counts: Counts, by: By = By.ZONE) -> SpreadJudgement:
    """The judgement on such parts."""
    return judge(by, parts(*counts))


@pytest.mark.parametrize(
    ("counts", "reason", "values", "sentence"),
    [
        ([], "no_requests", "", "No requests in this range."),
        ([(3, 9)], "one_value", "a", "All 9 requests are of a: there is nothing to compare."),
        ([(0, 70), (0, 71)], "no_failures", "", "None of 141 requests failed."),
        ([(2, 70), (1, 71)], "too_few", "", "3 of 141 requests failed: too few to compare zones."),
        ([(28, 47), (28, 47), (28, 47)], "even", "", "No zone stands out (60% fail)."),
        ([(26, 47), (28, 47), (30, 47)], "even", "",
         "No zone stands out (55% to 64% fail)."),
        ([(5, 1000), (5, 1000), (60, 1000)], "stands_out", "c", "c fails 12 times as often as the others."),
        ([(50, 100), (0, 100)], "stands_out", "a",
         "Only a fails: 50 of 100 requests, none of 100 elsewhere."),
        ([(0, 100), (50, 100), (50, 100), (50, 100)], "spared", "a",
         "a is spared: 0 of 100 requests fail there, 50% elsewhere."),
        ([(90, 100), (80, 100), (1, 100), (1, 100), (1, 100)], "stands_out", "ab",
         "a and b fail more often than the others."),
    ],
)  # fmt: skip
def test_each_reason_has_its_sentence(counts: list[Counts], reason: str, values: str, sentence: str) -> None:
    """The reason, the parts it is about, and what a person reads."""
    found = judged(*counts)
    assert (found.reason, "".join(found.values), found.sentence) == (reason, values, sentence)


@pytest.mark.parametrize(("failed", "reason"), [(8, SpreadReason.TOO_FEW), (9, SpreadReason.STANDS_OUT)])
def test_what_is_not_certain_is_not_said(failed: int, reason: SpreadReason) -> None:
    """All failures in one of two zones: nine cannot be chance, eight could."""
    chance = at_least(Drawn(failed, 100, failed, 200))
    assert (chance <= LEVEL / 4) is (reason is SpreadReason.STANDS_OUT)
    assert judged((failed, 100), (0, 100)).reason is reason


@pytest.mark.parametrize(("failed", "reason"), [(1999, SpreadReason.EVEN), (2000, SpreadReason.STANDS_OUT)])
def test_a_small_difference_is_no_difference(failed: int, reason: SpreadReason) -> None:
    """However certain: a zone that fails not even twice as often as the others is not at fault."""
    assert judged((1000, 100_000), (failed, 100_000)).reason is reason


def test_more_parts_need_more_certainty() -> None:
    """What is enough against one other zone is not against nineteen."""
    assert judged((9, 100), (0, 100)).reason is SpreadReason.STANDS_OUT
    many = judge(
        By.INSTANCE, [SpreadPart("a", 100, 4), *(SpreadPart(f"b{n}", 100, int(n < 4)) for n in range(19))]
    )
    assert many.reason is SpreadReason.EVEN


def test_what_names_nothing_is_not_compared() -> None:
    """Spans without a zone are said to have none."""
    assert judge(By.ZONE, [SpreadPart("", 9, 3)]).sentence == "The spans name no zone."
    named = judge(By.ZONE, [SpreadPart("", 100, 60), SpreadPart("a", 100, 0)])
    assert named.sentence.startswith("Only what names no zone fails")


def test_a_version_is_called_one() -> None:
    """A bare number would not say what it is."""
    found = judge(By.VERSION, [SpreadPart("2.0.0", 100, 60), SpreadPart("1.9", 100, 5)])
    assert found.sentence == "Version 2.0.0 fails 12 times as often as the others."


def test_many_outliers_are_counted() -> None:
    """Three names fit into a sentence."""
    found = judge(
        By.INSTANCE, [*(SpreadPart(f"i{n}", 90, 80) for n in range(5)), SpreadPart("rest", 2000, 1)]
    )
    assert found.sentence == "i0, i1 and 3 more fail more often than the others."


@given(COUNTS)
def test_a_judgement_does_not_depend_on_order(counts: list[Counts]) -> None:
    """The same parts in another order are the same answer."""
    assert judge(By.ZONE, parts(*counts)) == judge(By.ZONE, parts(*counts)[::-1])


@given(COUNTS)
def test_what_stands_out_is_really_worse(counts: list[Counts]) -> None:
    """A part named fails at least twice as often as the others together, and never chance."""
    every = parts(*counts)
    found = judge(By.ZONE, every)
    named = [one for one in every if found.reason is SpreadReason.STANDS_OUT and one.value in found.values]
    errors, requests = sum(one.errors for one in every), sum(one.requests for one in every)
    assert all(
        one.errors * (requests - one.requests) >= 2 * (errors - one.errors) * one.requests for one in named
    )


@given(st.integers(2, 6), st.integers(0, 50), st.integers(1, 50))
def test_equal_parts_never_stand_out(number: int, failed: int, good: int) -> None:
    """Where all fail alike nothing is named."""
    found = judged(*[(failed, failed + good)] * number)
    assert found.reason in (SpreadReason.EVEN, SpreadReason.TOO_FEW, SpreadReason.NO_FAILURES)
    assert found.values == ()


def test_a_summary_leads_with_what_stands_out() -> None:
    """One division at fault is said alone; none at fault is said of all that could be compared."""
    bad = judge(By.VERSION, [SpreadPart("2", 100, 60), SpreadPart("1", 100, 0)])
    even = [judge(by, [SpreadPart("x", 47, 28), SpreadPart("y", 47, 28)]) for by in By]
    few = judge(By.INSTANCE, [SpreadPart("x", 4, 1), SpreadPart("y", 4, 1)])
    assert summary([even[0], bad, even[2]]) == bad.sentence
    assert summary(even) == "No zone, version or instance stands out: look downstream."
    assert summary([few, even[0]]) == "No zone stands out: look downstream."
    assert summary([few, few]) == few.sentence
    assert are_even(even)
    assert not are_even([even[0], bad])


def test_a_full_resource_of_the_service_comes_before_what_is_behind_it() -> None:
    """To look downstream beside a full pool of the service itself would contradict it."""
    even = judge(By.ZONE, parts((28, 47), (28, 47)))
    full = "Connection pool is full on a: 3 of 3 connections."
    assert summary([even], full) == f"{full} By failures no zone stands out."


def test_nobody_is_sent_downstream_of_a_service_that_calls_nobody() -> None:
    """Then the cause is in the service itself."""
    even = judge(By.ZONE, parts((28, 47), (28, 47)))
    assert summary([even], calls_others=False) == "No zone stands out, and it calls nobody: look into it."


def test_parts_are_compared_over_the_time_in_which_all_sent() -> None:
    """A zone that was silent for half of the range has half of the requests, and none of later failures."""
    whole = parts((60, 600), (0, 300))
    alike = over_common(By.ZONE, whole, parts((0, 300), (0, 300)), 150)
    assert (alike.reason, alike.values) == (SpreadReason.TOO_FEW, ())
    assert alike.sentence == (
        "60 of 900 requests failed, none of them in the 2 min 30 s in which all zones sent."
    )
    bad = over_common(By.ZONE, whole, parts((60, 300), (0, 300)), 150)
    assert (bad.reason, bad.values) == (SpreadReason.STANDS_OUT, ("a",))
    assert bad.sentence.endswith("none of 300 elsewhere, in the 2 min 30 s in which all zones sent.")
    none = over_common(By.ZONE, parts((0, 600), (0, 300)), parts((0, 300), (0, 300)), 150)
    assert none.sentence == "None of 900 requests failed."


@pytest.mark.parametrize(("until", "shared"), [(271, None), (270, SentInterval(0, 270))])
def test_half_a_minute_less_is_unlike(until: int, shared: SentInterval | None) -> None:
    """Slices are ten seconds, and a sender's last may be under way."""
    whole, less = (SpreadPart(end, 99, 0, seen=SentInterval(0, at)) for end, at in (("a", 300), ("b", until)))
    assert common([whole, less]) == shared
    assert common([less]) is None
    assert common([less, replace(whole, seen=SentInterval(400, 700))]) is None
    assert common([whole, replace(less, requests=9)]) is None
