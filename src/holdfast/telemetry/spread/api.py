"""The spread of one service over HTTP: parse, authorise, call, return."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from holdfast.runtime.addresses import PathName
from holdfast.runtime.errors import Invalid, NotFound
from holdfast.runtime.http import Viewer
from holdfast.runtime.problems import responses
from holdfast.runtime.queries import From, To
from holdfast.telemetry.identity.model import PlaceFilter
from holdfast.telemetry.identity.queries import Environment, Namespace
from holdfast.telemetry.spread.model import By, SentInterval, SpreadPart, SpreadReason, whole_of
from holdfast.telemetry.spread.service import Spread, SpreadService


class SpreadQuery(BaseModel):
    """A range of time, which of several services of one name, and what its requests are divided by."""

    model_config = ConfigDict(extra="forbid")

    start: From = None
    end: To = None
    environment: Environment = None
    namespace: Namespace = None
    by: Annotated[By, Field(description="What requests are divided by")] = By.ZONE


class SpreadPartBody(BaseModel):
    """The requests of one zone, version or instance; `value` is empty if their spans name none.

    `attribute` is the resource's attribute that has it: `cloud.availability_zone`, `service.instance.id`.
    `sent_from` and `sent_until` are set where it sent for noticeably less of the range than the others.
    """

    value: str
    attribute: str
    requests: int
    errors: int
    error_ratio: float | None
    p99_seconds: float | None
    stands_out: bool
    sent_from: datetime | None
    sent_until: datetime | None


class SpreadJudgementBody(BaseModel):
    """What one division shows: the reason, the values it is about, and a sentence."""

    by: By
    reason: SpreadReason
    values: list[str]
    sentence: str


class SpreadBody(BaseModel):
    """A service's requests by zone, version or instance.

    `parts` are at most 20 of `values` zones, versions or instances: those that stand out first. `summary`
    judges all three divisions, `judgements` has each, the one shown first. Instances are counted from stored
    spans, in 1 of `sampled_share` intervals of ten seconds if there are more than 50,000.
    """

    name: str
    by: By
    parts: list[SpreadPartBody]
    values: int
    requests: int
    errors: int
    summary: str
    judgements: list[SpreadJudgementBody]
    sampled_share: int


_ATTRIBUTES = {
    By.ZONE: "cloud.availability_zone",
    By.VERSION: "service.version",
    By.INSTANCE: "service.instance.id",
}


def router(service: SpreadService) -> APIRouter:
    """Return the endpoint over `service`."""
    routes = APIRouter(tags=["telemetry"])

    @routes.get(
        "/services/{name}/spread",
        operation_id="get_service_spread",
        responses=responses(Invalid, NotFound),
    )
    def get_service_spread(
        principal: Viewer, name: PathName, query: Annotated[SpreadQuery, Query()]
    ) -> SpreadBody:
        """Return a service's requests by zone, version or instance, and whether one of them stands out."""
        scope = PlaceFilter.named(query.environment, query.namespace)
        return _body(service.spread(name, service.range(query.start, query.end), query.by, scope))

    return routes


def _body(found: Spread) -> SpreadBody:
    is_sampled = found.by is By.INSTANCE
    return SpreadBody(
        name=found.name,
        by=found.by,
        parts=[_part(one, found, _whole(found)) for one in found.parts],
        values=found.values,
        requests=found.requests,
        errors=found.errors,
        summary=found.summary,
        judgements=[
            SpreadJudgementBody(
                by=one.by, reason=one.reason, values=list(one.values[:20]), sentence=one.sentence
            )
            for one in found.judgements
        ],
        sampled_share=found.instances.share if is_sampled else 1,
    )


def _whole(found: Spread) -> SentInterval | None:
    seen = [one.seen for one in found.parts if one.seen]
    return whole_of(seen) if seen else None


def _part(one: SpreadPart, found: Spread, whole: SentInterval | None) -> SpreadPartBody:
    seen = one.seen
    out = found.judgement.values if found.judgement.reason is SpreadReason.STANDS_OUT else ()
    return SpreadPartBody(
        value=one.value,
        attribute=one.attribute or _ATTRIBUTES[found.by],
        requests=one.requests,
        errors=one.errors,
        error_ratio=one.errors / one.requests if one.requests else None,
        p99_seconds=one.latency.p99_seconds,
        stands_out=one.value in out,
        sent_from=_at(seen.first_epoch) if seen and whole and one.begins_late(whole) else None,
        sent_until=_at(seen.until_epoch) if seen and whole and one.ends_early(whole) else None,
    )


def _at(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
