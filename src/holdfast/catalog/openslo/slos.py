"""SLO documents: one Holdfast objective for each entry of `objectives`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import available_timezones

from holdfast.catalog import shapes
from holdfast.catalog.fields import Fields
from holdfast.catalog.kinds import OPENSLO, Body, Checked, Kind
from holdfast.catalog.links import LINK_ANNOTATIONS, read_links, read_runbook
from holdfast.catalog.metadata import Metadata
from holdfast.catalog.model import (
    SLOS,
    UNNAMED,
    AlertTier,
    Link,
    NoData,
    Objective,
    Service,
    Sli,
    SourceLocation,
)
from holdfast.catalog.openslo.effects import objective_effects
from holdfast.catalog.openslo.entries import ENTRIES, METHOD, ObjectiveEntry, read_entries
from holdfast.catalog.openslo.indicators import SLI
from holdfast.catalog.openslo.lints import (
    Advice,
    default_tier_advice,
    target_advice,
    tier_advice,
    window_advice,
)
from holdfast.catalog.openslo.parts import Indicator, Policy
from holdfast.catalog.openslo.policies import POLICY, read_duration
from holdfast.catalog.openslo.services import SERVICE
from holdfast.catalog.openslo.tiers import tiers_of
from holdfast.catalog.problems import Rule
from holdfast.catalog.schema import in_place, in_place_or
from holdfast.runtime.durations import shorthand

WINDOW_LEAST = timedelta(hours=1)
WINDOW_MOST = timedelta(days=400)
NOUN_CHARACTERS = 40
SLUG_CHARACTERS = 36
EVENTS, NO_DATA, COVERAGE_FLOOR = "events", "no-data", "coverage-floor"


@dataclass(frozen=True, slots=True)
class _Frame:
    """The part that all objectives of an SLO share; made only when every part of it is sound."""

    metadata: Metadata
    description: str
    service: Service
    indicator: Indicator
    window: timedelta
    events_noun: str
    no_data: NoData
    coverage_floor: Fraction
    origin: SourceLocation
    runbook: str | None
    links: tuple[Link, ...]


def _read(body: Body) -> tuple[Objective, ...]:
    spec, metadata = body.spec, body.metadata
    description = spec.text("description") or ""
    service = body.find(SERVICE, spec, "service", required=True)
    indicator = _indicator(body)
    window = _time_window(spec)
    entries = read_entries(spec)
    policies = _policies(body)
    noun, no_data, floor = _own_annotations(spec, metadata)
    runbook, links = read_runbook(metadata, spec.report), read_links(metadata, spec.report)
    if service is None or indicator is None or window is None:
        return ()
    links = tuple(dict.fromkeys((*links, *service.links)))
    frame = _Frame(
        metadata,
        description,
        service,
        indicator,
        window,
        noun,
        no_data,
        floor,
        body.origin,
        runbook or service.runbook,
        links,
    )
    return _objectives(spec, frame, entries, policies)


def _indicator(body: Body) -> Indicator | None:
    spec = body.spec
    inline = spec.section("indicator")
    if spec.has("indicatorRef"):
        if inline is not None:
            spec.error(Rule.EXCLUSIVE_FIELDS, "indicatorRef", "keep either indicator or indicatorRef")
        return body.find(SLI, spec, "indicatorRef")
    if inline is None:
        if not spec.has("indicator"):
            message = "an SLO needs an indicator written in place, or an indicatorRef that names an SLI"
            spec.error(Rule.MISSING_FIELD, "indicator", message)
        return None
    return body.read_in_place(SLI, inline)


def _time_window(spec: Fields) -> timedelta | None:
    windows = spec.sections("timeWindow", required=True)
    if windows is None:
        return None
    if len(windows) != 1:
        message = f"write exactly one time window, not {len(windows)}"
        spec.error(Rule.OUT_OF_RANGE, "timeWindow", message)
        return None
    window = windows[0]
    is_rolling = window.boolean("isRolling", required=True)
    calendar = window.section("calendar")
    if calendar is not None:
        _read_calendar(window, calendar, is_rolling=is_rolling)
    elif is_rolling is False:
        message = "calendar windows are not supported; write isRolling: true, with a duration such as 28d"
        window.error(Rule.UNSUPPORTED, "isRolling", message)
    duration = _rolling(window) if is_rolling else None
    if not is_rolling:
        window.text("duration", required=True)
    window.done()
    return duration


def _read_calendar(window: Fields, calendar: Fields, *, is_rolling: bool | None) -> None:
    if is_rolling:
        message = "a rolling window has no calendar; take it out"
        window.error(Rule.EXCLUSIVE_FIELDS, "calendar", message)
    else:
        message = "calendar windows are not supported; write duration: 28d with isRolling: true instead"
        window.error(Rule.UNSUPPORTED, "calendar", message)
    start = calendar.text("startTime", required=True)
    if start is not None and not _is_local_time(start):
        message = "write it as 2026-01-31 12:00:00, without a zone"
        calendar.error(Rule.WRONG_FORMAT, "startTime", message)
    calendar.choice("timeZone", available_timezones(), required=True)
    calendar.done()


def _is_local_time(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _rolling(window: Fields) -> timedelta | None:
    duration = read_duration(window, "duration", required=True)
    if duration is None or WINDOW_LEAST <= duration <= WINDOW_MOST:
        return duration
    message = f"a window must be between {shorthand(WINDOW_LEAST)} and {shorthand(WINDOW_MOST)}"
    window.error(Rule.OUT_OF_RANGE, "duration", message)
    return None


def _policies(body: Body) -> tuple[Policy, ...] | None:
    items = body.spec.sections("alertPolicies")
    if items is None:
        return None
    found = (body.find_or_read(POLICY, one, "alertPolicyRef") for one in items)
    return tuple(one for one in found if one is not None)


def _own_annotations(fields: Fields, metadata: Metadata) -> tuple[str, NoData, Fraction]:
    report = fields.report
    noun = metadata.annotation(EVENTS) or UNNAMED
    if len(noun) > NOUN_CHARACTERS or "\n" in noun:
        message = f"write a plural noun of at most {NOUN_CHARACTERS} characters, such as orders"
        metadata.refuse_annotation(report, EVENTS, Rule.WRONG_FORMAT, message)
    no_data = metadata.annotation(NO_DATA) or NoData.FREEZE
    if no_data not in tuple(NoData):
        message = f"write one of {', '.join(NoData)}"
        metadata.refuse_annotation(report, NO_DATA, Rule.UNKNOWN_VALUE, message)
        no_data = NoData.FREEZE
    return noun, NoData(no_data), _coverage_floor(fields, metadata)


def _coverage_floor(fields: Fields, metadata: Metadata) -> Fraction:
    text = metadata.annotation(COVERAGE_FLOOR) or "0.9"
    floor = Fraction(text) if re.fullmatch(r"[01]|[01]?\.[0-9]{1,9}", text) else None
    if floor is not None and 0 <= floor <= 1:
        return floor
    message = "write a ratio between 0 and 1, such as 0.9"
    metadata.refuse_annotation(fields.report, COVERAGE_FLOOR, Rule.OUT_OF_RANGE, message)
    return Fraction(9, 10)


def _objectives(
    spec: Fields, frame: _Frame, entries: tuple[ObjectiveEntry, ...], policies: tuple[Policy, ...] | None
) -> tuple[Objective, ...]:
    _advise(spec, "timeWindow", window_advice(frame.window))
    found: dict[str, Objective] = {}
    for index, entry in enumerate(entries):
        if entry.target is None:
            continue
        name = _name(frame.metadata.name, entry, index, of=len(entries))
        if name in found:
            message = f'two objectives of this SLO would be called "{name}"; give each its own displayName'
            entry.fields.error(Rule.DUPLICATE_NAME, "displayName", message)
        tiers = tiers_of(spec, frame.window, entry.target, policies)
        found[name] = _objective(frame, entry, entry.target, name, tiers)
        _advise(entry.fields, "target", target_advice(entry.target, frame.window))
        _advise(spec, "alertPolicies", tier_advice(tiers))
        if tiers is None:
            _advise(entry.fields, "target", default_tier_advice(entry.target, frame.window))
    return tuple(found.values())


def _advise(fields: Fields, key: str, advice: Advice) -> None:
    for rule, message in advice:
        fields.warning(rule, key, message)


def _name(slo: str, entry: ObjectiveEntry, index: int, *, of: int) -> str:
    if of == 1:
        return slo
    slug = re.sub(r"[^a-z0-9]+", "-", (entry.display_name or "").lower()).strip("-")[:SLUG_CHARACTERS]
    return f"{slo}-{slug.strip('-') or index + 1}"


def _objective(
    frame: _Frame, entry: ObjectiveEntry, target: Fraction, name: str, tiers: tuple[AlertTier, ...] | None
) -> Objective:
    metadata, service, indicator = frame.metadata, frame.service, frame.indicator
    display_name = metadata.display_name
    if entry.display_name and display_name == metadata.name:
        display_name = entry.display_name
    elif entry.display_name and name != metadata.name:
        display_name = f"{display_name}: {entry.display_name}"
    return Objective(
        name=name,
        display_name=display_name,
        description=frame.description,
        service=service.name,
        team=service.team,
        tier=service.tier,
        sli=Sli(0, indicator.name, indicator.display_name, indicator.total, indicator.good),
        target=target,
        window=frame.window,
        events_noun=frame.events_noun,
        no_data=frame.no_data,
        coverage_floor=frame.coverage_floor,
        alert_tiers=tiers,
        labels=metadata.labels,
        slo=metadata.name,
        runbook=frame.runbook,
        links=frame.links,
        origin=frame.origin,
    )


def _check_names(documents: Sequence[Checked[tuple[Objective, ...]]]) -> None:
    # Objectives take their SLO's name, and one of several could get the name of another SLO.
    first: dict[str, Objective] = {}
    for document in documents:
        for one in document.value:
            if one.name in first:
                place = first[one.name].origin
                message = (
                    f'the objective "{one.name}" is already in {place.file} line {place.line}; rename one'
                )
                document.body.whole.error(Rule.DUPLICATE_NAME, "metadata", message)
        if document.is_sound:
            first.update((one.name, one) for one in document.value)


_WINDOW = shapes.mapping(
    {
        "duration": shapes.duration(f"Between {shorthand(WINDOW_LEAST)} and {shorthand(WINDOW_MOST)}."),
        "isRolling": {"const": True},
    },
    required=("duration", "isRolling"),
)

SLO: Kind[tuple[Objective, ...]] = Kind(
    SLOS.name,
    api_version=OPENSLO,
    summary="A service level objective: over a window, this part of a service's events is good.",
    read=_read,
    refers_to=(SERVICE, SLI, POLICY),
    check=_check_names,
    effects=objective_effects,
    spec=shapes.exactly_one(
        shapes.mapping(
            {
                "description": shapes.text(),
                "service": shapes.reference(SERVICE.name),
                "indicator": in_place(SLI),
                "indicatorRef": shapes.reference(SLI.name),
                "timeWindow": shapes.listed(_WINDOW, least=1, most=1),
                "budgetingMethod": METHOD,
                "objectives": ENTRIES,
                "alertPolicies": shapes.listed(
                    in_place_or(POLICY, "alertPolicyRef"), "The default four alerts when left out."
                ),
            },
            required=("service", "timeWindow", "budgetingMethod", "objectives"),
        ),
        "indicator",
        "indicatorRef",
    ),
    annotations={
        EVENTS: shapes.text("The noun for events, in the plural.", most=NOUN_CHARACTERS),
        NO_DATA: shapes.choice(NoData, "What a slice without any measurement means."),
        COVERAGE_FLOOR: {
            "description": "The part of a window that must have been measured, such as 0.9.",
            "type": ["string", "number"],
        },
        **LINK_ANNOTATIONS,
    },
)
