"""Sampling over HTTP: parse, authorise, call, return."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from holdfast.runtime.errors import Invalid
from holdfast.runtime.http import Viewer
from holdfast.runtime.problems import responses
from holdfast.runtime.queries import From, To
from holdfast.telemetry.identity.model import PlaceFilter
from holdfast.telemetry.identity.queries import Environment, Namespace
from holdfast.telemetry.sampling.model import Disagreement, Warned
from holdfast.telemetry.sampling.service import SamplingService


class SamplingQuery(BaseModel):
    """A range of time, and the services of a name and a place; omitted is any."""

    model_config = ConfigDict(extra="forbid")

    start: From = None
    end: To = None
    service: Annotated[str | None, Field(max_length=300)] = None
    environment: Environment = None
    namespace: Namespace = None


class SamplingWarningBody(BaseModel):
    """What shows that a service's spans are a sample without weights; `detail` says it in a sentence.

    Either `attribute` is one that a sampler left on `spans` recent spans, or the share of failed spans
    differs from that of the requests in `metric`, which counts all.
    """

    service: str
    environment: str
    namespace: str
    attribute: str | None
    spans: int
    metric: str | None
    failed_ratio_of_spans: float | None
    failed_ratio_of_metric: float | None
    detail: str


class SamplingBody(BaseModel):
    """The warnings, at most 220, those by attributes first."""

    warnings: list[SamplingWarningBody]


def router(service: SamplingService) -> APIRouter:
    """Return the endpoint over `service`."""
    routes = APIRouter(tags=["telemetry"])

    @routes.get("/sampling", operation_id="get_sampling", responses=responses(Invalid))
    def get_sampling(principal: Viewer, query: Annotated[SamplingQuery, Query()]) -> SamplingBody:
        """Show services whose spans are a sample without weights, found when asked."""
        scope = PlaceFilter.named(query.environment, query.namespace)
        found = service.warnings(service.range(query.start, query.end), query.service, scope)
        return SamplingBody(warnings=[_warning(one) for one in found])

    return routes


def _warning(one: Warned) -> SamplingWarningBody:
    differs = one.found if isinstance(one.found, Disagreement) else None
    return SamplingWarningBody(
        service=one.service.name,
        environment=one.service.environment,
        namespace=one.service.namespace,
        attribute=None if isinstance(one.found, Disagreement) else one.found.key,
        spans=round(one.found.spans.total) if isinstance(one.found, Disagreement) else one.found.spans,
        metric=differs.metric if differs else None,
        failed_ratio_of_spans=differs.spans.ratio if differs else None,
        failed_ratio_of_metric=differs.measured.ratio if differs else None,
        detail=one.sentence,
    )
