"""People and schedules in the catalog: what a document becomes, and each problem at its field."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from holdfast.app.kinds import KINDS
from holdfast.catalog.assembly import assemble
from holdfast.catalog.documents import split
from holdfast.catalog.problems import ordered
from holdfast.catalog.reading import SourceFile
from holdfast.oncall.contacts import Channel, Contact, QuietHours
from holdfast.oncall.documents.people import TEAM
from holdfast.oncall.documents.schedules import ROTATION, SCHEDULE
from holdfast.oncall.model import POLICIES, USERS
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


POLICY_TEXT = """
apiVersion: holdfast.dev/v1
kind: EscalationPolicy
metadata: {name: payments-high}
spec:
  team: payments
  repeats: 2
  steps:
    - {schedules: payments, wait: 5m}
    - users: [primary, secondary]
      wait: 10m
      takesTurns: true
      onlyIn: {timeZone: UTC, hours: [{from: "09:00", to: "17:00"}]}
    - {teams: payments, wait: 1h}
"""
WHOLE = (SCHEDULE_TEXT, ROTATION_TEXT, PEOPLE)


def test_a_policy_becomes_a_ladder() -> None:
    """Its steps with their targets in order, their waits, turns and hours."""
    found, problems = read(POLICY_TEXT, *WHOLE)
    assert problems == ()
    (policy,) = found.catalog.of(POLICIES)
    assert (policy.team, policy.repeats, policy.steps_most) == ("payments", 2, 9)
    assert [[str(one) for one in step.targets] for step in policy.steps] == [
        ["schedule payments"],
        ["user primary", "user secondary"],
        ["team payments"],
    ]
    assert [step.wait.total_seconds() / 60 for step in policy.steps] == [5, 10, 60]
    assert [step.takes_turns for step in policy.steps] == [False, True, False]
    assert policy.steps[1].only_in is not None


@pytest.mark.parametrize(
    ("old", "new", "path", "rule"),
    [
        ("users: [primary, secondary]", "users: [gone]", "spec.steps[1].users[0]", "unknown-reference"),
        ("schedules: payments, ", "", "spec.steps[0].schedules", "missing-field"),
        ("wait: 5m", "wait: 59s", "spec.steps[0].wait", "out-of-range"),
        ("wait: 1h", "wait: 25h", "spec.steps[2].wait", "out-of-range"),
        ("wait: 5m", "wait: soon", "spec.steps[0].wait", "wrong-format"),
        ("repeats: 2", "repeats: 10", "spec.repeats", "out-of-range"),
        ("repeats: 2", "repeats: 1.5", "spec.repeats", "out-of-range"),
        ("team: payments", "team: gone", "spec.team", "unknown-reference"),
        ("    - {teams: payments, wait: 1h}\n", "", "spec.steps", "unsupported"),
        ("takesTurns", "taketurns", "spec.steps[1].taketurns", "unknown-field"),
    ],
)
def test_each_problem_of_a_policy_is_at_its_field(old: str, new: str, path: str, rule: str) -> None:
    """The value, the rule, and a way to put it right."""
    _, problems = read(POLICY_TEXT.replace(old, new), *WHOLE)
    assert (path, rule) in [(one.path, one.rule.value) for one in problems]


@pytest.mark.parametrize("text", [ROTATION_TEXT, SCHEDULE_TEXT, POLICY_TEXT])
def test_what_is_described_is_taken(text: str) -> None:
    """A rotation, a schedule and a policy have a `description`, as the schema says."""
    described = text.replace("spec:\n", "spec:\n  description: For payments.\n", 1)
    _, problems = read(described, *(one for one in (POLICY_TEXT, *WHOLE) if one != text))
    assert problems == ()


def test_a_team_pages_by_one_policy() -> None:
    """Of a second one it is said that there is a first."""
    _, problems = read(POLICY_TEXT, POLICY_TEXT.replace("payments-high", "payments-too"), *WHOLE)
    assert [(one.path, one.rule.value) for one in problems] == [("spec.team", "exclusive-fields")]


USER_TEXT = """
apiVersion: holdfast.dev/v1
kind: User
metadata: {name: ann}
spec:
  contacts:
    - {channel: mail, address: ann@shop.example}
    - {name: hook, channel: webhook, address: "https://hooks.example/ann"}
  notify:
    high: [{contacts: mail}, {after: 2m, contacts: [hook]}]
  quietHours: {from: "22:00", to: "07:00"}
"""


def test_how_a_user_is_reached() -> None:
    """Contacts by their names, rules by urgency, and quiet hours."""
    found, problems = read(USER_TEXT)
    assert problems == ()
    reach = found.catalog.of(USERS)[0].reach
    assert [(one.name, one.channel.value) for one in reach.contacts] == [
        ("mail", "mail"),
        ("hook", "webhook"),
    ]
    assert [(one.after.total_seconds(), one.contacts) for one in reach.high] == [
        (0, ("mail",)),
        (120, ("hook",)),
    ]
    assert (reach.low, reach.quiet) == ((), QuietHours(time(22), time(7)))


@pytest.mark.parametrize(
    ("old", "new", "path", "rule"),
    [
        ("ann@shop.example", "ann", "spec.contacts[0].address", "wrong-format"),
        ("https://hooks.example", "https://[hooks", "spec.contacts[1].address", "wrong-format"),
        ("https://hooks", "ftp://hooks", "spec.contacts[1].address", "wrong-format"),
        ("https://hooks", "https://me:secret@hooks", "spec.contacts[1].address", "wrong-format"),
        ("channel: mail", "channel: pigeon", "spec.contacts[0].channel", "unknown-value"),
        ("name: hook", "name: mail", "spec.contacts[1].name", "duplicate-name"),
        ("contacts: [hook]", "contacts: [phone]", "spec.notify.high[1].contacts", "unknown-reference"),
        ("after: 2m", "after: 5h", "spec.notify.high[1].after", "out-of-range"),
        ('to: "07:00"', 'to: "7"', "spec.quietHours.to", "wrong-format"),
    ],
)
def test_each_problem_of_a_user_is_at_its_field(old: str, new: str, path: str, rule: str) -> None:
    """The value, the rule, and a way to put it right."""
    _, problems = read(USER_TEXT.replace(old, new))
    assert (path, rule) in [(one.path, one.rule.value) for one in problems]


def test_an_email_is_a_contact() -> None:
    """Of who has written no contacts."""
    found, _ = read(PEOPLE)
    assert [one.reach.contacts for one in found.catalog.of(USERS)] == [
        (),
        (Contact("mail", Channel.MAIL, "payments-secondary@shop.example"),),
    ]
