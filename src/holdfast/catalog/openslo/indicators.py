"""SLIs: which events count, and which of them are good. For now a ratio of spans."""

from dataclasses import replace

from holdfast.catalog import shapes
from holdfast.catalog.fields import Fields
from holdfast.catalog.kinds import OPENSLO, Body, Kind
from holdfast.catalog.model import SpanSelector, SpanStatus
from holdfast.catalog.openslo.parts import Indicator
from holdfast.catalog.openslo.sources import (
    DATA_SOURCE,
    SelectorSide,
    metric_shape,
    narrowing_problems,
    read_metric,
)
from holdfast.catalog.problems import Rule

_COMPLEMENT = {SpanStatus.ERROR: SpanStatus.OK, SpanStatus.OK: SpanStatus.ERROR}


def _read(body: Body) -> Indicator | None:
    selectors = _read_spec(body)
    if selectors is None:
        return None
    total, good = selectors
    return Indicator(body.metadata.name, body.metadata.display_name, total, good)


def is_threshold(indicator: Fields | None) -> bool:
    """Return whether an inline indicator is a threshold metric, to which `op` and `value` belong."""
    spec = indicator.section("spec") if indicator else None
    return spec is not None and spec.has("thresholdMetric")


def _read_spec(body: Body) -> tuple[SpanSelector, SpanSelector] | None:
    spec = body.spec
    spec.text("description")
    message = (
        "thresholdMetric is not supported for traces; write a ratioMetric whose good has maxDuration, "
        "such as maxDuration: 800ms, so that events are counted and never averaged"
    )
    spec.refuse("thresholdMetric", Rule.UNSUPPORTED, message)
    ratio = spec.section("ratioMetric", required=not spec.has("thresholdMetric"))
    if ratio is not None and spec.has("thresholdMetric"):
        spec.error(Rule.EXCLUSIVE_FIELDS, "ratioMetric", "keep either thresholdMetric or ratioMetric")
    return _read_ratio(ratio, body) if ratio is not None else None


def _read_ratio(ratio: Fields, body: Body) -> tuple[SpanSelector, SpanSelector] | None:
    if ratio.boolean("counter") is False:
        ratio.error(Rule.UNSUPPORTED, "counter", "spans are counted, so write counter: true or leave it out")
    for key in ("rawType", "raw"):
        message = f'"{key}" is a finished ratio and cannot be counted; write good and total instead'
        ratio.refuse(key, Rule.UNSUPPORTED, message)
    has_good, has_bad = ratio.has("good"), ratio.has("bad")
    if has_good and has_bad:
        ratio.error(Rule.EXCLUSIVE_FIELDS, "bad", "keep either good or bad; the other is the rest of total")
    total_fields = ratio.section("total", required=not ratio.has("raw"))
    part_name = "bad" if has_bad and not has_good else "good"
    part_fields = ratio.section(part_name, required=not ratio.has("raw"))
    ratio.done()
    total = read_metric(total_fields, SelectorSide.TOTAL, body) if total_fields else None
    part = read_metric(part_fields, SelectorSide.SOME, body) if part_fields else None
    if total is None or part is None or part_fields is None:
        return None
    return _checked(part_fields, part_name, total, part)


def _checked(
    fields: Fields, part_name: str, total: SpanSelector, part: SpanSelector
) -> tuple[SpanSelector, SpanSelector] | None:
    source = fields.section("metricSource")
    spec = source.section("spec") if source else None
    problems = narrowing_problems(total, part)
    for key, message in problems:
        sentence = f"{part_name} must select a part of total: {message}"
        if spec is not None and key:
            spec.error(Rule.SELECTOR_NOT_NARROWER, key, sentence)
        elif source is not None:
            source.error(Rule.SELECTOR_NOT_NARROWER, "spec", sentence)
    if problems:
        return None
    if part_name == "good":
        return total, part
    return _without_bad(fields, total, part)


def _without_bad(
    fields: Fields, total: SpanSelector, bad: SpanSelector
) -> tuple[SpanSelector, SpanSelector] | None:
    # "Not bad" is again a single choice of spans only when status is all that bad adds.
    if bad.status is not None and bad == replace(total, status=bad.status):
        return total, replace(total, status=_COMPLEMENT[bad.status])
    message = "bad may add only status to total (its rest must be one choice of spans); write good instead"
    fields.error(Rule.UNSUPPORTED, "metricSource", message)
    return None


_RATIO = shapes.mapping(
    {
        "counter": {"const": True},
        "total": metric_shape(),
        "good": metric_shape("status", "maxDuration"),
        "bad": metric_shape("status"),
    },
    required=("total",),
)

SLI: Kind[Indicator] = Kind(
    "SLI",
    api_version=OPENSLO,
    summary="Which events count, and which of them are good.",
    read=_read,
    refers_to=(DATA_SOURCE,),
    spec=shapes.mapping(
        {"description": shapes.text(), "ratioMetric": shapes.exactly_one(_RATIO, "good", "bad")},
        required=("ratioMetric",),
    ),
)
