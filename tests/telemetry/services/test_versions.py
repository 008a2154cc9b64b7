"""Which versions take traffic: each rule as a table of minutes, and what holds of any traffic."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.telemetry.services.versions import (
    FIRST_SIGHT_MINUTES,
    GONE_EXPECTED,
    GONE_MINUTES,
    PAUSE_MINUTES,
    TAKEN_REQUESTS,
    WINDOW_MINUTES,
    Going,
    JudgedVersions,
    Known,
    KnownVersion,
    Taking,
    Traffic,
    VersionPhase,
    VersionRequests,
    judge,
)
from holdfast.telemetry.warehouse.name_caps import OTHER

Minutes = Mapping[str, Sequence[int]]
"""Requests of each version, minute by minute from 0."""


def rows(minutes: Minutes) -> list[VersionRequests]:
    """Return the requests as they are stored, one row a minute."""
    return [
        VersionRequests(version, minute, requests)
        for version, counts in minutes.items()
        for minute, requests in enumerate(counts)
    ]


def judged(minutes: Minutes, known: Known | None = None) -> JudgedVersions:
    """Judge every minute at once."""
    return judge(Traffic(rows(minutes)), known or {}, 0, max(map(len, minutes.values())))


def taken(minutes: Minutes, known: Known | None = None) -> list[tuple[str, int, bool]]:
    """Return the versions that took traffic, since when, and whether they returned."""
    return [(one.version, one.since, one.returned) for one in judged(minutes, known).takings]


A_SERVES = {"a": KnownVersion(VersionPhase.SERVING, -100, -100)}
LONG = [60] * 30


def gone(minutes: Minutes, lost: Collection[str] = ()) -> list[tuple[str, int, tuple[str, ...]]]:
    """Return the versions that are gone, since when, and which serve then; `b` ran in zone-b only."""
    stored = [
        VersionRequests(one.version, one.minute, one.requests, "zone-b" if one.version == "b" else "zone-a")
        for one in rows(minutes)
    ]
    found = judge(Traffic(stored), {}, 0, max(map(len, minutes.values())), lost=lost)
    return [(one.version, one.since, one.serving) for one in found.goings]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        pytest.param({"a": LONG, "b": LONG}, [], id="both serve"),
        pytest.param({"a": LONG, "b": [60] * 10}, [("b", 10, ("a",))], id="a roll-back"),
        pytest.param({"a": [60] * 8, "b": [0] * 5 + [60] * 25}, [("a", 8, ("b",))], id="a rollout's end"),
        pytest.param(
            {"a": LONG[: 10 + GONE_MINUTES], "b": [60] * 10}, [("b", 10, ("a",))], id="after five minutes"
        ),
        pytest.param({"a": LONG[: 9 + GONE_MINUTES], "b": [60] * 10}, [], id="a minute less"),
        pytest.param({"a": LONG, "b": [60] * 10 + [0] * 4 + [60] * 16}, [], id="a restart"),
        pytest.param({"a": LONG, "b": [1] * (TAKEN_REQUESTS - 1)}, [], id="a handful"),
        pytest.param({"a": [60] * 10, "b": [60] * 10}, [], id="the whole service is silent"),
    ],
)
def test_a_version_that_goes_away_is_noted_once(
    minutes: Minutes, expected: list[tuple[str, int, tuple[str, ...]]]
) -> None:
    """Since the first minute without it, with the versions that serve on."""
    assert gone(minutes) == expected


def test_a_version_is_not_gone_with_its_zone() -> None:
    """Where all its zones are lost, it is silent there with everything else."""
    minutes = {"a": LONG, "b": [60] * 10}
    assert gone(minutes, lost=["zone-b"]) == []
    assert gone(minutes, lost=["zone-a", "zone-c"]) == [("b", 10, ("a",))]


NONE = [0] * 30


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        pytest.param({"a": LONG}, [], id="one version serves"),
        pytest.param({"a": LONG, "b": [0] * 5 + [60] * 25}, [("b", 5, False)], id="a version beside it"),
        pytest.param({"a": [60] * 5, "b": [0] * 5 + [60] * 25}, [("b", 5, False)], id="in its place"),
        pytest.param(
            {"a": LONG, "b": [0] * 5 + [1] * 5 + [6] * 5 + [60] * 15},
            [("b", 5, False)],
            id="a canary that grows is one change, since its first minute",
        ),
        pytest.param({"a": LONG, "b": [0] * 5 + [200] + [0] * 24}, [], id="one burst"),
        pytest.param({"a": LONG, "b": [0] * 5 + [1] * (TAKEN_REQUESTS - 1)}, [], id="a handful"),
        pytest.param({"a": LONG, "b": [0] * 5 + [1] * TAKEN_REQUESTS}, [("b", 5, False)], id="no handful"),
        pytest.param(
            {"a": LONG, "b": [9] + [0] * (PAUSE_MINUTES + 1) + [30] * 10},
            [("b", PAUSE_MINUTES + 2, False)],
            id="what came before a pause is another run",
        ),
        pytest.param({"a": [60] * 9 + [0] * 9 + [60] * 9}, [], id="silence and back, with nothing beside"),
        pytest.param({"a": LONG, "": LONG, OTHER: LONG}, [], id="no version, and the sum of many"),
        pytest.param(
            {"a": [60] * 5 + [0] * 10 + [60] * 10, "b": [0] * 5 + [60] * 20},
            [("b", 5, False), ("a", 15, True)],
            id="a roll-back after the other took all",
        ),
        pytest.param(
            {"a": [60] * 5 + [0] * 4 + [60] * 20, "b": [0] * 5 + [60] * 25},
            [("b", 5, False)],
            id="a restart of the last replica is no return",
        ),
        pytest.param(
            {"a": LONG, "b": [0] * 5 + [6] * 5 + [0] * 5 + [6] * 15},
            [("b", 5, False)],
            id="a canary's silence that chance explains",
        ),
        pytest.param(
            {"a": [600] * 60, "b": [0] * 5 + [60] * 5 + [0] * 10 + [60] * 15},
            [("b", 5, False), ("b", 20, True)],
            id="a canary that was taken out and comes again",
        ),
    ],
)
def test_a_version_takes_traffic(minutes: Minutes, expected: list[tuple[str, int, bool]]) -> None:
    """A run of enough requests is a change, once; what is a handful, a restart or chance is none."""
    assert taken(minutes, A_SERVES) == expected


def test_what_a_service_is_found_with_is_no_deploy() -> None:
    """An empty history knows no version before: those of its first minutes are known, and not announced."""
    found = judged({"a": LONG, "b": [0] * (FIRST_SIGHT_MINUTES - 1) + [60] * 10})
    assert (set(found.known), found.takings) == ({"a", "b"}, ())
    later = {"a": LONG, "b": [0] * FIRST_SIGHT_MINUTES + [60] * 10}
    assert taken(later) == [("b", FIRST_SIGHT_MINUTES, False)]


def test_versions_that_serve_side_by_side_make_no_change() -> None:
    """Two versions in turns, minute by minute, are both there: neither goes nor returns."""
    minutes = {"a": [60, 0] * 60, "b": [0, 60] * 60}
    known = {**A_SERVES, "b": KnownVersion(VersionPhase.SERVING, -100, -100)}
    assert judged(minutes, known) == JudgedVersions(known, ())


def test_a_change_says_where_how_much_and_what_was_before() -> None:
    """The share is counted over the last minutes; zones and regions are those of the run."""
    rows = [VersionRequests("a", minute, 90, "zone-a", "eu") for minute in range(30)]
    rows += [
        VersionRequests("b", minute, 5, zone, "eu")
        for minute in range(3, 30)
        for zone in ("zone-b", "zone-a", "")
    ]
    (found,) = judge(Traffic(rows), A_SERVES, 0, 30).takings
    assert found == Taking(
        version="b",
        since=3,
        judged=4,
        zones=("zone-a", "zone-b"),
        regions=("eu",),
        requests=30,
        total_requests=210,
        minutes=2,
        returned=False,
        before=("a",),
    )


def test_a_night_without_requests_makes_no_version_gone() -> None:
    """Of two versions that serve, one may be first in the morning; the other is gone when it stays away."""
    known = {**A_SERVES, "b": KnownVersion(VersionPhase.SERVING, -100, -100)}
    assert judged({"a": [40] * 30, "b": [0, 0, *[40] * 28]}, known) == JudgedVersions(known, ())
    assert judged({"a": [40] * 30}, known).known["b"].phase is VersionPhase.GONE
    assert judged({"a": [40] * 4}, known) == judged({"a": [3] * 30}, known) == JudgedVersions(known, ())


def test_what_arrives_late_of_a_gone_version_is_no_return() -> None:
    """A replica that was cut off delivers its last minutes long after: its version stays gone."""
    known = {
        "a": KnownVersion(VersionPhase.GONE, 20, -100),
        "b": KnownVersion(VersionPhase.SERVING, 5, 5),
    }
    late = {"a": [60] * 16 + [0] * 14 + [1], "b": [60] * 31}
    found = judge(Traffic(rows(late)), known, 30, 31)
    assert found == JudgedVersions(known, ())


def test_the_longest_silence_that_a_share_explains() -> None:
    """A version is gone once it missed what its share would have brought, and not one request sooner."""
    own, every = 10, 1000
    missed = GONE_EXPECTED * every // own
    for short, phase in ((1, VersionPhase.SERVING), (0, VersionPhase.GONE)):
        counts = [every - own, *[0] * (GONE_MINUTES - 1), missed - short]
        found = judge(
            Traffic(rows({"a": counts, "b": [own]})),
            {**A_SERVES, "b": KnownVersion(VersionPhase.SERVING, -9, -9)},
            GONE_MINUTES,
            GONE_MINUTES + 1,
        )
        assert found.known["b"].phase is phase


VERSIONS = ("", "a", "b", "c")
COUNTS = st.sampled_from((0, 0, 1, 3, 7, 20, 90))
TRAFFIC = st.integers(3, 90).flatmap(
    lambda length: st.fixed_dictionaries(
        {version: st.lists(COUNTS, min_size=length, max_size=length) for version in VERSIONS}
    )
)


def in_turns(minutes: Minutes, cuts: Sequence[int], shuffled: Sequence[VersionRequests]) -> JudgedVersions:
    """Judge the minutes between cuts one turn after the other, each from what is stored by then and in reach.

    Nothing but what is known is carried from turn to turn: each might be another process.
    """
    known: Known = {}
    takings: list[Taking] = []
    goings: list[Going] = []
    for first, until in pairwise(cuts):
        reach = [one for one in shuffled if first - WINDOW_MINUTES <= one.minute < until]
        found = judge(Traffic(reach), known, first, until)
        known, takings, goings = found.known, [*takings, *found.takings], [*goings, *found.goings]
    return JudgedVersions(known, tuple(takings), tuple(goings))


@settings(max_examples=150, deadline=None)
@given(TRAFFIC, st.data())
def test_turns_restarts_and_order_of_arrival_change_nothing(minutes: Minutes, data: st.DataObject) -> None:
    """However minutes are cut into turns, and in any order and parts of their rows, changes are the same.

    One server that judges every minute, and one that was down for most of them, announce the same.
    """
    length = len(minutes["a"])
    cuts = sorted({0, length, *data.draw(st.lists(st.integers(0, length), max_size=8))})
    split = [
        VersionRequests(one.version, one.minute, part)
        for one in rows(minutes)
        for part in (one.requests // 2, one.requests - one.requests // 2)
    ]
    shuffled = data.draw(st.permutations(split)) if length < 12 else split[::-1]
    assert in_turns(minutes, cuts, shuffled) == judged(minutes)


@settings(max_examples=150, deadline=None)
@given(TRAFFIC, st.data())
def test_late_rows_double_nothing(minutes: Minutes, data: st.DataObject) -> None:
    """Rows that come after their minute was judged never make a second change of what is one.

    Between two changes of one version it was gone, and no two have the same minute.
    """
    length = len(minutes["a"])
    of_each = st.tuples(*[st.integers(0, 15)] * len(VERSIONS))
    delays = data.draw(st.lists(of_each, min_size=length, max_size=length))
    known: Known = {}
    serving: set[str] = set()
    seen: set[tuple[str, int]] = set()
    for minute in range(length):
        arrived = [
            one
            for one in rows(minutes)
            if one.minute + delays[one.minute][VERSIONS.index(one.version)] <= minute
        ]
        found = judge(Traffic(arrived), known, minute, minute + 1)
        for one in found.takings:
            assert one.version not in serving
            assert (one.version, one.since) not in seen
            seen.add((one.version, one.since))
        known = found.known
        serving = {version for version, one in known.items() if one.phase is VersionPhase.SERVING}


@settings(max_examples=100, deadline=None)
@given(TRAFFIC)
def test_a_change_is_within_what_was_handled(minutes: Minutes) -> None:
    """A change's share is of the traffic that was there, and its run began before it was judged."""
    for one in judged(minutes).takings:
        assert 0 < one.requests <= one.total_requests
        assert 0 <= one.since < one.judged
        assert minutes[one.version][one.since]
        assert minutes[one.version][one.judged]
        assert one.version not in one.before
