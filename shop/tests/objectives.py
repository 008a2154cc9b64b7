"""The shop's objectives, counted the slow way over spans at hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Event:
    """A span, as far as objectives look at it."""

    service: str
    name: str
    kind: str
    failed: bool
    nanoseconds: int
    attributes: dict[str, str]


def burn_of(name: str, events: Iterable[Event]) -> float:
    """How many times faster than allowed the budget was spent over these events; 0 without any."""
    slo = SLOS[name]
    good, total = selectors(slo)
    counted = [event for event in events if _counts(total, event)]
    bad = [event for event in counted if not _counts(good, event)]
    (objective,) = slo["spec"]["objectives"]
    return len(bad) / len(counted) / (1 - objective["target"]) if counted else 0.0


def _counts(selector: dict[str, Any], event: Event) -> bool:
    names = selector["operation"]
    return (
        event.name in (names if isinstance(names, list) else [names])
        and event.kind == selector["kind"].upper()
        and event.service == selector["service"]
        and all(event.attributes.get(key) == value for key, value in selector.get("attributes", {}).items())
        and ("status" not in selector or not event.failed)
        and event.nanoseconds <= _longest(selector)
    )


def event_of(span: ReadableSpan) -> Event:
    """A span of this process. The host asked for is the service; who takes from the queue says who it is."""
    told = {key: str(value) for key, value in (span.attributes or {}).items()}
    return Event(
        service=told.get("messaging.consumer.group.name") or told.get("server.address", "").partition(":")[0],
        name=span.name,
        kind=span.kind.name,
        failed=span.status.status_code is StatusCode.ERROR,
        nanoseconds=(span.end_time or 0) - (span.start_time or 0),
        attributes=told,
    )


def _longest(selector: dict[str, Any]) -> float:
    words = selector.get("maxDuration", "")
    for unit, nanoseconds in _UNITS.items():
        number = words.removesuffix(unit)
        if number.isdigit():
            return int(number) * nanoseconds
    return float("inf")
