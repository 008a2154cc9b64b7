"""Saturation of one service over HTTP: parse, authorise, call, return."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from holdfast.runtime.addresses import PathName
from holdfast.runtime.errors import Invalid, NotFound
from holdfast.runtime.http import Viewer
from holdfast.runtime.problems import responses
from holdfast.runtime.queries import From, To
from holdfast.telemetry.identity.model import PlaceFilter
from holdfast.telemetry.identity.queries import Environment, Namespace
from holdfast.telemetry.saturation.model import Fill, Level
from holdfast.telemetry.saturation.service import SaturationService


class SaturationQuery(BaseModel):
    """A range of time, at whose end resources are looked at, and which of several services of one name."""

    model_config = ConfigDict(extra="forbid")

    start: From = None
    end: To = None
    environment: Environment = None
    namespace: Namespace = None


class FillBody(BaseModel):
    """One resource in its fullest instance: what is used, and its limit, null if none was sent.

    `text` is both in units, `short_text` without the noun that the title has; `highest_text` is the most that
    was used in the last hour. `detail` says how use grew, within ten minutes or the hour, and whose the
    CPU of a host is; it is empty if there is nothing to say. `signal` is the kind of resource, `part` which
    of several (a pool, a queue, a container). `instances` is how many have it.
    """

    signal: str
    title: str
    part: str
    level: Level
    used: float
    limit: float | None
    ratio: float | None
    text: str
    short_text: str
    highest_text: str
    detail: str
    is_growing: bool
    instance: str
    instances: int
    metric: str
    limit_metric: str | None


class SaturationBody(BaseModel):
    """The resources of a service, the fullest first, at most 30, then those that grow; without a limit last.

    `sentence` says what is full or nearly full and what grows, and is empty if no limit is known.
    """

    name: str
    resources: list[FillBody]
    sentence: str


def router(service: SaturationService) -> APIRouter:
    """Return the endpoint over `service`."""
    routes = APIRouter(tags=["telemetry"])

    @routes.get(
        "/services/{name}/saturation",
        operation_id="get_service_saturation",
        responses=responses(Invalid, NotFound),
    )
    def get_service_saturation(
        principal: Viewer, name: PathName, query: Annotated[SaturationQuery, Query()]
    ) -> SaturationBody:
        """Return how full a service's resources are, from the metrics it and its agents send."""
        scope = PlaceFilter.named(query.environment, query.namespace)
        found = service.saturation(name, service.range(query.start, query.end), scope)
        return SaturationBody(
            name=found.name, resources=[_fill(one) for one in found.fills], sentence=found.sentence
        )

    return routes


def _fill(one: Fill) -> FillBody:
    return FillBody(
        signal=one.signal.key,
        title=one.signal.title,
        part=one.part,
        level=one.level,
        used=one.used,
        limit=one.limit,
        ratio=one.ratio,
        text=one.text,
        short_text=one.short_text,
        highest_text=one.highest_text,
        detail=one.detail,
        is_growing=one.is_growing,
        instance=one.instance,
        instances=one.instances,
        metric=one.metric,
        limit_metric=one.limit_metric,
    )
