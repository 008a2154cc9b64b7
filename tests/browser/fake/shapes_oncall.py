"""On-call of the invented shop: schedules with a gap and an override, contacts, pages and their delivery."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from .asked import Refusal, moment
from .world import Json, World, iso

DAY = timedelta(days=1)
EPOCH = datetime.fromisoformat("2026-01-05T09:00:00+00:00")
GAP_IN, GAP_LASTS = timedelta(hours=12), timedelta(days=2)
"""How far ahead the supply schedule has nobody, and for how long."""
SCHEDULES = {
    "payments": ("Payments primary", ["Payments"], ["payments-primary", "payments-secondary"], timedelta(7)),
    "payments-second": (
        "Payments secondary",
        [],
        ["payments-secondary", "payments-primary"],
        timedelta(7),
    ),
    "shop": (
        "Shop around the clock",
        ["Shop"],
        ["shop-day", "shop-evening", "shop-night"],
        timedelta(hours=8),
    ),
    "supply": ("Supply", ["Supply"], ["supply-primary"], timedelta(28)),
}
PEOPLE = sorted({person for _, _, people, _ in SCHEDULES.values() for person in people})
CODE = "482913"


@dataclass(slots=True)
class Staff:
    """What people did about on-call: overrides by schedule, contacts by person, and acknowledged pages."""

    overrides: dict[str, list[Json]] = field(default_factory=dict)
    contacts: dict[str, str] = field(default_factory=dict)
    pages: dict[int, Json] = field(default_factory=dict)


def of(world: World) -> Staff:
    """Return the staff of a world, made when it is first asked for."""
    if not world.staff:
        world.staff.append(_first(world))
    return world.staff[0]


def _first(world: World) -> Staff:
    if world.scenario == "empty":
        return Staff()
    start = world.now + timedelta(days=1, hours=2)
    override = {
        "id": 1,
        "start": iso(start),
        "end": iso(start + timedelta(hours=14)),
        "person": "payments-secondary",
        "instead_of": None,
    }
    contacts = dict.fromkeys(PEOPLE, "verified") | {"shop-night": "unverified"}
    pages = {4409: _answered(world)}
    if world.scenario != "healthy":
        contacts["supply-primary"] = "code_sent"
        pages = {4417: _paging(world), **pages}
    return Staff({"payments": [override]}, contacts, pages)


def _people(world: World, schedule: str, at: datetime) -> tuple[list[str], bool]:
    """Return who is on call at an instant, and whether an override decided it."""
    _, _, people, turn = SCHEDULES[schedule]
    for one in reversed(of(world).overrides.get(schedule, [])):
        if datetime.fromisoformat(one["start"]) <= at < datetime.fromisoformat(one["end"]):
            return [one["person"]], one["instead_of"] is None
    gap = world.now + GAP_IN
    if schedule == "supply" and world.scenario != "healthy" and gap <= at < gap + GAP_LASTS:
        return [], False
    return [people[(at - EPOCH) // turn % len(people)]], False


def duties(world: World, schedule: str, start: datetime, end: datetime) -> list[Json]:
    """Return who is on call in [start, end), equal neighbours as one."""
    turn = SCHEDULES[schedule][3]
    made = of(world).overrides.get(schedule, [])
    gap = world.now + GAP_IN
    bounds = {start, end, gap, gap + GAP_LASTS}
    bounds |= {datetime.fromisoformat(one[name]) for one in made for name in ("start", "end")}
    bounds |= {EPOCH + turn * number for number in range((start - EPOCH) // turn, (end - EPOCH) // turn + 1)}
    moments = sorted(one for one in bounds if start <= one <= end)
    found: list[Json] = []
    for begins, ends in pairwise(moments):
        people, is_override = _people(world, schedule, begins)
        layer = None if is_override or not people else 0
        if found and (found[-1]["people"], found[-1]["layer"]) == (people, layer):
            found[-1]["end"] = iso(ends)
        else:
            found.append({"start": iso(begins), "end": iso(ends), "people": people, "layer": layer})
    return found


def on_call(world: World) -> Json:
    """Return who is on call now, and who is next."""
    items = []
    for name in _schedules(world):
        display_name, teams, _, _ = SCHEDULES[name]
        now, *later = duties(world, name, world.now, world.now + 35 * DAY)
        next_one = later[0] if later else None
        items.append({
            "schedule": name,
            "display_name": display_name,
            "teams": teams,
            "people": now["people"],
            "until": now["end"] if next_one else None,
            "following": next_one["people"] if next_one else None,
        })  # fmt: skip
    return {"at": iso(world.now), "items": items, "next": None}


def _schedules(world: World) -> list[str]:
    return [] if world.scenario == "empty" else list(SCHEDULES)


def gaps(world: World, days: int) -> Json:
    """Return where nobody is on call."""
    end = world.now + days * DAY
    items = [
        {"schedule": name, "start": one["start"], "end": one["end"]}
        for name in _schedules(world)
        for one in duties(world, name, world.now, end)
        if not one["people"]
    ]
    return {"items": items, "next": None}


def contacts(world: World) -> Json:
    """Return how people are reached."""
    items = [
        {
            "person": person,
            "contact": "mail",
            "channel": "mail",
            "address": f"{person}@shop.example",
            "state": state,
            "verified_at": world.at(60 * 24 * 3) if state == "verified" else None,
        }
        for person, state in of(world).contacts.items()
    ]
    return {"items": items, "next": None}


def _page(world: World, number: int, minutes_ago: float) -> Json:
    return {
        "id": number,
        "reference": "incident/318",
        "title": "Orders slow",
        "href": "/incidents/318",
        "urgency": "high",
        "policy": "policy/payments",
        "reason": "by_team",
        "state": "paging",
        "steps": 2,
        "fence": 1,
        "opened_at": world.at(minutes_ago),
        "next_at": world.at(-2),
        "acknowledged_at": None,
        "acknowledged_by": None,
        "ended_at": None,
        "lines": ["412 of 24,310 orders failed.", "First suspect: payment v2.31 · 504."],
    }


def _entry(world: World, kind: str, minutes_ago: float, **data: object) -> Json:
    at = world.at(minutes_ago)
    return {"at": at, "kind": f"page.{kind}", "actor": "oncall", "summary": kind, "data": data}


def _message(world: World, number: int, step: int, person: str, minutes_ago: float, **more: object) -> Json:
    sent = {"state": "accepted", "answer": "250 2.0.0 queued as 4F1C", "answered_at": world.at(minutes_ago)}
    return {
        "id": number,
        "step": step,
        "person": person,
        "by": "schedule payments" if step == 0 else "schedule payments-second",
        "contact": "mail",
        "channel": "mail",
        "due_at": world.at(minutes_ago),
        "sent_at": world.at(minutes_ago),
        "tries": 1,
        **sent,
        **more,
    }


def _paging(world: World) -> Json:
    """Return a page at its second step, that nobody has acknowledged."""
    hook = {"contact": "phone", "channel": "webhook", "state": "failed", "tries": 4}
    refused = {**hook, "answer": "HTTP 503 from push.shop.example", "answered_at": world.at(6)}
    until = {"until": world.at(3)}
    return _page(world, 4417, 8) | {
        "timeline": [
            _entry(world, "begun", 8, policy="policy/payments", reason="by_team"),
            _entry(world, "asked", 8, step=0, people=["payments-primary"], **until),
            _entry(world, "passed", 3, step=1, who="shop-night", reason="no_contact"),
            _entry(world, "asked", 3, step=1, people=["payments-secondary"], until=world.at(-2)),
        ],
        "messages": [
            _message(world, 1, 0, "payments-primary", 8),
            _message(world, 2, 0, "payments-primary", 8, **refused),
            _message(world, 3, 1, "payments-secondary", 3),
            _message(world, 4, 1, "payments-secondary", -1)
            | {"contact": "phone", "channel": "webhook", "state": "waiting", "sent_at": None}
            | {"answered_at": None, "tries": 0, "answer": ""},
        ],
    }


def _answered(world: World) -> Json:
    """Return a page that was acknowledged days ago, and whose incident is over."""
    ago = 60 * 24 * 17
    return _page(world, 4409, ago) | {
        "reference": "incident/305",
        "href": "/incidents/305",
        "title": "Carts failing",
        "state": "resolved",
        "steps": 1,
        "fence": 3,
        "next_at": None,
        "acknowledged_at": world.at(ago - 1.2),
        "acknowledged_by": "payments-primary",
        "ended_at": world.at(ago - 44),
        "timeline": [
            _entry(world, "asked", ago, step=0, people=["payments-primary"], until=world.at(ago - 5))
        ],
        "messages": [_message(world, 9, 0, "payments-primary", ago)],
    }


def foreseen(at: datetime) -> Json:
    """Return who would be paged, step by step."""
    people = (("payments-primary", "schedule payments"), ("payments-secondary", "schedule payments-second"))
    asked = [[one] for one in people] + [[(person, "team shop") for person in SCHEDULES["shop"][2]]]
    steps = [
        {
            "policy": "policy/payments",
            "step": step,
            "at": iso(at + timedelta(minutes=5 * step)),
            "asked": [{"person": person, "by": by, "contacts": ["mail"]} for person, by in each],
            "passed": [],
        }
        for step, each in enumerate(asked)
    ]
    return {"reason": "by_team", "policies": ["policy/payments"], "unknown": [], "steps": steps}


def reads(world: World, query: dict[str, str]) -> dict[str, Callable[..., Json]]:
    """Return the answers to reads, by the paths they are for."""
    start, days = moment(query.get("at", "now"), world.now), int(query.get("days", "28"))
    return {
        "/oncall": lambda: on_call(world),
        "/oncall/gaps": lambda: gaps(world, days),
        "/oncall/contacts": lambda: contacts(world),
        "/oncall/schedules/([^/]+)/duties": lambda name: {
            "items": duties(world, name, start, start + days * DAY),
            "next": None,
        },
        "/oncall/schedules/([^/]+)/overrides": lambda name: {
            "items": of(world).overrides.get(name, []),
            "next": None,
        },
        "/pages": lambda: {
            "items": [_listed(one) for one in _pages(world, query.get("reference"))],
            "next": None,
        },
        r"/pages/(\d+)": lambda number: _known(world, int(number)),
        "/pages/foreseen/([^/]+)": lambda _objective: foreseen(start),
    }


def _pages(world: World, reference: str | None) -> list[Json]:
    found = sorted(of(world).pages.values(), key=lambda one: -one["id"])
    return [one for one in found if reference in (None, one["reference"])]


def _listed(page: Json) -> Json:
    return {name: value for name, value in page.items() if name not in {"timeline", "messages", "lines"}}


def _known(world: World, number: int) -> Json:
    if number not in of(world).pages:
        raise Refusal(404, "Not found", f"there is no page {number}; `holdfast page ls` lists them all")
    return of(world).pages[number]


def written(world: World, path: str, body: Json) -> Json | None:
    """Answer a write about on-call; None where it is about something else."""
    if found := re.fullmatch(r"/pages/(\d+)/ack", path):
        return _acknowledged(_known(world, int(found[1])), body["seen"], world)
    if found := re.fullmatch(r"/oncall/schedules/([^/]+)/overrides", path):
        return _overridden(of(world).overrides.setdefault(found[1], []), body)
    if found := re.fullmatch(r"/oncall/schedules/([^/]+)/overrides/(\d+)", path):
        made = of(world).overrides[found[1]]
        made[:] = [one for one in made if one["id"] != int(found[2])]
        return {}
    if found := re.fullmatch("/oncall/contacts/([^/]+)/([^/]+)/(code|verify)", path):
        return _verified(of(world), found[1], found[3], body)
    return None


def _overridden(made: list[Json], body: Json) -> Json:
    if body["end"] <= body["start"]:
        raise Refusal(400, "Invalid", "an override is empty, over, or longer than 366 days")
    made.append({"instead_of": None, **body, "id": max((one["id"] for one in made), default=0) + 1})
    return made[-1]


def _acknowledged(page: Json, seen: int, world: World) -> Json:
    if page["state"] == "acknowledged":
        return {"outcome": "already", "page": _listed(page)}
    if seen != page["fence"]:
        return {"outcome": "outdated", "page": _listed(page)}
    answered = {"state": "acknowledged", "acknowledged_by": "dev", "acknowledged_at": world.at(0)}
    page.update(answered, next_at=None, fence=seen + 1)
    for one in page["messages"]:
        if one["state"] == "waiting":
            one.update(state="cancelled", answer="dev had acknowledged")
    return {"outcome": "done", "page": _listed(page)}


def _verified(staff: Staff, person: str, step: str, body: Json) -> Json:
    if step == "code":
        staff.contacts[person] = "code_sent"
        return {"answer": "accepted", "words": "250 2.0.0 queued"}
    if body["code"] != CODE:
        return {"outcome": "wrong"}
    staff.contacts[person] = "verified"
    return {"outcome": "done"}
