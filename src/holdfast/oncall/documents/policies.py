"""Escalation policies as documents: `EscalationPolicy`."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from holdfast.catalog import shapes
from holdfast.catalog.effects import worded
from holdfast.catalog.fields import Fields
from holdfast.catalog.kinds import HOLDFAST, Body, Checked, Kind
from holdfast.catalog.openslo.policies import read_duration
from holdfast.catalog.problems import Rule
from holdfast.oncall.documents import times
from holdfast.oncall.escalation import EscalationPolicy, OnlyIn, Step, Target, TargetKind
from holdfast.oncall.model import POLICIES, SCHEDULES, TEAMS, USERS

STEPS_MOST, TARGETS_MOST, REPEATS_MOST = 20, 50, 9
WAIT_LEAST, WAIT_MOST = timedelta(minutes=1), timedelta(hours=24)


def _read_policy(body: Body) -> EscalationPolicy | None:
    spec = body.spec
    spec.text("description")
    team = body.find(TEAMS, spec, "team")
    repeats = _repeats(spec)
    sections = spec.sections("steps", required=True)
    if sections is not None and not 1 <= len(sections) <= STEPS_MOST:
        message = f"{len(sections)} steps; a policy has 1 to {STEPS_MOST}"
        spec.error(Rule.OUT_OF_RANGE, "steps", message)
    steps = tuple(_steps(body, sections or ()))
    if not steps:
        return None
    return EscalationPolicy(
        name=body.metadata.name,
        display_name=body.metadata.display_name,
        steps=steps,
        repeats=repeats,
        team=None if team is None else team.name,
        origin=body.origin,
    )


def _repeats(spec: Fields) -> int:
    number = spec.fraction("repeats")
    if number is None:
        return 0
    if number.denominator != 1 or not 0 <= number <= REPEATS_MOST:
        spec.error(Rule.OUT_OF_RANGE, "repeats", f"write a whole number from 0 to {REPEATS_MOST}")
        return 0
    return int(number)


def _steps(body: Body, sections: tuple[Fields, ...]) -> Iterator[Step]:
    for section in sections:
        targets = _targets(body, section)
        wait = _wait(section)
        takes_turns = section.boolean("takesTurns") or False
        only_in = _only_in(section)
        section.done()
        if targets and wait is not None:
            yield Step(targets=targets, wait=wait, takes_turns=takes_turns, only_in=only_in)


def _targets(body: Body, section: Fields) -> tuple[Target, ...]:
    found = (
        *(Target(TargetKind.SCHEDULE, one.name) for one in body.find_each(SCHEDULES, section, "schedules")),
        *(Target(TargetKind.USER, one.name) for one in body.find_each(USERS, section, "users")),
        *(Target(TargetKind.TEAM, one.name) for one in body.find_each(TEAMS, section, "teams")),
    )
    if not any(section.has(key) for key in ("schedules", "users", "teams")):
        section.error(Rule.MISSING_FIELD, "schedules", "a step asks schedules, users or teams, and this none")
    if len(found) > TARGETS_MOST:
        message = f"{len(found)} targets; a step has at most {TARGETS_MOST}"
        section.error(Rule.TOO_LARGE, "users", message)
    return found


def _wait(section: Fields) -> timedelta | None:
    wait = read_duration(section, "wait", required=True)
    if wait is not None and not WAIT_LEAST <= wait <= WAIT_MOST:
        section.error(Rule.OUT_OF_RANGE, "wait", "a step waits for 1 minute to 24 hours, such as 5m")
        return None
    return wait


def _only_in(section: Fields) -> OnlyIn | None:
    within = section.section("onlyIn")
    if within is None:
        return None
    zone, hours = times.zone(within, required=True), tuple(times.hours(within))
    within.done()
    if not hours:
        within.error(Rule.MISSING_FIELD, "hours", "write the hours of the week in which the step is taken")
        return None
    return None if zone is None else OnlyIn(hours, zone)


def _check(documents: Sequence[Checked[EscalationPolicy]]) -> None:
    """Note a team that pages by two policies, and steps of which the last may be left out."""
    owners: dict[str, str] = {}
    for one in documents:
        team = one.value.team
        if team is not None and owners.setdefault(team, one.value.name) != one.value.name:
            message = f"the team pages by the policy {owners[team]} already"
            one.body.spec.error(Rule.EXCLUSIVE_FIELDS, "team", message)
        if one.value.steps[-1].only_in is not None:
            message = "the last step may not depend on the hour: a page must not end at nobody"
            one.body.spec.error(Rule.UNSUPPORTED, "steps", message)


def _changed(_old: object, _new: object) -> Iterator[str]:
    yield "changed"


ESCALATION_POLICY: Kind[EscalationPolicy] = Kind(
    POLICIES.name,
    api_version=HOLDFAST,
    summary="Whom to page, for how long, and who comes next.",
    read=_read_policy,
    refers_to=(USERS, SCHEDULES, TEAMS),
    check=_check,
    spec=shapes.mapping(
        {
            "description": shapes.text(),
            "team": shapes.reference(TEAMS.name, "The team whose services page by it."),
            "repeats": shapes.number("How often it begins again; 0 by default.", least=0, most=REPEATS_MOST),
            "steps": shapes.listed(
                shapes.mapping(
                    {
                        "schedules": shapes.one_or_more(
                            shapes.reference(SCHEDULES.name), "Who is on call there."
                        ),
                        "users": shapes.one_or_more(shapes.reference(USERS.name)),
                        "teams": shapes.one_or_more(shapes.reference(TEAMS.name), "All of their members."),
                        "wait": shapes.duration("For an acknowledgement, until the next step; 1m to 24h."),
                        "takesTurns": shapes.boolean("Ask one of them, another one for each page."),
                        "onlyIn": shapes.mapping(
                            {"timeZone": times.ZONE, "hours": times.HOURS},
                            "Take the step in these hours only; else it is passed.",
                            required=("timeZone", "hours"),
                        ),
                    },
                    required=("wait",),
                ),
                "In this order.",
                least=1,
                most=STEPS_MOST,
            ),
        },
        required=("steps",),
    ),
    effects=worded("escalation policy", added=lambda _: "new", changed=_changed, removed=lambda _: "gone"),
)
