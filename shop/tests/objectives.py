"""The shop's objectives, counted the slow way over spans at hand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

DOCUMENTS: list[dict[str, Any]] = [
    document
    for file in sorted((Path(__file__).parents[1] / "reliability").glob("*.yaml"))
    for document in yaml.safe_load_all(file.read_text())
]
SLOS: dict[str, dict[str, Any]] = {one["metadata"]["name"]: one for one in DOCUMENTS if one["kind"] == "SLO"}

_UNITS = {"ms": 1e6, "s": 1e9}


def selectors(slo: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What counts as good, and what counts at all."""
    ratio = slo["spec"]["indicator"]["spec"]["ratioMetric"]
    return ratio["good"]["metricSource"]["spec"], ratio["total"]["metricSource"]["spec"]


def burn_of(name: str, spans: Iterable[ReadableSpan]) -> float:
    """How many times faster than allowed the budget was spent over these spans; 0 without any."""
    slo = SLOS[name]
    good, total = selectors(slo)
    counted = [span for span in spans if _counts(total, span)]
    bad = [span for span in counted if not _counts(good, span)]
    (objective,) = slo["spec"]["objectives"]
    return len(bad) / len(counted) / (1 - objective["target"]) if counted else 0.0


def _counts(selector: dict[str, Any], span: ReadableSpan) -> bool:
    told = {key: str(value) for key, value in (span.attributes or {}).items()}
    names = selector["operation"]
    return (
        span.name in (names if isinstance(names, list) else [names])
        and span.kind.name.lower() == selector["kind"]
        and _service_of(span, told) == selector["service"]
        and all(told.get(key) == value for key, value in selector.get("attributes", {}).items())
        and ("status" not in selector or span.status.status_code is not StatusCode.ERROR)
        and _nanoseconds(span) <= _longest(selector)
    )


def _service_of(span: ReadableSpan, told: dict[str, str]) -> str:
    """In one process the host asked for is the service; who takes from the queue says so."""
    return told.get("messaging.consumer.group.name") or told.get("server.address", "").partition(":")[0]


def _nanoseconds(span: ReadableSpan) -> int:
    return (span.end_time or 0) - (span.start_time or 0)


def _longest(selector: dict[str, Any]) -> float:
    words = selector.get("maxDuration", "")
    for unit, nanoseconds in _UNITS.items():
        number = words.removesuffix(unit)
        if number.isdigit():
            return int(number) * nanoseconds
    return float("inf")
