"""SLO documents: one Holdfast objective for each entry of `objectives`."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import available_timezones

from holdfast.catalog.alerts import LeftOut, highest_burn, left_out
from holdfast.catalog.documents import Kind, Metadata, read_head, read_metadata
from holdfast.catalog.durations import shorthand
from holdfast.catalog.fields import Fields
from holdfast.catalog.indicators import Indicator, is_threshold, read_indicator
from holdfast.catalog.known import Known
from holdfast.catalog.lints import (
    Advice,
    decimal,
    default_tier_advice,
    target_advice,
    tier_advice,
    window_advice,
)
from holdfast.catalog.model import AlertTier, NoData, Objective, Origin, Service, Sli
from holdfast.catalog.nodes import Scalar, ScalarKind
from holdfast.catalog.policies import Policy, inline_or_reference, read_duration, read_policy
from holdfast.catalog.problems import Rule, clipped

_SECOND = timedelta(seconds=1)
WINDOW_LEAST = timedelta(hours=1)
WINDOW_MOST = timedelta(days=400)
OBJECTIVES_MOST = 20
NOUN_CHARACTERS = 40
SLUG_CHARACTERS = 36
METHODS = ("Occurrences", "Timeslices", "RatioTimeslices")
EVENTS, NO_DATA, COVERAGE_FLOOR = "events", "no-data", "coverage-floor"


@dataclass(frozen=True, slots=True)
class _Promise:
    """One entry of `objectives`: its own name, if it has one, and its target."""

    fields: Fields
    display_name: str | None
    target: Fraction | None


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all objectives of an SLO share; only made when every part of it is sound."""

    metadata: Metadata
    description: str
    service: Service
    indicator: Indicator
    window: timedelta
    events_noun: str
    no_data: NoData
    coverage_floor: Fraction
    origin: Origin


def read_slo(fields: Fields, known: Known) -> tuple[Objective, ...]:
    """Read an SLO; what it returns is in force only when nothing was noted as an error."""
    read_head(fields, Kind.SLO)
    metadata = read_metadata(fields, annotations=(EVENTS, NO_DATA, COVERAGE_FLOOR))
    spec = fields.section("spec", required=True)
    fields.done()
    if spec is None:
        return ()
    description = spec.text("description") or ""
    service = known.services.find(spec, "service", required=True)
    indicator = _indicator(spec, known, metadata.name)
    window = _time_window(spec)
    is_sliced = _is_sliced(spec)
    promises = _promises(spec, is_sliced=is_sliced)
    policies = _policies(spec, known, metadata.name)
    spec.done()
    noun, no_data, floor = _own_annotations(fields, metadata)
    if service is None or indicator is None or window is None:
        return ()
    origin = Origin(fields.report.file, fields.line)
    frame = _Frame(metadata, description, service, indicator, window, noun, no_data, floor, origin)
    return _objectives(spec, frame, promises, policies)


def _indicator(spec: Fields, known: Known, slo: str) -> Indicator | None:
    inline = spec.section("indicator")
    if spec.has("indicatorRef"):
        if inline is not None:
            spec.error(Rule.EXCLUSIVE_FIELDS, "indicatorRef", "keep either indicator or indicatorRef")
        return known.indicators.find(spec, "indicatorRef")
    if inline is None:
        if not spec.has("indicator"):
            message = "an SLO needs an indicator written in place, or an indicatorRef that names an SLI"
            spec.error(Rule.MISSING_FIELD, "indicator", message)
        return None
    return read_indicator(inline, known, default_name=slo)


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


def _is_sliced(spec: Fields) -> bool:
    method = spec.choice("budgetingMethod", METHODS, required=True)
    if method in (None, "Occurrences"):
        return False
    message = f"{method} is not supported; write budgetingMethod: Occurrences, which counts every event"
    spec.error(Rule.UNSUPPORTED, "budgetingMethod", message)
    return True


def _promises(spec: Fields, *, is_sliced: bool) -> tuple[_Promise, ...]:
    entries = spec.sections("objectives", required=True)
    if entries is None:
        return ()
    if not 1 <= len(entries) <= OBJECTIVES_MOST:
        message = f"write between 1 and {OBJECTIVES_MOST} objectives, not {len(entries)}"
        spec.error(Rule.OUT_OF_RANGE, "objectives", message)
    threshold = is_threshold(spec.section("indicator"))
    return tuple(_promise(one, is_sliced=is_sliced, is_threshold=threshold) for one in entries)


def _promise(entry: Fields, *, is_sliced: bool, is_threshold: bool) -> _Promise:
    display_name = entry.text("displayName", most=100)
    for key in ("op", "value"):
        if not is_threshold:
            message = f'"{key}" belongs to a thresholdMetric; a ratioMetric needs only target, so take it out'
            entry.refuse(key, Rule.MISPLACED_FIELD, message)
    if is_threshold:
        entry.choice("op", ("lte", "gte", "lt", "gt"), required=True)
        entry.fraction("value", required=True)
    for key in ("indicator", "indicatorRef", "compositeWeight"):
        message = f'composite SLOs are not supported, so "{key}" may not stand here; write one SLO for each'
        entry.refuse(key, Rule.UNSUPPORTED, message)
    _read_slices(entry, is_sliced=is_sliced)
    target = _target(entry)
    entry.done()
    return _Promise(entry, display_name, target)


def _read_slices(entry: Fields, *, is_sliced: bool) -> None:
    if not is_sliced:
        for key in ("timeSliceTarget", "timeSliceWindow"):
            message = f'"{key}" belongs to budgetingMethod Timeslices; take it out'
            entry.refuse(key, Rule.MISPLACED_FIELD, message)
        return
    target = entry.fraction("timeSliceTarget")
    if target is not None and not 0 < target <= 1:
        entry.error(Rule.OUT_OF_RANGE, "timeSliceTarget", "this must be above 0 and at most 1")
    _read_slice_window(entry)


def _read_slice_window(entry: Fields) -> None:
    node = entry.take("timeSliceWindow")
    if isinstance(node, Scalar) and node.kind is ScalarKind.INT:
        entry.fraction("timeSliceWindow")
    else:
        read_duration(entry, "timeSliceWindow")


def _target(entry: Fields) -> Fraction | None:
    has_percent = entry.has("targetPercent")
    if entry.has("target") and has_percent:
        entry.error(Rule.EXCLUSIVE_FIELDS, "targetPercent", "keep either target or targetPercent")
    if has_percent:
        percent = entry.fraction("targetPercent")
        if percent is None or 0 < percent < 100:
            return percent / 100 if percent is not None else None
        message = "targetPercent must be above 0 and below 100: a promise needs an error budget"
        entry.error(Rule.OUT_OF_RANGE, "targetPercent", message)
        return None
    target = entry.fraction("target", required=True)
    if target is None or 0 < target < 1:
        return target
    entry.error(Rule.OUT_OF_RANGE, "target", _target_hint(target))
    return None


def _target_hint(target: Fraction) -> str:
    if 1 < target < 100:
        percent, ratio = decimal(target), f"{float(target / 100):.10f}".rstrip("0")
        return f"{percent} looks like percent: write target: {ratio} or targetPercent: {percent}"
    if target in (1, 100):
        return "a promise of 100% has no error budget, so any failure breaks it: write less, such as 0.999"
    return "target must be above 0 and below 1, such as 0.999"


def _policies(spec: Fields, known: Known, slo: str) -> tuple[Policy, ...] | None:
    items = spec.sections("alertPolicies")
    if items is None:
        return None

    def inline(fields: Fields) -> Policy | None:
        return read_policy(fields, known, default_name=slo)

    found = (inline_or_reference(one, "alertPolicyRef", known.policies, inline) for one in items)
    return tuple(one for one in found if one is not None)


def _own_annotations(fields: Fields, metadata: Metadata) -> tuple[str, NoData, Fraction]:
    report = fields.report
    noun = metadata.annotation(EVENTS) or "events"
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
    spec: Fields, frame: _Frame, promises: tuple[_Promise, ...], policies: tuple[Policy, ...] | None
) -> tuple[Objective, ...]:
    _advise(spec, "timeWindow", window_advice(frame.window))
    found: dict[str, Objective] = {}
    for index, promise in enumerate(promises):
        if promise.target is None:
            continue
        name = _name(frame.metadata.name, promise, index, of=len(promises))
        if name in found:
            message = f'two objectives of this SLO would be called "{name}"; give each its own displayName'
            promise.fields.error(Rule.DUPLICATE_NAME, "displayName", message)
        tiers = _tiers(spec, frame.window, promise.target, policies)
        found[name] = _objective(frame, promise, promise.target, name, tiers)
        _advise(promise.fields, "target", target_advice(promise.target, frame.window))
        _advise(spec, "alertPolicies", tier_advice(tiers))
        if tiers is None:
            _advise(promise.fields, "target", default_tier_advice(promise.target, frame.window))
    return tuple(found.values())


def _advise(fields: Fields, key: str, advice: Advice) -> None:
    for rule, message in advice:
        fields.warning(rule, key, message)


def _name(slo: str, promise: _Promise, index: int, *, of: int) -> str:
    if of == 1:
        return slo
    slug = re.sub(r"[^a-z0-9]+", "-", (promise.display_name or "").lower()).strip("-")[:SLUG_CHARACTERS]
    return f"{slo}-{slug.strip('-') or index + 1}"


def _objective(
    frame: _Frame, promise: _Promise, target: Fraction, name: str, tiers: tuple[AlertTier, ...] | None
) -> Objective:
    metadata, service, indicator = frame.metadata, frame.service, frame.indicator
    display_name = metadata.display_name
    if promise.display_name and display_name == metadata.name:
        display_name = promise.display_name
    elif promise.display_name and name != metadata.name:
        display_name = f"{display_name}: {promise.display_name}"
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
        origin=frame.origin,
    )


def _tiers(
    spec: Fields, window: timedelta, target: Fraction, policies: tuple[Policy, ...] | None
) -> tuple[AlertTier, ...] | None:
    if policies is None:
        return None
    return tuple(_tier(spec, window, target, policy) for policy in policies)


def _tier(spec: Fields, window: timedelta, target: Fraction, policy: Policy) -> AlertTier:
    condition = policy.condition
    why = left_out(
        condition.threshold,
        target=target,
        window=window,
        long=condition.long,
        comparison=condition.comparison,
    )
    if why is LeftOut.NEVER_FIRES:
        message = (
            f'the policy "{clipped(policy.name)}" can never fire: its threshold is '
            f"{decimal(condition.threshold)}, and with target {decimal(target)} a total outage "
            f"burns 1/(1-target) = {decimal(highest_burn(target))}"
        )
        spec.error(Rule.NEVER_FIRES, "alertPolicies", message)
    if condition.long > window:
        message = (
            f'the policy "{clipped(policy.name)}" looks back {shorthand(condition.long)}, further than '
            f"the window of {shorthand(window)}"
        )
        spec.error(Rule.OUT_OF_RANGE, "alertPolicies", message)
    share = condition.threshold * Fraction(condition.long // _SECOND, window // _SECOND)
    return AlertTier(
        severity=condition.severity,
        budget_share=share,
        long=condition.long,
        short=condition.short,
        threshold=condition.threshold,
        comparison=condition.comparison,
        policy=policy.name,
        targets=tuple(one.name for one in policy.targets),
        notify_resolved=policy.notify_resolved,
    )
