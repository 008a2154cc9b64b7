"""Documents of people and schedules: `User`, `Rotation`, `Schedule` and `Team`, read from the catalog."""

import re
from collections.abc import Iterator
from datetime import datetime, time
from zoneinfo import ZoneInfo, available_timezones

from holdfast.catalog import shapes
from holdfast.catalog.effects import worded
from holdfast.catalog.fields import Fields
from holdfast.catalog.kinds import HOLDFAST, Body, Kind
from holdfast.catalog.nodes import Node, ScalarNode, SequenceNode
from holdfast.catalog.problems import Rule, did_you_mean
from holdfast.oncall.model import ROTATIONS, SCHEDULES, TEAMS, USERS, ScheduleDocument, Team, User
from holdfast.oncall.rotation import ALWAYS, Hours, Rotation, TurnUnit
from holdfast.oncall.schedule import Schedule

MEMBERS_MOST, LAYERS_MOST, LENGTHS_MOST = 100, 10, 100
LENGTH_MOST = {TurnUnit.HOURS: 24 * 7, TurnUnit.DAYS: 366, TurnUnit.WEEKS: 52, TurnUnit.MONTHS: 12}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
_HANDOFF = "%Y-%m-%d %H:%M"
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")


def _read_user(body: Body) -> User:
    spec = body.spec
    return User(
        name=body.metadata.name,
        display_name=body.metadata.display_name,
        email=_email(spec),
        zone=_zone(spec) or ZoneInfo("UTC"),
        language=spec.choice("language", ("en",)) or "en",
        origin=body.origin,
    )


def _email(spec: Fields) -> str | None:
    text = spec.text("email", most=320)
    if text is not None and not _EMAIL.fullmatch(text):
        spec.error(Rule.WRONG_FORMAT, "email", "write one address, such as payments@shop.example")
        return None
    return text


def _zone(spec: Fields, *, required: bool = False) -> ZoneInfo | None:
    name = spec.text("timeZone", required=required)
    if name is None:
        return None
    if name not in available_timezones():
        message = f"this is no IANA time zone; {did_you_mean(name, available_timezones())}"
        spec.error(Rule.UNKNOWN_VALUE, "timeZone", message)
        return None
    return ZoneInfo(name)


def _read_rotation(body: Body) -> Rotation | None:
    spec = body.spec
    members = tuple(one.name for one in body.find_each(USERS, spec, "users", required=True))
    zone, handoff, turns = _zone(spec, required=True), _handoff(spec), _turns(spec)
    hours = tuple(_hours(spec))
    if len(members) > MEMBERS_MOST:
        spec.error(Rule.TOO_LARGE, "users", f"{len(members)} people; at most {MEMBERS_MOST} share a rotation")
    if not members or zone is None or handoff is None or turns is None:
        return None
    unit, lengths = turns
    return Rotation(
        name=body.metadata.name,
        members=members,
        zone=zone,
        handoff=handoff,
        unit=unit,
        lengths=lengths,
        hours=hours or ALWAYS,
    )


def _handoff(spec: Fields) -> datetime | None:
    text = spec.text("firstHandoff", required=True)
    if text is None:
        return None
    try:
        return datetime.strptime(text, _HANDOFF)  # a wall time of the rotation's own zone
    except ValueError:
        message = "write the day and the wall time of the first handoff, such as 2026-03-02 09:00"
        spec.error(Rule.WRONG_FORMAT, "firstHandoff", message)
        return None


def _turns(spec: Fields) -> tuple[TurnUnit, tuple[int, ...]] | None:
    section = spec.section("turns", required=True)
    if section is None:
        return None
    word = section.choice("unit", tuple(TurnUnit), required=True)
    node = section.take("lengths")
    section.done()
    if word is None:
        return None
    unit = TurnUnit(word)
    lengths = tuple(_whole_numbers(node)) if node is not None else (1,)
    most = LENGTH_MOST[unit]
    if not 1 <= len(lengths) <= LENGTHS_MOST or not all(1 <= one <= most for one in lengths):
        message = f"write whole numbers of {unit.value} from 1 to {most}, such as 1, or 2, 2, 3 in a list"
        section.error(Rule.OUT_OF_RANGE, "lengths", message)
        return None
    return unit, lengths


def _whole_numbers(node: Node) -> Iterator[int]:
    """Yield the whole numbers of one scalar or a list; anything else counts as 0, which is out of range."""
    for item in node.items if isinstance(node, SequenceNode) else (node,):
        number = item.fraction() if isinstance(item, ScalarNode) else None
        yield int(number) if number is not None and number.denominator == 1 else 0


def _hours(spec: Fields) -> Iterator[Hours]:
    for section in spec.sections("hours") or ():
        days = section.texts("days")
        unknown = [one for one in days if one not in WEEKDAYS]
        if unknown:
            message = f"write days as {', '.join(WEEKDAYS)}, not {unknown[0]}"
            section.error(Rule.UNKNOWN_VALUE, "days", message)
        start, end = _clock(section, "from"), _clock(section, "to")
        section.done()
        if not unknown and start is not None and end is not None:
            yield Hours(frozenset(WEEKDAYS.index(one) for one in days) or frozenset(range(7)), start, end)


def _clock(section: Fields, key: str) -> time | None:
    text = section.text(key, required=True)
    if text is None:
        return None
    if not _CLOCK.fullmatch(text):
        section.error(Rule.WRONG_FORMAT, key, "write a wall time in quotes, such as '09:00' or '24:00'")
        return None
    return time(0) if text == "24:00" else time.fromisoformat(text)


def _read_schedule(body: Body) -> ScheduleDocument | None:
    layers = tuple(_layers(body))
    shadows = body.find_each(ROTATIONS, body.spec, "shadows")
    if not layers:
        return None
    return ScheduleDocument(
        schedule=Schedule(name=body.metadata.name, layers=layers, shadows=shadows),
        display_name=body.metadata.display_name,
        description=body.spec.text("description") or "",
        origin=body.origin,
    )


def _layers(body: Body) -> Iterator[tuple[Rotation, ...]]:
    sections = body.spec.sections("layers", required=True) or ()
    if len(sections) > LAYERS_MOST:
        message = f"{len(sections)} layers; a schedule has at most {LAYERS_MOST}"
        body.spec.error(Rule.TOO_LARGE, "layers", message)
    for section in sections:
        rotations = body.find_each(ROTATIONS, section, "rotations", required=True)
        section.done()
        if rotations:
            yield rotations


def _read_team(body: Body) -> Team:
    members = body.find_each(USERS, body.spec, "members")
    schedule = body.find(SCHEDULES, body.spec, "schedule")
    return Team(
        name=body.metadata.name,
        display_name=body.metadata.display_name,
        members=tuple(one.name for one in members),
        schedule=None if schedule is None else schedule.name,
        origin=body.origin,
    )


def _changed(_old: object, _new: object) -> Iterator[str]:
    yield "changed"


USER: Kind[User] = Kind(
    USERS.name,
    api_version=HOLDFAST,
    summary="Somebody who can be on call.",
    read=_read_user,
    needs_spec=False,
    spec=shapes.mapping(
        {
            "email": shapes.text("One address.", most=320),
            "timeZone": shapes.text("An IANA time zone, such as Europe/Berlin."),
            "language": shapes.choice(("en",), "The language of messages."),
        }
    ),
    effects=worded("user", added=lambda _: "new", changed=_changed, removed=lambda _: "gone"),
)

ROTATION: Kind[Rotation] = Kind(
    ROTATIONS.name,
    api_version=HOLDFAST,
    summary="People who take turns, and the wall times at which they hand over.",
    read=_read_rotation,
    refers_to=(USERS,),
    spec=shapes.mapping(
        {
            "description": shapes.text(),
            "users": shapes.one_or_more(shapes.reference(USERS.name), "Who takes turns, in this order."),
            "timeZone": shapes.text("An IANA time zone, such as Europe/Berlin."),
            "firstHandoff": shapes.text("The wall time of the first handoff, such as 2026-03-02 09:00."),
            "turns": shapes.mapping(
                {
                    "unit": shapes.choice(TurnUnit, "What the length of a turn is counted in."),
                    "lengths": shapes.one_or_more(
                        shapes.number(least=1, most=366), "1 by default; a list repeats: 2, 2, 3."
                    ),
                },
                required=("unit",),
            ),
            "hours": shapes.listed(
                shapes.mapping(
                    {
                        "days": shapes.one_or_more(shapes.choice(WEEKDAYS), "Every day by default."),
                        "from": shapes.text("A wall time, such as 09:00."),
                        "to": shapes.text("A wall time; one that is not later is on the next day."),
                    },
                    required=("from", "to"),
                ),
                "The hours of the week it works in; always by default.",
            ),
        },
        required=("users", "timeZone", "firstHandoff", "turns"),
    ),
    effects=worded("rotation", added=lambda _: "new", changed=_changed, removed=lambda _: "gone"),
)

SCHEDULE: Kind[ScheduleDocument] = Kind(
    SCHEDULES.name,
    api_version=HOLDFAST,
    summary="Who is on call: layers of rotations, the first of which that has somebody decides.",
    read=_read_schedule,
    refers_to=(ROTATIONS,),
    spec=shapes.mapping(
        {
            "description": shapes.text(),
            "layers": shapes.listed(
                shapes.mapping(
                    {"rotations": shapes.one_or_more(shapes.reference(ROTATIONS.name))},
                    required=("rotations",),
                ),
                "In order of priority.",
                least=1,
                most=LAYERS_MOST,
            ),
            "shadows": shapes.one_or_more(
                shapes.reference(ROTATIONS.name), "Rotations whose people follow and are not paged first."
            ),
        },
        required=("layers",),
    ),
    effects=worded("schedule", added=lambda _: "new", changed=_changed, removed=lambda _: "gone"),
)

TEAM: Kind[Team] = Kind(
    TEAMS.name,
    api_version=HOLDFAST,
    summary="People who own services; a service names its team in the label team.",
    read=_read_team,
    refers_to=(USERS, SCHEDULES),
    needs_spec=False,
    spec=shapes.mapping(
        {
            "members": shapes.one_or_more(shapes.reference(USERS.name)),
            "schedule": shapes.reference(SCHEDULES.name, "The schedule of who is on call for it."),
        }
    ),
    effects=worded("team", added=lambda _: "new", changed=_changed, removed=lambda _: "gone"),
)

ONCALL_KINDS = (USER, ROTATION, SCHEDULE, TEAM)
