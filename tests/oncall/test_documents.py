"""People and schedules in the catalog: what a document becomes, and each problem at its field."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from holdfast.app.kinds import KINDS
from holdfast.catalog.assembly import assemble
from holdfast.catalog.documents import split
from holdfast.catalog.problems import ordered
from holdfast.catalog.reading import SourceFile
from holdfast.oncall.documents.people import TEAM
from holdfast.oncall.documents.schedules import ROTATION, SCHEDULE
from holdfast.oncall.rotation import Hours, TurnUnit

PEOPLE = """
apiVersion: holdfast.dev/v1
kind: User
metadata: {name: primary}
---
apiVersion: holdfast.dev/v1
kind: User
metadata: {name: secondary}
spec: {email: payments-secondary@shop.example, timeZone: Europe/Berlin}
"""

ROTATION_TEXT = """
apiVersion: holdfast.dev/v1
kind: Rotation
metadata: {name: payments-day}
spec:
  users: [primary, secondary]
  timeZone: Europe/Berlin
  firstHandoff: 2026-03-02 09:00
  turns: {unit: days, lengths: [2, 2, 3]}
  hours:
    - {days: [mon, fri], from: "09:00", to: "17:00"}
    - {from: "22:00", to: "24:00"}
"""

SCHEDULE_TEXT = """
apiVersion: holdfast.dev/v1
kind: Schedule
metadata: {name: payments, displayName: Payments}
spec:
  layers:
    - rotations: payments-day
---
apiVersion: holdfast.dev/v1
kind: Team
metadata: {name: payments}
spec: {members: [primary, secondary], schedule: payments}
"""


def read(*texts: str):  # type: ignore[no-untyped-def]
    """Return the catalog and every problem of the given texts."""
    parts = split([SourceFile(f"{n}.yaml", text) for n, text in enumerate(texts, 1)], KINDS)
    found = assemble(parts.documents, KINDS)
    return found, ordered((*parts.problems, *found.problems))


def test_documents_become_people_rotations_schedules_and_teams() -> None:
    """With what they refer to, in any order of files."""
    found, problems = read(SCHEDULE_TEXT, ROTATION_TEXT, PEOPLE)
    assert problems == ()
    (rotation,) = found.catalog.of(ROTATION)
    assert (rotation.members, rotation.zone) == (("primary", "secondary"), ZoneInfo("Europe/Berlin"))
    assert (rotation.handoff, rotation.unit, rotation.lengths) == (
        datetime(2026, 3, 2, 9),
        TurnUnit.DAYS,
        (2, 2, 3),
    )
    assert rotation.hours == (
        Hours(frozenset({0, 4}), time(9), time(17)),
        Hours(frozenset(range(7)), time(22), time(0)),
    )
    (schedule,) = found.catalog.of(SCHEDULE)
    assert schedule.schedule.layers == ((rotation,),)
    (team,) = found.catalog.of(TEAM)
    assert (team.members, team.schedule) == (("primary", "secondary"), "payments")


@pytest.mark.parametrize(
    ("old", "new", "path", "rule"),
    [
        ("users: [primary, secondary]", "users: [primary, nobody]", "spec.users[1]", "unknown-reference"),
        ("users: [primary, secondary]", "users: []", "spec.users", "wrong-format"),
        ("Europe/Berlin", "Europe/Berlln", "spec.timeZone", "unknown-value"),
        ("2026-03-02 09:00", "2026-02-30 09:00", "spec.firstHandoff", "wrong-format"),
        ("2026-03-02 09:00", "tomorrow", "spec.firstHandoff", "wrong-format"),
        ("unit: days", "unit: day", "spec.turns.unit", "unknown-value"),
        ("[2, 2, 3]", "[2, 0, 3]", "spec.turns.lengths", "out-of-range"),
        ("[2, 2, 3]", "[2, 2.5]", "spec.turns.lengths", "out-of-range"),
        ("[2, 2, 3]", "367", "spec.turns.lengths", "out-of-range"),
        ("[2, 2, 3]", "[]", "spec.turns.lengths", "out-of-range"),
        ("[mon, fri]", "[monday]", "spec.hours[0].days", "unknown-value"),
        ('"09:00", to', '"9:00", to', "spec.hours[0].from", "wrong-format"),
        ('"24:00"', '"24:01"', "spec.hours[1].to", "wrong-format"),
        ("turns:", "turn:", "spec.turn", "unknown-field"),
    ],
)
def test_each_problem_of_a_rotation_is_at_its_field(old: str, new: str, path: str, rule: str) -> None:
    """The value, the rule, and a way to put it right."""
    _, problems = read(PEOPLE, ROTATION_TEXT.replace(old, new))
    assert (path, rule) in [(one.path, one.rule.value) for one in problems]


@pytest.mark.parametrize("length", [1, 366])
def test_the_longest_and_shortest_turns_are_allowed(length: int) -> None:
    """A day and a year of days."""
    _, problems = read(PEOPLE, ROTATION_TEXT.replace("[2, 2, 3]", str(length)))
    assert problems == ()
