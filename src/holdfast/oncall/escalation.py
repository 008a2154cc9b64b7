"""Escalation: whom a policy asks, for how long, and who comes next. Pure.

A policy is a ladder of steps. A step asks everybody its targets name at that moment; if none of them
acknowledges in its time, the next one is taken, and after the last the first again, as often as the policy
repeats. A step that reaches nobody is passed at once, with the reason: it may not cost anybody time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from holdfast.catalog.model import NOWHERE, SourceLocation
from holdfast.oncall.contacts import Planned
from holdfast.oncall.rotation import Hours
from holdfast.oncall.wallclock import first_instant, last_instant

DAY = timedelta(days=1)


class TargetKind(StrEnum):
    """What a step asks."""

    SCHEDULE = "schedule"
    USER = "user"
    TEAM = "team"


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """A schedule (who is on call), a user, or a team (all of its members)."""

    kind: TargetKind
    name: str

    def __str__(self) -> str:
        """Say it as the catalog's kinds are called."""
        return f"{self.kind.value} {self.name}"


@dataclass(frozen=True, slots=True)
class OnlyIn:
    """Hours of the week, in a zone, in which a step is taken."""

    hours: tuple[Hours, ...]
    zone: ZoneInfo

    def includes(self, at: datetime) -> bool:
        """Return whether an instant is in the hours; both occurrences of an hour that comes twice are."""
        today = at.astimezone(self.zone).date()
        spans = (one.on(day) for one in self.hours for day in (today - DAY, today))
        return any(
            first_instant(span[0], self.zone) <= at < last_instant(span[1], self.zone)
            for span in spans
            if span is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Whom to ask, and how long to wait for an acknowledgement before the next step.

    Taking turns, only one of the targets is asked, another one for each page.
    """

    targets: tuple[Target, ...]
    wait: timedelta
    takes_turns: bool = False
    only_in: OnlyIn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """A ladder of steps, climbed once and `repeats` times more; the services of `team` page by it."""

    name: str
    display_name: str
    steps: tuple[Step, ...]
    repeats: int = 0
    team: str | None = None
    origin: SourceLocation = field(default=NOWHERE, compare=False)

    @property
    def steps_most(self) -> int:
        """How many steps a page takes at most."""
        return len(self.steps) * (1 + self.repeats)

    def step(self, number: int) -> Step:
        """Return the step that is taken as number `number`, counted from 0 over all repeats."""
        return self.steps[number % len(self.steps)]


class Passing(StrEnum):
    """Why a step, or a person of it, was passed."""

    OUT_OF_HOURS = "out_of_hours"
    NOBODY_ON_CALL = "nobody_on_call"
    NO_CONTACT = "no_contact"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Passed:
    """Somebody, or something, that a step could not ask: `who` is a person or a target."""

    step: int
    who: str
    reason: Passing


@dataclass(frozen=True, slots=True)
class AskedPerson:
    """A person who is paged in a step, because a target of it named them, and the messages they get."""

    step: int
    person: str
    by: Target
    messages: tuple[Planned, ...]


@dataclass(frozen=True, slots=True)
class Escalation:
    """What to do now: ask these people until `until`, as step `step`; None if no step reaches anybody."""

    passed: tuple[Passed, ...]
    asked: tuple[AskedPerson, ...] = ()
    step: int | None = None
    until: datetime | None = None


People = Callable[[Target, datetime], "tuple[str, ...] | None"]
"""The people that a target names at an instant; None if the catalog does not know the target."""

Messages = Callable[[str, datetime], tuple[Planned, ...]]
"""The messages that page a person from an instant on; none where there is no verified contact."""


def escalate(
    policy: EscalationPolicy, number: int, *, at: datetime, turn: int, people: People, messages: Messages
) -> Escalation:
    """Take the first step from `number` on that reaches somebody.

    `turn` counts the pages of the policy. Once as many steps in a row as the policy has reached nobody, the
    same instant would find nobody again: the escalation ends, and the installation's fallback is asked.
    """
    passed: list[Passed] = []
    for step in range(number, min(policy.steps_most, number + len(policy.steps))):
        found, missed = _ask(policy.step(step), step, at, turn, people, messages)
        passed += missed
        if found:
            first = max(one.messages[0].due_at for one in found)
            return Escalation(tuple(passed), found, step, first + policy.step(step).wait)
    return Escalation(tuple(passed))


def _ask(
    step: Step, number: int, at: datetime, turn: int, people: People, messages: Messages
) -> tuple[tuple[AskedPerson, ...], list[Passed]]:
    """Return who is asked in a step, each person once, and who or what could not be."""
    if step.only_in is not None and not step.only_in.includes(at):
        return (), [Passed(number, f"step {number + 1}", Passing.OUT_OF_HOURS)]
    asked: dict[str, AskedPerson] = {}
    passed: list[Passed] = []
    for target in (step.targets[turn % len(step.targets)],) if step.takes_turns else step.targets:
        named = people(target, at)
        if not named:
            reason = Passing.UNKNOWN if named is None else Passing.NOBODY_ON_CALL
            passed.append(Passed(number, str(target), reason))
        for person in named or ():
            if found := messages(person, at):
                asked.setdefault(person, AskedPerson(number, person, target, found))
            else:
                passed.append(Passed(number, person, Passing.NO_CONTACT))
    return tuple(asked.values()), passed
