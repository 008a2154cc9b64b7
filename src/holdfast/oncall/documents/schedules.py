"""Rotations and schedules as documents: `Rotation` and `Schedule`."""

from collections.abc import Iterator
from datetime import datetime

from holdfast.catalog import shapes
from holdfast.catalog.effects import worded
from holdfast.catalog.fields import Fields
from holdfast.catalog.kinds import HOLDFAST, Body, Kind
from holdfast.catalog.nodes import Node, ScalarNode, SequenceNode
from holdfast.catalog.problems import Rule
from holdfast.oncall.documents import times
from holdfast.oncall.model import ROTATIONS, SCHEDULES, USERS, ScheduleDocument
from holdfast.oncall.rotation import ALWAYS, Rotation, TurnUnit
from holdfast.oncall.schedule import Schedule

MEMBERS_MOST, LAYERS_MOST, LENGTHS_MOST = 100, 10, 100
LENGTH_MOST = {TurnUnit.HOURS: 24 * 7, TurnUnit.DAYS: 366, TurnUnit.WEEKS: 52, TurnUnit.MONTHS: 12}
_HANDOFF = "%Y-%m-%d %H:%M"


def _read_rotation(body: Body) -> Rotation | None:
    spec = body.spec
    spec.text("description")
    members = tuple(one.name for one in body.find_each(USERS, spec, "users", required=True))
    zone, handoff, turns = times.zone(spec, required=True), _handoff(spec), _turns(spec)
    hours = tuple(times.hours(spec))
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


def _changed(_old: object, _new: object) -> Iterator[str]:
    yield "changed"


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
            "timeZone": times.ZONE,
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
            "hours": times.HOURS,
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
