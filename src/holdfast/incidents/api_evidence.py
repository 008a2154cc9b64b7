"""The evidence of incidents and their suspects, as the API shows them. Pure."""

from dataclasses import asdict, fields
from datetime import datetime

from pydantic import BaseModel

from holdfast.incidents.evidence import Contributor, Evidence, Exemplar
from holdfast.incidents.suspects import Suspect
from holdfast.telemetry.traces.repeats import RepeatedCall


class RateBody(BaseModel):
    """Burn rate over a window when the evidence was read; null without traffic."""

    window: str
    rate: float | None


class IncidentSeriesBody(BaseModel):
    """Bad and total events per step, from a little before the onset; parallel arrays."""

    step_seconds: int
    times_epoch: list[int]
    bad: list[int]
    total: list[int]


class PaceBody(BaseModel):
    """An unusual number of events a second in the minutes before `at`, and how many are usual then."""

    at: datetime
    per_second: float
    usual_per_second: float


class RepeatsBody(BaseModel):
    """How often an event makes a call, and how often good ones do: `usual`, null while that is unknown."""

    operation: str
    calls: int
    usual: int | None


class IncidentContributorBody(BaseModel):
    """Where bad events began, and how many of them.

    `sends_spans` is false for a service known only from calls to it, such as a provider or a database.
    `answer` is what most of them got there; `repeats` is a call that the service makes more often than usual.
    `is_before` says that the mesh ended most of the calls before they reached the service.
    """

    service: str
    operation: str
    zone: str | None
    version: str | None
    bad: int
    share: float
    sends_spans: bool = False
    environment: str = ""
    answer: str = ""
    repeats: RepeatsBody | None = None
    is_before: bool = False


class SuspectBody(BaseModel):
    """A party that bad events failed at, or a version of it: `bad` of them, `share` of those followed.

    `zone` is null unless most were in one. `deployed_at` is set where the version took traffic shortly before
    the onset: of a party's versions it is first. `said` is the answer as
    evidence: `refuses calls: 429 Too Many Requests`. The rest is as in contributors.
    """

    name: str
    party: str
    environment: str
    version: str | None
    zone: str | None
    operations: list[str]
    bad: int
    share: float
    sends_spans: bool
    answer: str
    repeats: RepeatsBody | None
    deployed_at: datetime | None
    is_before: bool
    said: str


class IncidentExemplarBody(BaseModel):
    """One bad event: its trace, the path of services, where the trouble began and the message there."""

    trace_id: str
    at: datetime
    duration_seconds: float
    path: str
    culprit_service: str
    culprit_operation: str
    message: str
    status_code: int | None
    trace_seconds: float | None = None


class EvidenceBody(BaseModel):
    """What is known about an incident: read while it is active, and stored with it."""

    measured_at: datetime | None = None
    burn: list[RateBody] = []
    budget_spent_ratio: float | None = None
    contributors: list[IncidentContributorBody] = []
    exemplars: list[IncidentExemplarBody] = []
    series: IncidentSeriesBody = IncidentSeriesBody(step_seconds=10, times_epoch=[], bad=[], total=[])
    pace: PaceBody | None = None


def evidence_body(evidence: Evidence | None) -> EvidenceBody:
    """Return evidence as the API shows it; empty while nothing is known."""
    if evidence is None:
        return EvidenceBody()
    series = evidence.series
    return EvidenceBody(
        measured_at=evidence.measured_at,
        burn=[RateBody(window=one.window, rate=one.rate) for one in evidence.burn],
        budget_spent_ratio=evidence.budget_spent_ratio,
        contributors=[_contributor(one) for one in evidence.contributors],
        exemplars=[_exemplar(one) for one in evidence.exemplars],
        series=IncidentSeriesBody(
            step_seconds=series.step_seconds,
            times_epoch=list(series.times_epoch),
            bad=list(series.bad),
            total=list(series.total),
        ),
        pace=None if evidence.pace is None else PaceBody(**asdict(evidence.pace)),
    )


def _contributor(one: Contributor) -> IncidentContributorBody:
    return IncidentContributorBody(
        service=one.service,
        operation=one.operation,
        zone=one.zone,
        version=one.version,
        bad=one.bad,
        share=one.share,
        sends_spans=one.sends_spans,
        environment=one.environment,
        answer=one.answer,
        repeats=_repeats(one.repeats),
        is_before=one.is_before,
    )


def _exemplar(one: Exemplar) -> IncidentExemplarBody:
    return IncidentExemplarBody(
        trace_id=one.trace_id,
        at=one.at,
        duration_seconds=one.duration_seconds,
        path=" → ".join(one.path),
        culprit_service=one.service,
        culprit_operation=one.operation,
        message=one.message,
        status_code=one.status_code,
        trace_seconds=one.trace_seconds,
    )


def suspect_body(one: Suspect) -> SuspectBody:
    """Return a suspect as the API shows it."""
    values = {each.name: getattr(one, each.name) for each in fields(one) if each.name != "repeats"}
    return SuspectBody(**values, name=one.name, said=one.said, repeats=_repeats(one.repeats))


def _repeats(one: RepeatedCall | None) -> RepeatsBody | None:
    return None if one is None else RepeatsBody(**asdict(one))
