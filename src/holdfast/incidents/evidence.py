"""An incident's evidence: what was measured and traced, and the document it is stored as. Pure.

The document belongs to the incident: it outlives the counters and spans it was made from, and is no shape of
the API. `form` is its version; migration 0002 converts what 0.1 stored (form 1, the API's shapes) to form 2.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from holdfast.objectives.bad_events.pace import UnusualPace
from holdfast.telemetry.traces.repeats import RepeatedCall

FORM = 2


@dataclass(frozen=True, slots=True)
class Burn:
    """The burn rate over a window (`5m`) when the evidence was read; None without traffic."""

    window: str
    rate: float | None


@dataclass(frozen=True, slots=True)
class Contributor:
    """Where `bad` events began; `share` is their part of all, as a ratio.

    `sends_spans` is false for a service known only from calls to it, and for evidence stored before 0.2.
    `environment` is that of the bad spans; empty is none, and evidence stored before 0.2. `answer` is what
    most of them got there (`504`, `timeout`), and `repeats` the call that the service makes too often. Of
    `awaited` of the events the service's own spans may still come: they say nothing of the cause yet.
    `is_before` says that the mesh ended most of the calls before they reached it.
    """

    service: str
    operation: str
    zone: str | None
    version: str | None
    bad: int
    share: float
    sends_spans: bool
    environment: str = ""
    answer: str = ""
    repeats: RepeatedCall | None = None
    awaited: int = 0
    is_before: bool = False


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One bad event: its trace, the services on its way, where the trouble began and the message there.

    `duration_seconds` is that of the bad span, `trace_seconds` that of its trace; None in older evidence.
    """

    trace_id: str
    at: datetime
    duration_seconds: float
    path: tuple[str, ...]
    service: str
    operation: str
    message: str
    status_code: int | None
    trace_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Bad and total events per step; `times_epoch` are the starts of the steps in seconds since 1970."""

    step_seconds: int
    times_epoch: tuple[int, ...]
    bad: tuple[int, ...]
    total: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known about an incident at `measured_at`; `budget_spent_ratio` is None without a budget.

    `lately` is where the bad events of the last minutes began, if most began elsewhere than the cause. `pace`
    is how fast events came when that was last unusual.
    """

    measured_at: datetime
    burn: tuple[Burn, ...]
    budget_spent_ratio: float | None
    series: Series
    contributors: tuple[Contributor, ...]
    exemplars: tuple[Exemplar, ...]
    lately: tuple[Contributor, ...] = ()
    pace: UnusualPace | None = None


def document_of(evidence: Evidence) -> dict[str, Any]:
    """Return the document that evidence is stored as."""
    series = evidence.series
    return {
        "form": FORM,
        "measured_at": evidence.measured_at.isoformat(),
        "burn": [{"window": one.window, "rate": one.rate} for one in evidence.burn],
        "budget_spent_ratio": evidence.budget_spent_ratio,
        "series": {
            "step_seconds": series.step_seconds,
            "times_epoch": list(series.times_epoch),
            "bad": list(series.bad),
            "total": list(series.total),
        },
        "contributors": [_contributor_document(one) for one in evidence.contributors],
        "exemplars": [_exemplar_document(one) for one in evidence.exemplars],
        "lately": [_contributor_document(one) for one in evidence.lately],
        "pace": None if evidence.pace is None else _pace_document(evidence.pace),
    }


def _pace_document(pace: UnusualPace) -> dict[str, Any]:
    return asdict(pace) | {"at": pace.at.isoformat()}


def _pace(document: Mapping[str, Any] | None) -> UnusualPace | None:
    if document is None:
        return None
    return UnusualPace(**{**document, "at": datetime.fromisoformat(document["at"])})


def evidence_of(document: Mapping[str, Any]) -> Evidence:
    """Return the evidence in a document.

    Raises:
        ValueError: this version does not know the document's form.
    """
    if document.get("form") != FORM:
        raise ValueError(f"evidence of form {document.get('form')!r}, this version reads {FORM}")
    series = document["series"]
    return Evidence(
        measured_at=datetime.fromisoformat(document["measured_at"]),
        burn=tuple(Burn(one["window"], one["rate"]) for one in document["burn"]),
        budget_spent_ratio=document["budget_spent_ratio"],
        series=Series(
            step_seconds=series["step_seconds"],
            times_epoch=tuple(series["times_epoch"]),
            bad=tuple(series["bad"]),
            total=tuple(series["total"]),
        ),
        contributors=tuple(contributor_of(one) for one in document["contributors"]),
        exemplars=tuple(_exemplar(one) for one in document["exemplars"]),
        lately=tuple(contributor_of(one) for one in document.get("lately", ())),
        pace=_pace(document.get("pace")),
    )


def _contributor_document(one: Contributor) -> dict[str, Any]:
    return {
        "service": one.service,
        "operation": one.operation,
        "zone": one.zone,
        "version": one.version,
        "bad": one.bad,
        "share": one.share,
        "sends_spans": one.sends_spans,
        "environment": one.environment,
        "answer": one.answer,
        "repeats": None if one.repeats is None else asdict(one.repeats),
        "awaited": one.awaited,
        "is_before": one.is_before,
    }


def contributor_of(document: Mapping[str, Any]) -> Contributor:
    """Return the contributor in a part of evidence's document."""
    repeats = document.get("repeats")
    return Contributor(
        service=document["service"],
        operation=document["operation"],
        zone=document["zone"],
        version=document["version"],
        bad=document["bad"],
        share=document["share"],
        sends_spans=document.get("sends_spans", False),
        environment=document.get("environment", ""),
        answer=document.get("answer", ""),
        repeats=None if repeats is None else RepeatedCall(**repeats),
        awaited=document.get("awaited", 0),
        is_before=document.get("is_before", False),
    )


def _exemplar_document(one: Exemplar) -> dict[str, Any]:
    return {
        "trace_id": one.trace_id,
        "at": one.at.isoformat(),
        "duration_seconds": one.duration_seconds,
        "trace_seconds": one.trace_seconds,
        "path": list(one.path),
        "service": one.service,
        "operation": one.operation,
        "message": one.message,
        "status_code": one.status_code,
    }


def _exemplar(document: Mapping[str, Any]) -> Exemplar:
    return Exemplar(
        trace_id=document["trace_id"],
        at=datetime.fromisoformat(document["at"]),
        duration_seconds=document["duration_seconds"],
        path=tuple(document["path"]),
        service=document["service"],
        operation=document["operation"],
        message=document["message"],
        status_code=document["status_code"],
        trace_seconds=document.get("trace_seconds"),
    )
