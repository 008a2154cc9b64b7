"""Alert policies, their conditions and notification targets, as OpenSLO writes them."""

from datetime import timedelta
from fractions import Fraction

from holdfast.catalog import shapes
from holdfast.catalog.fields import Fields
from holdfast.catalog.kinds import OPENSLO, Body, Kind
from holdfast.catalog.metadata import OWN_PREFIX, Metadata
from holdfast.catalog.model import Comparison, Severity
from holdfast.catalog.openslo.parts import Condition, NotificationTarget, Policy
from holdfast.catalog.problems import Rule, clipped
from holdfast.catalog.schema import in_place_or
from holdfast.runtime.durations import parse_shorthand, shorthand

SHORT_WINDOW = "short-window"
SHORT_WINDOW_PARTS = 12
SLICE = timedelta(seconds=10)
THRESHOLD_MOST = Fraction(1_000_000)


def _read_target(body: Body) -> NotificationTarget | None:
    description = body.spec.text("description") or ""
    target = body.spec.text("target", required=True)
    if target is None:
        return None
    metadata = body.metadata
    return NotificationTarget(metadata.name, metadata.display_name, description, target, body.origin)


def _read_condition(body: Body) -> Condition | None:
    spec = body.spec
    spec.text("description")
    severity = spec.choice("severity", tuple(Severity), required=True)
    burn = spec.section("condition", required=True)
    if burn is None:
        return None
    comparison, threshold, long = _read_burn(burn)
    short = _short_window(burn, body.metadata, long) if long is not None else None
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
        message = "alertAfter is not supported, the short window replaces it; write 0m or leave it out"
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


def _read_policy(body: Body) -> Policy | None:
    body.spec.text("description")
    notify_resolved = _read_when(body.spec)
    condition = _read_conditions(body)
    items = body.spec.sections("notificationTargets") or ()
    found = (body.find_or_read(NOTIFICATION_TARGET, one, "targetRef") for one in items)
    targets = tuple(one for one in found if one is not None)
    if condition is None:
        return None
    return Policy(body.metadata.name, condition, targets, notify_resolved)


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


def _read_conditions(body: Body) -> Condition | None:
    conditions = body.spec.sections("conditions", required=True)
    if conditions is None:
        return None
    if len(conditions) != 1:
        message = f"a policy has exactly one condition, and this has {len(conditions)}; split the policy"
        body.spec.error(Rule.OUT_OF_RANGE, "conditions", message)
        return None
    return body.find_or_read(CONDITION, conditions[0], "conditionRef")


NOTIFICATION_TARGET: Kind[NotificationTarget] = Kind(
    "AlertNotificationTarget",
    api_version=OPENSLO,
    summary="Where alerts may be sent.",
    read=_read_target,
    spec=shapes.mapping(
        {"description": shapes.text(), "target": shapes.text("Such as email.")}, required=("target",)
    ),
)

_BURN = shapes.mapping(
    {
        "kind": shapes.choice(("burnrate",)),
        "op": shapes.choice(Comparison, "How the burn rate is compared with the threshold."),
        "threshold": shapes.number("The burn rate.", above=0, most=int(THRESHOLD_MOST)),
        "lookbackWindow": shapes.duration("The long window."),
        "alertAfter": {
            "description": "Always 0m: the short window replaces it.",
            "type": "string",
            "pattern": "^0{1,9}[smhdw]$",
        },
    },
    required=("kind", "op", "threshold", "lookbackWindow"),
)

CONDITION: Kind[Condition] = Kind(
    "AlertCondition",
    api_version=OPENSLO,
    summary="When an alert fires: the burn over a long and over a short window is past a threshold.",
    read=_read_condition,
    spec=shapes.mapping(
        {
            "description": shapes.text(),
            "severity": shapes.choice(Severity, "A person now, or a queue for working hours."),
            "condition": _BURN,
        },
        required=("severity", "condition"),
    ),
    annotations={SHORT_WINDOW: shapes.duration("The short window; by default a twelfth of the long one.")},
)

POLICY: Kind[Policy] = Kind(
    "AlertPolicy",
    api_version=OPENSLO,
    summary="A condition, and whom to notify.",
    read=_read_policy,
    refers_to=(CONDITION, NOTIFICATION_TARGET),
    spec=shapes.mapping(
        {
            "description": shapes.text(),
            "alertWhenNoData": {"const": False},
            "alertWhenBreaching": {"const": True},
            "alertWhenResolved": shapes.boolean("Whether to notify when the alert resolves."),
            "conditions": shapes.listed(in_place_or(CONDITION, "conditionRef"), least=1, most=1),
            "notificationTargets": shapes.listed(in_place_or(NOTIFICATION_TARGET, "targetRef")),
        },
        required=("conditions",),
    ),
)
