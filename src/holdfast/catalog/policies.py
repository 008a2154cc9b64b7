"""Alert policies, their conditions and notification targets, as OpenSLO writes them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import TypeVar

from holdfast.catalog.documents import OWN_PREFIX, Kind, Metadata, read_head, read_metadata
from holdfast.catalog.durations import parse_shorthand, shorthand
from holdfast.catalog.fields import Fields
from holdfast.catalog.known import Known, Shelf
from holdfast.catalog.model import Comparison, NotificationTarget, Origin, Severity
from holdfast.catalog.problems import Rule, clipped

SHORT_WINDOW = "short-window"
SHORT_WINDOW_PARTS = 12
SLICE = timedelta(seconds=10)
THRESHOLD_MOST = Fraction(1_000_000)

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Condition:
    """When an alert fires: burn over `long` and over `short` past `threshold`."""

    severity: Severity
    comparison: Comparison
    threshold: Fraction
    long: timedelta
    short: timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """A condition, and whom to tell."""

    name: str
    condition: Condition
    targets: tuple[NotificationTarget, ...]
    notify_resolved: bool


def read_target(fields: Fields, *, default_name: str = "") -> NotificationTarget | None:
    """Read an AlertNotificationTarget."""
    read_head(fields, Kind.NOTIFICATION_TARGET)
    metadata = read_metadata(fields, default_name=default_name)
    spec = fields.section("spec", required=True)
    fields.done()
    if spec is None:
        return None
    description = spec.text("description") or ""
    target = spec.text("target", required=True)
    spec.done()
    if target is None:
        return None
    origin = Origin(fields.report.file, fields.line)
    return NotificationTarget(metadata.name, metadata.display_name, description, target, origin)


def read_condition(fields: Fields, *, default_name: str = "") -> Condition | None:
    """Read an AlertCondition."""
    read_head(fields, Kind.CONDITION)
    metadata = read_metadata(fields, annotations=(SHORT_WINDOW,), default_name=default_name)
    spec = fields.section("spec", required=True)
    fields.done()
    if spec is None:
        return None
    spec.text("description")
    severity = spec.choice("severity", tuple(Severity), required=True)
    burn = spec.section("condition", required=True)
    spec.done()
    if burn is None:
        return None
    comparison, threshold, long = _read_burn(burn)
    short = _short_window(burn, metadata, long) if long is not None else None
    if severity is None or comparison is None or threshold is None or long is None or short is None:
        return None
    return Condition(Severity(severity), comparison, threshold, long, short)


def _read_burn(burn: Fields) -> tuple[Comparison | None, Fraction | None, timedelta | None]:
    burn.choice("kind", ("burnrate",), required=True)
    op = burn.choice("op", ("gte", "gt", "lte", "lt"), required=True)
    if op in ("lte", "lt"):
        burn.error(Rule.UNSUPPORTED, "op", "an alert on a low burn rate is not supported; write op: gte")
        op = None
    threshold = burn.fraction("threshold", required=True)
    if threshold is not None and not 0 < threshold <= THRESHOLD_MOST:
        burn.error(Rule.OUT_OF_RANGE, "threshold", "a burn rate must be above 0 and at most 1000000")
        threshold = None
    long = read_duration(burn, "lookbackWindow", required=True)
    after = read_duration(burn, "alertAfter")
    if after:
        message = "alertAfter is not supported, the short window does its work; write 0m or leave it out"
        burn.error(Rule.UNSUPPORTED, "alertAfter", message)
    burn.done()
    return Comparison(op) if op else None, threshold, long


def read_duration(fields: Fields, key: str, *, required: bool = False) -> timedelta | None:
    """Read a duration in OpenSLO's shorthand; M, Q and Y are refused, having no fixed length."""
    text = fields.text(key, required=required)
    if text is None:
        return None
    try:
        return parse_shorthand(text)
    except ValueError as error:
        hint = "; write days, such as 28d or 90d" if text[-1:] in "MQY" else ""
        fields.error(Rule.WRONG_FORMAT, key, f"{clipped(str(error))}{hint}")
        return None


def _short_window(burn: Fields, metadata: Metadata, long: timedelta) -> timedelta | None:
    text = metadata.annotation(SHORT_WINDOW)
    try:
        short = parse_shorthand(text) if text else long / SHORT_WINDOW_PARTS
    except ValueError as error:
        metadata.refuse_annotation(burn.report, SHORT_WINDOW, Rule.WRONG_FORMAT, str(error))
        return None
    if text and not SLICE <= short < long:
        message = f"the short window must be at least 10s and shorter than the lookback of {shorthand(long)}"
        metadata.refuse_annotation(burn.report, SHORT_WINDOW, Rule.OUT_OF_RANGE, message)
        return None
    if short < SLICE or short % SLICE:
        message = (
            "a twelfth of this, the short window, must be a multiple of 10 seconds: write an even number "
            f"of minutes, or set the annotation {OWN_PREFIX}{SHORT_WINDOW}"
        )
        burn.error(Rule.OUT_OF_RANGE, "lookbackWindow", message)
        return None
    return short


def read_policy(fields: Fields, known: Known, *, default_name: str = "") -> Policy | None:
    """Read an AlertPolicy: a document's root, or one standing inline in an SLO."""
    read_head(fields, Kind.POLICY)
    metadata = read_metadata(fields, default_name=default_name)
    spec = fields.section("spec", required=True)
    fields.done()
    if spec is None:
        return None
    spec.text("description")
    notify_resolved = _read_when(spec)
    condition = _read_conditions(spec, known, metadata.name)
    targets = _read_targets(spec, known, metadata.name)
    spec.done()
    if condition is None:
        return None
    return Policy(metadata.name, condition, targets, notify_resolved)


def _read_when(spec: Fields) -> bool:
    if spec.boolean("alertWhenNoData"):
        message = (
            "an alert on missing data is not supported: missing data freezes alerts and shows as "
            "no data (holdfast.dev/no-data); write false or leave it out"
        )
        spec.error(Rule.UNSUPPORTED, "alertWhenNoData", message)
    if spec.boolean("alertWhenBreaching") is False:
        message = "a policy that does not alert when breaching does nothing; write true or leave it out"
        spec.error(Rule.UNSUPPORTED, "alertWhenBreaching", message)
    return spec.boolean("alertWhenResolved") or False


def _read_conditions(spec: Fields, known: Known, policy: str) -> Condition | None:
    conditions = spec.sections("conditions", required=True)
    if conditions is None:
        return None
    if len(conditions) != 1:
        message = f"a policy has exactly one condition, and this has {len(conditions)}; split the policy"
        spec.error(Rule.OUT_OF_RANGE, "conditions", message)
        return None

    def inline(fields: Fields) -> Condition | None:
        return read_condition(fields, default_name=policy)

    return inline_or_reference(conditions[0], "conditionRef", known.conditions, inline)


def _read_targets(spec: Fields, known: Known, policy: str) -> tuple[NotificationTarget, ...]:
    def inline(fields: Fields) -> NotificationTarget | None:
        return read_target(fields, default_name=policy)

    items = spec.sections("notificationTargets") or ()
    found = (inline_or_reference(one, "targetRef", known.targets, inline) for one in items)
    return tuple(one for one in found if one is not None)


def inline_or_reference(
    fields: Fields, key: str, shelf: Shelf[Read], inline: Callable[[Fields], Read | None]
) -> Read | None:
    """Read an item that is either a reference in field `key` or the thing itself, written in place."""
    if not fields.has(key):
        return inline(fields)
    found = shelf.find(fields, key)
    for other in ("metadata", "spec"):
        message = f'keep either "{key}" or the thing itself in its place'
        fields.refuse(other, Rule.EXCLUSIVE_FIELDS, message)
    fields.done()
    return found
