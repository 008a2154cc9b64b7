"""Which incident an alert belongs to: both sides of each bound, any order of events, and a slow twin."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.incidents.test_model import NOW, an_episode, an_incident

from holdfast.incidents import grouping
from holdfast.incidents.evidence import Contributor
from holdfast.incidents.grouping import (
    Placed,
    Successor,
    cause_of,
    merged,
    on_firing,
    placed,
    settled,
    successor,
)
from holdfast.incidents.model import Episode, FailingParty, Incident, IncidentState, Placing

SECOND, MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)
TEN_MINUTES, WAIT = timedelta(minutes=10), timedelta(seconds=20)
PAYLINE, STAGING, STORE = (
    FailingParty("payline"),
    FailingParty("payline", "staging"),
    FailingParty("orders-db"),
)


def _open(
    number: int, cause: FailingParty | None = None, *, ago: timedelta = SECOND, name: str = "cart"
) -> Incident:
    return an_incident(id=number, opened_at=NOW - ago, cause=cause, objective=name)


@pytest.mark.parametrize(
    ("active", "reason"),
    [
        ((), Placing.FIRST),
        ((_open(1, ago=timedelta(0)),), Placing.WAITS),
        ((_open(1, ago=TEN_MINUTES),), Placing.WAITS),
        ((_open(1, ago=TEN_MINUTES + MICROSECOND),), Placing.LATER),
        ((_open(1, ago=-SECOND),), Placing.WAITS),
        ((_open(1, ago=timedelta(hours=1)), _open(2)), Placing.WAITS),
        ((_open(1, ago=timedelta(hours=1), name="orders-succeed"),), Placing.WAITS),
    ],
)
def test_a_page_waits_for_ten_minutes_after_an_opening(active: tuple[Incident, ...], reason: Placing) -> None:
    """The first opens at once; what follows an opening waits, as does an objective that was in one."""
    assert on_firing("orders-succeed", NOW, active) is reason


@pytest.mark.parametrize(
    ("waited", "cause", "active", "reason", "joins"),
    [
        (WAIT, PAYLINE, (_open(1, PAYLINE),), Placing.SAME_CAUSE, 1),
        (WAIT + MICROSECOND, PAYLINE, (_open(1, PAYLINE),), Placing.CAUSE_LATE, None),
        (timedelta(0), PAYLINE, (_open(1, PAYLINE),), Placing.SAME_CAUSE, 1),
        (-MICROSECOND, PAYLINE, (_open(1, PAYLINE),), Placing.CAUSE_LATE, None),
        (SECOND, PAYLINE, (_open(1, STORE), _open(2, PAYLINE)), Placing.SAME_CAUSE, 2),
        (
            SECOND,
            PAYLINE,
            (_open(1, PAYLINE, ago=timedelta(hours=1)), _open(2, STORE)),
            Placing.SAME_CAUSE,
            1,
        ),
        (SECOND, PAYLINE, (_open(1, None), _open(2, PAYLINE)), Placing.SAME_CAUSE, 2),
        (SECOND, PAYLINE, (_open(1, STORE),), Placing.OTHER_CAUSE, None),
        (SECOND, PAYLINE, (_open(1, STAGING),), Placing.OTHER_CAUSE, None),
        (SECOND, PAYLINE, (_open(1, None),), Placing.WAITS, None),
        (WAIT - MICROSECOND, PAYLINE, (_open(1, None),), Placing.WAITS, None),
        (WAIT, PAYLINE, (_open(1, None),), Placing.CAUSE_UNKNOWN, None),
        (WAIT - MICROSECOND, None, (_open(1, PAYLINE),), Placing.WAITS, None),
        (WAIT, None, (_open(1, PAYLINE),), Placing.CAUSE_UNKNOWN, None),
        (SECOND, None, (), Placing.NONE_OPEN, None),
        (SECOND, PAYLINE, (), Placing.NONE_OPEN, None),
    ],
)
def test_an_episode_waits_twenty_seconds_at_most(
    waited: timedelta,
    cause: FailingParty | None,
    active: tuple[Incident, ...],
    reason: Placing,
    joins: int | None,
) -> None:
    """It joins the incident of its cause; unknown, different or late, it opens its own, with the reason."""
    found = placed(an_episode(fired_at=NOW - waited), cause, NOW, active)
    assert (found.reason, found.joins and found.joins.id) == (reason, joins)


def test_the_newer_incidents_of_a_cause_are_merged_into_the_oldest() -> None:
    """Whichever of them it was found for; without a cause, or alone with one, nothing is merged."""
    one, two, three, other = _open(1, PAYLINE), _open(2, PAYLINE), _open(3, PAYLINE), _open(4, STAGING)
    found = merged([three, other, one, two], PAYLINE)
    assert found is not None
    assert (found.into, found.newer, found.cause) == (one, (two, three), PAYLINE)
    assert merged([one, other], PAYLINE) is None
    assert merged([_open(1), _open(2)], None) is None


@pytest.mark.parametrize(
    ("known", "found", "age", "expected"),
    [
        (None, None, SECOND, None),
        (None, PAYLINE, timedelta(hours=1), PAYLINE),
        (PAYLINE, None, SECOND, PAYLINE),
        (PAYLINE, STORE, timedelta(minutes=1), STORE),
        (PAYLINE, STORE, timedelta(minutes=1, microseconds=1), PAYLINE),
    ],
)
def test_a_cause_settles_after_a_minute(
    known: FailingParty | None, found: FailingParty | None, age: timedelta, expected: FailingParty | None
) -> None:
    """Late spans may correct it until then; a later fault does not take the place of the first."""
    assert settled(an_episode(cause=known, fired_at=NOW - age), found, NOW) == expected


def _bad(service: str, bad: int, environment: str = "") -> Contributor:
    return Contributor(service, "GET /", None, None, bad, 0.0, sends_spans=True, environment=environment)


@pytest.mark.parametrize(
    ("contributors", "expected"),
    [
        ((), None),
        ((_bad("payline", 1),), PAYLINE),
        ((_bad("payline", 5), _bad("orders-db", 5)), None),
        ((_bad("payline", 6), _bad("orders-db", 5)), PAYLINE),
        ((_bad("payline", 3), _bad("payline", 3), _bad("orders-db", 5)), PAYLINE),
        ((_bad("payline", 5), _bad("payline", 5, "staging")), None),
        ((_bad("payline", 5), _bad("payline", 6, "staging")), STAGING),
        ((_bad("payline", 0),), None),
    ],
)
def test_the_cause_is_where_more_than_half_of_the_bad_events_failed(
    contributors: tuple[Contributor, ...], expected: FailingParty | None
) -> None:
    """Operations, zones and versions of a party count together, its environments apart."""
    assert cause_of(contributors) == expected


@pytest.mark.parametrize(
    ("cause", "lately", "expected"),
    [
        (PAYLINE, (), None),
        (None, (_bad("orders-db", 5),), None),
        (PAYLINE, (_bad("payline", 5),), None),
        (PAYLINE, (_bad("payline", 5), _bad("orders-db", 5)), None),
        (PAYLINE, (_bad("payline", 5), _bad("orders-db", 6)), Successor(STORE, 6, is_whole=False)),
        (PAYLINE, (_bad("payline", 0), _bad("orders-db", 6)), Successor(STORE, 6, is_whole=True)),
        (PAYLINE, (_bad("orders-db", 4), _bad("orders-db", 2)), Successor(STORE, 6, is_whole=True)),
        (PAYLINE, (_bad("payline", 6, "staging"),), Successor(STAGING, 6, is_whole=True)),
    ],
)
def test_an_episode_shifts_to_where_most_of_the_last_events_failed(
    cause: FailingParty | None, lately: tuple[Contributor, ...], expected: Successor | None
) -> None:
    """More than half of them at another party; whole once none failed at the cause."""
    assert successor(cause, lately) == expected


@dataclass
class Desk:
    """Incidents kept as the service keeps them, on values instead of rows."""

    incidents: dict[int, Incident] = field(default_factory=dict)
    waiting: dict[int, Episode] = field(default_factory=dict)
    log: dict[int, list[str]] = field(default_factory=dict)
    episodes: int = 0

    @property
    def active(self) -> list[Incident]:
        """Those that are not over, oldest first."""
        return [one for one in self.incidents.values() if not one.is_over]

    def fire(self, name: str, at: timedelta) -> None:
        """Let an objective page."""
        if any(one.objective == name and not one.is_over for one in self.every()):
            return
        self.episodes += 1
        episode = an_episode(id=self.episodes, objective=name, fired_at=NOW + at)
        reason = on_firing(name, NOW + at, self.active)
        if reason is Placing.WAITS:
            self.waiting[episode.id] = episode
        else:
            self.open(replace(episode, placed=reason), at)

    def open(self, episode: Episode, at: timedelta) -> None:
        """Open an incident."""
        number = len(self.incidents) + 1
        self.log[number] = [f"opened by {episode.id}"]
        mine = replace(episode, incident_id=number)
        self.incidents[number] = an_incident(id=number, opened_at=NOW + at, episodes=(mine,))

    def look(self, causes: dict[str, FailingParty | None], at: timedelta) -> None:
        """Look for the cause of everything, as the agenda does."""
        for episode in list(self.waiting.values()):
            cause = causes.get(episode.objective)
            self.place(episode, placed(episode, cause, NOW + at, self.active), cause, at)
        for incident in self.active:
            for one in incident.episodes:
                self.learn(one.id, causes.get(one.objective), at)

    def place(self, episode: Episode, found: Placed, cause: FailingParty | None, at: timedelta) -> None:
        """Carry out what was decided."""
        if found.reason is Placing.WAITS:
            return
        del self.waiting[episode.id]
        known = replace(episode, cause=cause, placed=found.reason)
        if found.joins is None:
            self.open(known, at)
            return
        into = self.incidents[found.joins.id]
        self.log[into.id].append(f"joined by {episode.id}")
        episodes = (*into.episodes, replace(known, incident_id=into.id))
        self.incidents[into.id] = replace(into, episodes=episodes)

    def learn(self, episode_id: int, found: FailingParty | None, at: timedelta) -> None:
        """Store the cause of an episode and merge what has the same."""
        incident = next(one for one in self.incidents.values() if episode_id in {e.id for e in one.episodes})
        changed = [
            replace(one, cause=settled(one, found, NOW + at)) if one.id == episode_id else one
            for one in incident.episodes
        ]
        self.incidents[incident.id] = replace(incident, episodes=tuple(changed))
        cause = next(one.cause for one in changed if one.id == episode_id)
        if (merge := merged(self.active, cause)) is not None:
            for newer in merge.newer:
                self.merge(newer, merge.into.id)

    def merge(self, newer: Incident, number: int) -> None:
        """Make an incident part of an older one."""
        into = self.incidents[number]
        self.incidents[number] = replace(into, episodes=(*into.episodes, *newer.episodes))
        over = replace(newer, episodes=(), state=IncidentState.RESOLVED, merged_into=number)
        self.incidents[newer.id] = over
        self.log[number] += self.log[newer.id]

    def end(self, name: str, at: timedelta) -> None:
        """Let an objective stop paging."""
        for incident in self.active:
            episodes = tuple(
                replace(one, resolved_at=NOW + at) if one.objective == name and not one.is_over else one
                for one in incident.episodes
            )
            state = IncidentState.RESOLVED if all(one.is_over for one in episodes) else incident.state
            self.incidents[incident.id] = replace(incident, episodes=episodes, state=state)

    def every(self) -> list[Episode]:
        """Return all episodes, also those that wait."""
        placed_ones = [one for incident in self.incidents.values() for one in incident.episodes]
        return [*placed_ones, *self.waiting.values()]


NAMES = ("orders", "cart", "search", "stock")
steps = st.lists(
    st.one_of(
        st.tuples(st.just("fire"), st.sampled_from(NAMES)),
        st.tuples(st.just("end"), st.sampled_from(NAMES)),
        st.tuples(
            st.just("look"), st.dictionaries(st.sampled_from(NAMES), st.sampled_from((None, PAYLINE, STORE)))
        ),
        st.tuples(st.just("wait"), st.integers(1, 700)),
    ),
    max_size=40,
)


def _played(story: list[tuple[str, object]]) -> Desk:
    """Play a story and check the rules at every step; incidents of one cause never overlap."""
    desk, at = Desk(), timedelta(0)
    for verb, what in story:
        before = {number: list(lines) for number, lines in desk.log.items()}
        if verb == "wait":
            at += timedelta(seconds=int(str(what)))
            # No episode waits longer than it may: the deadline's task sees to it.
            for episode in list(desk.waiting.values()):
                if NOW + at - episode.fired_at >= WAIT:
                    desk.place(episode, placed(episode, None, NOW + at, desk.active), None, at)
        elif verb == "look" and isinstance(what, dict):
            desk.look(what, at)
            known = [one.cause for one in desk.active if one.cause is not None]
            assert len(set(known)) == len(known)
        else:
            (desk.fire if verb == "fire" else desk.end)(str(what), at)
        for number, lines in before.items():
            assert desk.log[number][: len(lines)] == lines
    return desk


@given(steps)
def test_every_alert_is_in_exactly_one_unmerged_incident(story: list[tuple[str, object]]) -> None:
    """In any order of alerts, causes and ends; what was logged of an alert is in its incident's history."""
    desk = _played(story)
    every = [one.id for one in desk.every()]
    assert sorted(every) == list(range(1, desk.episodes + 1))
    for incident in desk.incidents.values():
        assert (incident.merged_into is None) == bool(incident.episodes)
        for one in incident.episodes:
            assert any(line.endswith(f"by {one.id}") for line in desk.log[incident.id])


def _naive(alerts: list[tuple[int, str, int]]) -> list[set[int]]:
    """Group alerts whose causes are known at once by reading the rule aloud: one open incident per party."""
    groups: list[tuple[str, set[int]]] = []
    for number, party, _ in alerts:
        same = next((group for of, group in groups if of == party), None)
        if same is None:
            groups.append((party, {number}))
        else:
            same.add(number)
    return [group for _, group in groups]


@given(
    st.lists(st.tuples(st.sampled_from(("payline", "orders-db", "cache")), st.integers(0, 900)), max_size=8)
)
def test_alerts_of_known_causes_are_grouped_as_a_plain_reading_would(found: list[tuple[str, int]]) -> None:
    """While nothing resolves, there is one incident for each party, whether alerts joined or were merged."""
    alerts = [(n, party, seconds) for n, (party, seconds) in enumerate(found, start=1)]
    causes: dict[str, FailingParty | None] = {f"objective-{n}": FailingParty(party) for n, party, _ in alerts}
    desk, at = Desk(), timedelta(0)
    for n, _, seconds in alerts:
        at += timedelta(seconds=seconds)
        desk.fire(f"objective-{n}", at)
        desk.look(causes, at)
        desk.look(causes, at)
    groups = [{one.id for one in incident.episodes} for incident in desk.active]
    assert sorted(map(sorted, groups)) == sorted(map(sorted, _naive(alerts)))
    assert desk.waiting == {}


def test_the_bounds_are_those_of_the_guide() -> None:
    """Ten minutes, twenty seconds and one minute are promised in docs/guide/alerts.md."""
    bounds = (grouping.WAITS_WITHIN, grouping.WAIT_MOST, grouping.SETTLES_AFTER)
    assert bounds == (TEN_MINUTES, WAIT, timedelta(minutes=1))
