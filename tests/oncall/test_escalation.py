"""Escalation: the step that is taken, whom it asks and whom it passes over, against a slow obvious twin."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.oncall.contacts import Channel, Contact, Planned
from holdfast.oncall.escalation import (
    EscalationPolicy,
    OnlyIn,
    Passing,
    Step,
    Target,
    TargetKind,
    escalate,
)
from holdfast.oncall.rotation import Hours

AT = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
PEOPLE = ("ann", "bob", "cyd")
WORK = OnlyIn((Hours(frozenset(range(5)), time(9), time(17)),), ZoneInfo("Europe/Berlin"))


def planned(person: str, at: datetime) -> tuple[Planned, ...]:
    """Return one message at once."""
    return (Planned(at, Contact("mail", Channel.MAIL, f"{person}@shop.example")),)


def policy(*steps: Step, repeats: int = 0) -> EscalationPolicy:
    """Return a policy of steps."""
    return EscalationPolicy(name="p", display_name="P", steps=steps, repeats=repeats)


def step(*users: str, takes_turns: bool = False, only_in: OnlyIn | None = None) -> Step:
    """Return a step that asks users for five minutes."""
    targets = tuple(Target(TargetKind.USER, one) for one in users)
    return Step(targets=targets, wait=timedelta(minutes=5), takes_turns=takes_turns, only_in=only_in)


def take(ladder: EscalationPolicy, number: int = 0, *, at: datetime = AT, turn: int = 0, reached=PEOPLE):  # type: ignore[no-untyped-def]
    """Take a step; only some people are reached."""
    return escalate(
        ladder,
        number,
        at=at,
        turn=turn,
        people=lambda target, _: (target.name,),
        messages=lambda person, when: planned(person, when) if person in reached else (),
    )


ladders = st.lists(
    st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True), min_size=1, max_size=4
)


@given(ladders, st.integers(0, 2), st.sets(st.sampled_from(PEOPLE)), st.integers(0, 11))
def test_the_step_that_is_taken(users: list[list[str]], repeats: int, reached: set[str], number: int) -> None:
    """The first from the given one on, within one round, of which somebody is reached."""
    ladder = policy(*(step(*one) for one in users), repeats=repeats)
    found = take(ladder, number, reached=reached)
    whole = users * (1 + repeats)
    coming = [n for n in range(number, min(len(whole), number + len(users))) if set(whole[n]) & reached]
    assert found.step == (coming[0] if coming else None)
    wanted = [person for person in whole[coming[0]] if person in reached] if coming else []
    assert [one.person for one in found.asked] == wanted
    looked_at = range(number, coming[0] + 1 if coming else min(len(whole), number + len(users)))
    missed = [(n, person) for n in looked_at for person in whole[n] if person not in reached]
    assert [(one.step, one.who) for one in found.passed] == missed


def test_a_step_waits_from_its_last_first_message_on() -> None:
    """Somebody whose quiet hours end later is given the whole time too."""
    late = AT + timedelta(hours=3)
    found = escalate(
        policy(step("ann", "bob")),
        0,
        at=AT,
        turn=0,
        people=lambda target, _: (target.name,),
        messages=lambda person, when: planned(person, late if person == "bob" else when),
    )
    assert found.until == late + timedelta(minutes=5)


@pytest.mark.parametrize("turn", range(5))
def test_taking_turns(turn: int) -> None:
    """One of the targets is asked, another one for each page."""
    found = take(policy(step(*PEOPLE, takes_turns=True)), turn=turn)
    assert [one.person for one in found.asked] == [PEOPLE[turn % 3]]


@pytest.mark.parametrize(
    ("at", "step_taken"),
    [
        (datetime(2026, 3, 4, 8, 0, tzinfo=UTC), 0),
        (datetime(2026, 3, 4, 7, 59, 59, tzinfo=UTC), 1),
        (datetime(2026, 3, 4, 15, 59, 59, tzinfo=UTC), 0),
        (datetime(2026, 3, 4, 16, 0, tzinfo=UTC), 1),
        (datetime(2026, 3, 7, 10, 0, tzinfo=UTC), 1),
    ],
)
def test_a_step_only_in_its_hours(at: datetime, step_taken: int) -> None:
    """Out of them it is passed at once: nine to five on weekdays in Berlin."""
    found = take(policy(step("ann", only_in=WORK), step("bob")), at=at)
    assert found.step == step_taken
    assert [one.reason for one in found.passed] == [Passing.OUT_OF_HOURS] * step_taken


def test_hours_over_midnight() -> None:
    """Belong to the day on which they begin."""
    night = OnlyIn((Hours(frozenset({4}), time(22), time(6)),), ZoneInfo("UTC"))
    assert night.includes(datetime(2026, 3, 7, 5, 59, tzinfo=UTC))
    assert not night.includes(datetime(2026, 3, 7, 6, 0, tzinfo=UTC))
    assert not night.includes(datetime(2026, 3, 8, 5, 0, tzinfo=UTC))


def test_who_is_named_twice_is_asked_once() -> None:
    """By the first target that names them."""
    found = escalate(
        policy(step("team", "ann")),
        0,
        at=AT,
        turn=0,
        people=lambda target, _: ("ann", "bob") if target.name == "team" else ("ann",),
        messages=planned,
    )
    assert [(one.person, one.by.name) for one in found.asked] == [("ann", "team"), ("bob", "team")]


@pytest.mark.parametrize(("named", "reason"), [(None, Passing.UNKNOWN), ((), Passing.NOBODY_ON_CALL)])
def test_a_target_that_names_nobody(named: tuple[str, ...] | None, reason: Passing) -> None:
    """Is passed over with the reason: the catalog lost it, or nobody is on call there."""
    found = escalate(policy(step("gone")), 0, at=AT, turn=0, people=lambda *_: named, messages=planned)
    assert [(one.who, one.reason) for one in found.passed] == [("user gone", reason)]
    assert found.step is None
