"""People as documents: `User` and `Team`."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from holdfast.catalog import shapes
from holdfast.catalog.effects import worded
from holdfast.catalog.fields import Fields
from holdfast.catalog.kinds import HOLDFAST, Body, Kind
from holdfast.catalog.openslo.policies import read_duration
from holdfast.catalog.problems import Rule, did_you_mean
from holdfast.oncall.contacts import Channel, Contact, NotificationRule, QuietHours, Reach, Urgency
from holdfast.oncall.documents import times
from holdfast.oncall.model import SCHEDULES, TEAMS, USERS, Team, User

CONTACTS_MOST, RULES_MOST, AFTER_MOST = 20, 20, timedelta(hours=4)
ADDRESS_MOST = 400
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
_ADDRESSES = {
    Channel.MAIL: _EMAIL,
    Channel.WEBHOOK: re.compile(r"https?://[^\s@]{1,390}"),
}
_ADDRESS_WORDS = {
    Channel.MAIL: "one address, such as payments@shop.example",
    Channel.WEBHOOK: "an address that begins with https:// and has no password in it",
}


def _read_user(body: Body) -> User:
    spec = body.spec
    email = _email(spec)
    return User(
        name=body.metadata.name,
        display_name=body.metadata.display_name,
        email=email,
        zone=times.zone(spec) or ZoneInfo("UTC"),
        language=spec.choice("language", ("en",)) or "en",
        reach=_reach(spec, email),
        origin=body.origin,
    )


def _email(spec: Fields) -> str | None:
    text = spec.text("email", most=320)
    if text is not None and not _EMAIL.fullmatch(text):
        spec.error(Rule.WRONG_FORMAT, "email", "write one address, such as payments@shop.example")
        return None
    return text


def _reach(spec: Fields, email: str | None) -> Reach:
    contacts = tuple(_contacts(spec)) or _by_mail(email)
    rules = spec.section("notify")
    if rules is None:
        return Reach(contacts=contacts, quiet=_quiet(spec))
    high, low = (tuple(_rules(rules, urgency, contacts)) for urgency in Urgency)
    rules.done()
    return Reach(contacts=contacts, high=high, low=low, quiet=_quiet(spec))


def _by_mail(email: str | None) -> tuple[Contact, ...]:
    return () if email is None else (Contact(Channel.MAIL.value, Channel.MAIL, email),)


def _contacts(spec: Fields) -> Iterator[Contact]:
    sections = spec.sections("contacts") or ()
    if len(sections) > CONTACTS_MOST:
        message = f"{len(sections)} contacts; a person has at most {CONTACTS_MOST}"
        spec.error(Rule.TOO_LARGE, "contacts", message)
    names: set[str] = set()
    for section in sections:
        found = _contact(section)
        section.done()
        if found is not None and found.name in names:
            section.error(Rule.DUPLICATE_NAME, "name", "two contacts of one person have this name")
        elif found is not None:
            names.add(found.name)
            yield found


def _contact(section: Fields) -> Contact | None:
    word, address = section.choice("channel", Channel, required=True), section.text("address", required=True)
    name = section.name("name") or word
    if word is None or address is None or name is None:
        return None
    channel = Channel(word)
    is_whole = _ADDRESSES[channel].fullmatch(address) and len(address) <= ADDRESS_MOST
    if not is_whole or (channel is Channel.WEBHOOK and not _has_host(address)):
        section.error(Rule.WRONG_FORMAT, "address", f"write {_ADDRESS_WORDS[channel]}")
        return None
    return Contact(name, channel, address)


def _has_host(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False


def _rules(section: Fields, urgency: Urgency, contacts: tuple[Contact, ...]) -> Iterator[NotificationRule]:
    known = [one.name for one in contacts]
    for rule in section.sections(urgency.value) or ():
        after = read_duration(rule, "after") or timedelta(0)
        names = rule.texts("contacts", required=True)
        for name in names:
            if name not in known:
                message = f"this person has no contact of this name; {did_you_mean(name, known)}"
                rule.error(Rule.UNKNOWN_REFERENCE, "contacts", message)
        if after > AFTER_MOST:
            rule.error(Rule.OUT_OF_RANGE, "after", f"at most {AFTER_MOST.total_seconds() / 3600:.0f} hours")
        rule.done()
        yield NotificationRule(after, names)


def _quiet(spec: Fields) -> QuietHours | None:
    section = spec.section("quietHours")
    if section is None:
        return None
    start, end = times.clock(section, "from"), times.clock(section, "to")
    section.done()
    return None if start is None or end is None else QuietHours(start, end)


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


_CONTACT = shapes.mapping(
    {
        "name": shapes.name("What rules call it; that of its channel by default."),
        "channel": shapes.choice(Channel, "Through what."),
        "address": shapes.text("An address of that channel.", most=ADDRESS_MOST),
    },
    required=("channel", "address"),
)
_RULE = shapes.mapping(
    {
        "after": shapes.duration("How long after the person is paged; at once by default."),
        "contacts": shapes.one_or_more(shapes.name(), "By their names."),
    },
    required=("contacts",),
)

USER: Kind[User] = Kind(
    USERS.name,
    api_version=HOLDFAST,
    summary="Somebody who can be on call.",
    read=_read_user,
    needs_spec=False,
    spec=shapes.mapping(
        {
            "email": shapes.text("One address.", most=320),
            "timeZone": times.ZONE,
            "contacts": shapes.listed(_CONTACT, "Ways to reach this person; by default the email address."),
            "notify": shapes.mapping(
                {
                    Urgency.HIGH.value: shapes.listed(_RULE, "For what wakes people up."),
                    Urgency.LOW.value: shapes.listed(_RULE, "For what waits until the quiet hours are over."),
                },
                "Which contacts are used after how long; all at once by default.",
            ),
            "quietHours": shapes.mapping(
                {"from": shapes.text("Such as 22:00."), "to": shapes.text("Such as 07:00.")},
                "When low urgency waits, by this person's clock.",
                required=("from", "to"),
            ),
            "language": shapes.choice(("en",), "The language of messages."),
        }
    ),
    effects=worded("user", added=lambda _: "new", changed=_changed, removed=lambda _: "gone"),
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
