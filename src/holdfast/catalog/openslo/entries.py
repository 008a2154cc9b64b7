"""The entries of an SLO's `objectives`: an optional name, and a target that is exact in every spelling."""

from dataclasses import dataclass
from fractions import Fraction

from holdfast.catalog import shapes
from holdfast.catalog.fields import Fields
from holdfast.catalog.nodes import ScalarKind, ScalarNode
from holdfast.catalog.openslo.indicators import is_threshold
from holdfast.catalog.openslo.lints import decimal
from holdfast.catalog.openslo.policies import read_duration
from holdfast.catalog.problems import Rule

OBJECTIVES_MOST = 20
DISPLAY_NAME_CHARACTERS = 100
METHODS = ("Occurrences", "Timeslices", "RatioTimeslices")


@dataclass(frozen=True, slots=True)
class ObjectiveEntry:
    """One entry of `objectives`: its own name, if it has one, and its target."""

    fields: Fields
    display_name: str | None
    target: Fraction | None


def _is_sliced(spec: Fields) -> bool:
    method = spec.choice("budgetingMethod", METHODS, required=True)
    if method in (None, "Occurrences"):
        return False
    message = f"{method} is not supported; write budgetingMethod: Occurrences, which counts every event"
    spec.error(Rule.UNSUPPORTED, "budgetingMethod", message)
    return True


def read_entries(spec: Fields) -> tuple[ObjectiveEntry, ...]:
    """Read `budgetingMethod` and `objectives`."""
    is_sliced = _is_sliced(spec)
    entries = spec.sections("objectives", required=True)
    if entries is None:
        return ()
    if not 1 <= len(entries) <= OBJECTIVES_MOST:
        message = f"write between 1 and {OBJECTIVES_MOST} objectives, not {len(entries)}"
        spec.error(Rule.OUT_OF_RANGE, "objectives", message)
    threshold = is_threshold(spec.section("indicator"))
    return tuple(_entry(one, is_sliced=is_sliced, is_threshold=threshold) for one in entries)


def _entry(entry: Fields, *, is_sliced: bool, is_threshold: bool) -> ObjectiveEntry:
    display_name = entry.text("displayName", most=DISPLAY_NAME_CHARACTERS)
    for key in ("op", "value"):
        if not is_threshold:
            message = f'"{key}" belongs to a thresholdMetric; a ratioMetric needs only target, so take it out'
            entry.refuse(key, Rule.MISPLACED_FIELD, message)
    if is_threshold:
        entry.choice("op", ("lte", "gte", "lt", "gt"), required=True)
        entry.fraction("value", required=True)
    for key in ("indicator", "indicatorRef", "compositeWeight"):
        message = f'composite SLOs are not supported, so "{key}" is not allowed here; write one SLO for each'
        entry.refuse(key, Rule.UNSUPPORTED, message)
    _read_slices(entry, is_sliced=is_sliced)
    target = _target(entry)
    entry.done()
    return ObjectiveEntry(entry, display_name, target)


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
    if isinstance(node, ScalarNode) and node.kind is ScalarKind.INT:
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
        message = "targetPercent must be above 0 and below 100: an objective needs an error budget"
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
        return "a target of 100% has no error budget, so any failure violates it: write less, such as 0.999"
    return "target must be above 0 and below 1, such as 0.999"


ENTRIES = shapes.listed(
    shapes.exactly_one(
        shapes.mapping(
            {
                "displayName": shapes.text(most=DISPLAY_NAME_CHARACTERS),
                "target": shapes.number("Such as 0.999.", above=0, below=1),
                "targetPercent": shapes.number("Such as 99.9.", above=0, below=100),
            }
        ),
        "target",
        "targetPercent",
    ),
    "One objective each, of the same events.",
    least=1,
    most=OBJECTIVES_MOST,
)
METHOD = shapes.choice(METHODS[:1], "Every event counts once.")
